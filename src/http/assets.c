#include "http/assets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From page.c, which the build makes of the files in web/. It ends where the name is NULL. */
extern const struct embedded {
	const char *name;
	const unsigned char *bytes;
	size_t len;
} page_files[];

static const struct {
	const char *suffix, *type;
} types[] = {
	{".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},   {".svg", "image/svg+xml"},
	{".json", "application/json"},
};

struct assets {
	size_t count;
	struct asset all[];
};

static const char *type_of(const char *name)
{
	const char *suffix = strrchr(name, '.');

	for (size_t i = 0; suffix && i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(suffix, types[i].suffix))
			return types[i].type;
	return "application/octet-stream";
}

/* FNV-1a: tells one build's file from the next one's; it is no defence and need not be. */
static uint64_t hash(struct slice bytes)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ (unsigned char)bytes.ptr[i]) * 0x100000001b3u;
	return hash;
}

struct assets *assets_new(struct deflater *deflater)
{
	struct assets *assets;
	size_t count = 0;

	while (page_files[count].name)
		count++;
	assets = xcalloc(1, sizeof(*assets) + count * sizeof(assets->all[0]));
	assets->count = count;
	for (size_t i = 0; i < count; i++) {
		const struct embedded *file = &page_files[i];
		struct asset *asset = &assets->all[i];

		asset->path = strcmp(file->name, "index.html") ? xasprintf("/assets/%s", file->name) : xstrdup("/");
		asset->type = type_of(file->name);
		asset->plain = blob_new(file->bytes, file->len);
		asset->gzip = deflater_file(deflater, blob_slice(asset->plain));
		snprintf(asset->tag, sizeof(asset->tag), "%016" PRIx64, hash(blob_slice(asset->plain)));
	}
	return assets;
}

void assets_free(struct assets *assets)
{
	if (!assets)
		return;
	for (size_t i = 0; i < assets->count; i++) {
		free(assets->all[i].path);
		blob_unref(assets->all[i].plain);
		blob_unref(assets->all[i].gzip);
	}
	free(assets);
}

const struct asset *assets_find(const struct assets *assets, struct slice path)
{
	for (size_t i = 0; i < assets->count; i++)
		if (slice_is(path, assets->all[i].path))
			return &assets->all[i];
	return NULL;
}
