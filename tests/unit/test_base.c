/* base: slices, numbers, UTF-8, escaping, capped buffers, blobs. */
#include <setjmp.h>
#include <stdarg.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "base/blob.h"
#include "base/buf.h"

static void splits_and_trims(void **state)
{
	struct slice rest;
	struct slice first = slice_split(slice_of(" a , b,c"), ',', &rest);

	assert_true(slice_is(slice_trim(first), "a"));
	assert_true(slice_is(rest, " b,c"));
	slice_split(slice_of("alone"), ',', &rest);
	assert_null(rest.ptr);
	slice_split(slice_of("end,"), ',', &rest);
	assert_non_null(rest.ptr);
	assert_int_equal(rest.len, 0);
}

static void reads_only_whole_numbers(void **state)
{
	static const char *const refused[] = {
		"",    " 1",  "1 ",  "1x",  "0x10",
		"nan", "inf", "1,5", "--1", "9999999999999999999999999999999999999999999999999999999999999999"};
	double number = -1;
	int64_t integer = -1;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_false(slice_to_double(slice_of(refused[i]), &number));
		assert_false(slice_to_int64(slice_of(refused[i]), &integer));
	}
	assert_true(number < 0 && integer == -1);
	assert_true(slice_to_double(slice_of("186.23"), &number) && number > 186.22 && number < 186.24);
	assert_true(slice_to_int64(slice_of("-7"), &integer) && integer == -7);
	assert_false(slice_to_int64(slice_of("9223372036854775808"), &integer));
}

/* Short ones are read by ourselves: they come to what strtod() and strtoll() make of them, to the last bit. */
static void reads_numbers_as_the_library_does(void **state)
{
	static const char *const numbers[] = {
		"0", "007", "0.1", "5.", "000.50", "-5.5", "1e3", "99999999999999.9", "999999999999999", "9999999999999999"};
	static const char *const refused[] = {".", "1.2.3", "1.2x", "..1", "1..", "1 2"};
	double number;
	int64_t integer;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		assert_true(slice_to_double(slice_of(numbers[i]), &number));
		assert_true(number == strtod(numbers[i], NULL));
		bool is_whole = numbers[i][strspn(numbers[i], "0123456789")] == '\0';
		assert_int_equal(slice_to_int64(slice_of(numbers[i]), &integer), is_whole);
		if (is_whole)
			assert_true(integer == strtoll(numbers[i], NULL, 10));
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_false(slice_to_double(slice_of(refused[i]), &number));
	/* Any digits, with the point at any place behind the first. */
	for (uint64_t digits = 1; digits < 1000000000000000; digits = digits * 7 + 3) {
		char plain[32], text[33];
		int len = snprintf(plain, sizeof(plain), "%" PRIu64, digits);
		for (int point = 1; point < len; point++) {
			snprintf(text, sizeof(text), "%.*s.%s", point, plain, plain + point);
			assert_true(slice_to_double(slice_of(text), &number));
			assert_true(number == strtod(text, NULL));
		}
	}
}

static void finds_the_end_of_ascii(void **state)
{
	static const char ends[] = {'\0', '\x80', '\xff'};
	char text[40];

	for (size_t len = 0; len < sizeof(text); len++) {
		memset(text, '\x7f', sizeof(text));
		assert_int_equal(ascii_length(text, len), len);
		for (size_t at = 0; at < len; at++)
			for (size_t i = 0; i < sizeof(ends); i++) {
				memset(text, '\x01', sizeof(text));
				text[at] = ends[i];
				assert_int_equal(ascii_length(text, len), at);
			}
	}
}

static void knows_well_formed_utf8(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} cases[] = {
		{"a", 1},        {"\xc3\xa9", 2}, {"\xe4\xb8\xad", 3},     {"\xf0\x9f\x98\x80", 4}, {"\x80", 0},
		{"\xc0\x80", 0}, {"\xc3", 0},     {"\xe0\x80\x80", 0},     {"\xed\xa0\x80", 0},     {"\xf4\x90\x80\x80", 0},
		{"\xf8\x88", 0}, {"\xe4\xb8", 0}, {"\xf0\x80\x80\x80", 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(utf8_length(cases[i].bytes, strlen(cases[i].bytes)), cases[i].length);
	assert_int_equal(utf8_length("", 0), 0);
}

static void escapes_what_a_terminal_would_obey(void **state)
{
	char out[64];

	assert_string_equal(text_escape(slice_of("a\x1b[31m\n\x7f"), out, sizeof(out)), "a\\x1b[31m\\x0a\\x7f");
	assert_string_equal(text_escape(slice_of("\xc2\x9b"
						 "31m"),
					out, sizeof(out)),
			    "\\xc2\\x9b31m");
	assert_string_equal(text_escape(slice_of("\xff\xe4\xb8\xad"), out, sizeof(out)), "\\xff\xe4\xb8\xad");
	assert_string_equal(text_escape(slice_of("a\xe2\x80\xae"
						 "b\xe2\x80\xaf"),
					out, sizeof(out)),
			    "a\\xe2\\x80\\xaeb\xe2\x80\xaf");
	/* Cut at a whole character, and always terminated. */
	assert_string_equal(text_escape(slice_of("ab\xe4\xb8\xad"), out, 5), "ab");
	assert_string_equal(text_escape(slice_of("\n"), out, 4), "");
	assert_string_equal(text_escape(SLICE_NONE, out, sizeof(out)), "");
}

static void buffers_stop_at_their_cap(void **state)
{
	struct buf buf;

	buf_init(&buf, 1000);
	for (int i = 0; i < 100; i++)
		assert_int_equal(buf_append(&buf, "0123456789", 10), 0);
	assert_int_equal(buf_append(&buf, "x", 1), -ENOBUFS);
	assert_int_equal(buf.len, 1000);
	assert_true(buf.size <= 1000);
	buf_clear(&buf);
	assert_int_equal(buf_printf(&buf, "%d-%s", 7, "x"), 0);
	assert_true(slice_is(buf_slice(&buf), "7-x"));
	buf_done(&buf);
}

static void text_is_set_only_when_it_differs(void **state)
{
	char *field = NULL;

	assert_false(text_set(&field, SLICE_NONE));
	assert_true(text_set(&field, slice_of("")));
	assert_false(text_set(&field, slice_of("")));
	assert_true(text_set(&field, slice_of("abc")));
	char *before = field;
	assert_false(text_set(&field, slice_of("abc")));
	assert_ptr_equal(before, field);
	assert_true(text_set(&field, SLICE_NONE));
	assert_null(field);
}

static void blobs_live_as_long_as_a_reference(void **state)
{
	struct blob *blob = blob_new("bytes", 5);

	assert_ptr_equal(blob_ref(blob), blob);
	blob_unref(blob);
	assert_true(slice_is(blob_slice(blob), "bytes"));
	blob_unref(blob);
	blob_unref(NULL);
	assert_null(blob_ref(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_and_trims),
		cmocka_unit_test(reads_only_whole_numbers),
		cmocka_unit_test(reads_numbers_as_the_library_does),
		cmocka_unit_test(finds_the_end_of_ascii),
		cmocka_unit_test(knows_well_formed_utf8),
		cmocka_unit_test(escapes_what_a_terminal_would_obey),
		cmocka_unit_test(buffers_stop_at_their_cap),
		cmocka_unit_test(text_is_set_only_when_it_differs),
		cmocka_unit_test(blobs_live_as_long_as_a_reference),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
