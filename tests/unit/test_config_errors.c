/* What is wrong in a configuration is said with its place, its key's path, and what would be right; all of it in one run. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/caps.h"
#include "config/config.h"

struct example {
	const char *text, *errors;
};

/* The errors of a text as a string, which the caller frees. */
static char *errors_of(struct slice text)
{
	struct config *config = NULL;
	struct buf errors;

	buf_init(&errors, 65536);
	assert_int_equal(config_parse(text, "c.yaml", NULL, &config, &errors), -EINVAL);
	assert_null(config);
	assert_true(errors.len > 0);
	char *copy = slice_dup(buf_slice(&errors));
	buf_done(&errors);
	return copy;
}

static void check(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		cleanup_free char *errors = errors_of(slice_of(examples[i].text));
		assert_string_equal(errors, examples[i].errors);
	}
}
#define CHECK(examples) check(examples, sizeof(examples) / sizeof((examples)[0]))

static void test_values(void **state)
{
	static const struct example examples[] = {
		{"interval: 9999\n", "c.yaml:1:11: interval: 9999 is over 3600\n"},
		{"interval: 0.5\n", "c.yaml:1:11: interval: 0.5 is under 1\n"},
		{"interval: nan\n", "c.yaml:1:11: interval: a number of seconds is wanted, not \"nan\"\n"},
		{"interval: 5s\n", "c.yaml:1:11: interval: a number of seconds is wanted, not \"5s\"\n"},
		{"interval: [1]\n", "c.yaml:1:11: interval: a number of seconds is wanted, not a list\n"},
		{"interval: {a: 1}\n", "c.yaml:1:11: interval: a number of seconds is wanted, not a mapping\n"},
		{"localhost: maybe\n", "c.yaml:1:12: localhost: true or false is wanted, not \"maybe\"\n"},
		{"nvidia_smi_timeout: 1.5\n",
		 "c.yaml:1:21: nvidia_smi_timeout: a whole number of seconds is wanted, not \"1.5\"\n"},
		{"keep_driver_loaded: true\n",
		 "c.yaml:1:21: keep_driver_loaded: auto, always or never is wanted, not \"true\"\n"},
		{"keep_driver_loaded: [auto]\n",
		 "c.yaml:1:21: keep_driver_loaded: auto, always or never is wanted, not a list\n"},
		{"ssh: {handshakes: 0}\n", "c.yaml:1:19: ssh.handshakes: 0 is under 1\n"},
		{"ssh: ssh -v\n", "c.yaml:1:6: ssh: a mapping (\"key: value\") is wanted, not \"ssh -v\"\n"},
		{"ssh:\n  command: ssh -i '/my keys/lab'\n",
		 "c.yaml:2:12: ssh.command: no shell reads this: with quotes give a list, as in [ssh, -i, /my keys/lab]\n"},
		{"ssh: {command: []}\n", "c.yaml:1:16: ssh.command: a command is wanted\n"},
		{"ssh: {command: [ssh, [x]]}\n",
		 "c.yaml:1:22: ssh.command[1]: a command, or a list of its words, is wanted, not a list\n"},
		{"nvidia_smi: \"a\\nb\"\n",
		 "c.yaml:1:13: nvidia_smi: a command in one line is wanted, without control characters\n"},
		{"nvidia_smi: \"a\\x9bb\"\n",
		 "c.yaml:1:13: nvidia_smi: a command in one line is wanted, without control characters\n"},
		{"nvidia_smi: \"'smi -q\"\n", "c.yaml:1:13: nvidia_smi: \"'smi -q\": a quote is not closed\n"},
		{"nvidia_smi: env A=\"b nvidia-smi\n",
		 "c.yaml:1:13: nvidia_smi: \"env A=\"b nvidia-smi\": a quote is not closed\n"},
		{"nvidia_smi: smi `id\n", "c.yaml:1:13: nvidia_smi: \"smi `id\": a quote is not closed\n"},
		{"nvidia_smi: smi \\\n", "c.yaml:1:13: nvidia_smi: \"smi \\\": nothing comes after the last backslash\n"},
		{"nvidia_smi: \"smi # x\"\n", "c.yaml:1:13: nvidia_smi: \"smi # x\": \"#\" begins a comment for the shell\n"},
		{"nvidia_smi: smi $(id\n", "c.yaml:1:13: nvidia_smi: \"smi $(id\": a parenthesis is not closed\n"},
		{"hosts: [{address: a, nvidia_smi: smi )}]\n",
		 "c.yaml:1:34: hosts[0].nvidia_smi: \"smi )\": a parenthesis closes that was not opened\n"},
		{"names: [\"a b\"]\n",
		 "c.yaml:1:9: names[0]: \"a b\": not a host name: letters, digits, \".\", \"-\" and \"_\" make one\n"},
		{"listen: []\n", "c.yaml:1:9: listen: a listener, as in 127.0.0.1:5000, is wanted, not an empty list\n"},
		{"listen: [5000, \"localhost:5000\"]\n", "c.yaml:1:16: listen[1]: \"localhost:5000\": given twice\n"},
		{"columns: [a b]\n", "c.yaml:1:11: columns[0]: \"a b\" cannot be a field of nvidia-smi\n"},
		{"columns: [{title: x}]\n", "c.yaml:1:11: columns[0]: field is missing\n"},
		{"columns: [$(reboot)]\n", "c.yaml:1:11: columns[0]: \"$(reboot)\" cannot be a field of nvidia-smi\n"},
	};
	CHECK(examples);
}

