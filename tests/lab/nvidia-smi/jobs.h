/*
 * jobs: who runs what on which GPU, as a pure function of the host's seed and the time.
 *
 * A GPU has lanes; a lane has slots, one after the other; in a slot runs one process, or none. So processes come and go slowly, nothing has to
 * be remembered, and two runs at the same moment tell the same.
 */
#pragma once

#include "control.h"

/* The most processes a GPU has (fault=many-processes). */
#define MAX_LANES 64

struct process {
	unsigned gpu;
	int pid;
	const char *name, *command;
	const char *user;  /* the person */
	const char *owner; /* the account, as ps tells it */
	enum place place;  /* never PLACE_MIXED */
	uint64_t chance;   /* for ids that stay */
	int memory;        /* MiB */
	double started;    /* Unix seconds */
	int effort;        /* percent */
	double cpu;        /* of one CPU, 1 is all of it */
	int rss;           /* MiB */
	int instance;      /* index in mig_instances, when the GPU is cut */
};

/* The processes on a GPU at a moment; `ret` has room for MAX_LANES. Returns how many there are. */
unsigned jobs_on(const struct control *control, unsigned gpu, double at, struct process *ret);
