/*
 * buf: bytes that grow up to a cap set beforehand.
 *
 *      data          len         size         cap
 *       v             v            v           v
 *       [ written     | allocated  | may be allocated ]
 *
 * Every buffer that others fill has a cap; going over it is the caller's named error, never more memory.
 */
#pragma once

#include "base/text.h"

struct buf {
	char *data;  /* not terminated */
	size_t len;  /* bytes written */
	size_t size; /* bytes allocated */
	size_t cap;  /* bytes it may ever hold */
};

void buf_init(struct buf *buf, size_t cap);
void buf_done(struct buf *buf);
/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *buf);
/* All or nothing: 0, or -ENOBUFS when it would go over the cap, with the buffer as it was. */
int must_check buf_append(struct buf *buf, const void *bytes, size_t len);
/* Makes it `len` bytes longer; the caller writes them, where it says, at once. NULL when it would go over the cap. */
char *must_check buf_extend(struct buf *buf, size_t len);
int must_check buf_append_slice(struct buf *buf, struct slice text);
int must_check buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct slice buf_slice(const struct buf *buf);
