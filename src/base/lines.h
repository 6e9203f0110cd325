/*
 * lines: cuts a stream of bytes into lines, however the bytes arrive.
 *
 * A line ends at LF; a CR (or several) before it goes. A line longer than CAP_LINE is delivered once, cut there,
 * with `cut` set, and the rest of it is dropped. The slice is lent until the callback returns.
 */
#pragma once

#include "base/buf.h"

typedef void (*lines_fn)(void *user, struct slice line, bool cut);

struct lines {
	struct buf partial; /* the line that has begun */
	bool dropping;      /* its beginning has been delivered already */
	lines_fn on_line;
	void *user;
};

void lines_init(struct lines *lines, lines_fn on_line, void *user);
void lines_done(struct lines *lines);
void lines_feed(struct lines *lines, const char *bytes, size_t len);
/* The stream has ended: delivers what has no LF. */
void lines_end(struct lines *lines);
