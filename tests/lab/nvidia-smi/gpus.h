/*
 * gpus: what each GPU of the host would tell at a moment, as a pure function of seed and time.
 *
 * Values move smoothly. ABSENT (of ints), a negative power and a NULL text are what this GPU cannot tell.
 */
#pragma once

#include <limits.h>

#include "control.h"
#include "jobs.h"

#define ABSENT INT_MIN

/* How well the driver reaches a GPU. */
enum reach {
	REACH_FINE,
	REACH_NO_HANDLE, /* fallen off the bus: the driver gives no handle for it */
	REACH_BROKEN,    /* there, but most questions end in an error */
	REACH_GONE,      /* silently left out */
};

struct gpu {
	int index, count;
	enum reach reach;
	const char *reason; /* why, when REACH_NO_HANDLE or REACH_BROKEN: "GPU is lost" */

	char name[256], uuid[41], serial_number[16];
	const char *serial;
	char bus_id[20];       /* as rows show it: 4 or 8 digits of domain, by driver */
	char short_bus_id[16]; /* as error messages show it: always 4 */
	char domain[8], bus[8];
	char device[16], vbios[24];
	const char *driver, *capability, *persistence, *ecc, *mig, *attached, *gsp;

	int utilization, memory_utilization, encoder;
	int memory_total, memory_used, memory_free, memory_reserved;
	int temperature, memory_temperature, headroom, fan;
	double power, power_instant, power_limit, power_minimum, power_maximum;
	int graphics, sm, video, memory_clock, graphics_maximum, memory_clock_maximum;
	int generation, generation_maximum, width;
	char pstate[4], event_mask[20];
	const char *idle, *power_cap;
};

struct lab_state {
	double now;
	unsigned count;
	struct gpu gpus[MAX_GPUS];
	unsigned process_count;
	struct process processes[MAX_GPUS * MAX_LANES]; /* by GPU */
};

/* All GPUs of the host and all their processes at `now`. */
void gpus_read(const struct control *control, double now, struct lab_state *ret);
