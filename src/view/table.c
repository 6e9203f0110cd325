#include "view/table_part.h"

#include "view/width.h"

/* Names longer than this are cut, so that one host's long name does not push all others off the screen. In columns. */
enum { HOST_MAX = 32 };

/* After a blank gap, when there is one. */
static void print_label(struct table *table, const char *prefix, struct slice text)
{
	if (text.len == 0)
		return;
	print(&table->sheet, "  %s", prefix);
	sheet_text(&table->sheet, text, 0);
}

static size_t host_width(const struct host *host)
{
	cleanup_free char *name = sheet_shown(slice_of(host->name), HOST_MAX);

	return width_of(slice_of(name));
}

static void widen(size_t *width, size_t wanted)
{
	if (wanted > *width)
		*width = wanted;
}

static void measure_cells(struct table *table, const struct cells *cells)
{
	for (size_t i = 0; i < CELL_COUNT; i++)
		widen(&table->widths[i], width_of(slice_of(cells->text[i])));
}

/* The first pass: how wide the columns are, and how many GPUs there are of each use. */
static void measure(struct table *table)
{
	struct cells cells;

	for (size_t i = 0; i < table->model->host_count; i++) {
		const struct host *host = table->model->hosts[i];
		widen(&table->host_width, host_width(host));
		for (size_t j = 0; j < host->sample.gpu_count; j++) {
			table->uses[use_now(host, j)]++;
			cells_fill(&cells, &host->sample.gpus[j]);
			measure_cells(table, &cells);
		}
		for (size_t j = 0; j < host->sample.mig_count; j++) {
			cells_fill_part(&cells, &host->sample.migs[j]);
			measure_cells(table, &cells);
		}
	}
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

	sheet_paint(&table->sheet, color);
	print(&table->sheet, "%s", host_state_name(host->state));
	if (!table->once) {
		print(&table->sheet, "%s", words[host->state].before);
		sheet_span(&table->sheet, table->now - since[host->state]);
		print(&table->sheet, "%s", words[host->state].after);
	}
	sheet_unpaint(&table->sheet, color);
}

static void print_host(struct table *table, const struct host *host)
{
	sheet_paint(&table->sheet, COLOR_BOLD);
	sheet_text(&table->sheet, slice_of(host->name), HOST_MAX);
	sheet_unpaint(&table->sheet, COLOR_BOLD);
	print(&table->sheet, "%*s", (int)(table->host_width - host_width(host)) + 2, "");
	print_state(table, host);
	print_label(table, "driver ", host->sample.driver);
	print_label(table, "", slice_of(host->people));
	print_label(table, "KVM ", slice_of(host->kvm));
	print_label(table, "", slice_of(host->group));
	print_label(table, "", slice_of(host->comment));
	sheet_end_line(&table->sheet);
}

/* Why, what mends it, and how old the values are that follow. */
static void print_error(struct table *table, const struct host *host)
{
	print(&table->sheet, "    %s: ", problem_name(host->error.kind));
	sheet_text(&table->sheet, slice_of(host->error.message), 0);
	if (host->error.next_try > table->now && !table->once) {
		print(&table->sheet, "  (next try in ");
		sheet_span(&table->sheet, host->error.next_try - table->now);
		print(&table->sheet, ")");
	}
	sheet_end_line(&table->sheet);
	if (host->error.hint) {
		print(&table->sheet, "    hint: ");
		sheet_text(&table->sheet, slice_of(host->error.hint), 0);
		sheet_end_line(&table->sheet);
	}
	if (host->sample.gpu_count > 0) {
		print(&table->sheet, "    last values, ");
		sheet_span(&table->sheet, table->now - host->sampled);
		print(&table->sheet, " old:");
		sheet_end_line(&table->sheet);
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

	print(&table->sheet, "%zu %s free, %zu busy", uses[USE_FREE], uses[USE_FREE] == 1 ? "GPU" : "GPUs",
	      uses[USE_BUSY] + uses[USE_IDLE]);
	if (uses[USE_IDLE] > 0)
		print(&table->sheet, " (%zu idle)", uses[USE_IDLE]);
	print(&table->sheet, ", %zu in trouble", uses[USE_TROUBLE]);
	if (uses[USE_UNKNOWN] > 0)
		print(&table->sheet, ", %zu not known", uses[USE_UNKNOWN]);
	print(&table->sheet, " on %zu %s", hosts, hosts == 1 ? "host" : "hosts");
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		size_t count = hosts_in(table->model, states[i].state);
		if (count == 0)
			continue;
		print(&table->sheet, "%s%zu %s", separator, count, states[i].words);
		separator = ", ";
	}
	print(&table->sheet, "%s", separator[0] == ',' ? ")" : "");
	sheet_end_line(&table->sheet);
}

static void print_hosts(struct table *table)
{
	for (size_t i = 0; i < table->model->host_count; i++) {
		const struct host *host = table->model->hosts[i];
		print_host(table, host);
		if (host->error.kind != PROBLEM_NONE)
			print_error(table, host);
		table_print_machine(table, host);
		table_print_gpus(table, host);
		table_print_findings(table, host);
	}
}

/* What a stranger may not guess. */
static void print_legend(struct table *table)
{
	if (table->shows_parted) {
		print(&table->sheet, "MIG: cut into parts; utilization is not told under MIG");
		sheet_end_line(&table->sheet);
	}
	if (table->shows_inferred) {
		print(&table->sheet, "~name: not the account that runs it, but who is most likely behind it");
		sheet_end_line(&table->sheet);
	}
}

int table_render(const struct model *model, const struct table_options *options, double now, struct buf *out)
{
	struct table table = {
		.sheet = {.out = out, .color = options->color, .width = options->width, .line = out->len},
		.model = model,
		.now = now,
		.once = options->once,
	};
	size_t begun = out->len;

	if (model->demo) {
		print(&table.sheet, "A demo: these hosts do not exist.");
		sheet_end_line(&table.sheet);
	}
	if (model->host_count == 0) {
		print(&table.sheet, "no hosts");
		sheet_end_line(&table.sheet);
	} else {
		measure(&table);
		print_hosts(&table);
		print_legend(&table);
		print_totals(&table);
	}
	if (table.sheet.status < 0)
		out->len = begun;
	return table.sheet.status;
}
