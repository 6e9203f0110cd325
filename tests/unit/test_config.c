/* config: what a file and a command line come to. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/load.h"

static struct config *parse(struct slice text, const struct config_overrides *overrides)
{
	struct config *config = NULL;
	struct buf errors;

	buf_init(&errors, 65536);
	if (config_parse(text, "c.yaml", overrides, &config, &errors) < 0)
		fail_msg("%.*s", (int)errors.len, errors.data);
	assert_int_equal(errors.len, 0);
	buf_done(&errors);
	return config;
}

static void add(char **all, char *more)
{
	char *longer = xasprintf("%s%s", *all, more);

	free(*all);
	free(more);
	*all = longer;
}

/* The hosts in a line each: "name = user@address:port [people|kvm|comment] command", where given; "this machine" for address. */
static char *hosts_of(const struct config *config)
{
	char *all = xstrdup("");

	for (size_t i = 0; i < config->host_count; i++) {
		const struct host_config *host = &config->hosts[i];
		add(&all, xasprintf("%s = %s%s%s", host->name, host->user ? host->user : "", host->user ? "@" : "",
				    host->local ? "this machine" : host->address));
		add(&all, host->port > 0 ? xasprintf(":%d", host->port) : xstrdup(""));
		if (host->people || host->kvm || host->comment)
			add(&all, xasprintf(" [%s|%s|%s]", host->people ? host->people : "", host->kvm ? host->kvm : "",
					    host->comment ? host->comment : ""));
		add(&all, strcmp(host->nvidia_smi, "nvidia-smi") == 0 ? xstrdup("\n") : xasprintf(" %s\n", host->nvidia_smi));
	}
	return all;
}

static char *join(char *const *texts, size_t count)
{
	char *all = xstrdup("");

	for (size_t i = 0; i < count; i++)
		add(&all, xasprintf("%s%s", i > 0 ? " " : "", texts[i]));
	return all;
}

static void test_hosts(void **state)
{
	static const struct {
		const char *text, *hosts;
	} examples[] = {
		{"", "localhost = this machine\n"},
		{"# only a comment\n", "localhost = this machine\n"},
		{"---\n...\n", "localhost = this machine\n"},
		{"hosts:\n", "localhost = this machine\n"},
		{"hosts: []\n", "localhost = this machine\n"},
		{"hosts: [gpu1]\n", "gpu1 = gpu1\n"},
		{"hosts: gpu1\n", "gpu1 = gpu1\n"},
		{"hosts: [gpu1]\nlocalhost: true\n", "localhost = this machine\ngpu1 = gpu1\n"},
		{"hosts: [gpu1]\nlocalhost: ON\n", "localhost = this machine\ngpu1 = gpu1\n"},
		{"hosts: [gpu1, localhost]\nlocalhost: true\n", "gpu1 = gpu1\nlocalhost = this machine\n"},
		{"hosts: [{address: localhost, name: here, people: Bob}]\n", "here = this machine [Bob||]\n"},
		{"hosts: [me@localhost, localhost:22]\n", "me@localhost = me@localhost\nlocalhost:22 = localhost:22\n"},
		{"hosts:\n- gpu1\n- alice@gpu2:2222\n- alice@[fe80::1]:22\n- 2001:db8::5\n",
		 "gpu1 = gpu1\ngpu2 = alice@gpu2:2222\nfe80::1 = alice@fe80::1:22\n2001:db8::5 = 2001:db8::5\n"},
		{"hosts: [{address: 192.168.1.25, user: username0, port: 22, name: node0, people: Alice, kvm: 1, comment: new "
		 "fans}]\n",
		 "node0 = username0@192.168.1.25:22 [Alice|1|new fans]\n"},
		{"hosts: [127.0.0.1:2201, 127.0.0.1:2202, {address: 127.0.0.1, name: third}]\n",
		 "127.0.0.1:2201 = 127.0.0.1:2201\n127.0.0.1:2202 = 127.0.0.1:2202\nthird = 127.0.0.1\n"},
		{"nvidia_smi: sudo -n /opt/nvidia-smi\nhosts: [a, {address: b, nvidia_smi: smi}]\n",
		 "a = a sudo -n /opt/nvidia-smi\nb = b smi\n"},
		{"nvidia_smi: ''\nhosts: [{address: b, nvidia_smi: '', people: ~, kvm: null, comment: \" \"}]\n", "b = b\n"},
		{"x-lab: &lab {people: Alice, kvm: A1}\nhosts:\n- {address: a, <<: *lab}\n- {<<: *lab, kvm: B2, address: b}\n",
		 "a = a [Alice|A1|]\nb = b [Alice|B2|]\n"},
		{"hosts:\n- &first {address: a, user: u}\n- {<<: [*first, {kvm: K}], address: b}\n- &t c\n",
		 "a = u@a\nb = u@b [|K|]\nc = c\n"},
		{"hosts:\n- {address: a, comment: \"${HOME} `x` <b>\"}\n", "a = a [||${HOME} `x` <b>]\n"},
		{"hosts:\n- address: a\n  comment: >\n    folded\n    text\n", "a = a [||folded text]\n"},
		{"\xef\xbb\xbfhosts:\r\n- a\r\n- b\r\n", "a = a\nb = b\n"},
		{"{\"hosts\": [\"a\", {\"address\": \"b\", \"port\": 22}], \"interval\": 5}\n", "a = a\nb = b:22\n"},
		{"LOCAL_HOST: True\n", "localhost = this machine\n"},
		{"LOCAL_HOST: 'yes'\nREMOTE_HOST: no\nHOST: [{ip: -x}]\n", "localhost = this machine\n"},
		{"LOCAL_HOST: TRUE\nREMOTE_HOST: On\nHOST:\n- ip: b\n- ip: a\n", "localhost = this machine\nb = b\na = a\n"},
		{"HOST:\n- {ip: gpu1, username: u, people: 5, kvm: 7, comment: }\n", "gpu1 = u@gpu1 [5|7|]\n"},
		{"HOST:\n- {ip: a, username: u}\n- {ip: a, username: v}\n- {ip: b, username: v}\n",
		 "u@a = u@a\nv@a = v@a\nb = v@b\n"},
		{"HOST:\n- {ip: localhost}\n", "localhost = localhost\n"},
		{"QUERY_GPU_CMD: sudo -n nvidia-smi -i 0 --query-gpu\nHOST: [{ip: a}]\n", "a = a sudo -n nvidia-smi -i 0\n"},
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct config *config = parse(slice_of(examples[i].text), NULL);
		cleanup_free char *hosts = hosts_of(config);
		assert_string_equal(hosts, examples[i].hosts);
		config_free(config);
	}
}

