/*
 * session_inner: what the two halves of a session share, session.c (from login to login) and sampling.c (from sample to sample).
 * Nobody else includes it.
 */
#pragma once

#include "collect/interview.h"
#include "collect/notice.h"
#include "collect/session.h"
#include "collect/tally.h"
#include "collect/transport.h"

#include "base/lines.h"

struct session {
	uv_loop_t *loop;
	uv_timer_t timer; /* the present state's deadline */
	const struct config *config;
	const struct host_config *host_config;
	struct notice notice; /* of what is learned, to the host of the model */
	struct tally tally;
	struct session_owner owner;
	void *user;

	enum session_state state;
	bool stopping;     /* for good */
	unsigned failures; /* in a row, for the back-off */

	/* The login. */
	bool is_retry;         /* the one before the present one failed */
	bool login_failed;     /* the last one did, or has not come to its end */
	bool login_turn;       /* it holds one of the fleet's turns */
	bool old_ssh;          /* our ssh knows no options of 8.7 */
	uint64_t login_wanted; /* when it has failed */
	char last_words[256];  /* the last line before the probe was ready */

	/* The child. */
	struct transport *transport; /* from LOGIN to ENDING */
	struct lines lines;
	size_t noise;      /* bytes that nobody asked for, since the last sample */
	bool told_why;     /* the error of the child that is ending stands in the model already */
	uint64_t next_try; /* with told_why: when the next login was promised */

	/* The sample. Times are of the loop's clock, in ms. */
	struct interview interview;
	uint64_t poll_due;      /* when the present one was due: the beat */
	uint64_t poll_sent;     /* when it was asked for, in us of uv_hrtime() */
	uint64_t sample_stale;  /* when what we have is old */
	uint64_t sample_wanted; /* when it is overdue */
	uint64_t aside_due;     /* when to ask the aside again */
	bool untimed;           /* we were away meanwhile: how long it took is not known */
	unsigned steps;         /* how far the far side has come: frame.steps */
	bool partial;           /* what there is of it was taken already */
	unsigned mute;          /* times that a ping was out and nothing came */
};

/* Every transition but the last one is made here; `ms` until the new state's deadline, 0: it has none. */
void session_set_state(struct session *session, enum session_state state, uint64_t ms);
/* Ends the child because of a trouble that is told here; the next try comes after the back-off. */
void session_give_up(struct session *session, enum problem_kind kind, struct slice message, const char *hint);

/* The probe is ready: the first sample. */
void sampling_begin(struct session *session);
/* Bytes, then lines, of a session that stands; in READY the lines alone. */
void sampling_receive(struct session *session, size_t len);
void sampling_hear(struct session *session, struct slice line);
/* The deadline of READY, POLLING or OVERDUE has passed. */
void sampling_on_deadline(struct session *session);
/* Another pace, or other columns: the beat begins anew. */
void sampling_set_beat(struct session *session);
/* See session_excuse(). */
void sampling_excuse(struct session *session, bool suspended);
