/*
 * transport: one child process and its three pipes: an ssh, or a sh on this machine. The only user of uv_spawn().
 *
 * The child leads a process group of its own, so that a Ctrl-C meant for us does not reach it and its helpers (a ProxyCommand)
 * end with it. A transport is over when its output has closed *and* it was reaped; `on_over` is called exactly once then, last of
 * all callbacks, and the transport is freed when it returns.
 */
#pragma once

#include <uv.h>

#include "base/buf.h"

struct transport;

struct transport_end {
	int exit_status;
	int signal;               /* 0: it exited by itself */
	struct slice stderr_tail; /* its last words, up to CAP_STDERR_TAIL bytes; lent until on_over returns */
};

/* What went over the pipes so far: `out` was given to its stdin, `in` came from its stdout and stderr. */
struct transport_bytes {
	uint64_t in, out;
};

struct transport_events {
	/*
	 * Bytes from the child's stderr; lent until it returns. Of all of them the tail is kept. Not called after
	 * transport_stop().
	 */
	void (*on_stderr)(void *user, const char *bytes, size_t len);
	/* Bytes from the child's stdout; lent until it returns. Not called after transport_stop(). */
	void (*on_output)(void *user, const char *bytes, size_t len);
	void (*on_over)(void *user, const struct transport_end *end);
};

/* Starts argv[0], found in the PATH. 0 and *ret; else a negative errno, and no callback will come. */
int must_check transport_start(uv_loop_t *loop, char *const argv[], const struct transport_events *events, void *user,
			       struct transport **ret);
/*
 * Queues bytes (copied) for the child's stdin. A child that reads no more is noticed by its end, or by whoever waits for its
 * answer.
 */
void transport_write(struct transport *transport, struct slice bytes);
/* Until on_over has returned. */
struct transport_bytes transport_bytes(const struct transport *transport);
/* Closes its stdin, which ends a probe; after a second its group gets TERM, after three KILL. May be called more than once. */
void transport_stop(struct transport *transport);
