#include "http/assets.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* From page.c, which the build makes of the files in web/. */
extern const unsigned char page_index_html[], page_app_js[], page_app_css[], page_favicon_svg[], page_charts_js[], page_zh_json[];
extern const size_t page_index_html_len, page_app_js_len, page_app_css_len, page_favicon_svg_len, page_charts_js_len, page_zh_json_len;

static const struct {
	const char *path, *type;
	const unsigned char *bytes;
	const size_t *len;
} files[] = {
	{"/", "text/html; charset=utf-8", page_index_html, &page_index_html_len},
	{"/assets/app.js", "text/javascript; charset=utf-8", page_app_js, &page_app_js_len},
	{"/assets/app.css", "text/css; charset=utf-8", page_app_css, &page_app_css_len},
	{"/assets/favicon.svg", "image/svg+xml", page_favicon_svg, &page_favicon_svg_len},
	{"/assets/charts.js", "text/javascript; charset=utf-8", page_charts_js, &page_charts_js_len},
	{"/assets/zh.json", "application/json", page_zh_json, &page_zh_json_len},
};

enum { FILES = sizeof(files) / sizeof(files[0]) };

struct assets {
	struct asset all[FILES];
};

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
	struct assets *assets = xcalloc(1, sizeof(*assets));

	for (size_t i = 0; i < FILES; i++) {
		struct asset *asset = &assets->all[i];

		asset->path = files[i].path;
		asset->type = files[i].type;
		asset->plain = blob_new(files[i].bytes, *files[i].len);
		asset->gzip = deflater_file(deflater, blob_slice(asset->plain));
		snprintf(asset->tag, sizeof(asset->tag), "%016" PRIx64, hash(blob_slice(asset->plain)));
	}
	return assets;
}

void assets_free(struct assets *assets)
{
	if (!assets)
		return;
	for (size_t i = 0; i < FILES; i++) {
		blob_unref(assets->all[i].plain);
		blob_unref(assets->all[i].gzip);
	}
	free(assets);
}

const struct asset *assets_find(const struct assets *assets, struct slice path)
{
	for (size_t i = 0; i < FILES; i++)
		if (slice_is(path, assets->all[i].path))
			return &assets->all[i];
	return NULL;
}
