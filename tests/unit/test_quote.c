/* quote: words come out of a shell as they went in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/quote.h"
#include "base/text.h"

/* What a shell makes of it. */
static void read_by_shell(const char *quoted, char *out, size_t size)
{
	cleanup_free char *command = xasprintf("printf %%s %s", quoted);
	FILE *shell = popen(command, "r");

	assert_non_null(shell);
	size_t len = fread(out, 1, size - 1, shell);
	out[len] = '\0';
	assert_int_equal(pclose(shell), 0);
}

static void a_shell_reads_what_was_meant(void **state)
{
	static const char *const words[] = {
		"",     "ssh",        "it's",  "'",           "''",
		"a b",  "$HOME",      "`id`",  "$(id)",       "a\\b",
		"\\",   "\"quoted\"", "*",     "[abc]",       "~/.ssh/config",
		"a;b",  "a&b|c>d<e",  "#x",    "/my keys/id", "a\nb",
		"=x",   "!!",         "{a,b}", "\xc3\xa4",    "-oProxyJump=a,b",
		"100%", "(x)",
	};
	char read[64];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		cleanup_free char *quoted = quote_word(words[i]);
		read_by_shell(quoted, read, sizeof(read));
		assert_string_equal(read, words[i]);
	}
}

static void plain_words_stay_plain(void **state)
{
	static const char *const words[] = {"ssh",        "-F",           "/home/alice/.ssh/id_ed25519.pub",
					    "alice@gpu2", "fe80::1%eth0", "-oUser=bob"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		cleanup_free char *quoted = quote_word(words[i]);
		assert_string_equal(quoted, words[i]);
	}
}

static void others_are_in_quotes(void **state)
{
	cleanup_free char *spaces = quote_word("a b"), *quote = quote_word("it's"), *empty = quote_word(""),
			  *home = quote_word("~/x");

	assert_string_equal(spaces, "'a b'");
	assert_string_equal(quote, "'it'\\''s'");
	assert_string_equal(empty, "''");
	assert_string_equal(home, "'~/x'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shell_reads_what_was_meant),
		cmocka_unit_test(plain_words_stay_plain),
		cmocka_unit_test(others_are_in_quotes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
