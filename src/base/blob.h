/*
 * blob: immutable bytes, counted.
 *
 * A reply that a thousand readers get is one blob with a thousand references. Nobody writes to it after
 * blob_new(); the last blob_unref() frees it. The only counted thing in this program.
 */
#pragma once

#include "base/text.h"

struct blob {
	unsigned refs;
	size_t len;
	char data[]; /* len bytes, and a NUL that len does not count */
};

/* A copy of the bytes, with one reference, the caller's. */
struct blob *blob_new(const void *bytes, size_t len);
/* One more reference; returns the same blob. NULL stays NULL. */
struct blob *blob_ref(struct blob *blob);
void blob_unref(struct blob *blob);
struct slice blob_slice(const struct blob *blob);
