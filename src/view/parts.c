#include "view/parts.h"

#include <stdlib.h>

/* From the last to the first, so that each part's processes come out in their order. */
static void place_processes(struct parts *parts)
{
	const struct sample *sample = parts->sample;

	for (size_t i = sample->process_count; i-- > 0;) {
		const struct process *process = &sample->processes[i];
		parts->next[i] = NO_PROCESS;
		if (process->mig < sample->mig_count) {
			parts->next[i] = parts->first[process->mig];
			parts->first[process->mig] = i;
		} else {
			parts->astray[process->gpu] = true;
		}
	}
}

void parts_init(struct parts *parts, const struct host *host)
{
	const struct sample *sample = &host->sample;

	*parts = (struct parts){.sample = sample, .rule = &host->model->free_rule};
	if (sample->mig_count == 0)
		return;
	parts->first = xcalloc(sample->mig_count, sizeof(*parts->first));
	parts->next = xcalloc(sample->process_count, sizeof(*parts->next));
	parts->astray = xcalloc(sample->gpu_count, sizeof(*parts->astray));
	for (size_t i = 0; i < sample->mig_count; i++)
		parts->first[i] = NO_PROCESS;
	place_processes(parts);
}

void parts_done(struct parts *parts)
{
	free(parts->first);
	free(parts->next);
	free(parts->astray);
	*parts = (struct parts){0};
}

size_t parts_of(const struct parts *parts, size_t gpu)
{
	size_t first = 0;

	while (first < parts->sample->mig_count && parts->sample->migs[first].gpu != gpu)
		first++;
	return first;
}

bool parts_astray(const struct parts *parts, size_t gpu)
{
	return parts->astray ? parts->astray[gpu] : sample_has_process(parts->sample, gpu);
}

bool parts_knows(const struct parts *parts, size_t part)
{
	size_t gpu = parts->sample->migs[part].gpu;

	return !parts_astray(parts, gpu) && use_knows_processes(parts->sample, gpu);
}

enum use parts_use(const struct parts *parts, size_t part)
{
	const struct mig_device *mig = &parts->sample->migs[part];

	if (parts->first[part] != NO_PROCESS)
		return USE_BUSY;
	if (!parts_knows(parts, part))
		return USE_UNKNOWN;
	return use_by_memory(parts->rule, &mig->memory_used, &mig->memory_total, USE_BUSY);
}
