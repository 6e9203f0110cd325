/*
 * host: what is known now of one watched host.
 *
 * Pure: no clock (`now` is an argument, Unix seconds), no descriptor. Owned by struct model. Every host_* call that changes
 * something gives the host the model's next generation; nobody is called.
 */
#pragma once

#include "smi/problem.h"
#include "smi/sample.h"

struct model;

enum host_state {
	HOST_CONNECTING, /* never sampled, being tried */
	HOST_OK,
	HOST_STALE, /* was fine, now overdue: the last values stay, with their time */
	HOST_ERROR,
};

/* "connecting", "ok", "stale", "error". */
const char *host_state_name(enum host_state state);

/* What a host is called; only name and address are always there. */
struct host_label {
	const char *name, *address, *people, *kvm, *comment;
};

struct host {
	struct model *model; /* the owner */
	uint64_t id;         /* unique in this process, never reused */
	uint64_t generation; /* of the last change */

	char *name, *address, *people, *kvm, *comment; /* owned; NULL when not configured, but for name and address */

	enum host_state state;
	double since;     /* of the state */
	double sampled;   /* when the last good sample came; 0 never */
	double sample_ms; /* how long it took */

	struct {
		enum problem_kind kind; /* NONE: no error */
		char *message;          /* what the far side said; valid UTF-8 */
		char *hint;             /* may be NULL */
		double since;
		double next_try; /* 0: none planned */
	} error;

	struct sample sample; /* the last good one; empty before it */
};

void host_set_label(struct host *host, const struct host_label *label);
/* A good sample came: takes its content (the caller gets the old one back in *sample, to reuse), clears the error, state ok. */
void host_set_sample(struct host *host, struct sample *sample, double sample_ms, double now);
/* Something failed: state error. `since` stays when the kind is the one that stands already. Text is copied. */
void host_set_error(struct host *host, enum problem_kind kind, struct slice message, struct slice hint, double next_try,
		    double now);
/* A new attempt after an error keeps the error in sight: only next_try changes. */
void host_set_next_try(struct host *host, double next_try);
/* The configured columns have changed: the cells of the last sample belong to others. */
void host_forget_cells(struct host *host);
/* The sample is overdue: ok becomes stale. */
void host_set_stale(struct host *host, double now);
