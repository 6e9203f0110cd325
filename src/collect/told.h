/*
 * told: the processes whose container and login the far side has told us, so that it need not tell them with each sample.
 *
 * An acknowledgement: what was in a sample that we could not understand is told again by itself. Pure.
 */
#pragma once

#include "smi/sample.h"

struct told {
	int64_t *pids; /* rising */
	size_t count;
	bool changed; /* since the last order */
};

void told_done(struct told *told);
/* A new far shell: it takes nothing for told. */
void told_restart(struct told *told);
/* Nothing is believed to be told any more: the next order says so. */
void told_forget(struct told *told);
/* A sample was understood: of its processes, those told before and those that `proc` tells of now; see census.h. */
void told_take(struct told *told, struct slice proc, const struct sample *sample);
/* Appends the order that makes the far side know, if there is anything new. Of more PIDs than fit, some are told again each time. */
int must_check told_order(struct told *told, struct buf *out);
