#include "smi/csv.h"

#include <string.h>

#include "smi/bus_id.h"
#include "smi/messages.h"

static const enum unit reading_units[READING_COUNT] = {
#define READING(id, query, unit, since) [READING_##id] = UNIT_##unit,
#include "smi/fields.def"
};

/*
 * What a GPU measures anew each time. Only these tell how it is: the others may come from what the driver remembers. A fan or a power
 * sensor may fail alone, and the GPU computes on.
 */
static const struct {
	enum reading_id id;
	bool vital;
} measured[] = {
	{READING_utilization, true}, {READING_memory_used, true}, {READING_temperature, true},
	{READING_power, false},      {READING_fan, false},
};

/* An answer while it is read. */
struct answer {
	const struct query *query;
	struct sample *sample;
	const char *unbelieved; /* where the last line starts, when it may be cut; NULL otherwise */
	size_t rows;            /* lines understood as a GPU */
	size_t handles;         /* lines that tell of a GPU without a handle */
	bool after_handle;      /* the line before was such a one: a row without identity is about the same GPU, */
	size_t handle_at;       /* which stands here; CAP_GPUS when it was refused */
	bool went_on;           /* nvidia-smi went on after it, to find that there is no other GPU */
	bool header;
	struct slice message; /* the first known one */
	struct slice prose;   /* the first line that we do not understand at all */
	struct slice broken;  /* why the first row that is none is none */
};

struct row {
	struct slice cells[QUERY_FIELDS_MAX];
	size_t count;
	bool surplus; /* of commas */
};

static struct slice cell_at(const struct row *row, int position)
{
	return position >= 0 && (size_t)position < row->count ? row->cells[position] : SLICE_NONE;
}

static struct slice identity_at(const struct answer *answer, const struct row *row, enum identity_id id)
{
	return cell_at(row, query_position_of_identity(answer->query, id));
}

/* Cuts a line into at most `wanted` cells; commas too many stay in the last one. */
static void split_row(struct slice line, size_t wanted, struct row *row)
{
	struct slice rest = line;

	row->count = 0;
	while (rest.ptr && row->count + 1 < wanted)
		row->cells[row->count++] = slice_trim(slice_split(rest, ',', &rest));
	if (rest.ptr)
		row->cells[row->count++] = slice_trim(rest);
	row->surplus = slice_contains(rest, ",");
}

/* The header's names are not all those that were asked for, but the first begins so in all versions. */
static bool is_header(const struct answer *answer, const struct row *row)
{
	return row->count > 0 && slice_starts_with(row->cells[0], query_field(answer->query, 0));
}

/* An identity that is told: neither empty nor a reason. */
static struct slice told(struct slice cell)
{
	return cell.len == 0 || cell.ptr[0] == '[' || slice_is(cell, "N/A") ? SLICE_NONE : cell;
}

static int read_index(struct slice cell)
{
	int64_t index;

	return slice_to_int64(cell, &index) && index >= 0 && index <= GPU_INDEX_MAX ? (int)index : -1;
}

/*
 * Whether the names in a row can be a GPU's. Prose may have as many commas as a row: a sudo that refuses quotes the whole command, field list and
 * all.
 */
static bool is_plausible(const struct answer *answer, const struct row *row)
{
	struct slice index = told(identity_at(answer, row, IDENTITY_index));
	struct slice uuid = told(identity_at(answer, row, IDENTITY_uuid));
	struct slice bus_id = told(identity_at(answer, row, IDENTITY_bus_id));

	return (!index.ptr || read_index(index) >= 0) && (!uuid.ptr || slice_starts_with(uuid, "GPU-")) &&
	       (!bus_id.ptr || bus_id_length(bus_id) > 0);
}

static bool is_whole(const struct answer *answer, const struct row *row)
{
	bool name_is_last = query_position_of_identity(answer->query, IDENTITY_name) >= 0;

	return row->count == query_field_count(answer->query) && (name_is_last || !row->surplus) && is_plausible(answer, row);
}

