#include "http/gzip.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

/* Magic, deflate, no flags, no time, no hint, "unix". */
static const unsigned char header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};

enum { TRAILER = 8, FLUSH_SLACK = 16 };

struct deflater {
	z_stream zlib;
	unsigned char *out; /* kept from one call to the next */
	size_t size;
};

struct deflater *deflater_new(void)
{
	struct deflater *deflater = xcalloc(1, sizeof(*deflater));

	if (deflateInit2(&deflater->zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* it can only be memory */
	return deflater;
}

void deflater_free(struct deflater *deflater)
{
	if (!deflater)
		return;
	deflateEnd(&deflater->zlib);
	free(deflater->out);
	free(deflater);
}

/* Deflates all of `bytes` to deflater->out, from `at` on; returns the end of what was written. */
static size_t run(struct deflater *deflater, struct slice bytes, size_t at, int flush)
{
	z_stream *zlib = &deflater->zlib;
	size_t size = at + deflateBound(zlib, bytes.len) + FLUSH_SLACK + TRAILER;

	if (size > deflater->size) {
		deflater->out = xrealloc(deflater->out, size);
		deflater->size = size;
	}
	deflateReset(zlib);
	zlib->next_in = (const unsigned char *)bytes.ptr;
	zlib->avail_in = (uInt)bytes.len;
	zlib->next_out = deflater->out + at;
	zlib->avail_out = (uInt)(deflater->size - at - TRAILER);
	deflate(zlib, flush);
	assert(zlib->avail_in == 0 && zlib->avail_out > 0);
	return (size_t)(zlib->next_out - deflater->out);
}

static void put_le32(unsigned char *out, unsigned long value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (unsigned char)(value >> (8 * i));
}

struct blob *deflater_file(struct deflater *deflater, struct slice bytes)
{
	size_t end = run(deflater, bytes, sizeof(header), Z_FINISH);

	memcpy(deflater->out, header, sizeof(header));
	put_le32(deflater->out + end, crc32(0, (const unsigned char *)bytes.ptr, (uInt)bytes.len));
	put_le32(deflater->out + end + 4, bytes.len);
	return blob_new(deflater->out, end + TRAILER);
}

struct blob *deflater_part(struct deflater *deflater, struct slice bytes)
{
	size_t len = run(deflater, bytes, 0, Z_FULL_FLUSH);

	return blob_new(deflater->out, len); /* after run(), which may move it */
}

struct blob *gzip_stream_head(void)
{
	return blob_new(header, sizeof(header));
}
