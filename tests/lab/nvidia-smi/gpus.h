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
	const char *driver, *capability, *persistence, *ecc, *mig, *attached, *gsp, *compute_mode;
	const char *recovery, *remap_pending, *remap_failure, *retired;
	int ecc_corrected, ecc_uncorrected;

	int utilization, memory_utilization, encoder;
	int memory_total, memory_used, memory_free, memory_reserved;
	int temperature, memory_temperature, headroom, fan;
	double power, power_instant, power_limit, power_minimum, power_maximum;
	int graphics, sm, video, memory_clock, graphics_maximum, memory_clock_maximum;
	int generation, generation_maximum, width, width_maximum;
	char pstate[4];
	bool tells_events;
	uint64_t events; /* bits of enum event */
	char event_mask[20];
};

/* What holds the clocks down. */
enum event {
	EVENT_IDLE = 0x1,
	EVENT_APPLICATIONS_CLOCKS = 0x2,
	EVENT_POWER_CAP = 0x4,
	EVENT_HW_SLOWDOWN = 0x8,
	EVENT_SYNC_BOOST = 0x10,
	EVENT_SW_THERMAL = 0x20,
	EVENT_HW_THERMAL = 0x40,
	EVENT_HW_POWER_BRAKE = 0x80,
};

struct lab_state {
	double now;
	unsigned count;
	struct gpu gpus[MAX_GPUS];
	unsigned process_count;
	struct process processes[MAX_GPUS * MAX_LANES]; /* by GPU */
};

/* "Active", "Not Active"; NULL when the GPU tells of no events. */
const char *gpu_event(const struct gpu *gpu, enum event event);
/* All GPUs of the host and all their processes at `now`. */
void gpus_read(const struct control *control, double now, struct lab_state *ret);