static void test_values(void **state)
{
	struct config *config = parse(
		SLICE_LITERAL("listen: [8080, \"[::]:80\", unix:/run/x]\n"
			      "names: [gpu.lab.example, lab]\n"
			      "interval: 2.5\n"
			      "nvidia_smi_timeout: 30\n"
			      "keep_driver_loaded: never\n"
			      "ssh: {command: [ssh, -F, other config], connect_timeout: 1, login_timeout: 2, handshakes: 3}\n"
			      "columns: [fan.speed, {field: name, title: Card}, {field: encoder.stats.sessionCount}]\n"),
		NULL);
	cleanup_free char *listen = join(config->listen, config->listen_count), *names = join(config->names, config->name_count);

	assert_string_equal(listen, "127.0.0.1:8080 [::]:80 unix:/run/x");
	assert_string_equal(names, "gpu.lab.example lab");
	assert_true(config->interval == 2.5);
	assert_int_equal(config->nvidia_smi_timeout, 30);
	assert_int_equal(config->keep_driver, KEEP_NEVER);
	assert_int_equal(config->connect_timeout, 1);
	assert_int_equal(config->login_timeout, 2);
	assert_int_equal(config->handshakes, 3);
	assert_string_equal(config->ssh_command[2], "other config");
	assert_null(config->ssh_command[3]);
	assert_int_equal(config->column_count, 3);
	assert_string_equal(config->columns[0].title, "fan.speed");
	assert_string_equal(config->columns[1].title, "Card");
	assert_string_equal(config->columns[2].title, "encoder.stats.sessionCount");
	assert_int_equal(config->hosts[0].line, 0);
	config_free(config);

	config = parse(SLICE_LITERAL("ssh: {command: ssh  -o x=y }\nhosts:\n- a\n-\n  address: b\n"), NULL);
	assert_string_equal(config->ssh_command[0], "ssh");
	assert_string_equal(config->ssh_command[1], "-o");
	assert_string_equal(config->ssh_command[2], "x=y");
	assert_null(config->ssh_command[3]);
	assert_int_equal(config->hosts[0].line, 3);
	assert_int_equal(config->hosts[1].line, 5);
	config_free(config);
}

static void test_defaults(void **state)
{
	struct config *config = parse(SLICE_LITERAL("interval:\nlisten: ~\nssh:\n"), NULL);

	assert_int_equal(config->listen_count, 1);
	assert_string_equal(config->listen[0], "127.0.0.1:5000");
	assert_int_equal(config->name_count, 0);
	assert_true(config->interval == 5);
	assert_int_equal(config->nvidia_smi_timeout, 15);
	assert_int_equal(config->keep_driver, KEEP_AUTO);
	assert_int_equal(config->connect_timeout, 10);
	assert_int_equal(config->login_timeout, 20);
	assert_int_equal(config->handshakes, 8);
	assert_string_equal(config->ssh_command[0], "ssh");
	assert_null(config->ssh_command[1]);
	assert_string_equal(config->path, "c.yaml");
	assert_false(config->original_style);
	config_free(config);
}

