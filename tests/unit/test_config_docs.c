/* docs/configuration.md says what the tables say, and every example in it and in packaging/ is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/draft.h"

#define MANUAL "docs/configuration.md"

static char *read_whole_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = xcalloc(1, 65536);

	assert_non_null(file);
	assert_true(fread(text, 1, 65535, file) > 0);
	fclose(file);
	return text;
}

/* What a value may be, as the manual has it. */
static char *range_of(const struct option *row)
{
	if (row->read == read_number || row->read == read_whole || row->read == read_port)
		return xasprintf("%.0f to %.0f", row->min, row->max);
	if (row->items > 0)
		return xasprintf("at most %zu", row->items);
	return xstrdup("");
}

static void expect_table(const char *manual, const struct option_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct option *row = &table->rows[i];
		cleanup_free char *range = range_of(row);
		cleanup_free char *line =
			xasprintf("| `%s` | %s | %s | %s |\n", row->name, row->initial ? row->initial : "", range, row->text);
		if (!strstr(manual, line))
			fail_msg("%s has no line\n%s", MANUAL, line);
	}
}

static void test_tables(void **state)
{
	cleanup_free char *manual = read_whole_file(MANUAL);

	expect_table(manual, &native_options);
	expect_table(manual, &native_host_options);
	expect_table(manual, &native_column_options);
	expect_table(manual, &native_free_options);
	expect_table(manual, &native_ssh_options);
	expect_table(manual, &original_options);
	expect_table(manual, &original_host_options);
}

static void expect_valid(struct slice text, const char *path)
{
	struct config *config = NULL;
	struct buf errors;

	buf_init(&errors, 4096);
	if (config_parse(text, path, NULL, &config, &errors) < 0)
		fail_msg("%.*s", (int)errors.len, errors.data);
	config_free(config);
	buf_done(&errors);
}

static void test_examples_in_the_manual(void **state)
{
	cleanup_free char *manual = read_whole_file(MANUAL);
	int count = 0;

	for (char *at = manual; (at = strstr(at, "```yaml\n")); count++) {
		at += strlen("```yaml\n");
		char *end = strstr(at, "```\n");
		assert_non_null(end);
		expect_valid((struct slice){at, (size_t)(end - at)}, MANUAL);
		at = end + strlen("```\n");
	}
	assert_true(count >= 3);
}

/* As it comes, and with every example in it taken out of its comment. */
static void test_packaged_example(void **state)
{
	static const char path[] = "packaging/config.yaml.example";
	cleanup_free char *text = read_whole_file(path);
	cleanup_free char *active = xcalloc(1, strlen(text) + 1);
	struct slice rest = slice_of(text);

	expect_valid(rest, path);
	while (rest.ptr) {
		struct slice line = slice_split(rest, '\n', &rest);
		/* "#key: value" is an example, "# Words" are words. */
		bool example = slice_starts_with(line, "#") && line.len > 1 && line.ptr[1] != ' ';
		strncat(active, line.ptr + example, line.len - example);
		strcat(active, "\n");
	}
	assert_non_null(strstr(active, "\ninterval: "));
	expect_valid(slice_of(active), path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_examples_in_the_manual),
		cmocka_unit_test(test_packaged_example),
	};

	return cmocka_run_group_tests_name("config: docs", tests, NULL, NULL);
}
