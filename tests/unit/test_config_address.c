/* address: what becomes an argument of ssh, or a socket of ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/address.h"

static void test_targets(void **state)
{
	static const struct {
		const char *text, *user, *address;
		int port;
		const char *joined; /* NULL: as it was */
	} examples[] = {
		{"gpu1", NULL, "gpu1", 0, NULL},
		{"alice@gpu2:2222", "alice", "gpu2", 2222, NULL},
		{"gpu2:65535", NULL, "gpu2", 65535, NULL},
		{"alice@[fe80::1]:22", "alice", "fe80::1", 22, NULL},
		{"[::1]", NULL, "::1", 0, "::1"},
		{"2001:db8::5", NULL, "2001:db8::5", 0, NULL},
		{"bob@2001:db8::5", "bob", "2001:db8::5", 0, NULL},
		{"fe80::1%eth0", NULL, "fe80::1%eth0", 0, NULL},
		{"::ffff:192.168.1.25", NULL, "::ffff:192.168.1.25", 0, NULL},
		{"192.168.1.25", NULL, "192.168.1.25", 0, NULL},
		{"alice@lab.example@gpu1", "alice@lab.example", "gpu1", 0, NULL},
		{"gpu_1.lab-2.example", NULL, "gpu_1.lab-2.example", 0, NULL},
		{"12", NULL, "12", 0, NULL},
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct target target;
		assert_null(target_split(slice_of(examples[i].text), &target));
		assert_true(slice_equal(target.user, slice_of(examples[i].user)));
		assert_int_equal(target.user.ptr != NULL, examples[i].user != NULL);
		assert_true(slice_is(target.address, examples[i].address));
		assert_int_equal(target.port, examples[i].port);
		cleanup_free char *joined = target_join(examples[i].user, examples[i].address, examples[i].port);
		assert_string_equal(joined, examples[i].joined ? examples[i].joined : examples[i].text);
	}
}

static void test_refused_targets(void **state)
{
	static const char *const texts[] = {
		"",
		"-gpu1",
		"alice@-gpu1",
		"-alice@gpu1",
		"@gpu1",
		"alice@",
		"gpu 1",
		"gpu\t1",
		"gpu1;reboot",
		"$(reboot)",
		"`reboot`",
		"gpu1|x",
		"gpu1&",
		"a'b",
		"a\"b",
		"a\\b",
		"a*",
		"~",
		"gpu1/x",
		"ssh://gpu1",
		"gpu1:",
		"gpu1:0",
		"gpu1:65536",
		"gpu1:22x",
		"gpu1:-1",
		"gpu1:+1",
		"gpu1: 22",
		":22",
		"[gpu1]:22",
		"[::1",
		"[::1]22",
		"[::1]:",
		"[]:22",
		"[::1]]:22",
		"2001:db8::zz",
		"fe80::1%",
		"fe80::1%;",
		"1:2:3",
		"192.168.1",
		"192.168.1.256",
		"al ice@gpu1",
		"al;ce@gpu",
		"alice@gpu1@:1",
		"gp\xc3\xbc",
		"a%b",
		"gpu1\x7f",
		"a=b",
		"a,b",
		"99999999999999999999:1",
		"gpu1:99999999999999999999",
	};
	struct target target;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		/* A number may be a name, the only one of these. */
		if (texts[i][0] == '9')
			assert_null(target_split(slice_of(texts[i]), &target));
		else
			assert_non_null(target_split(slice_of(texts[i]), &target));
	}
	assert_non_null(target_split(SLICE_LITERAL("gpu1\0x"), &target));
	assert_non_null(target_split(SLICE_LITERAL("::1\0x"), &target));
	assert_non_null(target_split(SLICE_LITERAL("a\0b@gpu1"), &target));
}

static void test_long_names(void **state)
{
	char text[600];
	struct target target;

	memset(text, 'a', sizeof(text));
	assert_null(target_split((struct slice){text, 255}, &target));
	assert_non_null(target_split((struct slice){text, 256}, &target));
	text[64] = '@';
	assert_null(target_split((struct slice){text, 66}, &target));
	text[64] = 'a';
	text[65] = '@';
	assert_non_null(target_split((struct slice){text, 67}, &target));
}

static void test_listeners(void **state)
{
	static const struct {
		const char *text, *full; /* NULL: refused */
	} examples[] = {
		{"127.0.0.1:5000", "127.0.0.1:5000"},
		{"5000", "127.0.0.1:5000"},
		{"0", "127.0.0.1:0"},
		{"0.0.0.0:80", "0.0.0.0:80"},
		{"localhost:5000", "127.0.0.1:5000"},
		{"[::]:5000", "[::]:5000"},
		{"[fe80::1%eth0]:5000", "[fe80::1%eth0]:5000"},
		{"unix:/run/nvwebmon/sock", "unix:/run/nvwebmon/sock"},
		{"", NULL},
		{"65536", NULL},
		{"127.0.0.1", NULL},
		{"127.0.0.1:", NULL},
		{"127.0.0.1:x", NULL},
		{"127.0.0.1:65536", NULL},
		{"127.0.0.256:80", NULL},
		{"::1:5000", NULL},
		{"[::1]", NULL},
		{"[::1]x:5000", NULL},
		{"[127.0.0.1]:5000", NULL},
		{"*:5000", NULL},
		{"gpu.lab.example:5000", NULL},
		{"unix:", NULL},
		{"unix:run/sock", NULL},
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		cleanup_free char *full = NULL;
		const char *problem = listener_check(slice_of(examples[i].text), &full);
		assert_int_equal(problem == NULL, examples[i].full != NULL);
		if (examples[i].full)
			assert_string_equal(full, examples[i].full);
		else
			assert_null(full);
	}
}

static void test_socket_paths_fit(void **state)
{
	char text[200] = "unix:/";
	char *full = NULL;

	memset(text + strlen(text), 'a', sizeof(text) - strlen(text));
	assert_null(listener_check((struct slice){text, 5 + 107}, &full));
	free(full);
	assert_non_null(listener_check((struct slice){text, 5 + 108}, &full));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),   cmocka_unit_test(test_refused_targets),  cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_listeners), cmocka_unit_test(test_socket_paths_fit),
	};

	return cmocka_run_group_tests_name("config: address", tests, NULL, NULL);
}