static void read_identity(const struct answer *answer, const struct row *row, struct gpu *gpu)
{
	gpu->index = read_index(identity_at(answer, row, IDENTITY_index));
	gpu->uuid = told(identity_at(answer, row, IDENTITY_uuid));
	gpu->bus_id = told(identity_at(answer, row, IDENTITY_bus_id));
	gpu->name = told(identity_at(answer, row, IDENTITY_name));
	if (!answer->sample->driver.ptr)
		answer->sample->driver = told(identity_at(answer, row, IDENTITY_driver));
}

static void read_readings(const struct answer *answer, const struct row *row, struct gpu *gpu)
{
	for (enum reading_id id = 0; id < READING_COUNT; id++) {
		int position = query_position_of_reading(answer->query, id);
		gpu->readings[id] = position < 0 ? reading_absent(SLICE_LITERAL("unknown to this driver"))
						 : reading_parse(cell_at(row, position), reading_units[id]);
	}
}

static void read_texts(const struct answer *answer, const struct row *row, struct gpu *gpu)
{
	for (enum text_id id = 0; id < TEXT_COUNT; id++)
		gpu->texts[id] = told(cell_at(row, query_position_of_text(answer->query, id)));
}

static bool is_failure(struct slice reason)
{
	return reason.ptr && !reason_is_plain(reason);
}

/* Why a GPU does not tell who it is: a failure in any of its names, or no name at all. */
static struct slice find_identity_problem(const struct answer *answer, const struct row *row)
{
	struct slice excuse = SLICE_NONE;
	bool is_named = false;

	for (enum identity_id id = 0; id < IDENTITY_COUNT; id++) {
		struct slice cell = identity_at(answer, row, id), reason = reading_reason(cell);
		if (is_failure(reason))
			return reason;
		if (!cell.ptr || id == IDENTITY_driver)
			continue;
		is_named = is_named || told(cell).ptr;
		if (!excuse.ptr)
			excuse = reason.ptr ? reason : SLICE_LITERAL("it does not tell who it is");
	}
	return is_named ? SLICE_NONE : excuse;
}

/* A reason that speaks of the GPU, in whatever cell it stands. */
static bool is_of_gpu(struct slice reason)
{
	return slice_starts_with(reason, "GPU ");
}

static struct slice find_gpu_reason(const struct answer *answer, const struct row *row, const struct gpu *gpu)
{
	for (enum reading_id id = 0; id < READING_COUNT; id++)
		if (is_of_gpu(gpu->readings[id].absent))
			return gpu->readings[id].absent;
	for (enum text_id id = 0; id < TEXT_COUNT; id++) {
		struct slice reason = reading_reason(cell_at(row, query_position_of_text(answer->query, id)));
		if (is_of_gpu(reason))
			return reason;
	}
	return SLICE_NONE;
}

/* A GPU that has failed, as far as one measurement can tell: these are not said of a sensor that is not there, or not ready. */
static bool is_alarming(struct slice reason)
{
	return slice_is(reason, "ERR!") || slice_is(reason, "Unknown Error");
}

/* What is wrong with the GPU by what it measures: an alarming reason for what each GPU can tell, or more that fail than are told. */
static struct slice find_measured_problem(const struct answer *answer, const struct gpu *gpu)
{
	struct slice problem = SLICE_NONE;
	int failed = 0, numbers = 0;

	for (size_t i = 0; i < sizeof(measured) / sizeof(measured[0]); i++) {
		struct slice reason = gpu->readings[measured[i].id].absent;
		if (query_position_of_reading(answer->query, measured[i].id) < 0)
			continue;
		if (measured[i].vital && is_alarming(reason))
			return reason;
		if (!reason.ptr)
			numbers++;
		else if (is_failure(reason) && failed++ == 0)
			problem = reason;
	}
	return failed > numbers ? problem : SLICE_NONE;
}

static struct slice find_problem(const struct answer *answer, const struct row *row, const struct gpu *gpu)
{
	struct slice problem = find_identity_problem(answer, row);

