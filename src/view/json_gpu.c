#include "view/json_gpu.h"

#include "smi/throttle.h"
#include "view/use.h"
#include "view/writer.h"

static void write_reading(struct buf *buf, const char *key, const struct reading *reading)
{
	if (reading->absent.ptr)
		write_null(buf, key);
	else
		write_number(buf, key, reading->value);
}

/* A mask as the names of its bits. What a bit means that nobody has named yet is not told. */
static void write_mask(struct buf *buf, const char *key, const struct reading *reading)
{
	if (reading->absent.ptr || !(reading->value >= 0 && reading->value < 0x1p53)) {
		write_null(buf, key);
		return;
	}
	write_open(buf, key, '[');
	for (const struct throttle_reason *reason = throttle_reasons; reason->name; reason++)
		if ((uint64_t)reading->value & reason->bit)
			write_string(buf, NULL, reason->name);
	write_close(buf, ']');
}

/* An index or a PID, of which -1 says that the driver did not tell. */
static void write_id(struct buf *buf, const char *key, int64_t id)
{
	if (id < 0)
		write_null(buf, key);
	else
		write_number(buf, key, (double)id);
}

void write_time_if_any(struct buf *buf, const char *key, double seconds)
{
	if (seconds > 0)
		write_time(buf, key, seconds);
	else
		write_null(buf, key);
}

static void write_container(struct buf *buf, const struct process *process)
{
	static const char *const names[] = {
		[CONTAINER_NONE] = NULL,       [CONTAINER_DOCKER] = "docker",
		[CONTAINER_PODMAN] = "podman", [CONTAINER_CONTAINERD] = "containerd",
		[CONTAINER_CRIO] = "cri-o",    [CONTAINER_APPTAINER] = "apptainer",
		[CONTAINER_OTHER] = "other",
	};

	if (process->runtime == CONTAINER_NONE) {
		write_null(buf, "container");
		return;
	}
	write_open(buf, "container", '{');
	write_string(buf, "runtime", names[process->runtime]);
	write_text(buf, "id", process->container);
	write_text(buf, "pod", process->pod);
	write_close(buf, '}');
}

static void write_process(struct buf *buf, const struct process *process, int64_t part)
{
	write_open(buf, NULL, '{');
	write_id(buf, "pid", process->pid);
	write_text(buf, "user", process->user);
	write_text(buf, "owner", process->owner);
	write_text(buf, "inferred", process->inferred);
	write_text(buf, "name", process->name);
	write_text(buf, "command", process->command);
	write_reading(buf, "memory", &process->memory);
	write_reading(buf, "elapsed", &process->elapsed);
	write_reading(buf, "cpu", &process->cpu);
	write_reading(buf, "rss", &process->rss);
	write_container(buf, process);
	write_text(buf, "slurm_job", process->job);
	write_id(buf, "mig", part);
	write_close(buf, '}');
}

/* An empty list says that nobody computes here, which is not known while something is wrong with the list. */
static void write_processes(struct buf *buf, const struct sample *sample, size_t gpu, size_t first)
{
	if (!sample_has_process(sample, gpu) && !use_knows_processes(sample, gpu)) {
		write_null(buf, "processes");
		return;
	}
	write_open(buf, "processes", '[');
	for (size_t i = 0; i < sample->process_count; i++) {
		const struct process *process = &sample->processes[i];
		if (process->gpu == gpu)
			write_process(buf, process, process->mig == NO_MIG_DEVICE ? -1 : (int64_t)(process->mig - first));
	}
	write_close(buf, ']');
}

static void write_part_processes(struct buf *buf, const struct parts *parts, size_t part, size_t first)
{
	if (parts->first[part] == NO_PROCESS && !parts_knows(parts, part)) {
		write_null(buf, "processes");
		return;
	}
	write_open(buf, "processes", '[');
	for (size_t i = parts->first[part]; i != NO_PROCESS; i = parts->next[i])
		write_process(buf, &parts->sample->processes[i], (int64_t)(part - first));
	write_close(buf, ']');
}

static void write_part(struct buf *buf, const struct parts *parts, size_t part, size_t first)
{
	const struct mig_device *mig = &parts->sample->migs[part];

	write_open(buf, NULL, '{');
	write_id(buf, "index", mig->index);
	write_id(buf, "gpu_instance", mig->gpu_instance);
	write_id(buf, "compute_instance", mig->compute_instance);
	write_text(buf, "profile", mig->profile);
	write_text(buf, "uuid", mig->uuid);
	write_reading(buf, "memory_total", &mig->memory_total);
	write_reading(buf, "memory_used", &mig->memory_used);
	write_part_processes(buf, parts, part, first);
	write_close(buf, '}');
}

static void write_parts(struct buf *buf, const struct parts *parts, size_t gpu, size_t first)
{
	const struct sample *sample = parts->sample;

	if (first == sample->mig_count && !sample->gpus[gpu].mig_told) {
		write_null(buf, "mig");
		return;
	}
	write_open(buf, "mig", '[');
	for (size_t i = first; i < sample->mig_count && sample->migs[i].gpu == gpu; i++)
		write_part(buf, parts, i, first);
	write_close(buf, ']');
}

/* As many as there are configured columns. A sample older than these columns has others, and tells nothing about them. */
static void write_cells(struct buf *buf, const struct model *model, const struct sample *sample, const struct gpu *gpu)
{
	bool known = gpu->has_cells && sample->columns == model->column_count;

	write_open(buf, "cells", '[');
	for (size_t i = 0; i < model->column_count; i++)
		write_text(buf, NULL, known ? sample->cells[gpu->first_cell + i] : SLICE_NONE);
	write_close(buf, ']');
}

/* All that fields.def has, in its order. */
static void write_values(struct buf *buf, const struct gpu *gpu)
{
#define READING(id, query, unit, since)                                                                                          \
	(UNIT_##unit == UNIT_MASK ? write_mask : write_reading)(buf, #id, &gpu->readings[READING_##id]);
#define TEXT(id, query, since) write_text(buf, #id, gpu->texts[TEXT_##id]);
#include "smi/fields.def"
}

void write_gpu(struct buf *buf, const struct host *host, const struct parts *parts, size_t position)
{
	const struct sample *sample = &host->sample;
	const struct gpu *gpu = &sample->gpus[position];
	size_t first = parts_of(parts, position);

	write_open(buf, NULL, '{');
	write_id(buf, "index", gpu->index);
	write_text(buf, "uuid", gpu->uuid);
	write_text(buf, "bus_id", gpu->bus_id);
	write_text(buf, "name", gpu->name);
	write_values(buf, gpu);
	write_bool(buf, "asleep", gpu->asleep);
	write_text(buf, "problem", gpu->problem);
	write_time_if_any(buf, "problem_since", gpu->problem_since);
	write_time_if_any(buf, "idle_since", gpu->idle_since);
	write_cells(buf, host->model, sample, gpu);
	write_parts(buf, parts, position, first);
	write_processes(buf, sample, position, first);
	write_text(buf, "process_problem", gpu->process_problem);
	write_close(buf, '}');
}
