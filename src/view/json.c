#include "view/json.h"

#include <assert.h>
#include <stdlib.h>

#include "view/json_host.h"
#include "view/json_recent.h"
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

static void write_free_rule(struct buf *buf, const struct free_rule *rule)
{
	write_open(buf, "free", '{');
	write_number(buf, "memory_percent", rule->memory);
	write_number(buf, "utilization_percent", rule->utilization);
	write_close(buf, '}');
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
		write_bool(buf, "demo", true);
	write_free_rule(buf, &model->free_rule);
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

struct blob *rendering_recent(struct rendering *rendering, struct slice name)
{
	const struct host *host = model_find_host(rendering->model, name);

	if (!host)
		return NULL;
	buf_clear(&rendering->scratch);
	write_recent(&rendering->scratch, &host->recent);
	return blob_new(rendering->scratch.data, rendering->scratch.len);
}

struct blob *rendering_changes(struct rendering *rendering, uint64_t after)
{
	refresh(rendering);
	buf_clear(&rendering->scratch);
	write_hosts(rendering, NULL, after);
	return blob_new(rendering->scratch.data, rendering->scratch.len);
}
