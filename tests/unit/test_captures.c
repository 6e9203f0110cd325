/*
 * captures: recorded outputs of nvidia-smi, each parsed as if it were the answer to our own question.
 *
 * Runs only when NVWEBMON_CAPTURES names a directory with csv-gpu/, csv-apps/, errors/, list/ and xml/. The answers there were given to
 * other questions: their rows are put into the order of ours, fields that they lack are dropped, and every cell must come out as it went in.
 */
#include "smi_fixture.h"

#include <dirent.h>
#include <limits.h>

#include "smi/list.h"
#include "smi/messages.h"
#include "smi/mig.h"

enum { ROWS_MAX = 8192, CELLS_MAX = 512 };

/* One recorded answer, cut into cells. */
struct capture {
	char *text;
	struct slice fields[CELLS_MAX];
	size_t field_count;
	struct slice lines[ROWS_MAX]; /* without the header */
	size_t line_count;
};

typedef void (*check_fn)(const char *name, const struct capture *capture);

/* "memory.used" of "memory.used [MiB]". */
static struct slice field_name(struct slice heading)
{
	struct slice rest;

	return slice_split(heading, ' ', &rest);
}

static size_t split(struct slice line, struct slice cells[CELLS_MAX])
{
	size_t count = 0;

	for (struct slice rest = line; rest.ptr;) {
		assert_true(count < CELLS_MAX);
		cells[count++] = slice_trim(slice_split(rest, ',', &rest));
	}
	return count;
}

static bool is_heading(struct slice line)
{
	static const char *const names[] = {"name,", "index,", "timestamp,", "uuid,", "gpu_uuid,", "pid,"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (slice_starts_with(line, names[i]))
			return true;
	return false;
}

static void read_capture(struct capture *capture, const char *path)
{
	size_t size = 0;
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	*capture = (struct capture){0};
	ssize_t len = getdelim(&capture->text, &size, EOF, file);
	fclose(file);
	for (struct slice rest = {capture->text, len > 0 ? (size_t)len : 0}; rest.ptr;) {
		struct slice line = slice_trim(slice_split(rest, '\n', &rest));
		if (line.len == 0)
			continue;
		assert_true(capture->line_count < ROWS_MAX);
		if (capture->field_count == 0 && is_heading(line))
			capture->field_count = split(line, capture->fields);
		else
			capture->lines[capture->line_count++] = line;
	}
	for (size_t i = 0; i < capture->field_count; i++)
		capture->fields[i] = field_name(capture->fields[i]);
}

static void check_all(const char *root, const char *directory, check_fn check)
{
	char path[PATH_MAX];
	struct dirent *entry;

	snprintf(path, sizeof(path), "%s/%s", root, directory);
	DIR *dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		struct capture capture;
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", root, directory, entry->d_name);
		read_capture(&capture, path);
		check(entry->d_name, &capture);
		free(capture.text);
	}
	closedir(dir);
}

/* The column of a field; field_count when the capture has none. */
static size_t find_field(const struct capture *capture, const char *name)
{
	/* The headings that some of our names have. */
	static const struct {
		const char *name, *heading;
	} renamed[] = {
		{"clocks.sm", "clocks.current.sm"},
		{"clocks_throttle_reasons.active", "clocks_event_reasons.active"},
	};
	size_t at = 0;

	while (at < capture->field_count && !slice_is(capture->fields[at], name))
		at++;
	for (size_t i = 0; at == capture->field_count && i < COUNT_OF(renamed); i++)
		if (strcmp(name, renamed[i].name) == 0)
			return find_field(capture, renamed[i].heading);
	return at;
}

/* A query for some columns of a capture, without the own fields that it lacks. */
static struct query *make_query(const struct capture *capture, size_t first, size_t count)
{
	char *columns[CAP_COLUMNS];
	size_t at = 0;

	for (size_t i = 0; i < count; i++)
		columns[i] = slice_dup(capture->fields[first + i]);
	struct query *query = query_new((const char *const *)columns, count);
	while (at < query_field_count(query)) {
		const char *name = query_field(query, at);
		if (find_field(capture, name) < capture->field_count)
			at++;
		else
			assert_true(query_drop(query, slice_of(name)));
	}
	for (size_t i = 0; i < count; i++)
		free(columns[i]);
	return query;
}