static void test_hosts(void **state)
{
	static const struct example examples[] = {
		{"hosts:\n- gpu1:99999\n", "c.yaml:2:3: hosts[0]: \"gpu1:99999\": the port has to be a number from 1 to 65535\n"},
		{"hosts:\n- -oProxyCommand=x\n", "c.yaml:2:3: hosts[0]: \"-oProxyCommand=x\": a host cannot begin with \"-\"\n"},
		{"hosts:\n- {address: gpu1, port: 99999}\n", "c.yaml:2:25: hosts[0].port: 99999 is over 65535\n"},
		{"hosts:\n- {user: a}\n", "c.yaml:2:3: hosts[0]: address is missing\n"},
		{"hosts:\n  - gpu1\n  -\n  - gpu2\n", "c.yaml:2:5: hosts[1]: empty\n"},
		{"hosts:\n- gpu1\n- alice@gpu2\n- {address: x, name: gpu1}\n",
		 "c.yaml:4:3: hosts[2]: gpu1 is the name of the host in line 2 already\n"},
		{"hosts: [a, a, a]\n", "c.yaml:1:12: hosts[1]: a is the name of the host in line 1 already\n"
				       "c.yaml:1:15: hosts[2]: a is the name of the host in line 1 already\n"},
		{"localhost: true\nhosts: [{address: x, name: localhost}]\n",
		 "c.yaml:2:9: hosts[0]: localhost is this machine's name already\n"},
		{"localhost: false\n", "c.yaml:1:1: nothing to watch: neither hosts nor this machine\n"},
		{"hosts: [[a]]\n", "c.yaml:1:9: hosts[0]: a host, as in alice@gpu2:2222, is wanted, not a list\n"},
	};
	CHECK(examples);
}

static void test_keys(void **state)
{
	static const struct example examples[] = {
		{"intervall: 5\n", "c.yaml:1:1: intervall: unknown key; did you mean interval?\n"},
		{"Host: x\n", "c.yaml:1:1: Host: unknown key; did you mean hosts?\n"},
		{"colour: red\n", "c.yaml:1:1: colour: unknown key\n"},
		{"\"a\\e[2Jb\": 1\n", "c.yaml:1:1: a\\x1b[2Jb: unknown key\n"},
		{"? [a]\n: 1\n", "c.yaml:1:3: a key has to be a text\n"},
		{"interval: 5\nlisten: 1\ninterval: 6\n", "c.yaml:3:1: interval: given twice, first in line 1\n"},
		{"hosts:\n- {address: a, nane: b}\n", "c.yaml:2:16: hosts[0].nane: unknown key; did you mean name?\n"},
		{"just a text\n", "c.yaml:1:1: a mapping (\"key: value\") is wanted, not \"just a text\"\n"},
		{"[a]\n", "c.yaml:1:1: a mapping (\"key: value\") is wanted, not a list\n"},
		{"interval: 5\nHOST: []\nlocalhost: true\n",
		 "c.yaml:2:1: HOST: a key of the original style, but interval in line 1 is one "
		 "of the native style; use one of the two\n"},
		{"LOCAL_HOST: true\nREMOTE_HOST: maybe\nlisten: 5000\n",
		 "c.yaml:2:14: REMOTE_HOST: True or False is wanted, not \"maybe\"\n"
		 "c.yaml:3:1: listen: a key of the native style, but LOCAL_HOST in line 1 is one of the original style; use one "
		 "of the two\n"},
	};
	CHECK(examples);
}

