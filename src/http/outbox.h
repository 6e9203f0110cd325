/*
 * outbox: what is on its way to one client, one thing at a time. Embedded in a connection.
 *
 * As much as the kernel takes is written at once, and mostly that is all. The rest waits here: of what is shared by reference.
 */
#pragma once

#include <uv.h>

#include "base/blob.h"

struct outbox {
	uv_write_t write;
	struct blob *first, *second; /* what waits; NULL: nothing */
	size_t left;                 /* bytes of it, when they were counted last */
	void (*on_out)(void *user, int status);
	void *user;
};

/*
 * Sends bytes of the caller's (they may be NONE), and then a blob (it may be NULL). 1: it is out. 0: the rest waits, and on_out
 * will be called, with 0 or a negative errno, also when the stream is closed meanwhile. Negative: the connection is broken. Not
 * to be called while something waits.
 */
int must_check outbox_send(struct outbox *outbox, uv_stream_t *stream, struct slice bytes, struct blob *blob);
/* Whether some of what waits has gone out since the last call, or since it began to wait. */
bool outbox_moves(struct outbox *outbox);
/* Lets go of what waited. */
void outbox_done(struct outbox *outbox);