/* The capture as the answer to the query. Lines without a comma are no rows and stay as they are. */
static void write_answer(const struct capture *capture, const struct query *query, struct buf *out)
{
	static struct slice cells[CELLS_MAX];

	dump(out, "%s\n", query_fields(query));
	for (size_t row = 0; row < capture->line_count; row++) {
		if (!slice_contains(capture->lines[row], ",")) {
			dump(out, "%.*s\n", SLICE_ARGS(capture->lines[row]));
			continue;
		}
		assert_int_equal(split(capture->lines[row], cells), capture->field_count);
		for (size_t at = 0; at < query_field_count(query); at++) {
			struct slice cell = cells[find_field(capture, query_field(query, at))];
			dump(out, "%s%.*s", at > 0 ? ", " : "", SLICE_ARGS(cell));
		}
		dump(out, "\n");
	}
}

static void expect_reading(const struct reading *reading, struct slice cell)
{
	const char *text = cell.ptr ? cell.ptr : "";
	char *end;
	double number = strtod(text, &end);

	if (end == text) {
		assert_non_null(reading->absent.ptr);
		assert_true(cell.len == 0 || slice_is(reading->absent, "no value") ||
			    memmem(cell.ptr, cell.len, reading->absent.ptr, reading->absent.len));
	} else {
		assert_null(reading->absent.ptr);
		assert_true(reading->value == number || reading->value == number * 1048576);
	}
}

static void expect_text(struct slice text, struct slice cell)
{
	if (text.ptr)
		assert_true(slice_equal(text, cell));
	else
		assert_true(cell.len == 0 || cell.ptr[0] == '[' || slice_is(cell, "N/A"));
}

static void expect_row(const struct capture *capture, struct slice line, const struct query *query, const struct sample *sample,
		       size_t at, size_t first)
{
	static const char *const names[READING_COUNT] = {
#define READING(id, query, unit, since) [READING_##id] = query,
#include "smi/fields.def"
	};
	static const char *const text_names[TEXT_COUNT] = {
#define TEXT(id, query, since) [TEXT_##id] = query,
#include "smi/fields.def"
	};
	static struct slice cells[CELLS_MAX];
	const struct gpu *gpu = &sample->gpus[at];

	split(line, cells);
	for (enum text_id id = 0; id < TEXT_COUNT; id++)
		if (query_position_of_text(query, id) >= 0)
			expect_text(gpu->texts[id], cells[find_field(capture, text_names[id])]);
	for (enum reading_id id = 0; id < READING_COUNT; id++)
		if (query_position_of_reading(query, id) >= 0)
			expect_reading(&gpu->readings[id], cells[find_field(capture, names[id])]);
	assert_true(gpu->has_cells);
	for (size_t i = 0; i < sample->columns; i++)
		assert_true(slice_equal(sample->cells[gpu->first_cell + i], cells[first + i]));
}

static size_t check_columns(const struct capture *capture, size_t first, size_t count, size_t piece)
{
	struct query *query = make_query(capture, first, count);
	struct smi_outcome outcome;
	struct sample sample;
	struct buf answer;
	size_t gpu = 0, problems = 0;

	buf_init(&answer, 1 << 20);
	sample_init(&sample);
	write_answer(capture, query, &answer);
	fixture_feed(&sample, buf_slice(&answer), piece);
	csv_parse_gpus(buf_slice(&sample.text), 0, query, &sample, &outcome);
	assert_int_equal(outcome.problem, PROBLEM_NONE);
	for (size_t row = 0; row < capture->line_count; row++)
		if (slice_contains(capture->lines[row], ","))
			expect_row(capture, capture->lines[row], query, &sample, gpu++, first);
	assert_int_equal(sample.gpu_count, gpu);
	for (size_t i = 0; i < sample.gpu_count; i++)
		if (sample.gpus[i].problem.ptr)
			problems++;
	sample_done(&sample);
	buf_done(&answer);
	query_free(query);
	return problems;
}

