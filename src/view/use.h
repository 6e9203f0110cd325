/*
 * use: what a GPU is to somebody who needs one.
 */
#pragma once

#include "model/model.h"

/*
 * The rule, which is the page's too (web/src/model/use.ts). 5 % are what the configuration says (model.free_rule). The first that fits:
 *
 *     TROUBLE  something is wrong with it
 *     BUSY     its utilization is 5 % or more, whatever is known of processes; see below for one exception
 *     BUSY     a process is on it; IDLE when its utilization is 0, and has been for a minute, as far as we have watched
 *     UNKNOWN  MIG is on, and no part of it is known: without one a program finds no device at all
 *     BUSY     a twentieth of its memory is used; IDLE as above
 *     UNKNOWN  its processes or its memory are not known; it is asleep
 *     FREE     so nobody computes there
 *
 * The exception: without persistence mode, and with no keeper of ours, the driver starts for our question alone, and the utilization that
 * it tells is that of its start: 100 % of a GPU that rests. It is not believed where all the rest says FREE.
 */
enum use {
	USE_FREE,
	USE_BUSY,
	USE_IDLE, /* held, and at rest */
	USE_TROUBLE,
	USE_UNKNOWN,
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
/* FREE when less than that of a memory is used, `otherwise` when more is; UNKNOWN when that is not told. */
enum use use_by_memory(const struct free_rule *rule, const struct reading *used, const struct reading *total, enum use otherwise);
/* Whether MIG is on, and no part of it is known: none is made, or they are not told (gpu.mig_told). */
bool use_is_uncut(const struct sample *sample, size_t position);
/* Why they may not all be known while nothing is wrong with the GPU: the host's reason, else its own; SLICE_NONE when they are. */
struct slice use_process_problem(const struct sample *sample, size_t position);
/* Whether all processes on this GPU are known, so that none seen is none there. */
bool use_knows_processes(const struct sample *sample, size_t position);
