#include "gpus.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

/* Smooth noise between -1 and 1: a random value at each whole `t`, a soft curve between them. */
static double noise(uint64_t seed, double t)
{
	double whole = floor(t), part = t - whole;
	double a = hash_fraction(hash(seed, (uint64_t)(int64_t)whole));
	double b = hash_fraction(hash(seed, (uint64_t)(int64_t)whole + 1));
	part = part * part * (3 - 2 * part);
	return 2 * (a + (b - a) * part) - 1;
}

static double clamp(double value, double low, double high)
{
	return value < low ? low : value > high ? high : value;
}

/* How hard the GPU worked at a moment, without the small movements. */
static double effort_at(const struct control *control, unsigned gpu, double at)
{
	struct process processes[MAX_LANES];
	double effort = 0;
	unsigned count = jobs_on(control, gpu, at, processes);
	for (unsigned i = 0; i < count; i++)
		effort += processes[i].effort;
	return clamp(effort, 0, 100);
}

static void set_names(const struct control *control, struct gpu *gpu, uint64_t chance)
{
	const char *model = control->model->name;
	bool bare = control->major < 470 || strncmp(model, "Tesla ", 6) == 0;
	snprintf(gpu->name, sizeof(gpu->name), "%s%s", bare ? "" : "NVIDIA ", model);
	if (control->name[0] != '\0')
		memcpy(gpu->name, control->name, sizeof(gpu->name));

	uint64_t a = hash(chance, 11), b = hash(chance, 12);
	snprintf(gpu->uuid, sizeof(gpu->uuid), "GPU-%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32),
		 (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xffff, (unsigned)(b >> 48), (unsigned long long)b & 0xffffffffffff);
	snprintf(gpu->serial_number, sizeof(gpu->serial_number), "%013llu", 1320000000000 + (unsigned long long)(a % 9999999999));
	gpu->serial = control->model->traits & (DISPLAY | UNIFIED) ? NULL : gpu->serial_number;
	gpu->driver = control->driver;
	gpu->capability = control->model->capability;
	snprintf(gpu->device, sizeof(gpu->device), "0x%s", control->model->device);
	snprintf(gpu->vbios, sizeof(gpu->vbios), "92.00.%02X.00.%02X", (unsigned)(hash(control->seed, 13) % 160),
		 (unsigned)gpu->index + 1);
}

static void set_slot(const struct control *control, struct gpu *gpu)
{
	static const unsigned char buses[] = {0x07, 0x0f, 0x47, 0x4e, 0x87, 0x90, 0xb7, 0xbd};
	unsigned domain = (unsigned)gpu->index / 8, bus = buses[gpu->index % 8];
	int digits = control->major < 384 ? 4 : 8;
	snprintf(gpu->bus_id, sizeof(gpu->bus_id), "%0*X:%02X:00.0", digits, domain, bus);
	snprintf(gpu->short_bus_id, sizeof(gpu->short_bus_id), "%04X:%02X:00.0", domain & 0xffff, bus);
	snprintf(gpu->domain, sizeof(gpu->domain), "0x%04X", domain & 0xffff);
	snprintf(gpu->bus, sizeof(gpu->bus), "0x%02X", bus);
}

static void set_modes(const struct control *control, struct gpu *gpu)
{
	unsigned traits = control->model->traits;
	gpu->persistence = control->persistence ? "Enabled" : "Disabled";
	gpu->ecc = traits & ECC ? "Enabled" : NULL;
	bool new = control->model->generation >= 4;
	gpu->mig = control_mig(control, (unsigned)gpu->index) ? "Enabled" : traits & MIG_ABLE ? "Disabled" : NULL;
	gpu->compute_mode = control->compute_mode;
	gpu->recovery = "None";
	gpu->ecc_corrected = gpu->ecc_uncorrected = traits & ECC ? 0 : ABSENT;
	/* Broken memory is remapped by rows since Ampere, was retired by pages before. */
	gpu->remap_pending = gpu->remap_failure = traits & ECC && new ? "No" : NULL;
	gpu->retired = traits & ECC && !new ? "No" : NULL;
	gpu->attached = traits & DISPLAY && gpu->index == 0 ? "Yes" : "No";
	gpu->gsp = traits & TERSE ? NULL : "Enabled";
	gpu->generation_maximum = control->model->generation;
	gpu->width = gpu->width_maximum = 16;
}

/* Since 510 the driver's own share is "reserved" and no longer counts as used. */
static void set_memory(const struct control *control, struct gpu *gpu, int held)
{
	int reserved = control->model->memory / 135;
	gpu->memory_total = control->model->memory;
	gpu->memory_reserved = reserved;
	gpu->memory_used = held + (control->major < 510 ? reserved : 3);
	gpu->memory_free = gpu->memory_total - gpu->memory_used - (control->major < 510 ? 0 : reserved);
	if (control->model->traits & UNIFIED)
		gpu->memory_total = gpu->memory_used = gpu->memory_free = gpu->memory_reserved = ABSENT;
}

static void set_work(const struct control *control, struct gpu *gpu, uint64_t chance, double effort, double now)
{
	double movement = 9 * noise(hash(chance, 21), now / 7) + 4 * noise(hash(chance, 22), now / 2.3);
	double busy = effort > 0 ? clamp(effort - 6 + movement, 1, 100) : 0;
	double before =
		(effort_at(control, (unsigned)gpu->index, now - 20) + effort_at(control, (unsigned)gpu->index, now - 70)) / 2;
	double warmth = (effort + 2 * before) / 3;
	const struct model *model = control->model;

	gpu->utilization = (int)busy;
	gpu->memory_utilization = (int)(busy * (0.35 + 0.1 * noise(hash(chance, 23), now / 11)));
	gpu->encoder = 0;
	gpu->power = model->idle + (model->limit - model->idle) * busy / 100 * 0.9 + 0.6 * noise(hash(chance, 24), now / 3);
	gpu->power_instant = gpu->power + 4 * noise(hash(chance, 25), now);
	gpu->power_limit = gpu->power_maximum = model->limit;
	gpu->power_minimum = model->limit / 4;
	double cool = 27 + hash_fraction(hash(chance, 26)) * 6;
	gpu->temperature = (int)(cool + warmth * 0.46 + 1.5 * noise(hash(chance, 27), now / 17));
	gpu->memory_temperature = model->traits & HBM ? gpu->temperature - 3 : ABSENT;
	gpu->headroom = 88 - gpu->temperature;
	gpu->fan = model->traits & FAN ? (int)clamp((gpu->temperature - 34) * 1.9, 0, 100) : ABSENT;
}

static void set_clocks(const struct control *control, struct gpu *gpu, uint64_t chance, double effort, double now)
{
	const struct model *model = control->model;
	bool busy = effort > 0;
	bool capped = busy && gpu->power > 0.85 * model->limit;
	int boost = model->graphics - (capped ? 15 * (int)(6 + 5 * noise(hash(chance, 31), now / 5)) : 0);
	gpu->graphics = gpu->sm = busy ? boost : 210;
	gpu->video = busy ? boost * 9 / 10 : 555;
	gpu->memory_clock = busy || model->traits & HBM ? model->memory_clock : 405;
	gpu->graphics_maximum = model->graphics;
	gpu->memory_clock_maximum = model->memory_clock;
	gpu->generation = busy || model->traits & HBM ? model->generation : 1;
	snprintf(gpu->pstate, sizeof(gpu->pstate), "%s", busy ? "P2" : model->traits & FAN ? "P8" : "P0");
	gpu->tells_events = true;
	gpu->events = (busy ? 0u : EVENT_IDLE) | (capped ? EVENT_POWER_CAP : 0u);
}

static void be_silent(const struct control *control, struct gpu *gpu)
{
	if (control->model->traits & TERSE || control_mig(control, (unsigned)gpu->index))
		gpu->utilization = gpu->memory_utilization = gpu->encoder = ABSENT;
	if (control->model->traits & TERSE) {
		gpu->power = gpu->power_instant = gpu->power_limit = gpu->power_minimum = gpu->power_maximum = -1;
		gpu->graphics = gpu->sm = gpu->video = gpu->memory_clock = ABSENT;
		gpu->tells_events = false;
	}
}

static void put_text(const char **place, const char *text)
{
	if (text[0] != '\0')
		*place = text;
}

/* What is wrong with a GPU that still answers. */
static void set_trouble(const struct control *control, struct gpu *gpu)
{
	if (!control_troubled(control, gpu->index))
		return;
	gpu->events |= strtoull(control->trouble_throttle, NULL, 16);
	if (control->trouble_ecc > 0)
		gpu->ecc_uncorrected = (int)control->trouble_ecc;
	if (control->trouble_ecc_corrected > 0)
		gpu->ecc_corrected = (int)control->trouble_ecc_corrected;
	if (control->trouble_pcie_width > 0)
		gpu->width = (int)control->trouble_pcie_width;
	if (control->trouble_pcie_gen > 0)
		gpu->generation = (int)control->trouble_pcie_gen;
	put_text(&gpu->recovery, control->trouble_recovery);
	put_text(&gpu->remap_pending, control->trouble_remap_pending);
	put_text(&gpu->remap_failure, control->trouble_remap_failure);
	put_text(&gpu->retired, control->trouble_retired);
	if (control->trouble_stuck) {
		gpu->utilization = 100;
		gpu->power = gpu->power_instant = control->model->idle;
	}
}

static void set_reach(const struct control *control, struct gpu *gpu)
{
	static const struct {
		const char *fault;
		enum reach reach;
		const char *reason; /* NULL: fault_reason */
	} rows[] = {
		{"gpu-lost", REACH_NO_HANDLE, NULL},
		{"gpu-lost-cells", REACH_BROKEN, "GPU is lost"},
		{"gpu-requires-reset", REACH_BROKEN, "GPU requires reset"},
		{"gpu-unknown-error", REACH_BROKEN, "Unknown Error"},
		{"gpu-vanished", REACH_GONE, NULL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((unsigned)gpu->index == control->fault_gpu && control_fault_is(control, rows[i].fault)) {
			gpu->reach = rows[i].reach;
			gpu->reason = rows[i].reason != NULL ? rows[i].reason : control->fault_reason;
		}
	if (control_fault_is(control, "gpu-vanished"))
		gpu->count--;
}

const char *gpu_event(const struct gpu *gpu, enum event event)
{
	if (!gpu->tells_events)
		return NULL;
	return gpu->events & event ? "Active" : "Not Active";
}

void gpus_read(const struct control *control, double now, struct lab_state *ret)
{
	ret->now = now;
	ret->count = control->gpus;
	ret->process_count = 0;
	for (unsigned i = 0; i < control->gpus; i++) {
		struct gpu *gpu = &ret->gpus[i];
		uint64_t chance = hash(control->seed, 1000 + i);
		struct process *processes = &ret->processes[ret->process_count];
		unsigned count = jobs_on(control, i, now, processes);
		int held = 0;
		double effort = 0;
		for (unsigned p = 0; p < count; p++) {
			held += processes[p].memory;
			effort += processes[p].effort;
		}

		memset(gpu, 0, sizeof(*gpu));
		gpu->index = (int)i;
		gpu->count = (int)control->gpus;
		set_names(control, gpu, chance);
		set_slot(control, gpu);
		set_modes(control, gpu);
		set_memory(control, gpu, held);
		set_work(control, gpu, chance, clamp(effort, 0, 100), now);
		set_clocks(control, gpu, chance, effort, now);
		set_trouble(control, gpu);
		be_silent(control, gpu);
		snprintf(gpu->event_mask, sizeof(gpu->event_mask), "0x%016llx", (unsigned long long)gpu->events);
		set_reach(control, gpu);
		/* A GPU out of reach has no processes to tell. */
		if (gpu->reach == REACH_FINE)
			ret->process_count += count;
	}
}