	if (!problem.ptr)
		problem = find_gpu_reason(answer, row, gpu);
	return problem.ptr ? problem : find_measured_problem(answer, gpu);
}

static void add_cells(const struct answer *answer, const struct row *row, struct gpu *gpu)
{
	gpu->has_cells = true;
	gpu->first_cell = answer->sample->cell_count;
	for (size_t i = 0; i < query_column_count(answer->query); i++)
		sample_add_cell(answer->sample, cell_at(row, query_position_of_column(answer->query, i)));
}

static bool is_anonymous(const struct gpu *gpu)
{
	return gpu->index < 0 && !gpu->uuid.ptr && !gpu->bus_id.ptr && !gpu->name.ptr;
}

static void add_row(struct answer *answer, const struct row *row)
{
	struct sample *sample = answer->sample;
	struct gpu gpu = {0};

	answer->rows++;
	read_identity(answer, row, &gpu);
	read_readings(answer, row, &gpu);
	read_texts(answer, row, &gpu);
	gpu.problem = find_problem(answer, row, &gpu);

	if (answer->after_handle && gpu.problem.ptr && is_anonymous(&gpu)) {
		if (answer->handle_at < CAP_GPUS)
			add_cells(answer, row, &sample->gpus[answer->handle_at]);
		return;
	}
	struct gpu *added = sample_add_gpu(sample);
	if (!added)
		return;
	*added = gpu;
	add_cells(answer, row, added);
}

static bool add_handle(struct answer *answer, struct slice line)
{
	struct slice bus_id, reason;
	int index;

	if (!messages_device_handle(line, &bus_id, &index, &reason))
		return false;
	answer->handles++;
	answer->handle_at = answer->sample->gpu_count;
	struct gpu *gpu = sample_add_gpu(answer->sample);
	if (!gpu)
		return true;
	gpu_set_problem(gpu, reason);
	gpu->index = index;
	gpu->bus_id = bus_id;
	return true;
}

static bool is_row_like(const struct answer *answer, const struct row *row)
{
	return row->count > 1 && (answer->header || read_index(identity_at(answer, row, IDENTITY_index)) >= 0);
}

/* A row that cannot be believed still says which GPU it is about, in the cells before its last one. */
static void add_broken(struct answer *answer, struct row *row, struct slice line)
{
	bool cut = line.ptr == answer->unbelieved;

	if (!answer->broken.ptr)
		answer->broken = cut ? SLICE_LITERAL("the answer of nvidia-smi ended early") : line;
	row->count--;
	int index = read_index(identity_at(answer, row, IDENTITY_index));
	struct slice uuid = told(identity_at(answer, row, IDENTITY_uuid));
	if (index < 0 || !slice_starts_with(uuid, "GPU-"))
		return;
	struct gpu *gpu = sample_add_gpu(answer->sample);
	if (!gpu)
		return;
	gpu_set_problem(gpu, cut ? SLICE_LITERAL("its row ended early") : SLICE_LITERAL("its row has the wrong length"));
	gpu->index = index;
	gpu->uuid = uuid;
}

static void read_row(struct answer *answer, struct row *row, struct slice line)
{
	if (is_whole(answer, row) && line.ptr != answer->unbelieved)
		add_row(answer, row);
	else if (is_row_like(answer, row))
		add_broken(answer, row, line);
	else if (!answer->prose.ptr)
		answer->prose = line;
}

/* A whole row with an index, as nearly all lines are: it is no message, and need not be compared with them all. */
static bool is_sure(const struct answer *answer, const struct row *row, struct slice line)
{
	return read_index(identity_at(answer, row, IDENTITY_index)) >= 0 && is_whole(answer, row) &&
	       line.ptr != answer->unbelieved;
}

static void note_message(struct answer *answer, struct slice line)
{
	answer->went_on = answer->went_on || slice_starts_with(line, "No devices");
	if (!answer->message.ptr)
		answer->message = line;
}

