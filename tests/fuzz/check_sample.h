/*
 * What must hold of a sample whatever was parsed into it. Used by the fuzzers of src/smi.
 */
#pragma once

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/caps.h"
#include "smi/sample.h"

/* Copying reads every byte: the sanitizers see a slice that is out of bounds. */
static inline void check_slice(struct slice text)
{
	assert(text.ptr || text.len == 0);
	free(slice_dup(text));
}

static inline void check_reading(const struct reading *reading)
{
	check_slice(reading->absent);
	assert(isfinite(reading->value));
	assert(!reading->absent.ptr || reading->value == 0);
}

static inline void check_gpu(const struct sample *sample, const struct gpu *gpu)
{
	check_slice(gpu->uuid);
	check_slice(gpu->bus_id);
	check_slice(gpu->name);
	check_slice(gpu->problem);
	check_slice(gpu->process_problem);
	assert(gpu->index >= -1 && gpu->index <= GPU_INDEX_MAX + (int)CAP_GPUS);
	for (size_t i = 0; i < READING_COUNT; i++)
		check_reading(&gpu->readings[i]);
	for (size_t i = 0; i < TEXT_COUNT; i++)
		check_slice(gpu->texts[i]);
	assert(!gpu->has_cells || gpu->first_cell + sample->columns <= sample->cell_count);
}

static inline void check_process(const struct sample *sample, const struct process *process)
{
	assert(process->gpu < sample->gpu_count);
	assert(process->pid == -1 || process->pid > 0);
	check_slice(process->name);
	check_slice(process->user);
	check_slice(process->command);
	check_reading(&process->memory);
	check_reading(&process->elapsed);
	assert(process->mig == NO_MIG_DEVICE ||
	       (process->mig < sample->mig_count && sample->migs[process->mig].gpu == process->gpu));
}

static inline void check_mig(const struct sample *sample, const struct mig_device *mig)
{
	assert(mig->gpu < sample->gpu_count);
	assert(mig->index >= -1 && mig->gpu_instance >= -1 && mig->compute_instance >= -1);
	check_slice(mig->profile);
	check_slice(mig->uuid);
	check_reading(&mig->memory_total);
	check_reading(&mig->memory_used);
}

static inline void check_sample(const struct sample *sample)
{
	assert(sample->gpu_count <= CAP_GPUS);
	assert(sample->mig_count <= sample->gpu_count * CAP_MIG_DEVICES);
	assert(sample->process_count <= sample->gpu_count * CAP_PROCESSES_PER_GPU);
	for (size_t i = 0; i < sample->gpu_count; i++)
		check_gpu(sample, &sample->gpus[i]);
	for (size_t i = 0; i < sample->process_count; i++)
		check_process(sample, &sample->processes[i]);
	for (size_t i = 0; i < sample->mig_count; i++)
		check_mig(sample, &sample->migs[i]);
	for (size_t i = 0; i < sample->cell_count; i++)
		check_slice(sample->cells[i]);
	check_slice(sample->driver);
	check_slice(sample->process_problem);
}

/* The first byte of the input tells the exit status. */
static inline int take_status(struct slice *input)
{
	static const int statuses[] = {0, -1, 255, 124};

	if (input->len == 0)
		return 0;
	int status = statuses[(unsigned char)input->ptr[0] % 4];
	*input = (struct slice){input->ptr + 1, input->len - 1};
	return status;
}
