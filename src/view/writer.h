/*
 * writer: JSON text, put together value by value at the end of a buffer.
 *
 * Brackets, keys, commas, numbers of up to three places behind the point and strings that need no escaping are written here, other
 * strings and numbers by jansson. jansson's own way, a tree of a whole host that is then dumped, takes four times as long: hundreds of small
 * allocations, and every key escaped anew. The buffer must be of no cap: what is written has passed the caps on hosts, GPUs,
 * processes and lines long before.
 *
 * `key` is a literal that needs no escaping; NULL in an array and at the top.
 */
#pragma once

#include "base/buf.h"

void write_open(struct buf *buf, const char *key, char bracket);
void write_close(struct buf *buf, char bracket);
void write_null(struct buf *buf, const char *key);
void write_bool(struct buf *buf, const char *key, bool value);
/* Whole numbers without a fraction; null for what is not finite. */
void write_number(struct buf *buf, const char *key, double value);
/* Unix seconds to the millisecond, always with a fraction. */
void write_time(struct buf *buf, const char *key, double seconds);
/* null for SLICE_NONE. Valid JSON whatever the text: a byte that is not UTF-8 becomes U+FFFD. */
void write_text(struct buf *buf, const char *key, struct slice text);
/* null for NULL. */
void write_string(struct buf *buf, const char *key, const char *string);
/* JSON made before, as it is. */
void write_made(struct buf *buf, const char *key, struct slice json);