/* Returns whether the line tells of a GPU without a handle. */
static bool read_other(struct answer *answer, struct row *row, struct slice line)
{
	bool is_handle = add_handle(answer, line);

	if (is_handle || messages_is_known(line))
		note_message(answer, line);
	else
		read_row(answer, row, line);
	return is_handle;
}

static void read_line(struct answer *answer, struct slice line)
{
	bool is_handle = false;
	struct row row;

	split_row(line, query_field_count(answer->query), &row);
	if (is_header(answer, &row))
		answer->header = true;
	else if (is_sure(answer, &row, line))
		add_row(answer, &row);
	else
		is_handle = read_other(answer, &row, line);
	answer->after_handle = is_handle;
}

/* Where the last line of a text begins; the text is trimmed. */
static const char *last_line(struct slice text)
{
	const char *end = text.len > 0 ? memrchr(text.ptr, '\n', text.len) : NULL;
	size_t before = end ? (size_t)(end + 1 - text.ptr) : 0;

	return slice_trim((struct slice){text.ptr + before, text.len - before}).ptr;
}

static void read_lines(struct answer *answer, struct slice text)
{
	for (struct slice rest = text; rest.ptr;) {
		struct slice line = slice_trim(slice_split(rest, '\n', &rest));
		if (line.len > 0)
			read_line(answer, line);
	}
}

/* No row and no message: what the silence means. */
static void judge_silence(const struct answer *answer, int status, struct smi_outcome *outcome)
{
	if (outcome->problem != PROBLEM_NONE)
		return;
	outcome->problem = PROBLEM_BAD_OUTPUT;
	if (status < 0)
		outcome->message = SLICE_LITERAL("the answer of nvidia-smi ended early");
	else if (!answer->header)
		outcome->message = SLICE_LITERAL("nvidia-smi printed nothing");
	else
		*outcome = (struct smi_outcome){.problem = PROBLEM_NO_GPU, .message = SLICE_LITERAL("nvidia-smi lists no GPU")};
}

static void judge(const struct answer *answer, int status, struct smi_outcome *ret)
{
	bool ended_by_force = messages_ended_by_force(status);

	*ret = (struct smi_outcome){0};
	if (!ended_by_force && (answer->rows > 0 || (answer->handles > 0 && answer->went_on)))
		return;
	messages_classify(answer->message.ptr ? answer->message : answer->prose, status, ret);
	if (ended_by_force || answer->message.ptr)
		return;
	if (answer->broken.ptr)
		*ret = (struct smi_outcome){.problem = PROBLEM_BAD_OUTPUT, .message = answer->broken};
	else if (answer->prose.ptr && status == 0)
		ret->problem = PROBLEM_BAD_OUTPUT;
	else
		judge_silence(answer, status, ret);
}

/* The places of GPUs that have not told their index. */
static void fill_indices(struct sample *sample)
{
	int indices[CAP_GPUS];

	for (size_t i = 0; i < sample->gpu_count; i++)
		indices[i] = sample->gpus[i].index;
	gpu_fill_indices(indices, sample->gpu_count);
	for (size_t i = 0; i < sample->gpu_count; i++)
		sample->gpus[i].index = indices[i];
}

void csv_parse_gpus(struct slice text, int status, const struct query *query, struct sample *sample, struct smi_outcome *ret)
{
	struct slice trimmed = slice_trim(text);
	struct answer answer = {.query = query, .sample = sample, .unbelieved = status < 0 ? last_line(trimmed) : NULL};
	struct sample before = *sample;

	sample->columns = query_column_count(query);
	if (query_field_count(query) > 0)
		read_lines(&answer, trimmed);
	judge(&answer, status, ret);
	if (ret->problem != PROBLEM_NONE) {
		sample->gpu_count = before.gpu_count;
		sample->cell_count = before.cell_count;
		sample->driver = before.driver;
		sample->gpus_left_out = before.gpus_left_out;
	} else if (query_position_of_identity(query, IDENTITY_index) >= 0) {
		fill_indices(sample);
	}
}
