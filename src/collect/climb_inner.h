/*
 * climb_inner: what the two halves of a climb share, climb.c (from the start to the end) and climb_talk.c (what the probe is asked, and its
 * answers). Nobody else includes it.
 */
#pragma once

#include "base/lines.h"
#include "collect/climb.h"
#include "collect/interview.h"
#include "collect/transport.h"

/* How long the far shell may take to answer what it knows by itself. */
enum { SHELL_ANSWER_MS = 5000 };

enum climb_state {
	CLIMB_NEW,
	CLIMB_LOGIN,   /* until the probe is ready */
	CLIMB_SAMPLE,  /* asked for */
	CLIMB_OVERDUE, /* it did not come: does the far shell answer? */
	CLIMB_TOOLS,   /* asked for */
	CLIMB_ENDING,  /* the child has its time to end */
	CLIMB_OVER,
};

struct climb {
	uv_loop_t *loop;
	uv_timer_t timer; /* the present state's deadline */
	uv_timer_t turn;  /* runs while this login keeps others from theirs */
	unsigned open_timers;
	const struct config *config;
	const struct host_config *host_config;
	struct host *host;
	struct climb_owner owner;
	void *user;

	enum climb_state state;
	bool login_done;
	bool old_ssh; /* ours is older than 8.7 */
	bool failed;  /* ascent.ending says why, ascent.top where */
	struct transport *transport;
	struct lines out, err;
	struct buf messages; /* what ssh said to people; of ours, and no more than the end of it is of interest */
	size_t noise;
	char last_words[256];

	struct ssh_trace trace;
	struct interview interview;
	unsigned steps; /* how far the sample has come: frame.steps */
	struct frame tools_frame;
	struct buf tools;
	uint64_t started, marked; /* when it began, when the present rung was begun; ns of uv_hrtime() */
	double seconds;

	struct ascent ascent;
	struct ladder ladder;
};

/* Another state, for `ms` at most; 0: until something happens. */
void climb_set_state(struct climb *climb, enum climb_state state, uint64_t ms);
/* The rung holds: its time ends here, the next one's begins. */
void climb_mark(struct climb *climb, enum rung rung);
/* The login has come to its end. */
void climb_end_login(struct climb *climb);
/* Ends the child: all that can be learned is known. */
void climb_end_child(struct climb *climb);
/* The present rung does not hold. `remedy`: NULL when nothing is known but what advice.h finds. */
void climb_give_up(struct climb *climb, enum problem_kind kind, struct slice message, const struct remedy *remedy);
/* All rungs hold up to the processes, which the host does not tell of. */
void climb_give_up_processes(struct climb *climb, enum problem_kind kind, struct slice message, const struct remedy *remedy);

/* A line of the child's stdout; lines_fn. */
void climb_talk_line(void *user, struct slice line, bool cut);
/* The sample has no end. */
void climb_talk_flood(struct climb *climb);
/* The sample is overdue. */
void climb_talk_late(struct climb *climb);