/* An answer without its heading: our guess at the first column will do, the others get names that nobody knows. */
static void name_fields(struct capture *capture)
{
	static char names[CELLS_MAX][32];
	struct slice cells[CELLS_MAX];

	capture->field_count = split(capture->lines[0], cells);
	for (size_t i = 0; i < capture->field_count; i++) {
		snprintf(names[i], sizeof(names[i]), "unnamed%zu", i);
		capture->fields[i] = slice_of(names[i]);
	}
	int64_t index;
	if (slice_to_int64(cells[0], &index))
		capture->fields[0] = SLICE_LITERAL("index");
}

static void check_gpus(const char *name, const struct capture *capture)
{
	struct capture named = *capture;
	size_t problems = 0;

	if (named.field_count == 0)
		name_fields(&named);
	for (size_t first = 0; first < named.field_count; first += CAP_COLUMNS) {
		size_t left = named.field_count - first;
		for (size_t i = 0; i < COUNT_OF(fixture_pieces); i++)
			problems = check_columns(&named, first, left < CAP_COLUMNS ? left : CAP_COLUMNS, fixture_pieces[i]);
	}
	print_message("# %s: %zu fields, %zu rows, %zu GPUs with a problem\n", name, named.field_count, named.line_count,
		      problems);
}

/* The cell of a process' row, by its heading; recorded answers without a heading are "pid, process_name, used_gpu_memory". */
static struct slice process_cell(const struct capture *capture, const struct slice *cells, const char *name,
				 const char *otherwise)
{
	static const char *const short_form[] = {"pid", "process_name", "used_gpu_memory"};
	size_t at = find_field(capture, name);

	if (at < capture->field_count)
		return cells[at];
	for (size_t i = 0; capture->field_count == 0 && i < COUNT_OF(short_form); i++)
		if (strcmp(name, short_form[i]) == 0)
			return cells[i];
	return slice_of(otherwise);
}

static void check_apps(const char *name, const struct capture *capture)
{
	static struct slice cells[CELLS_MAX];
	struct sample sample;
	size_t unknown = 0;

	sample_init(&sample);
	for (size_t row = 0; row < capture->line_count; row++) {
		split(capture->lines[row], cells);
		dump(&sample.text, "GPU-x, 0000:00:00.0, %.*s, %.*s, %.*s\n",
		     SLICE_ARGS(process_cell(capture, cells, "pid", "[N/A]")),
		     SLICE_ARGS(process_cell(capture, cells, "used_gpu_memory", "[N/A]")),
		     SLICE_ARGS(process_cell(capture, cells, "process_name", "")));
	}
	sample_add_gpu(&sample)->uuid = SLICE_LITERAL("GPU-x");
	processes_parse_apps(buf_slice(&sample.text), 0, &sample);
	assert_null(sample.process_problem.ptr);
	assert_int_equal(sample.process_count, capture->line_count);
	for (size_t row = 0; row < capture->line_count; row++) {
		const struct process *process = &sample.processes[row];
		split(capture->lines[row], cells);
		int64_t pid = -1;
		slice_to_int64(process_cell(capture, cells, "pid", "[N/A]"), &pid);
		assert_int_equal(process->pid, pid);
		assert_true(slice_equal(process->name, process_cell(capture, cells, "process_name", "")));
		expect_reading(&process->memory, process_cell(capture, cells, "used_gpu_memory", "[N/A]"));
		unknown += process->memory.absent.ptr ? 1 : 0;
	}
	print_message("# %s: %zu processes, %zu without memory\n", name, sample.process_count, unknown);
	sample_done(&sample);
}

