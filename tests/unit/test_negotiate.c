/* http/negotiate, http/names: what clients say, and what we make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/names.h"
#include "http/negotiate.h"

struct saying {
	const char *text; /* NULL: the header is not sent */
	bool yes;
};

static void check(const struct saying *sayings, size_t count, bool (*ask)(struct slice text))
{
	for (size_t i = 0; i < count; i++)
		if (ask(slice_of(sayings[i].text)) != sayings[i].yes)
			fail_msg("\"%s\" should be %s", sayings[i].text ? sayings[i].text : "(none)",
				 sayings[i].yes ? "a yes" : "a no");
}

#define CHECK(sayings, ask) check(sayings, sizeof(sayings) / sizeof((sayings)[0]), ask)

static void gzip_is_sent_to_those_who_take_it(void **state)
{
	static const struct saying sayings[] = {
		{NULL, false},
		{"", false},
		{"identity", false},
		{"gzip", true},
		{"GZIP", true},
		{"deflate, gzip, br, zstd", true},
		{"br;q=1.0, gzip;q=0.8, *;q=0.1", true},
		{"gzip;q=0", false},
		{"gzip; q=0.000", false},
		{"gzip;Q=0, *", false},
		{"gzip ; q=0.001", true},
		{"*", true},
		{"*;q=0", false},
		{"*;q=0, gzip", true},
		{"gzipped", false},
		{"gz", false},
		{",,gzip,", true},
		{"gzip;q=nothing", true},
	};

	(void)state;
	CHECK(sayings, accepts_gzip);
}

static void html_is_sent_to_browsers(void **state)
{
	static const struct saying sayings[] = {
		{NULL, false},
		{"*/*", false},
		{"application/json", false},
		{"text/html", true},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true},
		{"application/xml, Text/HTML;level=1", true},
		{"text/html;q=0, */*", false},
		{"text/htmlx", false},
	};

	(void)state;
	CHECK(sayings, accepts_html);
}

static bool matches(struct slice text)
{
	return etag_matches(text, "\"a-1\"");
}

static void an_etag_is_found_in_a_list(void **state)
{
	static const struct saying sayings[] = {
		{NULL, false},
		{"", false},
		{"\"a-1\"", true},
		{"W/\"a-1\"", true},
		{"*", true},
		{"\"b\", \"a-1\"", true},
		{"\"b\",W/\"a-1\" ,\"c\"", true},
		{"\"b\", W/\"c\"", false},
		{"a-1", false},
		{"\"a-10\"", false},
		{"w/\"a-1\"", false},
	};

	(void)state;
	CHECK(sayings, matches);
}

static struct names names;

static bool allowed(struct slice host)
{
	return names_allow(&names, host);
}

static void loopback_names_pass(void **state)
{
	static const struct saying sayings[] = {
		{"localhost", true},
		{"localhost:5000", true},
		{"LOCALHOST:1", true},
		{"localhost.", true},
		{"tab1.localhost:5000", true},
		{"127.0.0.1", true},
		{"127.0.0.1:5000", true},
		{"127.255.0.9:80", true},
		{"[::1]", true},
		{"[::1]:5000", true},
		{"[0:0:0:0:0:0:0:1]:5000", true},
		{"gpu.lab.example", true},
		{"GPU.lab.example:443", true},
		{"", false},
		{"evil.example", false},
		{"localhost.evil.example", false},
		{"evil-localhost", false},
		{"127.0.0.1.evil.example", false},
		{"127.evil.example", false},
		{"128.0.0.1", false},
		{"127.1", false},
		{"0x7f.0.0.1", false},
		{"0.0.0.0:5000", false},
		{"[::]:5000", false},
		{"[::2]", false},
		{"[127.0.0.1]", false},
		{"[localhost]", false},
		{"::1", false},
		{"[::1", false},
		{"[::1]x", false},
		{"[::1]:5000:1", false},
		{"localhost:evil", false},
		{"localhost:80:80", false},
		{"localhost@evil.example", false},
		{"gpu.lab.example.evil", false},
		{".", false},
	};

	(void)state;
	names_set(&names, (const char *const[]){"other.example", "gpu.lab.example"}, 2);
	CHECK(sayings, allowed);
	names_done(&names);
}

static void names_change_at_a_reload(void **state)
{
	(void)state;
	names_set(&names, (const char *const[]){"old.example"}, 1);
	names_set(&names, (const char *const[]){"new.example"}, 1);
	assert_false(allowed(slice_of("old.example")));
	assert_true(allowed(slice_of("new.example")));
	names_set(&names, NULL, 0);
	assert_false(allowed(slice_of("new.example")));
	assert_true(allowed(slice_of("localhost")));
	names_done(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gzip_is_sent_to_those_who_take_it), cmocka_unit_test(html_is_sent_to_browsers),
		cmocka_unit_test(an_etag_is_found_in_a_list),        cmocka_unit_test(loopback_names_pass),
		cmocka_unit_test(names_change_at_a_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
