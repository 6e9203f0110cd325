#include "view/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "view/cells.h"
#include "view/use.h"
#include "view/width.h"

/* Names longer than this are cut, so that one host's long name does not push all others off the screen. In columns. */
enum { HOST_MAX = 32, USER_MAX = 24, COMMAND_MAX = 32 };

/* The lines grow at the end of `out`, and are cut there when they are whole. */
struct table {
	const struct model *model;
	const struct table_options *options;
	double now;
	struct buf *out;
	size_t line; /* where the line begins that is being written */
	int status;  /* of the first append that failed */
	size_t host_width;
	size_t widths[CELL_COUNT];
	size_t uses[USE_COUNT]; /* how many GPUs there are of each */
};

enum color { COLOR_NONE, COLOR_BOLD = 1, COLOR_DIM = 2, COLOR_RED = 31, COLOR_GREEN = 32, COLOR_AMBER = 33 };

static void note(struct table *table, int r)
{
	if (r < 0 && table->status == 0)
		table->status = r;
}

#define print(table, ...) note((table), buf_printf((table)->out, __VA_ARGS__))

static void paint(struct table *table, enum color color)
{
	if (table->options->color)
		print(table, "\x1b[%dm", (int)color);
}

static void unpaint(struct table *table)
{
	if (table->options->color)
		print(table, "\x1b[0m");
}

/* Cuts the line to the terminal and ends it. */
static void end_line(struct table *table)
{
	struct buf *out = table->out;
	size_t width = (size_t)(table->options->width > 0 ? table->options->width : 0);
	struct slice line = {out->data + table->line, out->len - table->line};

	if (table->status == 0 && width > 0 && width_of(line) > width) {
		out->len = table->line + width_fit(line, width - 1);
		print(table, "\u2026");
		unpaint(table);
	}
	print(table, "\n");
	table->line = out->len;
}

/* Text from outside, made fit for a terminal; cut to `columns`, 0: whole. The caller frees it. */
static char *shown(struct slice text, size_t columns)
{
	static const char ellipsis[] = "\u2026";
	size_t size = text.len * 4 + sizeof(ellipsis);
	char *out = text_escape(text, xmalloc(size), size);

	if (columns > 0 && width_of(slice_of(out)) > columns)
		strcpy(out + width_fit(slice_of(out), columns - 1), ellipsis);
	return out;
}

static void print_text(struct table *table, struct slice text, size_t columns)
{
	cleanup_free char *out = shown(text, columns);

	note(table, buf_append_slice(table->out, slice_of(out)));
}

/* After a blank gap, when there is one. */
static void print_label(struct table *table, const char *prefix, struct slice text)
{
	if (text.len == 0)
		return;
	print(table, "  %s", prefix);
	print_text(table, text, 0);
}

/* "42 s", "14 min", "3 h", "2 d": as exact as one wants to know it. */
static void print_span(struct table *table, double seconds)
{
	static const struct {
		double from, unit;
		const char *name;
	} units[] = {{48 * 3600, 86400, "d"}, {120 * 60, 3600, "h"}, {120, 60, "min"}, {0, 1, "s"}};
	size_t i = 0;

	while (seconds < units[i].from && units[i].from > 0)
		i++;
	print(table, "%.0f %s", seconds > 0 ? floor(seconds / units[i].unit) : 0, units[i].name);
}

static size_t host_width(const struct host *host)
{
	cleanup_free char *name = shown(slice_of(host->name), HOST_MAX);

	return width_of(slice_of(name));
}

/* The first pass: how wide the columns are, and how many GPUs there are of each use. */
static void measure(struct table *table)
{
	struct cells cells;

	for (size_t i = 0; i < table->model->host_count; i++) {
		const struct host *host = table->model->hosts[i];
		size_t width = host_width(host);
		if (width > table->host_width)
			table->host_width = width;
		for (size_t j = 0; j < host->sample.gpu_count; j++) {
			table->uses[use_now(host, j)]++;
			cells_fill(&cells, &host->sample.gpus[j]);
			for (size_t k = 0; k < CELL_COUNT; k++) {
				width = width_of(slice_of(cells.text[k]));
				if (width > table->widths[k])
					table->widths[k] = width;
			}
		}
	}
}

