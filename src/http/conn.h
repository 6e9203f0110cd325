/*
 * conn: one client's socket, and the set of them all.
 *
 * A connection reads one request, answers it, and only then reads on: one bounded buffer for the request's head, one reply on its
 * way. All deadlines are looked at by one sweep. Whatever is wrong with a client ends its connection, and touches no other.
 *
 *            .---------------------------------------------.
 *            v                                             |
 *          IDLE ---> HEAD ---> REPLY ----------------------+---> EVENTS   a reader of events
 *                                                          '---> LINGER   the last reply is out
 *      any of them ---> CLOSED, freed by the loop
 */
#pragma once

#include <sys/queue.h>
#include <uv.h>

#include "http/listen.h"
#include "http/live.h"
#include "http/request.h"
#include "http/site.h"

enum conn_state {
	CONN_IDLE,   /* not a byte of a request yet; may be closed to make room */
	CONN_HEAD,   /* a part of a request has come */
	CONN_REPLY,  /* a reply waits for the client to read; we do not read */
	CONN_EVENTS, /* what is said here is dropped, but read, to see the end */
	CONN_LINGER, /* likewise, until the client has seen our last reply and closes */
	CONN_CLOSED,
};

/* In ms; and how many. */
struct conn_limits {
	unsigned head;   /* from a request's first byte to its last */
	unsigned idle;   /* between two requests, and before the first */
	unsigned write;  /* for one reply; for any byte of an event */
	unsigned linger; /* for the client to close */
	size_t connections;
};

struct conn;
TAILQ_HEAD(conn_list, conn);

/* Owned by the server. */
struct conns {
	uv_loop_t *loop;
	struct site *site; /* borrowed */
	struct live *live; /* borrowed */
	struct conn_limits limits;
	struct conn_list all;
	struct conn_list idle; /* the longest idle one first */
	size_t count;
	bool full;                    /* there was no room, and it has been said */
	void (*on_empty)(void *user); /* count has become 0; the set may be freed now */
	void *user;
	struct buf head;     /* of the reply being written */
	int64_t date_second; /* of `date`: most replies are made in the same second as the one before */
	char date[HTTP_DATE_SIZE];
	char discard[4096]; /* what nobody reads */
};

void conns_init(struct conns *conns, uv_loop_t *loop, struct site *site, struct live *live, const struct conn_limits *limits);
void conns_done(struct conns *conns);
/* Takes the connection that waits on `listener`. */
void conns_accept(struct conns *conns, struct listener *listener);
/* Ends those whose deadline has passed. To be called about once a second. */
void conns_sweep(struct conns *conns);
/* Ends all; they are gone when conns->count is 0, after a turn of the loop. */
void conns_close(struct conns *conns);

struct moment conns_now(const struct conns *conns);

/* How events get out. */
extern const struct live_ops conn_live_ops;
