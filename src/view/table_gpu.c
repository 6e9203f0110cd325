#include "view/table_part.h"

#include <string.h>

#include "view/width.h"

/* Names longer than this are cut. In columns. */
enum { USER_MAX = 24, COMMAND_MAX = 32, ID_MAX = 7 };

/* Of what a part does not tell, nothing is shown at all. */
static void print_cells(struct table *table, const struct cells *cells)
{
	static const char *const before[CELL_COUNT] = {"  ", "  ", "  ", "  ", " / ", "  ", "  ", " / "};

	for (size_t i = 0; i < CELL_COUNT; i++) {
		struct slice text = slice_of(cells->text[i]);
		int blanks = (int)(table->widths[i] - width_of(text));
		if (text.len == 0)
			print(&table->sheet, "%*s", (int)strlen(before[i]) + blanks, "");
		else if (i == CELL_MODEL)
			print(&table->sheet, "%s%s%*s", before[i], text.ptr, blanks, "");
		else
			print(&table->sheet, "%s%*s%s", before[i], blanks, "", text.ptr);
	}
	print(&table->sheet, "  ");
}

/* "python3" of "/usr/bin/python3 train.py". Empty where nvidia-smi has a reason instead of a name: "[Insufficient Permissions]". */
static struct slice program_name(const struct process *process)
{
	struct slice rest;

	if (process->command.len == 0 && reading_reason(process->name).ptr)
		return SLICE_NONE;
	struct slice word = slice_split(slice_trim(process->command.len > 0 ? process->command : process->name), ' ', &rest);
	for (size_t i = word.len; i > 0; i--)
		if (word.ptr[i - 1] == '/' && i < word.len)
			return (struct slice){word.ptr + i, word.len - i};
	return word;
}

/* ", docker:3f2a9c, job 123". */
static void print_place(struct table *table, const struct process *process)
{
	static const char *const names[] = {
		[CONTAINER_NONE] = NULL,         [CONTAINER_DOCKER] = "docker",
		[CONTAINER_PODMAN] = "podman",   [CONTAINER_CONTAINERD] = "containerd",
		[CONTAINER_CRIO] = "cri-o",      [CONTAINER_APPTAINER] = "apptainer",
		[CONTAINER_OTHER] = "container",
	};
	struct slice id = process->container;

	if (process->runtime != CONTAINER_NONE)
		print(&table->sheet, ", %s%s", names[process->runtime], id.len > 0 ? ":" : "");
	if (process->runtime != CONTAINER_NONE && id.len > 0)
		sheet_text(&table->sheet, (struct slice){id.ptr, id.len < ID_MAX ? id.len : ID_MAX - 1}, 0);
	if (process->job.len > 0) {
		print(&table->sheet, ", job ");
		sheet_text(&table->sheet, process->job, USER_MAX);
	}
}

static void print_process(struct table *table, const struct process *process)
{
	struct slice program = program_name(process);
	bool inferred = process->inferred.ptr && process->user.len > 0;

	print(&table->sheet, "%s", inferred ? "~" : "");
	table->shows_inferred |= inferred;
	sheet_text(&table->sheet, process->user.len > 0 ? process->user : SLICE_LITERAL("?"), USER_MAX);
	print(&table->sheet, " (");
	sheet_text(&table->sheet, program.len > 0 ? program : SLICE_LITERAL("?"), COMMAND_MAX);
	if (!process->memory.absent.ptr)
		print(&table->sheet, ", %.1f GiB", process->memory.value / 0x1p30);
	print_place(table, process);
	print(&table->sheet, ")");
}

/* Those of the GPU that are on no part that we know; without MIG, all. Returns how many there are. */
static size_t print_processes(struct table *table, const struct sample *sample, size_t position)
{
	size_t count = 0;

	for (size_t i = 0; i < sample->process_count; i++) {
		const struct process *process = &sample->processes[i];
		if (process->gpu != position || process->mig != NO_MIG_DEVICE)
			continue;
		print(&table->sheet, "%s", count++ > 0 ? ", " : "");
		print_process(table, process);
	}
	return count;
}

static void print_unknown_processes(struct table *table, struct slice problem, const char *prefix)
{
	print(&table->sheet, "%s (processes not known: ", prefix);
	sheet_text(&table->sheet, problem, 0);
	print(&table->sheet, ")");
}

/* A game on a workstation, or a process in a container that hides it, may hold no memory that is told. */
static void print_nobody_seen(struct table *table, const struct gpu *gpu)
{
	enum use use = use_by_memory(&table->model->free_rule, &gpu->readings[READING_memory_used],
				     &gpu->readings[READING_memory_total], USE_BUSY);

	print(&table->sheet, "%s, no process to be seen", use == USE_BUSY ? "memory in use" : "at work");
}

/* Who computes there, when nothing is wrong with it. */
static void print_people(struct table *table, const struct sample *sample, size_t position, enum use use)
{
	size_t known = print_processes(table, sample, position);
	struct slice problem = use_process_problem(sample, position);

	if (problem.ptr)
		print_unknown_processes(table, problem, known > 0 ? ", ?" : "?");
	else if (known == 0 && (use == USE_IDLE || use == USE_BUSY))
		print_nobody_seen(table, &sample->gpus[position]);
	else if (known == 0 && use == USE_UNKNOWN)
		print(&table->sheet, "? (no process, memory not known)");
}

