/* lines: the same lines however the bytes arrive. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/caps.h"
#include "base/lines.h"

/* Every line delivered, joined by "|", "!" after a cut one. */
static void collect(void *user, struct slice line, bool cut)
{
	struct buf *seen = user;

	if (line.len > 20)
		assert_int_equal(buf_printf(seen, "<%zu>", line.len), 0);
	else
		assert_int_equal(buf_append_slice(seen, line), 0);
	assert_int_equal(buf_append(seen, cut ? "!|" : "|", cut ? 2 : 1), 0);
}

static void expect(struct slice input, const char *expected)
{
	static const size_t pieces[] = {1, 7, 4096, 1u << 20};

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct lines lines;
		struct buf seen;

		buf_init(&seen, 65536);
		lines_init(&lines, collect, &seen);
		for (size_t at = 0; at < input.len; at += pieces[i])
			lines_feed(&lines, input.ptr + at, input.len - at < pieces[i] ? input.len - at : pieces[i]);
		lines_end(&lines);
		assert_int_equal(buf_append(&seen, "", 1), 0);
		assert_string_equal(seen.data, expected);
		lines_done(&lines);
		buf_done(&seen);
	}
}

static void cuts_at_line_feeds(void **state)
{
	expect(slice_of(""), "");
	expect(slice_of("\n"), "|");
	expect(slice_of("a\n\nb\n"), "a||b|");
	expect(slice_of("a\nwithout end"), "a|without end|");
	expect(slice_of("windows\r\nand\r\r\nc\rd\n"), "windows|and|c\rd|");
}

static void cuts_long_lines_once(void **state)
{
	static char input[3 * CAP_LINE + 8];
	char expected[64];

	memset(input, 'x', sizeof(input));
	memcpy(input + sizeof(input) - 3, "\nb\n", 3);
	snprintf(expected, sizeof(expected), "<%u>!|b|", CAP_LINE);
	expect((struct slice){input, sizeof(input)}, expected);

	/* Exactly as long as a line may be: whole. */
	input[CAP_LINE] = '\n';
	snprintf(expected, sizeof(expected), "<%u>|", CAP_LINE);
	expect((struct slice){input, CAP_LINE + 1}, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cuts_at_line_feeds),
		cmocka_unit_test(cuts_long_lines_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
