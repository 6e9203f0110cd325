#include "view/json.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "view/use.h"
#include "view/writer.h"

/* One host's object, as it was at one generation of that host. */
struct piece {
	uint64_t generation; /* of the host; no two hosts share one */
	struct blob *blob;   /* NULL: not rendered yet */
};

/*
 * Owned by the HTTP server. pieces[i] belongs to model->hosts[i]: a layout that changed starts anew, for the columns of all hosts
 * may have changed with it.
 */
struct rendering {
	const struct model *model; /* borrowed */
	struct piece *pieces;
	size_t piece_count;
	uint64_t layout; /* of the model, when the pieces were laid out */
	struct blob *snapshot;
	uint64_t snapshot_generation;
	struct buf scratch; /* kept, so that rendering in the steady state does not grow a buffer each time */
};

static void write_reading(struct buf *buf, const char *key, const struct reading *reading)
{
	if (reading->absent.ptr)
		write_null(buf, key);
	else
		write_number(buf, key, reading->value);
}

/* An index or a PID, of which -1 says that the driver did not tell. */
static void write_id(struct buf *buf, const char *key, int64_t id)
{
	if (id < 0)
		write_null(buf, key);
	else
		write_number(buf, key, (double)id);
}

/* A time of which 0 says that there is none. */
static void write_time_if_any(struct buf *buf, const char *key, double seconds)
{
	if (seconds > 0)
		write_time(buf, key, seconds);
	else
		write_null(buf, key);
}

static void write_process(struct buf *buf, const struct process *process)
{
	write_open(buf, NULL, '{');
	write_id(buf, "pid", process->pid);
	write_text(buf, "user", process->user);
	write_text(buf, "name", process->name);
	write_text(buf, "command", process->command);
	write_reading(buf, "memory", &process->memory);
	write_reading(buf, "elapsed", &process->elapsed);
	write_close(buf, '}');
}

