/*
 * use: what a GPU is to somebody who needs one.
 */
#pragma once

#include "model/host.h"

enum use {
	USE_FREE, /* nobody computes, utilization below 5 %, less than a twentieth of its memory is used, nothing is wrong */
	USE_BUSY,
	USE_IDLE,    /* held by a process or by memory in use, with a utilization of 0 */
	USE_TROUBLE, /* broken, or not there any more */
	USE_UNKNOWN, /* not told: no fresh sample, processes or memory not known; or asleep */
	USE_COUNT,
};

/*
 * By the last values, whatever their age. `position` is that in host->sample.gpus. A GPU that the kernel has suspended is
 * UNKNOWN: most likely nobody uses it, but it was not asked. One with MIG on is FREE when all of it is; what its parts are,
 * parts_use() tells.
 */
enum use use_at_last(const struct host *host, size_t position);
/* Now: UNKNOWN when the host is not well. */
enum use use_now(const struct host *host, size_t position);
/* FREE when next to nothing of a memory is used, `otherwise` when it is; UNKNOWN when that is not told. */
enum use use_by_memory(const struct reading *used, const struct reading *total, enum use otherwise);
/* Whether any process on this GPU is known. */
bool use_has_process(const struct sample *sample, size_t position);
/* Why they may not all be known while nothing is wrong with the GPU: the host's reason, else its own; SLICE_NONE when they are. */
struct slice use_process_problem(const struct sample *sample, size_t position);
/* Whether all processes on this GPU are known, so that none seen is none there. */
bool use_knows_processes(const struct sample *sample, size_t position);
