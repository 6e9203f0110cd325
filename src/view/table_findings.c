#include "view/table_part.h"

#include <math.h>
#include <string.h>

/* What stands before a fact of the machine: more blanks before the first. */
static const char *gap(const struct table *table)
{
	return table->sheet.out->len == table->sheet.line ? "    " : "  ";
}

static void print_load(struct table *table, const struct machine *machine)
{
	bool loaded = isfinite(machine->load[0]);

	if (loaded)
		print(&table->sheet, "%sload %.1f", gap(table), machine->load[0]);
	if (machine->cpus > 0)
		print(&table->sheet, "%s%u %s", loaded ? " on " : gap(table), machine->cpus, machine->cpus == 1 ? "CPU" : "CPUs");
}

static void print_memory(struct table *table, const struct machine *machine)
{
	double used = machine->memory_total - machine->memory_available;

	if (isfinite(used))
		print(&table->sheet, "%smemory %.1f / %.1f GiB", gap(table), used / 0x1p30, machine->memory_total / 0x1p30);
	else if (isfinite(machine->memory_total))
		print(&table->sheet, "%smemory %.1f GiB", gap(table), machine->memory_total / 0x1p30);
}

void table_print_machine(struct table *table, const struct host *host)
{
	const struct machine *machine = &host->machine;

	if (!host->machine_told)
		return;
	print_load(table, machine);
	print_memory(table, machine);
	if (machine->disk.mount[0] && isfinite(machine->disk.percent)) {
		print(&table->sheet, "%s", gap(table));
		sheet_text(&table->sheet, slice_of(machine->disk.mount), 24);
		print(&table->sheet, " %.0f %% full", machine->disk.percent);
	}
	if (isfinite(machine->uptime)) {
		print(&table->sheet, "%sup ", gap(table));
		sheet_span(&table->sheet, machine->uptime);
	}
	if (table->sheet.out->len > table->sheet.line)
		sheet_end_line(&table->sheet);
}

/* Whether two findings can be told as one: the same of two GPUs. */
static bool fold(const struct finding *a, const struct finding *b)
{
	return a->kind == b->kind && a->held == b->held && a->of_gpu && b->of_gpu && a->gpu_index >= 0 && b->gpu_index >= 0 &&
	       strcmp(a->message, b->message) == 0 && slice_equal(slice_of(a->remedy), slice_of(b->remedy));
}

/* Findings stand by GPU, and GPUs by index: runs are found by going on from one to the next. */
static void print_indices(struct table *table, const struct finding_list *list, size_t first)
{
	const struct finding *finding = &list->findings[first];
	int start = finding->gpu_index, last = start;

	print(&table->sheet, "GPUs %d", start);
	for (size_t i = first + 1; i < list->count; i++) {
		if (!fold(finding, &list->findings[i]))
			continue;
		int index = list->findings[i].gpu_index;
		if (index == last + 1) {
			last = index;
			continue;
		}
		if (last > start)
			print(&table->sheet, "-%d", last);
		print(&table->sheet, ", %d", index);
		start = last = index;
	}
	if (last > start)
		print(&table->sheet, "-%d", last);
	print(&table->sheet, ": ");
}

static bool folds(const struct finding_list *list, size_t first)
{
	for (size_t i = first + 1; i < list->count; i++)
		if (fold(&list->findings[first], &list->findings[i]))
			return true;
	return false;
}

static bool is_folded_before(const struct finding_list *list, size_t position)
{
	for (size_t i = 0; i < position; i++)
		if (fold(&list->findings[i], &list->findings[position]))
			return true;
	return false;
}

static void print_finding(struct table *table, const struct finding_list *list, size_t position)
{
	static const enum color colors[] = {
		[SEVERITY_ERROR] = COLOR_RED, [SEVERITY_WARNING] = COLOR_AMBER, [SEVERITY_NOTE] = COLOR_NONE};
	const struct finding *finding = &list->findings[position];
	enum severity severity = finding_severity(finding->kind);
	struct sheet *sheet = &table->sheet;
	char subject[128];

	print(sheet, "    ");
	sheet_paint(sheet, colors[severity]);
	print(sheet, "%s:", severity_name(severity));
	sheet_unpaint(sheet, colors[severity]);
	print(sheet, " ");
	if (folds(list, position))
		print_indices(table, list, position);
	else if (finding->of_gpu)
		print(sheet, "%s: ", finding_subject(finding, subject, sizeof(subject)));
	sheet_wrap(sheet, slice_of(finding->message), 6);
	if (!finding->remedy)
		return;
	print(sheet, "      ");
	sheet_wrap(sheet, slice_of(finding->remedy), 6);
}

/* The error of the host stands above already, with its hint. */
void table_print_findings(struct table *table, const struct host *host)
{
	const struct finding_list *list = &host->findings;

	for (size_t i = 0; i < list->count; i++)
		if (list->findings[i].held && list->findings[i].kind != FINDING_DRIVER_MISMATCH && !is_folded_before(list, i))
			print_finding(table, list, i);
}
