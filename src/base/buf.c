#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 256 };

void buf_init(struct buf *buf, size_t cap)
{
	*buf = (struct buf){.cap = cap};
}

void buf_done(struct buf *buf)
{
	if (!buf)
		return;
	free(buf->data);
	*buf = (struct buf){.cap = buf->cap};
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
}

/* Room for `more` bytes: doubled, so that appending stays linear, but never over the cap. */
static int reserve(struct buf *buf, size_t more)
{
	if (more > buf->cap - buf->len)
		return -ENOBUFS;
	size_t needed = buf->len + more;
	if (needed <= buf->size)
		return 0;

	size_t size = buf->size > 0 ? buf->size : SMALLEST;
	while (size < needed)
		size *= 2;
	buf->size = size < buf->cap ? size : buf->cap;
	buf->data = xrealloc(buf->data, buf->size);
	return 0;
}

int buf_append(struct buf *buf, const void *bytes, size_t len)
{
	int r = reserve(buf, len);

	if (r < 0)
		return r;
	if (len > 0)
		memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	return 0;
}

char *buf_extend(struct buf *buf, size_t len)
{
	/* With at least one byte there is memory to point into. */
	if (reserve(buf, len > 0 ? len : 1) < 0)
		return NULL;
	buf->len += len;
	return buf->data + buf->len - len;
}

int buf_append_slice(struct buf *buf, struct slice text)
{
	return buf_append(buf, text.ptr, text.len);
}

int buf_printf(struct buf *buf, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	int len = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (len < 0)
		abort();
	int r = buf_append(buf, text, (size_t)len);
	free(text);
	return r;
}

struct slice buf_slice(const struct buf *buf)
{
	return (struct slice){buf->data ? buf->data : "", buf->len};
}
