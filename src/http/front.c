#include "http/front.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/caps.h"

static const struct slice place = SLICE_LITERAL("<!--snapshot-->");
static const struct slice opening = SLICE_LITERAL("<script type=\"application/json\" id=\"snapshot\">");
static const struct slice closing = SLICE_LITERAL("</script>");

/* The buffer has no cap. */
static void put(struct buf *page, struct slice text)
{
	if (buf_append_slice(page, text) < 0)
		abort();
}

/* "</script>" or "<!--" in somebody's command line must not end the block. In JSON a "<" stands in strings only. */
static void append_json(struct buf *page, struct slice json)
{
	while (json.len > 0) {
		const char *bracket = memchr(json.ptr, '<', json.len);
		size_t len = bracket ? (size_t)(bracket - json.ptr) : json.len;
		put(page, (struct slice){json.ptr, len});
		if (!bracket)
			return;
		put(page, SLICE_LITERAL("\\u003c"));
		json = (struct slice){bracket + 1, json.len - len - 1};
	}
}

struct blob *front_render(struct slice index, struct slice snapshot)
{
	const char *at = memmem(index.ptr, index.len, place.ptr, place.len);
	struct blob *page;
	struct buf buf;

	if (!at || snapshot.len > CAP_FRONT_SNAPSHOT)
		return NULL;
	size_t before = (size_t)(at - index.ptr);
	buf_init(&buf, SIZE_MAX);
	put(&buf, (struct slice){index.ptr, before});
	put(&buf, opening);
	append_json(&buf, snapshot);
	put(&buf, closing);
	put(&buf, (struct slice){at + place.len, index.len - before - place.len});
	page = blob_new(buf.data, buf.len);
	buf_done(&buf);
	return page;
}
