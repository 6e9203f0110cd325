/*
 * host: what is known now of one watched host.
 *
 * Pure: no clock (`now` is an argument, Unix seconds), no descriptor. Owned by struct model. Every host_* call that changes
 * something gives the host the model's next generation; nobody is called.
 */
#pragma once

#include "model/finding.h"
#include "model/recent.h"
#include "proc/machine.h"
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
	const char *name, *address, *people, *kvm, *group, *comment;
	int port; /* at that address; 0: ssh decides */
};

/* What the watching of a host has cost it and us, since the process began. Counters, of this host alone. */
struct host_session {
	double connected;       /* since when the present session stands, Unix seconds; 0: none stands */
	uint64_t logins;        /* that came to a session */
	uint64_t attempts;      /* to log in */
	uint64_t samples;       /* good ones */
	uint64_t bytes_in;      /* over the pipes of our child: before ssh compresses or encrypts */
	uint64_t bytes_out;     /* likewise */
	double probe_cpu;       /* seconds of CPU that the probe used there, over all sessions */
	uint64_t probe_samples; /* samples that this was for */
	bool keeps_driver;      /* a quiet nvidia-smi -l keeps the driver loaded */
};

struct host {
	struct model *model; /* the owner */
	uint64_t id;         /* unique in this process, never reused */
	uint64_t generation; /* of the last change */

	char *name, *address, *people, *kvm, *group, *comment; /* owned; NULL when not configured, but for name and address */
	int port;                                              /* likewise; 0: ssh decides */

	enum host_state state;
	double since;     /* of the state */
	double sampled;   /* when the last good sample came; 0 never */
	double sample_ms; /* how long it took */
	double query_ms;  /* nvidia-smi's part of it; all of it where the host does not tell */
	double cold_ms;   /* how long the last query took that came while nobody of ours kept the driver loaded; 0: none has */

	struct {
		enum problem_kind kind; /* NONE: no error */
		char *message;          /* what the far side said; valid UTF-8 */
		char *hint;             /* may be NULL */
		double since;
		double next_try; /* 0: none planned */
	} error;

	struct {
		enum problem_kind kind; /* NONE: there was none */
		char *message;          /* what was said of it at the end */
		double since, until;
	} last_error; /* the last one that is over */

	struct sample sample;   /* the last good one; empty before it */
	struct machine machine; /* what the host told of itself with it */
	bool machine_told;      /* else nothing in machine is known */
	struct host_session session;
	struct finding_list findings;
	struct recent recent; /* what the last minutes were like */
};

void host_set_label(struct host *host, const struct host_label *label);
/* A good sample came: takes its content (the caller gets the old one back in *sample, to reuse), ends the error, state ok. A
 * GPU that had a problem before keeps its problem_since, one at rest its idle_since. `machine` may be NULL: not told. Findings are looked for. */
void host_set_sample(struct host *host, struct sample *sample, const struct machine *machine, double sample_ms, double now);
/* The counters; shown with the next change, they are none themselves. To be called before host_set_sample(), which looks at
 * them. */
void host_set_session(struct host *host, const struct host_session *session);
/* Something failed: state error. `since` stays when the kind is the one that stands already; an error of another kind is over
 * with it. Text is copied. */
void host_set_error(struct host *host, enum problem_kind kind, struct slice message, struct slice hint, double next_try,
		    double now);
/* A new attempt after an error keeps the error in sight: only next_try changes. */
void host_set_next_try(struct host *host, double next_try);
/* The configured columns have changed: the cells of the last sample belong to others. */
void host_forget_cells(struct host *host);
/* The sample is overdue: ok becomes stale. */
void host_set_stale(struct host *host, double now);
/* For model_shift_times(). */
void host_shift_times(struct host *host, double seconds);
