/*
 * words: the plain pieces of which /proc and the answers of ps and df are made.
 */
#pragma once

#include "base/text.h"

/* There is no user id. The kernel says so too, of a process that nobody logged in for. */
#define UID_NONE UINT32_MAX

/* The next word, without the blanks before it; *rest is what follows the blank behind it, SLICE_NONE behind the last one. */
struct slice words_take(struct slice *rest);
/* A whole slice of decimal digits, no sign. False, and *ret untouched, when it is anything else or over INT64_MAX. */
bool words_count(struct slice word, int64_t *ret);
/* A user id. False, and *ret untouched, for UID_NONE as well. */
bool words_uid(struct slice word, uint32_t *ret);
/* A number of zero or more, up to 2^60; NAN when it is anything else. */
double words_amount(struct slice word);
/* Whether it is so many hexadecimal digits, in lower case. */
bool words_are_hex(struct slice word, size_t len);
/* Its beginning of at most `len` bytes, cut at a whole character. */
struct slice words_cut(struct slice text, size_t len);
/* Copies it, cut at a whole character. Always terminated. */
void words_copy(struct slice text, char *out, size_t size);
/* To know a text again. Never 0. */
uint64_t words_hash(struct slice text);