static void test_merges(void **state)
{
	static const struct example examples[] = {
		{"hosts: [{address: a, <<: x}]\n", "c.yaml:1:26: hosts[0]: << wants a mapping, or a list of them\n"},
		{"x-d: &d {user: -x}\nhosts:\n- {address: a, <<: *d}\n",
		 "c.yaml:1:16: hosts[0].user: \"-x\": a user cannot begin with \"-\"\n"},
		{"hosts: *h\n", "c.yaml:1:9: no anchor of this name before here\n  hosts: *h\n          ^\n"},
		{"hosts: &h [*h]\n", "c.yaml:1:13: no anchor of this name before here\n  hosts: &h [*h]\n              ^\n"},
	};
	CHECK(examples);
}

static void test_original(void **state)
{
	static const struct example examples[] = {
		{"LOCAL_HOST: False\n", "c.yaml:1:1: nothing to watch: neither hosts nor this machine\n"},
		{"REMOTE_HOST: True\n", "c.yaml:1:14: REMOTE_HOST: True, but there is no HOST\n"},
		{"LOCAL_HOST: y\nQUERY_GPU_CMD: nvidia-smi\n",
		 "c.yaml:2:16: QUERY_GPU_CMD: a command that ends in --query-gpu is wanted, as in \"nvidia-smi --query-gpu\", "
		 "not \"nvidia-smi\"\n"},
		{"LOCAL_HOST: y\nQUERY_GPU_CMD: \"'smi --query-gpu\"\n",
		 "c.yaml:2:16: QUERY_GPU_CMD: \"'smi --query-gpu\": a quote is not closed\n"},
		{"LOCAL_HOST: y\nQUERY_GPU_CMD: --query-gpu\n",
		 "c.yaml:2:16: QUERY_GPU_CMD: a command that ends in --query-gpu is wanted, as in \"nvidia-smi --query-gpu\", "
		 "not \"--query-gpu\"\n"},
		{"LOCAL_HOST: y\nQUERY_GPU_CMD: x--query-gpu\n",
		 "c.yaml:2:16: QUERY_GPU_CMD: a command that ends in --query-gpu is wanted, as in \"nvidia-smi --query-gpu\", "
		 "not \"x--query-gpu\"\n"},
		{"LOCAL_HOST: y\nDISPLAY_QUERY_GPU_OPTIONS: [a, b]\nQUERY_GPU_OPTIONS: [a]\n",
		 "c.yaml:2:28: DISPLAY_QUERY_GPU_OPTIONS: the number of headings (2) is not that of QUERY_GPU_OPTIONS (1)\n"},
		{"LOCAL_HOST: y\nDISPLAY_QUERY_GPU_OPTIONS: [a]\n",
		 "c.yaml:2:28: DISPLAY_QUERY_GPU_OPTIONS: the number of headings (1) is not that of QUERY_GPU_OPTIONS (0)\n"},
		{"LOCAL_HOST: y\nQUERY_GPU_OPTIONS: [a, \"b;c\"]\n",
		 "c.yaml:2:24: QUERY_GPU_OPTIONS[1]: \"b;c\" cannot be a field of nvidia-smi\n"},
		{"HOST:\n- username: a\n  people: b\n", "c.yaml:2:3: HOST[0]: ip is missing\n"},
		{"HOST:\n- ip: 1.2.3.400\n", "c.yaml:2:7: HOST[0].ip: \"1.2.3.400\": not an IPv4 address\n"},
		{"HOST:\n- ip: 1.2.3.4\n- ip: 1.2.3.4\n",
		 "c.yaml:3:3: HOST[1]: 1.2.3.4 is the name of the host in line 2 already\n"},
		{"HOST:\n- gpu1\n", "c.yaml:2:3: HOST[0]: a mapping (\"key: value\") is wanted, not \"gpu1\"\n"},
		{"HOST:\n- {ip: a, name: b}\n", "c.yaml:2:11: HOST[0].name: unknown key\n"},
		{"local_host: True\nREMOTE_HOST: False\n", "c.yaml:1:1: local_host: unknown key; did you mean LOCAL_HOST?\n"},
	};
	CHECK(examples);
}

