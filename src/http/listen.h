/*
 * listen: a listening socket in the loop, and the clients that arrive there.
 */
#pragma once

#include <uv.h>

#include "http/sockets.h"

/* Either kind of stream. */
union socket {
	uv_handle_t handle;
	uv_stream_t stream;
	uv_tcp_t tcp;
	uv_pipe_t pipe;
};

struct listener {
	union socket io; /* first, so that its handle is the listener */
	struct bound bound;
};

/*
 * Takes over `bound` and listens there; the handle's data is the caller's. After a failure too, the handle has to be closed, and
 * then listener_done() be called.
 */
int must_check listener_start(struct listener *listener, uv_loop_t *loop, struct bound *bound, uv_connection_cb on_connection);
/* Takes a client. After a failure too, the handle has to be closed. */
int must_check listener_accept(struct listener *listener, union socket *client);
/* Frees what the closed handle leaves, and removes the socket file. */
void listener_done(struct listener *listener);