static void check_list(const char *name, const struct capture *capture)
{
	struct gpu_list list;
	size_t lost = 0, wanted = 0;

	list_init(&list);
	assert_true(list_parse(&list, slice_of(capture->text)));
	for (size_t i = 0; i < capture->line_count; i++)
		wanted += slice_starts_with(capture->lines[i], "MIG") ? 0 : 1;
	assert_int_equal(list.count, wanted);
	for (size_t i = 0; i < list.count; i++) {
		assert_int_equal(list.entries[i].index, i);
		lost += list.entries[i].lost ? 1 : 0;
	}
	print_message("# %s: %zu GPUs, %zu of them lost\n", name, list.count, lost);
	list_done(&list);
}

/* What stands between `before` and the next `after`; *rest is what follows. SLICE_NONE when there is none. */
static struct slice between(struct slice *rest, const char *before, const char *after)
{
	const char *end = rest->ptr + rest->len;
	const char *start = memmem(rest->ptr, rest->len, before, strlen(before));

	if (!start)
		return SLICE_NONE;
	start += strlen(before);
	const char *last = memmem(start, (size_t)(end - start), after, strlen(after));
	if (!last)
		return SLICE_NONE;
	*rest = (struct slice){last, (size_t)(end - last)};
	return (struct slice){start, (size_t)(last - start)};
}

/* A part is looked for as plain text too, and both must agree. */
static void expect_part(const struct mig_device *mig, struct slice part)
{
	int64_t index, gpu_instance, compute_instance;

	assert_true(slice_to_int64(between(&part, "<index>", "</index>"), &index));
	assert_true(slice_to_int64(between(&part, "<gpu_instance_id>", "</gpu_instance_id>"), &gpu_instance));
	assert_true(slice_to_int64(between(&part, "<compute_instance_id>", "</compute_instance_id>"), &compute_instance));
	assert_int_equal(mig->index, index);
	assert_int_equal(mig->gpu_instance, gpu_instance);
	assert_int_equal(mig->compute_instance, compute_instance);
	between(&part, "<fb_memory_usage>", "<");
	expect_reading(&mig->memory_total, between(&part, "<total>", "</total>"));
	expect_reading(&mig->memory_used, between(&part, "<used>", "</used>"));
	assert_true(mig->memory_total.value > mig->memory_used.value);
}

/* A sample of the GPUs in a document, as if all had MIG on: those that have not show no parts all the same. */
static void add_gpus(struct slice xml, struct sample *sample)
{
	for (struct slice id; (id = between(&xml, "<gpu id=\"", "\"")).ptr;) {
		struct gpu *gpu = sample_add_gpu(sample);
		gpu->bus_id = id;
		gpu->texts[TEXT_mig_mode] = SLICE_LITERAL("Enabled");
	}
}

static size_t check_parts(struct slice xml, const struct sample *sample)
{
	size_t at = 0, gpu = 0;

	for (struct slice one; (one = between(&xml, "<gpu id=", "</gpu>")).ptr; gpu++) {
		for (struct slice part; (part = between(&one, "<mig_device>", "</mig_device>")).ptr; at++) {
			assert_true(at < sample->mig_count);
			assert_int_equal(sample->migs[at].gpu, gpu);
			expect_part(&sample->migs[at], part);
		}
	}
	return at;
}

/* The document with one GPU more at its end, which has one part: it is seen only when all before it was understood. */
static struct buf extend(const char *text)
{
	static const char end[] = "</nvidia_smi_log>";
	const char *found = strstr(text, end);
	struct buf xml;

	buf_init(&xml, 1 << 22);
	assert_non_null(found);
	dump(&xml,
	     "%.*s<gpu id=\"0000FFFF:FF:00.0\"><mig_devices><mig_device><index>0</index><gpu_instance_id>1</gpu_instance_id>",
	     (int)(found - text), text);
	dump(&xml, "<compute_instance_id>2</compute_instance_id><fb_memory_usage><total>9 MiB</total><used>3 "
		   "MiB</used></fb_memory_usage>");
	dump(&xml, "</mig_device></mig_devices></gpu>%s", end);
	return xml;
}

