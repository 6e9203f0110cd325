/*
 * control: which host this is, and what is to be wrong with it.
 *
 * The file $LAB_DIR/hosts/$LAB_HOST holds lines `key=value`. It is read anew at each run (and while hanging), so that a test mends a host by
 * writing a file. Every key has a default; without a file this is a host of eight A100. The keys stand in ../README.md.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "models.h"

#define MAX_GPUS 64

enum load {
	LOAD_FREE,    /* nobody */
	LOAD_BUSY,    /* one hard-working process on each GPU */
	LOAD_MIXED,   /* some GPUs free, some busy, changing */
	LOAD_SEVERAL, /* up to three people on each GPU */
	LOAD_HELD,    /* memory held for days, nothing computed */
	LOAD_COUNT
};

struct control {
	char path[PATH_MAX]; /* of the file; empty without LAB_DIR */
	char host[64];
	unsigned gpus;
	const struct model *model;
	char driver[32];
	unsigned major; /* of the driver: 550 */
	uint64_t seed;
	enum load load[MAX_GPUS];
	bool persistence;
	char name[256]; /* instead of the model's; empty: not given */
	double time;    /* Unix seconds; negative: the clock */
	double slot;    /* seconds between a process and its successor */

	char fault[32]; /* empty: healthy */
	unsigned fault_gpu;
	double fault_seconds;
	unsigned fault_ms;
	char fault_field[256];
	char fault_reason[128];
	bool fault_rows;
};

/* Reads the file. Ends the program with a message when it is not understood: a test with a misspelt key must not pass. */
void control_read(struct control *control);
bool control_fault_is(const struct control *control, const char *fault);
/* Whether the directory of the lab still exists. True when there never was one. */
bool control_lab_exists(void);
/* Unix seconds: LAB_TIME, else `time=`, else the clock. */
double control_now(const struct control *control);
