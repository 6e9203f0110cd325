/*
 * server: the HTTP side: listeners, connections, routes. One thread, the caller's loop.
 *
 * It reads the model and writes nothing to it. The process must ignore SIGPIPE. Interface in docs/http.md; caps in ARCHITECTURE.md.
 */
#pragma once

#include <uv.h>

#include "base/buf.h"
#include "model/model.h"

struct http_server;

/* In ms; and how many. 0: as it comes. There for tests, which have no time to wait. */
struct http_limits {
	unsigned head, idle, write, linger; /* see conn.h */
	unsigned sweep;                     /* how often they are looked at */
	size_t connections, readers;
};

struct http_options {
	const char *const *listen; /* "127.0.0.1:5000", "[::]:5000", "unix:/run/nvwebmon/sock"; copied */
	size_t listen_count;
	const char *const *names; /* host names accepted on loopback listeners besides the loopback ones; copied */
	size_t name_count;
	struct http_limits limits;
};

/*
 * Binds and listens on everything in `options`, or on the descriptors of LISTEN_FDS when systemd passes some. 0, or a negative
 * errno with one line for people in *error ("127.0.0.1:5000: address already in use: ..."), and nothing is left open then.
 */
int must_check http_server_new(uv_loop_t *loop, const struct model *model, const struct http_options *options,
			       struct http_server **ret, struct buf *error);
/* Other names from now on (a reload). */
void http_server_set_names(struct http_server *server, const char *const *names, size_t count);
/* "http://127.0.0.1:5000/", one for each listener, for the start-up line. NULL after the last. */
const char *http_server_url(const struct http_server *server, size_t index);
/* Closes listeners and connections; `on_closed` is called from the loop once nothing of it is left, and the server is freed. */
void http_server_close(struct http_server *server, void (*on_closed)(void *user), void *user);
