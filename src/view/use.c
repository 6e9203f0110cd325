#include "view/use.h"

bool use_has_process(const struct sample *sample, size_t position)
{
	for (size_t i = 0; i < sample->process_count; i++)
		if (sample->processes[i].gpu == position)
			return true;
	return false;
}

struct slice use_process_problem(const struct sample *sample, size_t position)
{
	return sample->process_problem.ptr ? sample->process_problem : sample->gpus[position].process_problem;
}

bool use_knows_processes(const struct sample *sample, size_t position)
{
	const struct gpu *gpu = &sample->gpus[position];

	return !use_process_problem(sample, position).ptr && !gpu->problem.ptr && !gpu->asleep;
}

/* From here on a GPU works, whoever is on it: a process that nvidia-smi does not list, for one. */
static const double at_work = 5;

static enum use of_held(const struct gpu *gpu)
{
	const struct reading *utilization = &gpu->readings[READING_utilization];

	return !utilization->absent.ptr && utilization->value <= 0 ? USE_IDLE : USE_BUSY;
}

enum use use_by_memory(const struct reading *used, const struct reading *total, enum use otherwise)
{
	if (used->absent.ptr || total->absent.ptr || !(total->value > 0))
		return USE_UNKNOWN;
	return used->value < total->value / 20 ? USE_FREE : otherwise;
}

enum use use_at_last(const struct host *host, size_t position)
{
	const struct sample *sample = &host->sample;
	const struct gpu *gpu = &sample->gpus[position];

	if (gpu->problem.ptr)
		return USE_TROUBLE;
	if (use_has_process(sample, position))
		return of_held(gpu);
	if (!use_knows_processes(sample, position))
		return USE_UNKNOWN;
	if (!gpu->readings[READING_utilization].absent.ptr && gpu->readings[READING_utilization].value >= at_work)
		return USE_BUSY;
	return use_by_memory(&gpu->readings[READING_memory_used], &gpu->readings[READING_memory_total], of_held(gpu));
}

enum use use_now(const struct host *host, size_t position)
{
	return host->state == HOST_OK ? use_at_last(host, position) : USE_UNKNOWN;
}
