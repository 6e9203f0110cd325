#include "view/use.h"

bool use_has_process(const struct sample *sample, size_t position)
{
	for (size_t i = 0; i < sample->process_count; i++)
		if (sample->processes[i].gpu == position)
			return true;
	return false;
}

static enum use of_held(const struct gpu *gpu)
{
	const struct reading *utilization = &gpu->readings[READING_utilization];

	return !utilization->absent.ptr && utilization->value <= 0 ? USE_IDLE : USE_BUSY;
}

static enum use by_memory(const struct gpu *gpu)
{
	const struct reading *used = &gpu->readings[READING_memory_used];
	const struct reading *total = &gpu->readings[READING_memory_total];

	if (used->absent.ptr || total->absent.ptr || !(total->value > 0))
		return USE_UNKNOWN;
	return used->value < total->value / 20 ? USE_FREE : of_held(gpu);
}

enum use use_at_last(const struct host *host, size_t position)
{
	const struct gpu *gpu = &host->sample.gpus[position];

	if (gpu->problem.ptr)
		return USE_TROUBLE;
	if (use_has_process(&host->sample, position))
		return of_held(gpu);
	if (host->sample.process_problem.ptr)
		return USE_UNKNOWN;
	return by_memory(gpu);
}

enum use use_now(const struct host *host, size_t position)
{
	return host->state == HOST_OK ? use_at_last(host, position) : USE_UNKNOWN;
}