static void print_cells(struct table *table, const struct gpu *gpu)
{
	static const char *const before[CELL_COUNT] = {"  ", "  ", "  ", "  ", " / ", "  ", "  ", " / "};
	struct cells cells;

	cells_fill(&cells, gpu);
	for (size_t i = 0; i < CELL_COUNT; i++) {
		struct slice text = slice_of(cells.text[i]);
		int blanks = (int)(table->widths[i] - width_of(text));
		if (i == CELL_MODEL)
			print(table, "%s%s%*s", before[i], text.ptr, blanks, "");
		else
			print(table, "%s%*s%s", before[i], blanks, "", text.ptr);
	}
	print(table, "  ");
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

static void print_process(struct table *table, const struct process *process)
{
	struct slice program = program_name(process);

	print_text(table, process->user.len > 0 ? process->user : SLICE_LITERAL("?"), USER_MAX);
	print(table, " (");
	print_text(table, program.len > 0 ? program : SLICE_LITERAL("?"), COMMAND_MAX);
	if (!process->memory.absent.ptr)
		print(table, ", %.1f GiB", process->memory.value / 0x1p30);
	print(table, ")");
}

static void print_processes(struct table *table, const struct sample *sample, size_t position)
{
	const char *separator = "";

	for (size_t i = 0; i < sample->process_count; i++) {
		if (sample->processes[i].gpu != position)
			continue;
		print(table, "%s", separator);
		print_process(table, &sample->processes[i]);
		separator = ", ";
	}
}

static void print_unknown_processes(struct table *table, const struct sample *sample, const char *prefix)
{
	print(table, "%s (processes not known: ", prefix);
	print_text(table, sample->process_problem, 0);
	print(table, ")");
}

/* Who computes there, by the last values. */
static void print_who(struct table *table, const struct host *host, size_t position)
{
	const struct sample *sample = &host->sample;
	enum use use = use_at_last(host, position);
	bool known = use_has_process(sample, position);

	if (use == USE_TROUBLE) {
		print(table, "trouble: ");
		print_text(table, sample->gpus[position].problem, 0);
		print(table, known ? "; " : "");
	} else if (use == USE_FREE) {
		print(table, "free");
	} else if (use == USE_IDLE) {
		print(table, "idle: ");
	}
	if (known)
		print_processes(table, sample, position);
	else if (use == USE_IDLE || use == USE_BUSY)
		print(table, "memory in use, no process to be seen");
	else if (use == USE_UNKNOWN && !sample->process_problem.ptr)
		print(table, "? (no process, memory not known)");
	if (sample->process_problem.ptr && use != USE_TROUBLE)
		print_unknown_processes(table, sample, known ? ", ?" : "?");
}

static void print_gpu(struct table *table, const struct host *host, size_t position)
{
	static const enum color colors[USE_COUNT] = {
		[USE_FREE] = COLOR_GREEN, [USE_IDLE] = COLOR_AMBER, [USE_TROUBLE] = COLOR_RED};
	bool last = host->state != HOST_OK;
	enum color color = colors[use_at_last(host, position)];

	if (last)
		paint(table, COLOR_DIM);
	print_cells(table, &host->sample.gpus[position]);
	if (last)
		print(table, "last: ");
	else if (color)
		paint(table, color);
	print_who(table, host, position);
	if (last || color)
		unpaint(table);
	end_line(table);
}

/* "ok", and how fresh that is. */
static void print_state(struct table *table, const struct host *host)
{
	static const struct {
		enum color color;
		const char *before, *after;
	} words[] = {
		[HOST_CONNECTING] = {COLOR_NONE, " for ", ""},
		[HOST_OK] = {COLOR_NONE, ", ", " ago"},
		[HOST_STALE] = {COLOR_AMBER, ": last sample ", " ago"},
		[HOST_ERROR] = {COLOR_RED, " for ", ""},
	};
	const double since[] = {
		[HOST_CONNECTING] = host->since,
		[HOST_OK] = host->sampled,
		[HOST_STALE] = host->sampled,
		[HOST_ERROR] = host->error.since,
	};
	enum color color = words[host->state].color;

	if (color)
		paint(table, color);
	print(table, "%s", host_state_name(host->state));
	if (!table->options->once) {
		print(table, "%s", words[host->state].before);
		print_span(table, table->now - since[host->state]);
		print(table, "%s", words[host->state].after);
	}
	if (color)
		unpaint(table);
}

static void print_host(struct table *table, const struct host *host)
{
	paint(table, COLOR_BOLD);
	print_text(table, slice_of(host->name), HOST_MAX);
	unpaint(table);
	print(table, "%*s", (int)(table->host_width - host_width(host)) + 2, "");
	print_state(table, host);
	print_label(table, "driver ", host->sample.driver);
	print_label(table, "", slice_of(host->people));
	print_label(table, "KVM ", slice_of(host->kvm));
	print_label(table, "", slice_of(host->comment));
	end_line(table);
}

/* Why, what mends it, and how old the values are that follow. */
static void print_error(struct table *table, const struct host *host)
{
	print(table, "    %s: ", problem_name(host->error.kind));
	print_text(table, slice_of(host->error.message), 0);
	if (host->error.next_try > table->now && !table->options->once) {
		print(table, "  (next try in ");
		print_span(table, host->error.next_try - table->now);
		print(table, ")");
	}
	end_line(table);
	if (host->error.hint) {
		print(table, "    hint: ");
		print_text(table, slice_of(host->error.hint), 0);
		end_line(table);
	}
	if (host->sample.gpu_count > 0) {
		print(table, "    last values, ");
		print_span(table, table->now - host->sampled);
		print(table, " old:");
		end_line(table);
	}
}

static size_t hosts_in(const struct model *model, enum host_state state)
{
	size_t count = 0;

	for (size_t i = 0; i < model->host_count; i++)
		count += model->hosts[i]->state == state;
	return count;
}

static void print_totals(struct table *table)
{
	static const struct {
		enum host_state state;
		const char *words;
	} states[] = {{HOST_CONNECTING, "connecting"}, {HOST_STALE, "stale"}, {HOST_ERROR, "in error"}};
	const size_t *uses = table->uses;
	size_t hosts = table->model->host_count;
	const char *separator = " (";

	print(table, "%zu %s free, %zu busy", uses[USE_FREE], uses[USE_FREE] == 1 ? "GPU" : "GPUs",
	      uses[USE_BUSY] + uses[USE_IDLE]);
	if (uses[USE_IDLE] > 0)
		print(table, " (%zu idle)", uses[USE_IDLE]);
	print(table, ", %zu in trouble", uses[USE_TROUBLE]);
	if (uses[USE_UNKNOWN] > 0)
		print(table, ", %zu not known", uses[USE_UNKNOWN]);
	print(table, " on %zu %s", hosts, hosts == 1 ? "host" : "hosts");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		size_t count = hosts_in(table->model, states[i].state);
		if (count == 0)
			continue;
		print(table, "%s%zu %s", separator, count, states[i].words);
		separator = ", ";
	}
	print(table, "%s", separator[0] == ',' ? ")" : "");
	end_line(table);
}

static void print_hosts(struct table *table)
{
	for (size_t i = 0; i < table->model->host_count; i++) {
		const struct host *host = table->model->hosts[i];
		print_host(table, host);
		if (host->error.kind != PROBLEM_NONE)
			print_error(table, host);
		for (size_t j = 0; j < host->sample.gpu_count; j++)
			print_gpu(table, host, j);
	}
}

int table_render(const struct model *model, const struct table_options *options, double now, struct buf *out)
{
	struct table table = {.model = model, .options = options, .now = now, .out = out, .line = out->len};
	size_t begun = out->len;

	if (model->demo) {
		print(&table, "A demo: these hosts do not exist.");
		end_line(&table);
	}
	if (model->host_count == 0) {
		print(&table, "no hosts");
		end_line(&table);
	} else {
		measure(&table);
		print_hosts(&table);
		print_totals(&table);
	}
	if (table.status < 0)
		out->len = begun;
	return table.status;
}
