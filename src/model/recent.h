/*
 * recent: what the last minutes of one host were like, for the small charts of the page.
 *
 * A ring of points, each with the moments' values of every GPU; of samples that come faster than a point, the first stands for all. Where
 * the host did not answer there is no point. Pure. Owned by struct host. It holds 8 bytes for each GPU and point: at most 77 KiB for a host of
 * 64 GPUs, 10 KiB for one of 8.
 */
#pragma once

#include "smi/sample.h"

enum { RECENT_POINTS = 150 };

#define RECENT_SPAN 600.0 /* seconds that are kept, when samples come at least that often */

/* Coarser than the sample, which is what a chart of 100 pixels can show. */
struct recent_point {
	float memory;        /* bytes; negative: not told */
	uint16_t power;      /* tenths of a watt; UINT16_MAX: not told */
	uint8_t utilization; /* percent; UINT8_MAX: not told */
	uint8_t temperature; /* degrees Celsius; likewise */
};

/* One GPU, known by its UUID, or what else tells it apart. */
struct recent_gpu {
	char *uuid; /* owned; NULL: it tells none */
	char *bus_id;
	int index;
	struct recent_point points[RECENT_POINTS];
};

/*
 *      times:  [ 7 | 8 | 3 | 4 | 5 | 6 ]      first = 2, count = 6: the oldest is at `first`
 *     points:  the same places, in each GPU
 */
struct recent {
	double times[RECENT_POINTS]; /* Unix seconds */
	size_t first, count;
	struct recent_gpu **gpus; /* as of the last sample; owned */
	size_t gpu_count;
};

void recent_done(struct recent *recent);
/* Takes what a chart needs of a sample. A GPU that is new has nothing to tell of the time before, one that has gone is forgotten. */
void recent_add(struct recent *recent, const struct sample *sample, double now);
/* Point `i` of `count`, the oldest first: its place in times and points. */
size_t recent_place(const struct recent *recent, size_t i);
/* This machine's clock was set. */
void recent_shift_times(struct recent *recent, double seconds);