static void print_trouble(struct table *table, const struct parts *parts, size_t position)
{
	const struct sample *sample = parts->sample;
	const struct gpu *gpu = &sample->gpus[position];

	print(&table->sheet, "trouble: ");
	sheet_text(&table->sheet, gpu->problem, 0);
	if (gpu->problem_since > 0 && !table->once) {
		print(&table->sheet, " for ");
		sheet_span(&table->sheet, table->now - gpu->problem_since);
	}
	if (parts_astray(parts, position)) {
		print(&table->sheet, "; ");
		print_processes(table, sample, position);
	}
}

/* Who is on none of the parts that we know, or may be. */
static void print_astray(struct table *table, const struct parts *parts, size_t position)
{
	if (!parts_astray(parts, position) && !use_process_problem(parts->sample, position).ptr)
		return;
	print(&table->sheet, "; ");
	print_people(table, parts->sample, position, USE_BUSY);
}

/* The parts have lines of their own: here is only how many are free. */
static void print_parts_free(struct table *table, const struct parts *parts, size_t position)
{
	const struct sample *sample = parts->sample;
	size_t count = 0, free = 0;

	for (size_t i = parts_of(parts, position); i < sample->mig_count && sample->migs[i].gpu == position; i++) {
		count++;
		free += parts_use(parts, i) == USE_FREE;
	}
	print(&table->sheet, "%zu of %zu %s free", free, count, count == 1 ? "part" : "parts");
	print_astray(table, parts, position);
}

static void print_uncut(struct table *table, const struct parts *parts, size_t position)
{
	bool told = parts->sample->gpus[position].mig_told;

	print(&table->sheet, "MIG is on, and %s", told ? "no part is made" : "its parts are not told");
	print_astray(table, parts, position);
}

static void print_who(struct table *table, const struct host *host, const struct parts *parts, size_t position)
{
	const struct sample *sample = &host->sample;
	enum use use = use_at_last(host, position);

	if (use == USE_TROUBLE) {
		print_trouble(table, parts, position);
	} else if (sample->gpus[position].asleep) {
		print(&table->sheet, "asleep: suspended by the kernel, and not woken to be asked");
	} else if (parts_of(parts, position) < sample->mig_count) {
		print_parts_free(table, parts, position);
	} else if (use_is_uncut(sample, position)) {
		print_uncut(table, parts, position);
	} else if (use == USE_FREE) {
		print(&table->sheet, "free");
	} else {
		print(&table->sheet, "%s", use == USE_IDLE ? "idle: " : "");
		print_people(table, sample, position, use);
	}
}

/* Paints the end of a line, which goes by the last values. */
static enum color begin_who(struct table *table, const struct host *host, enum use use)
{
	static const enum color colors[USE_COUNT] = {
		[USE_FREE] = COLOR_GREEN, [USE_IDLE] = COLOR_AMBER, [USE_TROUBLE] = COLOR_RED};

	if (host->state != HOST_OK) {
		print(&table->sheet, "last: ");
		return COLOR_DIM;
	}
	sheet_paint(&table->sheet, colors[use]);
	return colors[use];
}

static void print_on_part(struct table *table, const struct parts *parts, size_t part)
{
	enum use use = parts_use(parts, part);

	if (use == USE_FREE)
		print(&table->sheet, "free");
	else if (use == USE_UNKNOWN)
		print(&table->sheet, "?");
	else if (parts->first[part] == NO_PROCESS)
		print(&table->sheet, "memory in use, no process to be seen");
	for (size_t i = parts->first[part]; i != NO_PROCESS; i = parts->next[i]) {
		print_process(table, &parts->sample->processes[i]);
		print(&table->sheet, "%s", parts->next[i] != NO_PROCESS ? ", " : "");
	}
}

static void print_part(struct table *table, const struct host *host, const struct parts *parts, size_t part)
{
	struct cells cells;

	cells_fill_part(&cells, &parts->sample->migs[part]);
	if (host->state != HOST_OK)
		sheet_paint(&table->sheet, COLOR_DIM);
	print_cells(table, &cells);
	enum color color = begin_who(table, host, parts_use(parts, part));
	print_on_part(table, parts, part);
	sheet_unpaint(&table->sheet, color);
	sheet_end_line(&table->sheet);
}

static void print_gpu(struct table *table, const struct host *host, const struct parts *parts, size_t position)
{
	const struct gpu *gpu = &host->sample.gpus[position];
	struct cells cells;

	cells_fill(&cells, gpu);
	if (host->state != HOST_OK)
		sheet_paint(&table->sheet, COLOR_DIM);
	print_cells(table, &cells);
	enum color color = begin_who(table, host, use_at_last(host, position));
	print_who(table, host, parts, position);
	sheet_unpaint(&table->sheet, color);
	sheet_end_line(&table->sheet);
	table->shows_parted |= gpu_has_mig(gpu);
}

void table_print_gpus(struct table *table, const struct host *host)
{
	const struct sample *sample = &host->sample;
	struct parts parts;

	parts_init(&parts, host);
	for (size_t i = 0; i < sample->gpu_count; i++) {
		print_gpu(table, host, &parts, i);
		for (size_t j = parts_of(&parts, i); j < sample->mig_count && sample->migs[j].gpu == i; j++)
			print_part(table, host, &parts, j);
	}
	parts_done(&parts);
}
