/*
 * sockets: opens what a configuration says to listen on.
 *
 * "127.0.0.1:5000", "[::]:5000" (IPv4 too), "unix:/run/nvwebmon/sock", as listener_check() of the configuration writes them; or
 * takes over what systemd passes (sd_listen_fds(3): LISTEN_PID, LISTEN_FDS, from descriptor 3 on).
 */
#pragma once

#include "base/buf.h"

/* One socket that listens. */
struct bound {
	int fd;        /* -1: somebody else has it now */
	char *url;     /* for people: "http://127.0.0.1:5000/", "unix:/run/nvwebmon/sock" */
	char *path;    /* of the socket file, when we made it; NULL: none */
	bool local;    /* a unix socket */
	bool loopback; /* only this machine can reach it, by TCP */
};

struct sockets {
	struct bound *list;
	size_t count;
	bool passed; /* by systemd: whose files are not ours to remove */
};

/*
 * Opens all that `specs` name, or takes what systemd passed if it did. On failure a negative errno and one line for people, and
 * nothing is left open.
 */
int must_check sockets_open(const char *const *specs, size_t count, struct sockets *ret, struct buf *error);
void sockets_close(struct sockets *sockets);
/* Closes one, and removes its file. */
void bound_done(struct bound *bound);