/* libfyaml finds these, so the words are its own; the place and what is shown of the file are ours. */
static void test_syntax(void **state)
{
	static const struct {
		const char *text, *place, *excerpt;
	} examples[] = {
		{"hosts:\n  - @x\n", "c.yaml:2:5: ", "\n    - @x\n      ^\n"},
		{"a: b: c\n", "c.yaml:1:5: ", "\n  a: b: c\n      ^\n"},
		{"hosts:\n\t- x\n", "c.yaml:2:1: ", "\n   - x\n  ^\n"},
		{"%YAML 3.0\n---\nlisten: 1\n", "c.yaml:1:1: ", "\n  %YAML 3.0\n  ^\n"},
		{"names: [\xc3\xa9\xc3\xa9, @]\n", "c.yaml:1:13: ", "\n  names: [\xc3\xa9\xc3\xa9, @]\n              ^\n"},
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		cleanup_free char *errors = errors_of(slice_of(examples[i].text));
		size_t len = strlen(errors), excerpt_len = strlen(examples[i].excerpt);
		assert_true(slice_starts_with(slice_of(errors), examples[i].place));
		assert_true(len > strlen(examples[i].place) + excerpt_len);
		assert_string_equal(errors + len - excerpt_len, examples[i].excerpt);
	}
}

static void test_refused_though_yaml(void **state)
{
	static const struct example examples[] = {
		{"listen: 1\n---\nlisten: 2\n", "c.yaml:2:1: a second document; a file is one configuration\n  ---\n  ^\n"},
		{"interval: !!int 5\n", "c.yaml:1:17: a tag (!...) has no meaning here; quote the value if it begins with !\n  "
					"interval: !!int 5\n                  ^\n"},
		{"interval: \xff\n", "c.yaml:1:11: byte 0xff: the file is not UTF-8 text\n"},
		{"interval: 5\x01\n", "c.yaml:1:12: byte 0x01: a control character has no place here\n"},
		{"interval: 5\xc2\x85\n", "c.yaml:1:12: U+0085: a control character has no place here\n"},
		{"[[[[[[[[[[[[[[[[[",
		 "c.yaml:1:17: too many lists or mappings in each other\n  [[[[[[[[[[[[[[[[[\n                  ^\n"},
	};
	CHECK(examples);
}

static void test_nul_does_not_end_the_file(void **state)
{
	cleanup_free char *errors = errors_of(SLICE_LITERAL("interval: 5\n\0intervall: 6\n"));

	assert_string_equal(errors, "c.yaml:2:1: byte 0x00: a control character has no place here\n");
}

static void test_errors_come_in_the_order_of_the_file(void **state)
{
	/* Columns and hosts of the original style are read after everything else, names are compared last of all. */
	static const struct example examples[] = {
		{"HOST:\n- ip: -a\n- ip: b\n- ip: b\nDISPLAY_QUERY_GPU_OPTIONS: [a]\nREMOTE_HOST: x\nLOKAL_HOST: y\n",
		 "c.yaml:2:7: HOST[0].ip: \"-a\": a host cannot begin with \"-\"\n"
		 "c.yaml:4:3: HOST[2]: b is the name of the host in line 3 already\n"
		 "c.yaml:5:28: DISPLAY_QUERY_GPU_OPTIONS: the number of headings (1) is not that of QUERY_GPU_OPTIONS (0)\n"
		 "c.yaml:6:14: REMOTE_HOST: True or False is wanted, not \"x\"\n"
		 "c.yaml:7:1: LOKAL_HOST: unknown key; did you mean LOCAL_HOST?\n"},
	};
	CHECK(examples);
}

