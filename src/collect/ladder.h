/*
 * ladder: the way to a host's GPUs, rung by rung, and what came of each.
 *
 *	name -> tcp -> host-key -> login -> shell -> nvidia-smi -> gpus -> processes -> tools
 *
 * Pure: what a climb has learned goes in, verdicts for people come out. Up to nvidia-smi a rung that fails is the last: those after it are
 * not reached. On a host that answers, GPUs, processes and tools are judged each by itself.
 */
#pragma once

#include "collect/ending.h"
#include "collect/rungs.h"
#include "model/host.h"
#include "smi/messages.h"

enum rung {
	RUNG_NAME,
	RUNG_TCP,
	RUNG_HOST_KEY,
	RUNG_LOGIN,
	RUNG_SHELL,
	RUNG_NVIDIA_SMI,
	RUNG_GPUS,
	RUNG_PROCESSES,
	RUNG_TOOLS,
	RUNG_COUNT
};

/* "host-key", as in the JSON; "host key", for people. */
const char *rung_name(enum rung rung);
const char *rung_title(enum rung rung);

enum rung_state {
	RUNG_SKIPPED, /* not reached, or not ours to climb: `detail` says which */
	RUNG_OK,
	RUNG_WARNING, /* it holds, but something is missing */
	RUNG_FAILED,
};

/* "skipped", "ok", "warning", "failed". */
const char *rung_state_name(enum rung_state state);

struct rung_verdict {
	enum rung_state state;
	double ms;        /* what it took; NAN: not measured */
	char *detail;     /* what was found there: "192.168.1.25", "2 x NVIDIA A100" */
	const char *kind; /* of a warning or failure: a name of problem.def or finding.def */
	char *message;    /* what is wrong */
	char *remedy; /* the commands that mend it, a line each; what follows "#" in a line is said about it. NULL: none known */
};

struct ladder {
	struct rung_verdict rungs[RUNG_COUNT];
};

/* What a climb has learned. */
struct ascent {
	const struct config *config;
	const struct host_config *host_config;
	const struct ssh_trace *trace;
	const struct host *host; /* its sample, machine and findings, when it came so far */
	enum rung top;           /* the rung that was being climbed when it ended; RUNG_COUNT: all were */
	double ms[RUNG_COUNT];   /* what each took; NAN */
	struct ending ending;    /* why it is at its end there; kind NONE: it came to the top */
	struct remedy remedy;    /* what mends that on the host, when its own answer has told */
	bool interrupted;        /* it was us: nothing is wrong */
	bool started;            /* there was a child at all */
	unsigned noise_lines;    /* that the login shell printed before the probe spoke */
	struct slice tools;      /* the section of the probe; SLICE_NONE: not told */
};

/*
 * The rung on which a login is, or on which it failed with `kind` (PROBLEM_NONE: it goes on). An ssh that does not tell of its steps (-q in
 * its command, a wrapper) leaves only the kind to go by.
 */
enum rung ladder_rung_of(const struct ssh_trace *trace, bool local, enum problem_kind kind);

void ladder_init(struct ladder *ladder, const struct ascent *ascent);
void ladder_done(struct ladder *ladder);
/* Whether no rung has failed, and none was left out for that. */
bool ladder_is_well(const struct ladder *ladder);