#define ORIGINAL "tests/unit/fixtures/config/original.yaml"

static void test_original_file(void **state)
{
	static const char *const columns[][2] = {
		{"timestamp", "Timestamp"},
		{"index", "Index"},
		{"pci.bus_id", "BUS ID"},
		{"name", "Name"},
		{"temperature.gpu", "Temperature"},
		{"memory.total", "Total Memory"},
		{"memory.used", "Used Memory"},
		{"memory.free", "Free Memory"},
		{"utilization.gpu", "Volatile Utilization"},
	};
	struct config *config = NULL, *empty = parse(SLICE_LITERAL(""), NULL);
	struct buf errors;

	buf_init(&errors, 4096);
	assert_int_equal(config_load(ORIGINAL, NULL, &config, &errors), 0);
	buf_done(&errors);
	cleanup_free char *hosts = hosts_of(config);
	assert_string_equal(
		hosts, "192.168.1.25 = username0@192.168.1.25 [node0|A1|]\n192.168.1.26 = username1@192.168.1.26 [node1|A3|]\n");
	assert_null(config->hosts[0].comment);
	assert_true(config->original_style);
	assert_string_equal(config->listen[0], "127.0.0.1:5000");
	assert_int_equal(config->column_count, 9);
	/* They are also what is shown when no columns are configured. */
	assert_int_equal(empty->column_count, 9);
	for (size_t i = 0; i < 9; i++) {
		assert_string_equal(config->columns[i].field, columns[i][0]);
		assert_string_equal(config->columns[i].title, columns[i][1]);
		assert_string_equal(empty->columns[i].field, columns[i][0]);
		assert_string_equal(empty->columns[i].title, columns[i][1]);
	}
	config_free(config);
	config_free(empty);
}

static void test_original_columns(void **state)
{
	struct config *config = parse(SLICE_LITERAL("LOCAL_HOST: y\nQUERY_GPU_OPTIONS: [name, fan.speed]\n"), NULL);

	assert_int_equal(config->column_count, 2);
	assert_string_equal(config->columns[1].title, "fan.speed");
	config_free(config);
}

static void test_overrides(void **state)
{
	static const char *const two[] = {"alice@a:22", "localhost"};
	static const struct {
		struct config_overrides overrides;
		const char *listen, *hosts;
		double interval;
	} examples[] = {
		{{0}, "0.0.0.0:1 127.0.0.1:2", "f = f\n", 60},
		{{.port = "80"}, "127.0.0.1:80", "f = f\n", 60},
		{{.host = "0.0.0.0"}, "0.0.0.0:5000", "f = f\n", 60},
		{{.host = "::1", .port = "0"}, "[::1]:0", "f = f\n", 60},
		{{.host = "[::1]", .port = "8"}, "[::1]:8", "f = f\n", 60},
		{{.host = "localhost"}, "127.0.0.1:5000", "f = f\n", 60},
		{{.host = "unix:/run/x"}, "unix:/run/x", "f = f\n", 60},
		{{.interval = "1.5"}, "0.0.0.0:1 127.0.0.1:2", "f = f\n", 1.5},
		{{.hosts = two, .host_count = 2}, "0.0.0.0:1 127.0.0.1:2", "a = alice@a:22\nlocalhost = this machine\n", 60},
	};
	static const char *const file = "listen: [\"0.0.0.0:1\", 2]\ninterval: 60\nhosts: [f]\n";

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct config *config = parse(slice_of(file), &examples[i].overrides);
		cleanup_free char *listen = join(config->listen, config->listen_count), *hosts = hosts_of(config);
		assert_string_equal(listen, examples[i].listen);
		assert_string_equal(hosts, examples[i].hosts);
		assert_true(config->interval == examples[i].interval);
		config_free(config);
	}
}

static void test_hosts_of_the_command_line_replace_the_original_ones(void **state)
{
	static const char *const one[] = {"gpu1"};
	struct config *config =
		parse(SLICE_LITERAL("LOCAL_HOST: True\nQUERY_GPU_CMD: smi --query-gpu\nHOST: [{ip: a}, {ip: b}]\n"),
		      &(struct config_overrides){.hosts = one, .host_count = 1});
	cleanup_free char *hosts = hosts_of(config);

	assert_string_equal(hosts, "gpu1 = gpu1 smi\n");
	config_free(config);
}

