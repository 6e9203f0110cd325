/*
 * use: what a GPU is to somebody who needs one.
 */
#pragma once

#include "model/host.h"

enum use {
	USE_FREE, /* nobody computes, less than a twentieth of its memory is used, nothing is wrong */
	USE_BUSY,
	USE_IDLE,    /* held by a process or by memory in use, with a utilization of 0 */
	USE_TROUBLE, /* broken */
	USE_UNKNOWN, /* not told: no fresh sample, processes or memory not known */
	USE_COUNT,
};

/* By the last values, whatever their age. `position` is that in host->sample.gpus. */
enum use use_at_last(const struct host *host, size_t position);
/* Now: UNKNOWN when the host is not well. */
enum use use_now(const struct host *host, size_t position);
/* Whether any process on this GPU is known. */
bool use_has_process(const struct sample *sample, size_t position);
