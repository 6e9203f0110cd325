/*
 * render: what it costs to render the model, in microseconds of this thread's CPU time.
 *
 * 100 hosts of 8 GPUs with 16 processes each. Prints the cost of one changed host, of the snapshot after one host changed, and of the
 * text table of all hosts. Usage: bench-render [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "view/json.h"
#include "view/table.h"

enum { HOSTS = 100, GPUS = 8, PROCESSES = 16 };

static double microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void fill(struct sample *sample)
{
	sample->driver = SLICE_LITERAL("550.54.15");
	sample->columns = 2;
	for (int i = 0; i < GPUS; i++) {
		struct gpu *gpu = sample_add_gpu(sample);
		gpu->index = i;
		gpu->uuid = SLICE_LITERAL("GPU-9a1c0f7e-3b52-4d58-8e0a-6f2d1c4b7a90");
		gpu->bus_id = SLICE_LITERAL("00000000:07:00.0");
		gpu->name = SLICE_LITERAL("NVIDIA A100-SXM4-80GB");
		for (int id = 0; id < READING_COUNT; id++)
			gpu->readings[id].value = 37 + id;
		gpu->readings[READING_power].value = 186.22;
		gpu->readings[READING_fan].absent = SLICE_LITERAL("N/A");
		gpu->readings[READING_throttle].value = 4;
		gpu->readings[READING_ecc_uncorrected].value = 0;
		for (int id = 0; id < TEXT_COUNT; id++)
			gpu->texts[id] = id == TEXT_mig_mode ? SLICE_LITERAL("Disabled") : SLICE_LITERAL("Enabled");
		gpu->has_cells = true;
		gpu->first_cell = sample->cell_count;
		sample_add_cell(sample, SLICE_LITERAL("2026/07/14 09:00:27.792"));
		sample_add_cell(sample, SLICE_LITERAL("61"));
	}
	for (size_t i = 0; i < PROCESSES; i++) {
		struct process *process = sample_add_process(sample);
		process->gpu = i * GPUS / PROCESSES;
		process->pid = 1234 + (int64_t)i;
		process->owner = process->user = SLICE_LITERAL("alice");
		process->name = SLICE_LITERAL("/usr/bin/python3");
		process->command = SLICE_LITERAL("python3 train.py --config configs/large.yaml --resume");
		process->memory = (struct reading){.value = 1073741824};
		process->elapsed = (struct reading){.value = 5210};
		process->cpu = (struct reading){.value = 103.5};
		process->rss = (struct reading){.value = 8589934592};
		process->runtime = CONTAINER_DOCKER;
		process->container = SLICE_LITERAL("3f2a9c0b7d11");
		process->job = SLICE_LITERAL("48213");
	}
}

static struct model *new_lab(void)
{
	struct column columns[] = {{"timestamp", "Time"}, {"temperature.gpu", "Temperature"}};
	struct model *model = model_new();
	struct sample sample;

	sample_init(&sample);
	struct machine machine = {
		{12.3, 10.1, 8.5}, 64, 540e9, 411e9, 1036800, .clock_ahead = 0.2, .disk = {"/data", 7e12, 6e12, 91}};
	struct host_session session = {1790000000, 1, 1, 51840, 12300000, 340000, 1105, 51840, false};

	model_set_columns(model, columns, 2);
	for (int i = 0; i < HOSTS; i++) {
		cleanup_free char *name = xasprintf("node%d", i);
		struct host_label label = {.name = name, .address = "192.0.2.25", .people = "Alice", .kvm = "A1"};
		struct host *host = model_add_host(model, &label, 1790000000);
		sample_clear(&sample);
		fill(&sample);
		host_set_session(host, &session);
		host_set_sample(host, &sample, &machine, 41, 1790000000.1);
	}
	sample_done(&sample);
	return model;
}

/* Each step returns how many bytes it made. */
typedef size_t (*step_fn)(struct model *model, struct rendering *rendering, int round);

static size_t one_host(struct model *model, struct rendering *rendering, int round)
{
	struct host *host = model->hosts[round % HOSTS];

	model_touch(host);
	struct blob *blob = rendering_changes(rendering, host->generation - 1);
	size_t len = blob->len;
	blob_unref(blob);
	return len;
}

static size_t snapshot(struct model *model, struct rendering *rendering, int round)
{
	model_touch(model->hosts[round % HOSTS]);
	struct blob *blob = rendering_snapshot(rendering, 1790000000.123);
	size_t len = blob->len;
	blob_unref(blob);
	return len;
}

static size_t table(struct model *model, struct rendering *rendering, int round)
{
	struct buf out;
	struct table_options options = {.width = 160};

	buf_init(&out, SIZE_MAX);
	if (table_render(model, &options, 1790000001, &out) != 0)
		abort();
	size_t len = out.len;
	buf_done(&out);
	return len;
}

static void measure(const char *what, step_fn step, struct model *model, struct rendering *rendering, int rounds)
{
	size_t bytes = step(model, rendering, 0);
	double begun = microseconds();

	for (int i = 0; i < rounds; i++)
		step(model, rendering, i);
	printf("%-40s %9.1f us %9zu bytes\n", what, (microseconds() - begun) / rounds, bytes);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1000;
	struct model *model = new_lab();
	struct rendering *rendering = rendering_new(model);

	measure("JSON, one changed host", one_host, model, rendering, rounds);
	measure("JSON, all hosts after one changed", snapshot, model, rendering, rounds);
	measure("table, all hosts", table, model, rendering, rounds / 10 + 1);
	rendering_free(rendering);
	model_free(model);
	return 0;
}
