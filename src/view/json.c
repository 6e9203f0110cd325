#include "view/json.h"

#include <assert.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/caps.h"

/* 15 digits: enough for a time to the millisecond, and 186.22 does not come out as 186.21999999999999886. */
#define DUMP_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

/* One host's object, as it was at one generation of that host. */
struct piece {
	uint64_t id, generation; /* of the host */
	struct blob *blob;       /* NULL: not rendered yet */
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

/* jansson fails for want of memory only: keys are literals, and text has been checked. */
static void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, value) != 0)
		abort();
}

static void add(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		abort();
}

/* Whole numbers as integers; what JSON has no word for as null. */
static json_t *number(double value)
{
	if (!isfinite(value))
		return json_null();
	if (value == trunc(value) && fabs(value) < 0x1p53)
		return json_integer((json_int_t)value);
	return json_real(value);
}

/* Always with a fraction, to the millisecond. */
static json_t *point_in_time(double seconds)
{
	return isfinite(seconds) ? json_real(round(seconds * 1000) / 1000) : json_null();
}

/* Text is UTF-8 by contract, but a reader must get valid JSON whatever happened here: a byte that is not becomes U+FFFD. */
static json_t *mended(struct slice text)
{
	static const char replacement[] = "\xEF\xBF\xBD";
	cleanup_free char *copy = xmalloc(text.len * (sizeof(replacement) - 1));
	char *end = copy;

	while (text.len > 0) {
		size_t length = utf8_length(text.ptr, text.len);
		if (length > 0)
			end = mempcpy(end, text.ptr, length);
		else
			end = mempcpy(end, replacement, sizeof(replacement) - 1);
		size_t taken = length > 0 ? length : 1;
		text = (struct slice){text.ptr + taken, text.len - taken};
	}
	return json_stringn(copy, (size_t)(end - copy));
}

static json_t *text_or_null(struct slice text)
{
	if (!text.ptr)
		return json_null();
	json_t *string = json_stringn(text.ptr, text.len);
	return string ? string : mended(text);
}

static json_t *string_or_null(const char *string)
{
	return text_or_null(slice_of(string));
}

static json_t *reading(const struct reading *reading)
{
	return reading->absent.ptr ? json_null() : number(reading->value);
}

static json_t *process_object(const struct process *process)
{
	json_t *object = json_object();

	put(object, "pid", process->pid < 0 ? json_null() : json_integer(process->pid));
	put(object, "user", text_or_null(process->user));
	put(object, "name", text_or_null(process->name));
	put(object, "command", text_or_null(process->command));
	put(object, "memory", reading(&process->memory));
	put(object, "elapsed", reading(&process->elapsed));
	return object;
}

/* As many as there are configured columns. A sample older than these columns has others, and tells nothing about them. */
static json_t *cells_array(const struct model *model, const struct sample *sample, const struct gpu *gpu)
{
	bool known = gpu->has_cells && sample->columns == model->column_count;
	json_t *array = json_array();

	for (size_t i = 0; i < model->column_count; i++)
		add(array, known ? text_or_null(sample->cells[gpu->first_cell + i]) : json_null());
	return array;
}

static json_t *gpu_object(const struct model *model, const struct sample *sample, const struct gpu *gpu)
{
	json_t *object = json_object();

	put(object, "index", gpu->index < 0 ? json_null() : json_integer(gpu->index));
	put(object, "uuid", text_or_null(gpu->uuid));
	put(object, "bus_id", text_or_null(gpu->bus_id));
	put(object, "name", text_or_null(gpu->name));
#define READING(id, query, unit) put(object, #id, reading(&gpu->readings[READING_##id]));
#include "smi/fields.def"
	put(object, "problem", text_or_null(gpu->problem));
	put(object, "cells", cells_array(model, sample, gpu));
	return object;
}

static json_t *gpus_array(const struct model *model, const struct sample *sample)
{
	json_t *array = json_array();
	json_t *processes[CAP_GPUS]; /* borrowed from the objects in the array */

	assert(sample->gpu_count <= CAP_GPUS);
	for (size_t i = 0; i < sample->gpu_count; i++) {
		json_t *object = gpu_object(model, sample, &sample->gpus[i]);
		processes[i] = sample->process_problem.ptr ? json_null() : json_array();
		put(object, "processes", processes[i]);
		add(array, object);
	}
	if (sample->process_problem.ptr)
		return array;
	for (size_t i = 0; i < sample->process_count; i++) {
		assert(sample->processes[i].gpu < sample->gpu_count);
		add(processes[sample->processes[i].gpu], process_object(&sample->processes[i]));
	}
	return array;
}

