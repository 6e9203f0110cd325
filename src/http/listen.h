/*
 * listen: the sockets on which clients arrive.
 *
 * "127.0.0.1:5000", "[::]:5000" (IPv4 too), "localhost:5000", ":5000" (everywhere), "unix:/run/nvwebmon/sock"; or the descriptors that systemd
 * hands over (sd_listen_fds(3): LISTEN_PID, LISTEN_FDS, from descriptor 3 on).
 */
#pragma once

#include <uv.h>

#include "base/buf.h"

struct listener {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} io;
	char *url;     /* for people: "http://127.0.0.1:5000/", "unix:/run/nvwebmon/sock" */
	char *path;    /* of the socket file we made; NULL: none */
	bool loopback; /* only this machine can reach it, by TCP */
};

/* Descriptors, bound and not in the loop yet. */
struct sockets {
	int *fds;
	size_t count;
	bool passed; /* by systemd: whose files are not ours to remove */
};

/*
 * Opens all sockets that `specs` name, or takes over systemd's if it passed some. On failure a negative errno and one line for
 * people, and nothing is left open.
 */
int must_check sockets_open(const char *const *specs, size_t count, struct sockets *ret, struct buf *error);
void sockets_close(struct sockets *sockets);

/* Takes the first of the sockets into the loop, and listens. After a failure too, the handle has to be closed, and then listener_done(). */
int must_check listener_start(struct listener *listener, uv_loop_t *loop, struct sockets *sockets, uv_connection_cb on_connection,
			      struct buf *error);
/* Frees what the closed handle leaves, and removes the socket file. */
void listener_done(struct listener *listener);
