/*
 * session: the watching of one host, from the first login to the last.
 *
 *              +------------------------------------------------------------+
 *              v                                                            | back-off, 1 s to 60 s
 *   WAITING -> QUEUED -> LOGIN ---> READY <---> POLLING ---> OVERDUE        |
 *                          |          |            |            |           |
 *                          +----------+------------+------------+--> ENDING-+--> OVER
 *
 * A session owns its child (collect/transport) and writes what it learns into one host of the model. Its one timer is the present
 * state's deadline. Owned by the fleet.
 */
#pragma once

#include <uv.h>

#include "config/config.h"
#include "model/model.h"

struct session;

enum session_state {
	SESSION_WAITING, /* no child; the timer says when to try again */
	SESSION_QUEUED,  /* no child; waits for its turn to log in */
	SESSION_LOGIN,   /* child started, probe not ready */
	SESSION_READY,   /* between two polls */
	SESSION_POLLING, /* a sample is under way */
	SESSION_OVERDUE, /* it should have come long ago; no other is asked for, only whether the far shell is alive */
	SESSION_ENDING,  /* the child is being ended */
	SESSION_OVER,    /* stopped for good; freed by the fleet */
};

struct session_owner {
	/* The session wants to log in: session_login() when it is its turn, at once or later. */
	void (*on_wants_login)(void *user, struct session *session);
	/* It is logged in, or will not be: the next one's turn. */
	void (*on_login_done)(void *user, struct session *session);
	/*
	 * A deadline of the host's has passed, or an answer has come: was it we who were away? If so, all sessions are excused
	 * from within.
	 */
	bool (*was_away)(void *user);
	/* After session_stop(): nothing is left of it, session_free() may be called. */
	void (*on_over)(void *user, struct session *session);
};

/*
 * A session in state WAITING, to begin in the next turn of the loop. `config` and `host_config` are borrowed and must live until
 * session_set_config() gives others; `host` is the model's, and must live until session_stop().
 */
struct session *session_new(uv_loop_t *loop, const struct config *config, const struct host_config *host_config,
			    struct host *host, const struct session_owner *owner, void *user);
/* Another configuration with the same target: pace, columns, time limits change, the child lives on. */
void session_set_config(struct session *session, const struct config *config, const struct host_config *host_config);
void session_login(struct session *session);
/* Whether the last login came to nothing; while one is under way, whether the one before it did. */
bool session_is_retry(const struct session *session);
/*
 * We were away: what hosts did not do meanwhile is not held against them. Deadlines begin anew, and what is old by now is stale.
 * After a machine was suspended the path to the host may be dead and nobody know it: it is pinged, and a waiting session tries at
 * once.
 */
void session_excuse(struct session *session, bool suspended);
/* Ends the child and stays ended; on_over comes later, never from within. */
void session_stop(struct session *session);
/* Only in state OVER. */
void session_free(struct session *session);

const struct host_config *session_host_config(const struct session *session);
struct host *session_host(const struct session *session);
