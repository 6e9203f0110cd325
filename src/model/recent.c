#include "model/recent.h"

#include <math.h>
#include <stdlib.h>

static const struct recent_point not_told = {-1, UINT16_MAX, UINT8_MAX, UINT8_MAX};

static void free_gpu(struct recent_gpu *gpu)
{
	free(gpu->uuid);
	free(gpu->bus_id);
	free(gpu);
}

void recent_done(struct recent *recent)
{
	for (size_t i = 0; i < recent->gpu_count; i++)
		if (recent->gpus[i])
			free_gpu(recent->gpus[i]);
	free(recent->gpus);
	*recent = (struct recent){0};
}

size_t recent_place(const struct recent *recent, size_t i)
{
	return (recent->first + i) % RECENT_POINTS;
}

/* The value in steps of `step`, `untold` when it is not told or does not fit. */
static uint16_t coarse(const struct reading *reading, double step, uint16_t untold)
{
	double steps = reading->absent.ptr ? -1 : round(reading->value / step);

	return steps >= 0 && steps < untold ? (uint16_t)steps : untold;
}

static struct recent_point point_of(const struct gpu *gpu)
{
	const struct reading *memory = &gpu->readings[READING_memory_used];

	return (struct recent_point){
		.memory = memory->absent.ptr ? -1 : (float)memory->value,
		.power = coarse(&gpu->readings[READING_power], 0.1, UINT16_MAX),
		.utilization = (uint8_t)coarse(&gpu->readings[READING_utilization], 1, UINT8_MAX),
		.temperature = (uint8_t)coarse(&gpu->readings[READING_temperature], 1, UINT8_MAX),
	};
}

static struct recent_gpu *new_gpu(const struct gpu *gpu)
{
	struct recent_gpu *recent = xcalloc(1, sizeof(*recent));

	recent->uuid = slice_dup(gpu->uuid);
	recent->bus_id = slice_dup(gpu->bus_id);
	recent->index = gpu->index;
	for (size_t i = 0; i < RECENT_POINTS; i++)
		recent->points[i] = not_told;
	return recent;
}

/* By the same rule as everywhere: gpu_is_same(). */
static bool is_of(const struct recent_gpu *recent, const struct gpu *gpu)
{
	const struct gpu known = {.uuid = slice_of(recent->uuid), .bus_id = slice_of(recent->bus_id), .index = recent->index};

	return gpu_is_same(&known, gpu);
}

/* Takes it out of those that were there; one that is new begins. */
static struct recent_gpu *take_gpu(struct recent *recent, size_t place, const struct gpu *gpu)
{
	size_t count = recent->gpu_count;

	/* Nearly always it stands where it stood. */
	for (size_t i = 0; i < count; i++) {
		struct recent_gpu **known = &recent->gpus[(place + i) % count];
		if (!*known || !is_of(*known, gpu))
			continue;
		struct recent_gpu *taken = *known;
		*known = NULL;
		return taken;
	}
	return new_gpu(gpu);
}

static void match_gpus(struct recent *recent, const struct sample *sample)
{
	struct recent_gpu **gpus = xcalloc(sample->gpu_count, sizeof(struct recent_gpu *));

	for (size_t i = 0; i < sample->gpu_count; i++)
		gpus[i] = take_gpu(recent, i, &sample->gpus[i]);
	for (size_t i = 0; i < recent->gpu_count; i++)
		if (recent->gpus[i])
			free_gpu(recent->gpus[i]);
	free(recent->gpus);
	recent->gpus = gpus;
	recent->gpu_count = sample->gpu_count;
}

/* A little less than a point's share of the span, or a pace of just that would keep every other sample. */
static bool is_too_soon(const struct recent *recent, double now)
{
	double last = recent->count > 0 ? recent->times[recent_place(recent, recent->count - 1)] : -INFINITY;

	return now - last < 0.9 * RECENT_SPAN / RECENT_POINTS;
}

void recent_add(struct recent *recent, const struct sample *sample, double now)
{
	if (is_too_soon(recent, now))
		return;
	match_gpus(recent, sample);
	if (recent->count == RECENT_POINTS)
		recent->first = (recent->first + 1) % RECENT_POINTS;
	else
		recent->count++;
	size_t place = recent_place(recent, recent->count - 1);
	recent->times[place] = now;
	for (size_t i = 0; i < sample->gpu_count; i++)
		recent->gpus[i]->points[place] = point_of(&sample->gpus[i]);
}

void recent_shift_times(struct recent *recent, double seconds)
{
	for (size_t i = 0; i < RECENT_POINTS; i++)
		recent->times[i] += seconds;
}
