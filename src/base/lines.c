#include "base/lines.h"

#include <string.h>

#include "base/caps.h"

void lines_init(struct lines *lines, lines_fn on_line, void *user)
{
	*lines = (struct lines){.on_line = on_line, .user = user};
	buf_init(&lines->partial, CAP_LINE);
}

void lines_done(struct lines *lines)
{
	buf_done(&lines->partial);
}

static void deliver(struct lines *lines, struct slice line, bool cut)
{
	while (!cut && line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	lines->on_line(lines->user, line, cut);
}

/* The line so far is as long as a line may be: it goes out as it is, the rest of it is dropped. */
static void deliver_cut(struct lines *lines)
{
	lines->dropping = true;
	deliver(lines, buf_slice(&lines->partial), true);
	buf_clear(&lines->partial);
}

/* Bytes that belong to the present line and hold no LF. */
static void add_to_partial(struct lines *lines, const char *bytes, size_t len)
{
	size_t room = lines->partial.cap - lines->partial.len;
	bool too_long = len > room;

	if (lines->dropping || len == 0)
		return;
	if (buf_append(&lines->partial, bytes, too_long ? room : len) == 0 && too_long)
		deliver_cut(lines);
}

static void finish_line(struct lines *lines)
{
	if (!lines->dropping)
		deliver(lines, buf_slice(&lines->partial), false);
	lines->dropping = false;
	buf_clear(&lines->partial);
}

/* Whether a line that ends after so many bytes lies in them from its beginning, so that it can be lent without a copy. */
static bool is_whole(const struct lines *lines, size_t len)
{
	return lines->partial.len == 0 && !lines->dropping && len <= lines->partial.cap;
}

void lines_feed(struct lines *lines, const char *bytes, size_t len)
{
	while (len > 0) {
		const char *end = memchr(bytes, '\n', len);
		size_t part = end ? (size_t)(end - bytes) : len;

		if (end && is_whole(lines, part)) {
			deliver(lines, (struct slice){bytes, part}, false);
		} else {
			add_to_partial(lines, bytes, part);
			if (!end)
				return;
			finish_line(lines);
		}
		bytes = end + 1;
		len -= part + 1;
	}
}

void lines_end(struct lines *lines)
{
	if (lines->partial.len > 0)
		finish_line(lines);
	lines->dropping = false;
}
