/*
 * notice: what is told of one host: every change to the model, and each turn for better or worse once to the log.
 */
#pragma once

#include "model/model.h"

struct notice {
	struct host *host;        /* borrowed; the model's */
	enum problem_kind logged; /* the trouble that the log has told of */
	bool logged_left_out;     /* the log has told that this host has more than our caps allow */
};

/* For `next_try_s`: there is no next try, what is under way is waited for. */
enum { NOTICE_NO_NEXT_TRY = -1 };

void notice_init(struct notice *notice, struct host *host);
/* The host is in trouble. `hint` may be NULL; `next_try_s` in seconds from now. */
void notice_problem(struct notice *notice, enum problem_kind kind, struct slice message, const char *hint, double next_try_s);
/* A good sample, taken in `ms`; its content goes to the model, with what the host told of itself, as host_set_sample() says. */
void notice_sample(struct notice *notice, struct sample *sample, const struct machine *machine, double ms);
/* The sample is late. */
void notice_stale(struct notice *notice);
/* A new try begins. */
void notice_try(struct notice *notice);