static json_t *error_object(const struct host *host)
{
	if (host->error.kind == PROBLEM_NONE)
		return json_null();

	json_t *object = json_object();
	put(object, "kind", string_or_null(problem_name(host->error.kind)));
	put(object, "message", string_or_null(host->error.message));
	put(object, "hint", string_or_null(host->error.hint));
	put(object, "since", point_in_time(host->error.since));
	put(object, "next_try", host->error.next_try > 0 ? point_in_time(host->error.next_try) : json_null());
	return object;
}

static json_t *host_object(const struct host *host)
{
	bool sampled = host->sampled > 0;
	json_t *object = json_object();

	put(object, "name", string_or_null(host->name));
	put(object, "address", string_or_null(host->address));
	put(object, "people", string_or_null(host->people));
	put(object, "kvm", string_or_null(host->kvm));
	put(object, "comment", string_or_null(host->comment));
	put(object, "state", string_or_null(host_state_name(host->state)));
	put(object, "since", point_in_time(host->since));
	put(object, "sampled", sampled ? point_in_time(host->sampled) : json_null());
	put(object, "sample_ms", sampled ? number(round(host->sample_ms)) : json_null());
	put(object, "driver", text_or_null(host->sample.driver));
	put(object, "error", error_object(host));
	put(object, "gpus", gpus_array(host->model, &host->sample));
	return object;
}

/* What stands in a snapshot before the hosts. */
static json_t *heading_object(const struct model *model, double now)
{
	json_t *object = json_object();
	json_t *columns = json_array();

	put(object, "version", json_integer(1));
	put(object, "generation", json_integer((json_int_t)model->generation));
	put(object, "time", point_in_time(now));
	put(object, "interval", number(model->interval));
	if (model->demo)
		put(object, "demo", json_true());
	for (size_t i = 0; i < model->column_count; i++) {
		json_t *column = json_object();
		put(column, "field", string_or_null(model->columns[i].field));
		put(column, "title", string_or_null(model->columns[i].title));
		add(columns, column);
	}
	put(object, "columns", columns);
	return object;
}

static int on_dump(const char *bytes, size_t len, void *user)
{
	return buf_append(user, bytes, len);
}

/* The scratch buffer has no cap of its own: what goes in has passed the caps on hosts, GPUs, processes and lines. */
static void append(struct buf *buf, const char *bytes, size_t len)
{
	if (buf_append(buf, bytes, len) != 0)
		abort();
}

/* Takes the value. */
static void dump(struct buf *buf, json_t *value, size_t flags)
{
	if (json_dump_callback(value, on_dump, buf, DUMP_FLAGS | flags) != 0)
		abort();
	json_decref(value);
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
	dump(&rendering->scratch, host_object(host), 0);
	blob_unref(piece->blob);
	*piece = (struct piece){host->id, host->generation, blob_new(rendering->scratch.data, rendering->scratch.len)};
}

/* Renders the hosts that have changed. */
static void refresh(struct rendering *rendering)
{
	const struct model *model = rendering->model;

	if (rendering->layout != model->layout || rendering->piece_count != model->host_count)
		lay_out(rendering);
	for (size_t i = 0; i < model->host_count; i++) {
		const struct host *host = model->hosts[i];
		struct piece *piece = &rendering->pieces[i];
		if (!piece->blob || piece->id != host->id || piece->generation != host->generation)
			render_piece(rendering, piece, host);
	}
}

/* "[...]" of the hosts whose generation is over `after`. */
static void append_hosts(struct rendering *rendering, uint64_t after)
{
	const char *separator = "";

	append(&rendering->scratch, "[", 1);
	for (size_t i = 0; i < rendering->piece_count; i++) {
		const struct piece *piece = &rendering->pieces[i];
		if (piece->generation <= after)
			continue;
		append(&rendering->scratch, separator, strlen(separator));
		append(&rendering->scratch, piece->blob->data, piece->blob->len);
		separator = ",";
	}
	append(&rendering->scratch, "]", 1);
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
	static const char hosts_key[] = ",\"hosts\":";
	struct buf *scratch = &rendering->scratch;

	if (rendering->snapshot && rendering->snapshot_generation == rendering->model->generation)
		return blob_ref(rendering->snapshot);

	refresh(rendering);
	buf_clear(scratch);
	append(scratch, "{", 1);
	dump(scratch, heading_object(rendering->model, now), JSON_EMBED);
	append(scratch, hosts_key, sizeof(hosts_key) - 1);
	append_hosts(rendering, 0);
	append(scratch, "}", 1);

	blob_unref(rendering->snapshot);
	rendering->snapshot = blob_new(scratch->data, scratch->len);
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
	append_hosts(rendering, after);
	return blob_new(rendering->scratch.data, rendering->scratch.len);
}