/* An empty list says that nobody computes here, which is not known while something is wrong with the list. */
static void write_processes(struct buf *buf, const struct sample *sample, size_t gpu)
{
	bool unknown = sample->process_problem.ptr || sample->gpus[gpu].problem.ptr;

	if (unknown && !use_has_process(sample, gpu)) {
		write_null(buf, "processes");
		return;
	}
	write_open(buf, "processes", '[');
	for (size_t i = 0; i < sample->process_count; i++)
		if (sample->processes[i].gpu == gpu)
			write_process(buf, &sample->processes[i]);
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

static void write_gpu(struct buf *buf, const struct model *model, const struct sample *sample, size_t position)
{
	const struct gpu *gpu = &sample->gpus[position];

	write_open(buf, NULL, '{');
	write_id(buf, "index", gpu->index);
	write_text(buf, "uuid", gpu->uuid);
	write_text(buf, "bus_id", gpu->bus_id);
	write_text(buf, "name", gpu->name);
#define READING(id, query, unit, since) write_reading(buf, #id, &gpu->readings[READING_##id]);
#define TEXT(id, query, since) write_text(buf, #id, gpu->texts[TEXT_##id]);
#include "smi/fields.def"
	write_text(buf, "problem", gpu->problem);
	write_cells(buf, model, sample, gpu);
	write_processes(buf, sample, position);
	write_close(buf, '}');
}

static void write_error(struct buf *buf, const struct host *host)
{
	if (host->error.kind == PROBLEM_NONE) {
		write_null(buf, "error");
		return;
	}
	write_open(buf, "error", '{');
	write_string(buf, "kind", problem_name(host->error.kind));
	write_string(buf, "message", host->error.message);
	write_string(buf, "hint", host->error.hint);
	write_time(buf, "since", host->error.since);
	write_time_if_any(buf, "next_try", host->error.next_try);
	write_close(buf, '}');
}

static void write_host(struct buf *buf, const struct host *host)
{
	write_open(buf, NULL, '{');
	write_string(buf, "name", host->name);
	write_string(buf, "address", host->address);
	write_string(buf, "people", host->people);
	write_string(buf, "kvm", host->kvm);
	write_string(buf, "comment", host->comment);
	write_string(buf, "state", host_state_name(host->state));
	write_time(buf, "since", host->since);
	write_time_if_any(buf, "sampled", host->sampled);
	if (host->sampled > 0)
		write_number(buf, "sample_ms", round(host->sample_ms));
	else
		write_null(buf, "sample_ms");
	write_text(buf, "driver", host->sample.driver);
	write_error(buf, host);
	write_open(buf, "gpus", '[');
	for (size_t i = 0; i < host->sample.gpu_count; i++)
		write_gpu(buf, host->model, &host->sample, i);
	write_close(buf, ']');
	write_close(buf, '}');
}

static void forget_pieces(struct rendering *rendering)
{
	for (size_t i = 0; i < rendering->piece_count; i++)
		blob_unref(rendering->pieces[i].blob);
	free(rendering->pieces);
	rendering->pieces = NULL;
	rendering->piece_count = 0;
}

static void lay_out(struct rendering *rendering)
{
	forget_pieces(rendering);
	rendering->layout = rendering->model->layout;
	rendering->piece_count = rendering->model->host_count;
	rendering->pieces = xcalloc(rendering->piece_count, sizeof(*rendering->pieces));
}

static void render_piece(struct rendering *rendering, struct piece *piece, const struct host *host)
{
	buf_clear(&rendering->scratch);
	write_host(&rendering->scratch, host);
	blob_unref(piece->blob);
	*piece = (struct piece){host->generation, blob_new(rendering->scratch.data, rendering->scratch.len)};
}

/* Renders the hosts that have changed. */
static void refresh(struct rendering *rendering)
{
	const struct model *model = rendering->model;

	if (rendering->layout != model->layout)
		lay_out(rendering);
	assert(rendering->piece_count == model->host_count);
	for (size_t i = 0; i < model->host_count; i++) {
		const struct host *host = model->hosts[i];
		struct piece *piece = &rendering->pieces[i];
		if (!piece->blob || piece->generation != host->generation)
			render_piece(rendering, piece, host);
	}
}

/* The hosts whose generation is over `after`. */
static void write_hosts(struct rendering *rendering, const char *key, uint64_t after)
{
	write_open(&rendering->scratch, key, '[');
	for (size_t i = 0; i < rendering->piece_count; i++)
		if (rendering->pieces[i].generation > after)
			write_made(&rendering->scratch, NULL, blob_slice(rendering->pieces[i].blob));
	write_close(&rendering->scratch, ']');
}

static void write_columns(struct buf *buf, const struct model *model)
{
	write_open(buf, "columns", '[');
	for (size_t i = 0; i < model->column_count; i++) {
		write_open(buf, NULL, '{');
		write_string(buf, "field", model->columns[i].field);
		write_string(buf, "title", model->columns[i].title);
		write_close(buf, '}');
	}
	write_close(buf, ']');
}

static void write_snapshot(struct rendering *rendering, double now)
{
	const struct model *model = rendering->model;
	struct buf *buf = &rendering->scratch;

	write_open(buf, NULL, '{');
	write_number(buf, "version", 1);
	write_number(buf, "generation", (double)model->generation);
	write_time(buf, "time", now);
	write_number(buf, "interval", model->interval);
	if (model->demo)
		write_true(buf, "demo");
	write_columns(buf, model);
	write_hosts(rendering, "hosts", 0);
	write_close(buf, '}');
}

struct rendering *rendering_new(const struct model *model)
{
	struct rendering *rendering = xcalloc(1, sizeof(*rendering));

	rendering->model = model;
	buf_init(&rendering->scratch, SIZE_MAX);
	return rendering;
}

void rendering_free(struct rendering *rendering)
{
	if (!rendering)
		return;
	forget_pieces(rendering);
	blob_unref(rendering->snapshot);
	buf_done(&rendering->scratch);
	free(rendering);
}

struct blob *rendering_snapshot(struct rendering *rendering, double now)
{
	if (rendering->snapshot && rendering->snapshot_generation == rendering->model->generation)
		return blob_ref(rendering->snapshot);

	refresh(rendering);
	buf_clear(&rendering->scratch);
	write_snapshot(rendering, now);
	blob_unref(rendering->snapshot);
	rendering->snapshot = blob_new(rendering->scratch.data, rendering->scratch.len);
	rendering->snapshot_generation = rendering->model->generation;
	return blob_ref(rendering->snapshot);
}

struct blob *rendering_host(struct rendering *rendering, struct slice name)
{
	refresh(rendering);
	for (size_t i = 0; i < rendering->piece_count; i++)
		if (slice_is(name, rendering->model->hosts[i]->name))
			return blob_ref(rendering->pieces[i].blob);
	return NULL;
}

struct blob *rendering_changes(struct rendering *rendering, uint64_t after)
{
	refresh(rendering);
	buf_clear(&rendering->scratch);
	write_hosts(rendering, NULL, after);
	return blob_new(rendering->scratch.data, rendering->scratch.len);
}
