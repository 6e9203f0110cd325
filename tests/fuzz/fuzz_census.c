/*
 * census, machine: a host over some samples. Lines that begin with "@" tell what the lines after them are: "@sample" the PIDs of
 * a sample, one a line, "@host" its host section, "@ps" and "@proc" its answers, "@names" passwd lines, "@df" disks; "@forget" is
 * an order. A sample is taken when the next one begins, or the names come.
 */
#include <string.h>

#include "check_sample.h"
#include "proc/census.h"

/* Texts of the input, until they are used. */
struct scene {
	struct census *census;
	struct machine machine;
	struct sample sample;
	struct slice pids, ps, proc;
};

static void check_machine(const struct machine *machine)
{
	const double *const amounts[] = {
		&machine->load[0], &machine->load[1],   &machine->load[2],   &machine->memory_total, &machine->memory_available,
		&machine->uptime,  &machine->probe_cpu, &machine->disk.size, &machine->disk.used,    &machine->disk.percent,
	};

	for (size_t i = 0; i < sizeof(amounts) / sizeof(amounts[0]); i++)
		assert(isnan(*amounts[i]) || (isfinite(*amounts[i]) && *amounts[i] >= 0));
	assert(!(machine->disk.percent > 100));
	assert(machine->disk.mount[0] == '\0' || machine->disk.mount[0] == '/');
	assert(machine->hidepid >= -1 && machine->hidepid <= 2);
}

static void check_known(const struct machine *machine, const struct process *process)
{
	const struct reading *const readings[] = {&process->cpu, &process->rss, &process->elapsed};
	const struct slice texts[] = {process->owner, process->inferred, process->container, process->pod, process->job};

	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		check_reading(readings[i]);
		assert(readings[i]->value >= 0);
	}
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		check_slice(texts[i]);
		assert(!texts[i].ptr || texts[i].len > 0);
	}
	assert(machine->cpus == 0 || process->cpu.value <= 100.0 * machine->cpus);
	assert(!process->inferred.ptr || process->user.ptr);
	assert(!process->inferred.ptr || slice_equal(process->user, process->owner) == slice_is(process->inferred, "uid"));
	assert(!process->container.ptr || (process->container.len == 12 && process->runtime != CONTAINER_NONE));
	assert(!process->pod.ptr || process->runtime != CONTAINER_NONE);
	assert(process->command.len <= CAP_COMMAND && process->name.len <= CAP_COMMAND);
	assert(process->pid > 0 || !process->owner.ptr);
}

static void check(const struct scene *scene)
{
	check_machine(&scene->machine);
	check_sample(&scene->sample);
	for (size_t i = 0; i < scene->sample.process_count; i++)
		check_known(&scene->machine, &scene->sample.processes[i]);
}

/* The text, copied into the sample's own. */
static struct slice bring(struct sample *sample, struct slice text)
{
	struct slice kept = SLICE_NONE;

	if (sample_keep(sample, text, &kept) < 0)
		return SLICE_NONE;
	return kept;
}

static void add_processes(struct scene *scene)
{
	for (struct slice rest = scene->pids; rest.ptr;) {
		struct slice line = slice_trim(slice_split(rest, '\n', &rest));
		int64_t pid;
		if (!slice_to_int64(line, &pid))
			continue;
		struct process *process = sample_add_process(&scene->sample);
		if (!process)
			return;
		process->pid = pid > 0 ? pid : -1;
		process->name = line;
	}
}

static void take(struct scene *scene)
{
	sample_clear(&scene->sample);
	sample_add_gpu(&scene->sample);
	sample_add_gpu(&scene->sample);
	scene->pids = bring(&scene->sample, scene->pids);
	add_processes(scene);
	/* One piece: bringing the second would move the first, which no process holds yet. */
	size_t ps = scene->sample.text.len;
	bring(&scene->sample, scene->ps);
	size_t proc = scene->sample.text.len;
	bring(&scene->sample, scene->proc);
	const char *start = scene->sample.text.data;
	struct slice ps_text = scene->ps.len > 0 ? (struct slice){start + ps, proc - ps} : SLICE_NONE;
	struct slice proc_text = scene->proc.len > 0 ? (struct slice){start + proc, scene->sample.text.len - proc} : SLICE_NONE;
	census_take(scene->census, ps_text, proc_text, &scene->machine, &scene->sample);
	scene->pids = scene->ps = scene->proc = SLICE_NONE;
	check(scene);
}

static void answer_names(struct scene *scene, struct slice text)
{
	char missing[40];

	census_missing_names(scene->census, missing, sizeof(missing));
	assert(strspn(missing, "0123456789,") == strlen(missing));
	census_take_names(scene->census, text, &scene->sample);
	check(scene);
}

static void obey(struct scene *scene, struct slice order, struct slice text)
{
	if (slice_is(order, "sample")) {
		take(scene);
		scene->pids = text;
	} else if (slice_is(order, "host")) {
		machine_parse(text, &scene->machine);
	} else if (slice_is(order, "ps")) {
		scene->ps = text;
	} else if (slice_is(order, "proc")) {
		scene->proc = text;
	} else if (slice_is(order, "df")) {
		machine_parse_disk(text, &scene->machine);
	} else if (slice_is(order, "forget")) {
		census_forget(scene->census);
	} else if (slice_is(order, "names")) {
		take(scene);
		answer_names(scene, text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	struct slice rest = {(const char *)input, len};
	struct scene scene = {.census = census_new()};

	machine_init(&scene.machine);
	sample_init(&scene.sample);
	while (rest.ptr) {
		struct slice order = slice_split(rest, '\n', &rest), text = rest;
		const char *next = rest.len > 0 ? memmem(rest.ptr, rest.len, "\n@", 2) : NULL;
		if (next) {
			text.len = (size_t)(next - text.ptr) + 1;
			rest = (struct slice){next + 2, rest.len - text.len - 1};
		} else {
			rest = SLICE_NONE;
		}
		obey(&scene, slice_starts_with(order, "@") ? (struct slice){order.ptr + 1, order.len - 1} : order, text);
	}
	take(&scene);
	check(&scene);
	sample_done(&scene.sample);
	census_free(scene.census);
	return 0;
}
