/*
 * gzip: one deflater, kept, for bodies and for streams of events.
 *
 * A part is raw deflate that ends in Z_FULL_FLUSH: at a byte boundary, and referring to nothing before it. So the same part
 * serves all readers, whatever each got earlier: a stream is gzip_stream_head() and then any parts (RFC 1951, 1952).
 */
#pragma once

#include "base/blob.h"

struct deflater;

struct deflater *deflater_new(void);
void deflater_free(struct deflater *deflater);
/* All of a gzip file. A reference for the caller, as with all of these. */
struct blob *deflater_file(struct deflater *deflater, struct slice bytes);
struct blob *deflater_part(struct deflater *deflater, struct slice bytes);
struct blob *gzip_stream_head(void);
