/* view/width: columns on a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "view/width.h"

#define ZHONG "\u4e2d" /* two columns, three bytes */

static void counts_columns(void **state)
{
	static const struct {
		const char *text;
		size_t columns;
	} cases[] = {
		{"", 0},
		{"node0", 5},
		{"caf\u00e9", 4},
		{"cafe\u0301", 4}, /* a combining accent */
		{ZHONG ZHONG, 4},
		{"\uff21", 2},     /* a full-width A */
		{"\uac00", 2},     /* Hangul */
		{"\U0001f600", 2}, /* a face */
		{"\U00020000", 2},
		{"\u200b", 0}, /* a blank of no width */
		{"\u2026", 1},
		{"\u00b0", 1},
		{"\U0010fffd", 1}, /* after the last range */
		{"\x1b[31mred\x1b[0m", 3},
		{"\x1b[31", 4}, /* no colour: it does not end */
		{"\xff\xfe", 2},
		{"\xe4\xb8", 2}, /* cut in the middle */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (width_of(slice_of(cases[i].text)) != cases[i].columns)
			fail_msg("case %zu: %zu instead of %zu", i, width_of(slice_of(cases[i].text)), cases[i].columns);
	assert_int_equal(width_of(SLICE_NONE), 0);
}

static void fits_whole_characters(void **state)
{
	assert_int_equal(width_fit(slice_of("abc"), 0), 0);
	assert_int_equal(width_fit(slice_of("abc"), 2), 2);
	assert_int_equal(width_fit(slice_of("abc"), 9), 3);
	assert_int_equal(width_fit(slice_of("a" ZHONG), 2), 1);
	assert_int_equal(width_fit(slice_of("a" ZHONG), 3), 4);
	/* The accent belongs to what fits; so does the colour's end. */
	assert_int_equal(width_fit(slice_of("e\u0301x"), 1), 3);
	assert_int_equal(width_fit(slice_of("a\x1b[0mb"), 1), 5);
}

/* No character is taken twice or lost. */
static void every_character_is_taken_once(void **state)
{
	for (uint32_t c = 0x800; c < 0x10000; c++) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		char text[] = {(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 0x3f)), (char)(0x80 | (c & 0x3f)), 'x'};
		size_t columns = width_of((struct slice){text, 3});
		assert_true(columns <= 2);
		assert_int_equal(width_fit((struct slice){text, 4}, columns), 3);
		assert_int_equal(width_of((struct slice){text, 4}), columns + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_columns),
		cmocka_unit_test(fits_whole_characters),
		cmocka_unit_test(every_character_is_taken_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