/* `count` times the format, each with its number. */
static char *repeat(const char *before, const char *format, int count)
{
	char *text = xmalloc(strlen(before) + (size_t)count * 64 + 1);
	size_t len = (size_t)sprintf(text, "%s", before);

	for (int i = 0; i < count; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		len += (size_t)sprintf(text + len, format, i);
#pragma GCC diagnostic pop
	}
	return text;
}

static void test_caps(void **state)
{
	struct {
		const char *before, *format;
		int count;
		const char *errors;
	} examples[] = {
		{"hosts:\n", "- h%d\n", (int)CAP_HOSTS + 1, "c.yaml:4098:3: hosts: more than 4096\n"},
		{"columns:\n", "- c%d\n", (int)CAP_COLUMNS + 1, "c.yaml:66:3: columns: more than 64\n"},
		{"listen:\n", "- %d\n", 17, "c.yaml:18:3: listen: more than 16\n"},
		{"x-a:\n", "- &a%d b\n", 257, "c.yaml:258:9: too many anchors\n  - &a256 b\n          ^\n"},
		{"x-a:\n", "- a%d\n", 262144, "c.yaml:262143:3: too much in one file\n  - a262141\n    ^\n"},
		{"x-a: ", "%08d", 2048, "c.yaml:1:16385: a line of more than 16384 bytes: break it up\n"},
		{"%A 0\n", "%%A %d\n", 16, "c.yaml:17:1: too many lines that begin with %\n"},
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		cleanup_free char *text = repeat(examples[i].before, examples[i].format, examples[i].count);
		cleanup_free char *errors = errors_of(slice_of(text));
		assert_string_equal(errors, examples[i].errors);
	}
}

static void test_many_errors_are_counted(void **state)
{
	cleanup_free char *text = repeat("", "k%d:\n", 150);
	cleanup_free char *errors = errors_of(slice_of(text));

	assert_non_null(strstr(errors, "c.yaml:100:1: k99: unknown key\n"));
	assert_null(strstr(errors, "k100"));
	assert_non_null(strstr(errors, "c.yaml: 50 more errors\n"));
}

static void test_merges_cannot_multiply(void **state)
{
	/* Nine times nine times nine ...: 10^11 pairs, were they all read. */
	cleanup_free char *text = xstrdup("x-a: &a {people: p}\n");
	for (int c = 'b'; c < 'm'; c++) {
		char *longer = xasprintf("%sx-%c: &%c {<<: [*%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c, *%c]}\n", text, c, c, c - 1,
					 c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1);
		free(text);
		text = longer;
	}
	cleanup_free char *all = xasprintf("%shosts: [{address: h, <<: *l}]\n", text);
	cleanup_free char *errors = errors_of(slice_of(all));

	assert_non_null(strstr(errors, "hosts[0]: << brings in too much\n"));
}

static void test_full_buffer_keeps_whole_lines(void **state)
{
	static const char one[] = "c.yaml:1:1: aa: unknown key\n";
	struct config *config = NULL;
	struct buf errors;

	for (size_t cap = 0; cap < 2 * sizeof(one); cap++) {
		buf_init(&errors, cap);
		assert_int_equal(config_parse(SLICE_LITERAL("aa:\nbb:\n"), "c.yaml", NULL, &config, &errors), -EINVAL);
		assert_int_equal(errors.len, cap / (sizeof(one) - 1) * (sizeof(one) - 1));
		buf_done(&errors);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_merges),
		cmocka_unit_test(test_original),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_refused_though_yaml),
		cmocka_unit_test(test_nul_does_not_end_the_file),
		cmocka_unit_test(test_errors_come_in_the_order_of_the_file),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_many_errors_are_counted),
		cmocka_unit_test(test_merges_cannot_multiply),
		cmocka_unit_test(test_full_buffer_keeps_whole_lines),
	};

	return cmocka_run_group_tests_name("config: errors", tests, NULL, NULL);
}
