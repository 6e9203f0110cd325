/*
 * assets: the files of the page, embedded in the binary, each with its gzip and its ETag made once at start-up.
 */
#pragma once

#include "base/blob.h"
#include "http/gzip.h"

struct asset {
	char *path;       /* "/assets/app.js"; "/" for the page itself */
	const char *type; /* Content-Type */
	struct blob *plain, *gzip;
	char tag[17]; /* from the content: the ETag, without its quotes */
};

struct assets;

struct assets *assets_new(struct deflater *deflater);
void assets_free(struct assets *assets);
/* NULL when there is none. Lives as long as the assets. */
const struct asset *assets_find(const struct assets *assets, struct slice path);
