#include "invented.h"

struct host *invented_host(struct model *model, const char *name)
{
	struct host_label label = {.name = name, .address = "192.0.2.25"};

	return model_add_host(model, &label, NOON - 3600);
}

struct gpu *invented_gpu(struct sample *sample)
{
	struct gpu *gpu = sample_add_gpu(sample);

	gpu->index = (int)sample->gpu_count - 1;
	gpu->uuid = SLICE_LITERAL("GPU-0001");
	gpu->bus_id = SLICE_LITERAL("00000000:07:00.0");
	gpu->name = SLICE_LITERAL("NVIDIA A100-SXM4-80GB");
	gpu->readings[READING_memory_total].value = 80 * GIB;
	gpu->readings[READING_temperature].value = 31;
	gpu->readings[READING_power].value = 52.08;
	gpu->readings[READING_power_limit].value = 400;
	gpu->readings[READING_fan].absent = SLICE_LITERAL("N/A");
	return gpu;
}

struct process *invented_process(struct sample *sample, const char *user, const char *command, double memory)
{
	struct process *process = sample_add_process(sample);

	process->gpu = sample->gpu_count - 1;
	process->pid = 1234;
	process->name = SLICE_LITERAL("/usr/bin/python3");
	process->owner = process->user = slice_of(user);
	process->command = slice_of(command);
	process->memory = (struct reading){.value = memory};
	process->elapsed = (struct reading){.value = 5210};
	return process;
}

void invented_report(struct host *host, struct sample *sample)
{
	host_set_sample(host, sample, NULL, 41.3, NOON);
	sample_clear(sample);
}
