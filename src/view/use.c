#include "view/use.h"

struct slice use_process_problem(const struct sample *sample, size_t position)
{
	return sample->process_problem.ptr ? sample->process_problem : sample->gpus[position].process_problem;
}

bool use_knows_processes(const struct sample *sample, size_t position)
{
	const struct gpu *gpu = &sample->gpus[position];

	return !use_process_problem(sample, position).ptr && !gpu->problem.ptr && !gpu->asleep;
}

bool use_is_uncut(const struct sample *sample, size_t position)
{
	if (!gpu_has_mig(&sample->gpus[position]))
		return false;
	for (size_t i = 0; i < sample->mig_count; i++)
		if (sample->migs[i].gpu == position)
			return false;
	return true;
}

/* From there on a GPU works, whoever is on it: a process that nvidia-smi does not list, for one. */
static bool is_at_work(const struct host *host, const struct gpu *gpu)
{
	const struct reading *utilization = &gpu->readings[READING_utilization];

	return !utilization->absent.ptr && utilization->value >= host->model->free_rule.utilization;
}

/* Whether the driver may have been started for our question alone. */
static bool starts_for_us(const struct host *host, const struct gpu *gpu)
{
	return slice_is(gpu->texts[TEXT_persistence_mode], "Disabled") && !host->session.keeps_driver;
}

/* Shorter rests, in seconds, are part of the work. */
static const double short_rest = 60;

/* Who has only begun to watch takes the moment for all there is. */
static bool is_paused(const struct host *host, const struct gpu *gpu)
{
	bool watched = host->session.connected > 0 && host->sampled - host->session.connected >= short_rest;

	return watched && gpu->idle_since > 0 && host->sampled - gpu->idle_since < short_rest;
}

static enum use of_held(const struct host *host, const struct gpu *gpu)
{
	const struct reading *utilization = &gpu->readings[READING_utilization];
	bool rests = !utilization->absent.ptr && utilization->value <= 0;

	return rests && !is_paused(host, gpu) ? USE_IDLE : USE_BUSY;
}

enum use use_by_memory(const struct free_rule *rule, const struct reading *used, const struct reading *total, enum use otherwise)
{
	if (used->absent.ptr || total->absent.ptr || !(total->value > 0))
		return USE_UNKNOWN;
	return used->value < total->value * rule->memory / 100 ? USE_FREE : otherwise;
}

enum use use_at_last(const struct host *host, size_t position)
{
	const struct sample *sample = &host->sample;
	const struct gpu *gpu = &sample->gpus[position];

	if (gpu->problem.ptr)
		return USE_TROUBLE;
	if (sample_has_process(sample, position))
		return of_held(host, gpu);
	if (use_is_uncut(sample, position))
		return USE_UNKNOWN;
	enum use use = use_by_memory(&host->model->free_rule, &gpu->readings[READING_memory_used],
				     &gpu->readings[READING_memory_total], of_held(host, gpu));
	if (use == USE_FREE && !use_knows_processes(sample, position))
		use = USE_UNKNOWN;
	bool believed = use != USE_FREE || !starts_for_us(host, gpu);
	return believed && is_at_work(host, gpu) ? USE_BUSY : use;
}

enum use use_now(const struct host *host, size_t position)
{
	return host->state == HOST_OK ? use_at_last(host, position) : USE_UNKNOWN;
}