static void check_xml(const char *name, const struct capture *capture)
{
	struct buf extended = extend(capture->text);
	struct slice xml = buf_slice(&extended);
	struct mig_report *report = mig_report_new();
	struct sample sample;

	sample_init(&sample);
	add_gpus(xml, &sample);
	assert_true(sample.gpu_count > 1);
	assert_true(mig_report_parse(report, xml, SLICE_NONE));
	mig_report_apply(report, &sample);
	assert_int_equal(check_parts(xml, &sample), sample.mig_count);
	assert_true(sample.mig_count > 1 || !slice_contains(xml, "<current_mig>Enabled"));
	print_message("# %s: %zu GPUs, %zu parts\n", name, sample.gpu_count - 1, sample.mig_count - 1);
	sample_done(&sample);
	buf_done(&extended);
	mig_report_free(report);
}

/* What the files in errors/ are about, by the beginning of their name. */
static const struct {
	const char *name;
	enum problem_kind problem;
	bool ask_list;
} errors[] = {
	{"badfield", PROBLEM_NVIDIA_SMI, false},
	{"badopt", PROBLEM_NVIDIA_SMI, false},
	{"cmd_not_found", PROBLEM_NO_NVIDIA_SMI, false},
	{"driver_not_loaded", PROBLEM_NO_DRIVER, false},
	{"gpu_lost", PROBLEM_NVIDIA_SMI, true},
	{"handle_unknown_570_all_gone", PROBLEM_NONE, false},
	{"handle_unknown_5090", PROBLEM_NONE, false},
	{"handle_", PROBLEM_NVIDIA_SMI, true},
	{"init_", PROBLEM_NVIDIA_SMI, false},
	{"libnvidia_ml_missing", PROBLEM_NO_DRIVER, false},
	{"mismatch", PROBLEM_DRIVER_MISMATCH, false},
	{"no_devices", PROBLEM_NO_GPU, false},
	{"noformat", PROBLEM_NVIDIA_SMI, false},
};

static void check_error(const char *name, const struct capture *capture)
{
	struct query *query = query_new(NULL, 0);
	struct smi_outcome outcome;
	struct sample sample;
	size_t at = 0;

	if (slice_starts_with(slice_of(name), "list_")) {
		query_free(query);
		check_list(name, capture);
		return;
	}
	if (slice_starts_with(slice_of(name), "reported_")) {
		query_free(query);
		check_gpus(name, capture);
		return;
	}
	while (at < COUNT_OF(errors) && !slice_starts_with(slice_of(name), errors[at].name))
		at++;
	assert_true(at < COUNT_OF(errors));
	for (size_t i = 0; i < COUNT_OF(fixture_pieces); i++) {
		sample_init(&sample);
		struct slice text = fixture_text(&sample, capture->text, fixture_pieces[i]);
		csv_parse_gpus(text, 255, query, &sample, &outcome);
		assert_int_equal(outcome.problem, errors[at].problem);
		assert_int_equal(outcome.ask_list, errors[at].ask_list);
		assert_int_equal(sample.gpu_count, outcome.problem == PROBLEM_NONE ? 1 : 0);
		sample_done(&sample);
	}
	print_message("# %s: %s\n", name, outcome.problem ? problem_name(outcome.problem) : "a GPU with a problem");
	query_free(query);
}

static void understands_recorded_gpus(void **state)
{
	check_all(*state, "csv-gpu", check_gpus);
}

static void understands_recorded_processes(void **state)
{
	check_all(*state, "csv-apps", check_apps);
}

static void understands_recorded_errors(void **state)
{
	check_all(*state, "errors", check_error);
}

static void understands_recorded_documents(void **state)
{
	check_all(*state, "xml", check_xml);
}

static void understands_recorded_lists(void **state)
{
	check_all(*state, "list", check_list);
}

int main(void)
{
	char *root = getenv("NVWEBMON_CAPTURES");
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(understands_recorded_gpus, root),
		cmocka_unit_test_prestate(understands_recorded_processes, root),
		cmocka_unit_test_prestate(understands_recorded_errors, root),
		cmocka_unit_test_prestate(understands_recorded_lists, root),
		cmocka_unit_test_prestate(understands_recorded_documents, root),
	};

	if (!root) {
		puts("1..0 # SKIP NVWEBMON_CAPTURES names no directory");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
