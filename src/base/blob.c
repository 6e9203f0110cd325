#include "base/blob.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct blob *blob_new(const void *bytes, size_t len)
{
	struct blob *blob = xmalloc(sizeof(*blob) + len + 1);

	blob->refs = 1;
	blob->len = len;
	if (len > 0)
		memcpy(blob->data, bytes, len);
	blob->data[len] = '\0';
	return blob;
}

struct blob *blob_ref(struct blob *blob)
{
	if (blob)
		blob->refs++;
	return blob;
}

void blob_unref(struct blob *blob)
{
	if (!blob)
		return;
	assert(blob->refs > 0);
	if (--blob->refs == 0)
		free(blob);
}

struct slice blob_slice(const struct blob *blob)
{
	return (struct slice){blob->data, blob->len};
}
