/* nvwebmon check: whether each host can be watched, and what mends it if not. */

#include <stdio.h>
#include <string.h>

#include "gather.h"

static void print_text(const char *indent, struct slice text)
{
	char safe[1024];

	printf("%s%s\n", indent, text_escape(text, safe, sizeof(safe)));
}

static void print_well(const struct host *host)
{
	const struct sample *sample = &host->sample;
	char driver[64];

	text_escape(sample->driver.ptr ? sample->driver : SLICE_LITERAL("unknown"), driver, sizeof(driver));
	printf("%zu GPU%s, driver %s, sampled in %.0f ms\n", sample->gpu_count, sample->gpu_count == 1 ? "" : "s", driver,
	       host->sample_ms);
}

static void print_gpu_problem(const struct gpu *gpu)
{
	char problem[256], bus_id[64], index[16] = "?";

	if (gpu->index >= 0)
		snprintf(index, sizeof(index), "%d", gpu->index);
	printf("      GPU %s (%s): %s\n", index, text_escape(gpu->bus_id, bus_id, sizeof(bus_id)),
	       text_escape(gpu->problem, problem, sizeof(problem)));
}

static void print_gpu_problems(const struct host *host)
{
	const struct sample *sample = &host->sample;
	char safe[256];

	for (size_t i = 0; i < sample->gpu_count; i++) {
		if (sample->gpus[i].problem.ptr)
			print_gpu_problem(&sample->gpus[i]);
	}
	if (sample->process_problem.ptr)
		printf("      processes: %s\n", text_escape(sample->process_problem, safe, sizeof(safe)));
}

static void print_error(const struct host *host)
{
	printf("%s\n", problem_name(host->error.kind));
	print_text("      ", slice_of(host->error.message));
	if (host->error.hint)
		print_text("      mend it: ", slice_of(host->error.hint));
}

static void print_host(const struct host *host, int width)
{
	char name[256];

	text_escape(slice_of(host->name), name, sizeof(name));
	printf("%s  %-*s  ", gather_is_well(host) ? "ok  " : "FAIL", width, name);
	if (host->error.kind != PROBLEM_NONE) {
		print_error(host);
		return;
	}
	print_well(host);
	print_gpu_problems(host);
}

static int print_all(const struct model *model, const struct options *options)
{
	size_t well = 0;
	int width = 0;

	for (size_t i = 0; i < model->host_count; i++) {
		int len = (int)strlen(model->hosts[i]->name);
		width = len > width && len < 48 ? len : width;
	}
	for (size_t i = 0; i < model->host_count; i++) {
		print_host(model->hosts[i], width);
		well += gather_is_well(model->hosts[i]);
	}
	printf("%zu of %zu host%s well\n", well, model->host_count, model->host_count == 1 ? " is" : "s are");
	return well == model->host_count ? EXIT_FINE : EXIT_NOT_WELL;
}

int cmd_check(const struct options *options)
{
	return gather(options, print_all);
}
