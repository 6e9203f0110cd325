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

/* "python3" of "/usr/bin/python3 train.py". */
static struct slice program_name(const struct process *process)
{
	struct slice rest,
		word = slice_split(slice_trim(process->command.len > 0 ? process->command : process->name), ' ', &rest);

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

/* Those on one part of the GPU; NO_MIG_DEVICE: those that are on no part that we know. */
static size_t print_processes(struct table *table, const struct sample *sample, size_t position, size_t part)
{
	size_t count = 0;

	for (size_t i = 0; i < sample->process_count; i++) {
		const struct process *process = &sample->processes[i];
		if (process->gpu != position || process->mig != part)
			continue;
		print(&table->sheet, "%s", count++ > 0 ? ", " : "");
		print_process(table, process);
	}
	return count;
}

static void print_unknown_processes(struct table *table, const struct sample *sample, const char *prefix)
{
	print(&table->sheet, "%s (processes not known: ", prefix);
	sheet_text(&table->sheet, sample->process_problem, 0);
	print(&table->sheet, ")");
}

/* Who computes there, when nothing is wrong with it. */
static void print_people(struct table *table, const struct sample *sample, size_t position, enum use use)
{
	size_t known = print_processes(table, sample, position, NO_MIG_DEVICE);

	if (sample->process_problem.ptr)
		print_unknown_processes(table, sample, known > 0 ? ", ?" : "?");
	else if (known == 0 && (use == USE_IDLE || use == USE_BUSY))
		print(&table->sheet, "memory in use, no process to be seen");
	else if (known == 0 && use == USE_UNKNOWN)
		print(&table->sheet, "? (no process, memory not known)");
}

/* Whether there are processes that have no part's line to stand on. */
static bool has_astray(const struct sample *sample, size_t position)
{
	for (size_t i = 0; i < sample->process_count; i++)
		if (sample->processes[i].gpu == position && sample->processes[i].mig == NO_MIG_DEVICE)
			return true;
	return false;
}

static void print_trouble(struct table *table, const struct sample *sample, size_t position)
{
	const struct gpu *gpu = &sample->gpus[position];

	print(&table->sheet, "trouble: ");
	sheet_text(&table->sheet, gpu->problem, 0);
	if (gpu->problem_since > 0 && !table->once) {
		print(&table->sheet, " for ");
		sheet_span(&table->sheet, table->now - gpu->problem_since);
	}
	if (has_astray(sample, position)) {
		print(&table->sheet, "; ");
		print_processes(table, sample, position, NO_MIG_DEVICE);
	}
}

/* The parts have lines of their own: here is only how many are free, and who is on none of them. */
static void print_parts_free(struct table *table, const struct sample *sample, size_t position)
{
	size_t parts = 0, free = 0;

	for (size_t i = 0; i < sample->mig_count; i++) {
		parts += sample->migs[i].gpu == position;
		free += sample->migs[i].gpu == position && use_of_part(sample, i) == USE_FREE;
	}
	print(&table->sheet, "%zu of %zu %s free", free, parts, parts == 1 ? "part" : "parts");
	if (has_astray(sample, position) || sample->process_problem.ptr) {
		print(&table->sheet, "; ");
		print_people(table, sample, position, USE_BUSY);
	}
}

static bool has_parts(const struct sample *sample, size_t position)
{
	for (size_t i = 0; i < sample->mig_count; i++)
		if (sample->migs[i].gpu == position)
			return true;
	return false;
}

static void print_who(struct table *table, const struct host *host, size_t position)
{
	const struct sample *sample = &host->sample;
	enum use use = use_at_last(host, position);

	if (use == USE_TROUBLE) {
		print_trouble(table, sample, position);
	} else if (sample->gpus[position].asleep) {
		print(&table->sheet, "asleep: suspended by the kernel, and not woken to be asked");
	} else if (has_parts(sample, position)) {
		print_parts_free(table, sample, position);
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

static void print_part(struct table *table, const struct host *host, size_t part)
{
	const struct sample *sample = &host->sample;
	const struct mig_device *mig = &sample->migs[part];
	enum use use = use_of_part(sample, part);
	struct cells cells;

	cells_fill_part(&cells, mig);
	if (host->state != HOST_OK)
		sheet_paint(&table->sheet, COLOR_DIM);
	print_cells(table, &cells);
	enum color color = begin_who(table, host, use);
	if (use == USE_FREE)
		print(&table->sheet, "free");
	else if (use == USE_UNKNOWN)
		print(&table->sheet, "?");
	else if (print_processes(table, sample, mig->gpu, part) == 0)
		print(&table->sheet, "memory in use, no process to be seen");
	sheet_unpaint(&table->sheet, color);
	sheet_end_line(&table->sheet);
}

void table_print_gpu(struct table *table, const struct host *host, size_t position)
{
	const struct gpu *gpu = &host->sample.gpus[position];
	struct cells cells;

	cells_fill(&cells, gpu);
	if (host->state != HOST_OK)
		sheet_paint(&table->sheet, COLOR_DIM);
	print_cells(table, &cells);
	enum color color = begin_who(table, host, use_at_last(host, position));
	print_who(table, host, position);
	sheet_unpaint(&table->sheet, color);
	sheet_end_line(&table->sheet);
	table->shows_parted |= gpu_has_mig(gpu);
	for (size_t i = 0; i < host->sample.mig_count; i++)
		if (host->sample.migs[i].gpu == position)
			print_part(table, host, i);
}
