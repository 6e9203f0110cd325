/*
 * smi: what one host said, and what it comes to, by whole frames.
 *
 * Each file of fixtures/smi holds sections: "@columns NAME...", "@unknown FIELD..." (to this driver), "@gpus STATUS", "@apps STATUS", "@expect";
 * text before the first is a comment. The expected lines are those of dump_sample().
 */
#include "smi_fixture.h"

#include <dirent.h>
#include <limits.h>

static const char directory[] = "tests/unit/fixtures/smi";

struct section {
	struct slice text;
	int status;
	bool there;
};

struct fixture {
	char *file;
	const char *columns[CAP_COLUMNS];
	size_t column_count;
	struct slice unknown;
	struct section gpus, apps, expect;
};

static void read_columns(struct fixture *fixture, struct slice words)
{
	for (struct slice rest = words; rest.ptr;) {
		struct slice word = slice_split(rest, ' ', &rest);
		fixture->columns[fixture->column_count++] = slice_dup(word);
	}
}

static struct section *find_section(struct fixture *fixture, struct slice name)
{
	return slice_is(name, "gpus") ? &fixture->gpus : slice_is(name, "apps") ? &fixture->apps : &fixture->expect;
}

static void read_fixture(struct fixture *fixture, const char *path)
{
	struct section *section = NULL;
	size_t size = 0;
	FILE *file = fopen(path, "rb");

	assert_non_null(file);
	*fixture = (struct fixture){0};
	ssize_t len = getdelim(&fixture->file, &size, EOF, file);
	assert_true(len > 0);
	fclose(file);
	for (struct slice rest = {fixture->file, (size_t)len}; rest.ptr;) {
		struct slice line = slice_split(rest, '\n', &rest), argument;
		struct slice word = slice_split(line, ' ', &argument);
		int64_t status = 0;
		if (slice_is(word, "@columns")) {
			read_columns(fixture, argument);
		} else if (slice_is(word, "@unknown")) {
			fixture->unknown = argument;
		} else if (slice_starts_with(word, "@")) {
			section = find_section(fixture, (struct slice){word.ptr + 1, word.len - 1});
			slice_to_int64(argument, &status);
			*section = (struct section){.text = {rest.ptr, 0}, .status = (int)status, .there = true};
		} else if (section) {
			section->text.len = (size_t)((rest.ptr ? rest.ptr : line.ptr + line.len) - section->text.ptr);
		}
	}
}

static void free_fixture(struct fixture *fixture)
{
	for (size_t i = 0; i < fixture->column_count; i++)
		free((void *)fixture->columns[i]);
	free(fixture->file);
}

static void parse(const struct fixture *fixture, size_t piece, struct sample *sample, struct buf *out)
{
	struct query *query = query_new(fixture->columns, fixture->column_count);
	struct smi_outcome outcome;

	for (struct slice rest = fixture->unknown; rest.ptr;)
		assert_true(query_drop(query, slice_split(rest, ' ', &rest)));
	size_t gpus = fixture_feed(sample, fixture->gpus.text, piece);
	size_t apps = fixture_feed(sample, fixture->apps.text, piece);
	csv_parse_gpus(fixture_slice(sample, gpus, apps), fixture->gpus.status, query, sample, &outcome);
	if (fixture->apps.there)
		processes_parse_apps(fixture_slice(sample, apps, sample->text.len), fixture->apps.status, sample);
	dump_outcome(out, &outcome);
	dump_sample(out, sample);
	query_free(query);
}

static void check_fixture(const char *path)
{
	struct fixture fixture;
	struct sample sample;
	struct buf out;

	read_fixture(&fixture, path);
	assert_true(fixture.expect.there);
	sample_init(&sample);
	buf_init(&out, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(fixture_pieces); i++) {
		sample_clear(&sample);
		buf_clear(&out);
		parse(&fixture, fixture_pieces[i], &sample, &out);
		if (slice_equal(buf_slice(&out), fixture.expect.text))
			continue;
		/* cmocka would cut it. */
		fprintf(stderr, "%s came to:\n%.*s", path, SLICE_ARGS(buf_slice(&out)));
		fail_msg("%s, in pieces of %zu, is not understood as expected", path, fixture_pieces[i]);
	}
	buf_done(&out);
	sample_done(&sample);
	free_fixture(&fixture);
}

static void understands_every_fixture(void **state)
{
	struct dirent *entry;
	size_t count = 0;
	DIR *dir = opendir(directory);

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char path[PATH_MAX];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		check_fixture(path);
		count++;
	}
	closedir(dir);
	assert_true(count >= 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(understands_every_fixture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