static void test_bad_overrides(void **state)
{
	static const char *const bad[] = {"-oX", "a", "a", "b c"};
	static const struct {
		struct config_overrides overrides;
		const char *errors;
	} examples[] = {
		{{.port = "99999"}, "--port: 99999 is over 65535\n"},
		{{.port = "http"}, "--port: a port number is wanted, not \"http\"\n"},
		{{.port = "", .interval = "0"}, "--interval: 0 is under 1\n--port: a port number is wanted, not \"\"\n"},
		{{.host = "gpu1"},
		 "--host: a listener wants an IP address of this machine, as in 127.0.0.1:5000 or \"[::]:5000\"\n"},
		{{.host = "unix:/x", .port = "1"}, "--host: a socket has no port: leave --port out\n"},
		{{.hosts = bad, .host_count = 4},
		 "\"-oX\": a host cannot begin with \"-\"\n"
		 "\"b c\": not a host name: letters, digits, \".\", \"-\" and \"_\" make one\n"
		 "a is there twice\n"},
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct config *config = NULL;
		struct buf errors;
		buf_init(&errors, 4096);
		assert_int_equal(config_defaults(&examples[i].overrides, &config, &errors), -EINVAL);
		assert_null(config);
		cleanup_free char *text = slice_dup(buf_slice(&errors));
		assert_string_equal(text, examples[i].errors);
		buf_done(&errors);
	}
}

static void test_errors_of_both_places(void **state)
{
	struct config *config = NULL;
	struct buf errors;

	buf_init(&errors, 4096);
	assert_int_equal(
		config_parse(SLICE_LITERAL("interval: x\n"), "c.yaml", &(struct config_overrides){.port = "x"}, &config, &errors),
		-EINVAL);
	cleanup_free char *text = slice_dup(buf_slice(&errors));
	assert_string_equal(text, "--port: a port number is wanted, not \"x\"\n"
				  "c.yaml:1:11: interval: a number of seconds is wanted, not \"x\"\n");
	buf_done(&errors);
}

static void test_same_target(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} examples[] = {
		{"hosts: [a]", "# moved\nhosts: [{address: a, name: n, people: p, kvm: k, comment: c}]", true},
		{"hosts: [a]", "nvidia_smi: nvidia-smi\nhosts: [a]", true},
		{"hosts: [u@a:22]", "hosts: [{address: a, user: u, port: 22}]", true},
		{"hosts: [a]", "HOST: [{ip: a}]", true},
		{"hosts: [localhost]", "localhost: yes", true},
		{"hosts: [a]", "hosts: [b]", false},
		{"hosts: [a]", "hosts: [u@a]", false},
		{"hosts: [u@a]", "hosts: [v@a]", false},
		{"hosts: [a]", "hosts: [a:22]", false},
		{"hosts: [a]", "nvidia_smi: x\nhosts: [a]", false},
		{"hosts: [localhost]", "HOST: [{ip: localhost}]", false},
	};

	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct config *a = parse(slice_of(examples[i].a), NULL), *b = parse(slice_of(examples[i].b), NULL);
		assert_int_equal(host_config_same_target(&a->hosts[0], &b->hosts[0]), examples[i].same);
		assert_int_equal(host_config_same_target(&b->hosts[0], &a->hosts[0]), examples[i].same);
		config_free(a);
		config_free(b);
	}
}

static void test_describe(void **state)
{
	struct config *config = parse(
		SLICE_LITERAL("names: lab\ncolumns: [{field: name, title: Card}]\nlocalhost: yes\n"
			      "hosts: [{address: a, user: u, port: 22, name: \"k\xc3\xb6ln\", people: P, group: G, comment: C}]\n"
			      "free: {memory: 12.5}\n"),
		NULL);
	static const char expected[] = "file      c.yaml, native style\n"
				       "listen    127.0.0.1:5000\n"
				       "names     lab\n"
				       "interval  5 s, nvidia-smi may take 15 s\n"
				       "driver    kept loaded where persistence mode is off\n"
				       "free      below 12.5 % of memory and 5 % of utilization\n"
				       "ssh       ssh: 10 s to connect, 20 s to log in, 8 logins at once\n"
				       "columns   name                     Card\n"
				       "2 hosts:\n"
				       "  localhost  this machine, without ssh\n"
				       "  k\xc3\xb6ln       u@a:22                     people: P, group: G, comment: C\n";
	struct buf out;

	buf_init(&out, 4096);
	config_describe(config, &out);
	assert_int_equal(out.len, sizeof(expected) - 1);
	assert_memory_equal(out.data, expected, out.len);
	buf_done(&out);

	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_original_file),
		cmocka_unit_test(test_original_columns),
		cmocka_unit_test(test_overrides),
		cmocka_unit_test(test_hosts_of_the_command_line_replace_the_original_ones),
		cmocka_unit_test(test_bad_overrides),
		cmocka_unit_test(test_errors_of_both_places),
		cmocka_unit_test(test_same_target),
		cmocka_unit_test(test_describe),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
