/* view/json: what is rendered is parsed back and compared with the model; what is kept is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>

#include "invented.h"
#include "view/json.h"
#include "view/writer.h"

struct lab {
	struct model *model;
	struct rendering *rendering;
	struct sample sample;
	json_t *root; /* of the last parse */
};

static int set_up(void **state)
{
	struct lab *lab = xcalloc(1, sizeof(*lab));

	lab->model = model_new();
	lab->rendering = rendering_new(lab->model);
	sample_init(&lab->sample);
	*state = lab;
	return 0;
}

static int tear_down(void **state)
{
	struct lab *lab = *state;

	json_decref(lab->root);
	sample_done(&lab->sample);
	rendering_free(lab->rendering);
	model_free(lab->model);
	free(lab);
	return 0;
}

/* Takes the blob. The result is borrowed until the next parse. */
static json_t *parse(struct lab *lab, struct blob *blob)
{
	json_error_t error;

	assert_non_null(blob);
	assert_null(memchr(blob->data, '\n', blob->len));
	json_decref(lab->root);
	lab->root = json_loadb(blob->data, blob->len, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
	blob_unref(blob);
	if (!lab->root)
		fail_msg("%s at byte %d", error.text, error.position);
	return lab->root;
}

static json_t *snapshot(struct lab *lab)
{
	return parse(lab, rendering_snapshot(lab->rendering, NOON + 0.123456));
}

static json_t *first_host(struct lab *lab)
{
	return json_array_get(json_object_get(snapshot(lab), "hosts"), 0);
}

static json_t *first_gpu(struct lab *lab)
{
	return json_array_get(json_object_get(first_host(lab), "gpus"), 0);
}

static void assert_keys(const json_t *object, const char *const *keys)
{
	void *at = json_object_iter((json_t *)object);

	for (; *keys; keys++, at = json_object_iter_next((json_t *)object, at)) {
		assert_non_null(at);
		assert_string_equal(json_object_iter_key(at), *keys);
	}
	assert_null(at);
}

static void assert_null_at(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_null(value))
		fail_msg("%s is %s", key, value ? "not null" : "missing");
}

static void assert_string_at(const json_t *object, const char *key, const char *expected)
{
	assert_non_null(json_string_value(json_object_get(object, key)));
	assert_string_equal(json_string_value(json_object_get(object, key)), expected);
}

static void assert_integer_at(const json_t *object, const char *key, json_int_t expected)
{
	assert_true(json_is_integer(json_object_get(object, key)));
	assert_int_equal(json_integer_value(json_object_get(object, key)), expected);
}

static void assert_real_at(const json_t *object, const char *key, double expected)
{
	assert_true(json_is_real(json_object_get(object, key)));
	assert_true(json_real_value(json_object_get(object, key)) == expected);
}

static void an_empty_model_is_a_snapshot_too(void **state)
{
	static const char *const keys[] = {"version", "generation", "time", "interval", "free", "columns", "hosts", NULL};
	struct lab *lab = *state;

	model_set_interval(lab->model, 5);
	json_t *root = snapshot(lab);
	assert_keys(root, keys);
	assert_integer_at(root, "version", 1);
	assert_integer_at(root, "generation", (json_int_t)lab->model->generation);
	assert_real_at(root, "time", 1790000000.123);
	assert_integer_at(root, "interval", 5);
	assert_int_equal(json_array_size(json_object_get(root, "columns")), 0);
	assert_true(json_is_array(json_object_get(root, "hosts")));
}

static void says_that_it_is_a_demo(void **state)
{
	struct lab *lab = *state;

	model_set_demo(lab->model, true);
	model_set_interval(lab->model, 0.5);
	assert_true(json_is_true(json_object_get(snapshot(lab), "demo")));
	assert_real_at(lab->root, "interval", 0.5);
}

static void a_host_never_sampled_is_mostly_null(void **state)
{
	static const char *const keys[] = {"name",      "address",         "port",     "people",  "kvm",
					   "comment",   "group",           "state",    "since",   "sampled",
					   "sample_ms", "driver",          "error",    "machine", "findings",
					   "session",   "process_problem", "left_out", "gpus",    NULL};
	static const char *const unknown[] = {"port",      "people", "kvm",   "comment", "group",           "sampled",
					      "sample_ms", "driver", "error", "machine", "process_problem", "left_out"};
	struct lab *lab = *state;

	invented_host(lab->model, "node0");
	json_t *host = first_host(lab);
	assert_keys(host, keys);
	assert_string_at(host, "name", "node0");
	assert_string_at(host, "address", "192.0.2.25");
	assert_string_at(host, "state", "connecting");
	assert_real_at(host, "since", NOON - 3600);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_null_at(host, unknown[i]);
	assert_int_equal(json_array_size(json_object_get(host, "gpus")), 0);
}

static void the_port_is_told_where_one_is_configured(void **state)
{
	struct lab *lab = *state;

	model_add_host(lab->model, &(struct host_label){.name = "ada", .address = "ada.lab.example", .port = 2222}, NOON);
	assert_integer_at(first_host(lab), "port", 2222);
}

/* The example of docs/http.md. */
static void writes_a_host_to_the_letter(void **state)
{
	static const char expected[] =
		"{\"name\":\"node0\",\"address\":\"192.168.1.25\",\"port\":null,\"people\":\"Alice\",\"kvm\":\"A1\",\"comment\":"
		"\"new fans on Friday\",\"group\":\"rack 4\","
		"\"state\":\"ok\",\"since\":1790000000.0,\"sampled\":1790000000.0,\"sample_ms\":41,\"driver\":\"550.54.15\","
		"\"error\":null,\"machine\":null,\"findings\":[],"
		"\"session\":{\"connected\":null,\"logins\":0,\"attempts\":0,\"samples\":0,\"bytes_in\":0,\"bytes_out\":0,"
		"\"probe_cpu_ms\":null,\"keeps_driver\":false,\"last_error\":null},\"process_problem\":null,\"left_out\":null,"
		"\"gpus\":[{\"index\":0,\"uuid\":\"GPU-0001\",\"bus_id\":\"00000000:07:00.0\",\"name\":\"NVIDIA A100-SXM4-80GB\","
		"\"utilization\":37,\"memory_total\":85899345920,\"memory_used\":2147483648,\"temperature\":61,\"power\":186.22,"
		"\"power_limit\":400,\"fan\":null,\"clock\":1410,\"clock_max\":1410,\"pcie_gen\":4,\"pcie_gen_max\":4,\"pcie_"
		"width\":16,"
		"\"pcie_width_max\":16,\"ecc_corrected\":0,\"ecc_uncorrected\":0,\"throttle\":[\"sw-power-cap\"],\"pstate\":"
		"\"P0\","
		"\"persistence_mode\":\"Enabled\",\"compute_mode\":null,\"retired_pending\":null,\"mig_mode\":null,"
		"\"remap_pending\":null,\"remap_failure\":null,\"recovery_action\":null,\"asleep\":false,\"problem\":null,"
		"\"problem_since\":null,\"idle_since\":null,\"cells\":[\"61\"],\"mig\":null,\"processes\":[{\"pid\":1234,"
		"\"user\":\"alice\","
		"\"owner\":\"alice\",\"inferred\":null,\"name\":\"/usr/bin/python3\",\"command\":\"python3 train.py\","
		"\"memory\":1073741824,\"elapsed\":5210,\"cpu\":null,\"rss\":null,\"container\":null,\"slurm_job\":null,"
		"\"mig\":null}],\"process_problem\":null}]}";
	struct lab *lab = *state;
	struct column columns[] = {{"temperature.gpu", "Temperature"}};
	struct host_label label = {.name = "node0",
				   .address = "192.168.1.25",
				   .people = "Alice",
				   .kvm = "A1",
				   .group = "rack 4",
				   .comment = "new fans on Friday"};

	model_set_columns(lab->model, columns, 1);
	struct host *host = model_add_host(lab->model, &label, NOON - 3600);
	struct gpu *gpu = invented_gpu(&lab->sample);
	gpu->readings[READING_utilization].value = 37;
	gpu->readings[READING_memory_used].value = 2 * GIB;
	gpu->readings[READING_temperature].value = 61;
	gpu->readings[READING_power].value = 186.22;
	gpu->readings[READING_clock].value = gpu->readings[READING_clock_max].value = 1410;
	gpu->readings[READING_pcie_gen].value = gpu->readings[READING_pcie_gen_max].value = 4;
	gpu->readings[READING_pcie_width].value = gpu->readings[READING_pcie_width_max].value = 16;
	gpu->readings[READING_throttle].value = 4;
	gpu->texts[TEXT_pstate] = SLICE_LITERAL("P0");
	gpu->texts[TEXT_persistence_mode] = SLICE_LITERAL("Enabled");
	gpu->has_cells = true;
	sample_add_cell(&lab->sample, SLICE_LITERAL("61"));
	lab->sample.columns = 1;
	lab->sample.driver = SLICE_LITERAL("550.54.15");
	invented_process(&lab->sample, "alice", "python3 train.py", 1 * GIB);
	invented_report(host, &lab->sample);

	struct blob *blob = rendering_host(lab->rendering, SLICE_LITERAL("node0"));
	assert_non_null(blob);
	assert_string_equal(blob->data, expected);
	blob_unref(blob);
	snapshot(lab);
	json_t *column = json_array_get(json_object_get(lab->root, "columns"), 0);
	assert_string_at(column, "field", "temperature.gpu");
	assert_string_at(column, "title", "Temperature");
	assert_null(rendering_host(lab->rendering, SLICE_LITERAL("node")));
	assert_null(rendering_host(lab->rendering, SLICE_LITERAL("")));
}

static void unknown_is_null_and_not_zero(void **state)
{
	static const char *const unknown[] = {
		"index", "uuid", "bus_id", "name", "mig",
#define READING(id, query, unit, since) #id,
#define TEXT(id, query, since) #id,
#include "smi/fields.def"
	};
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");
	struct gpu *gpu = sample_add_gpu(&lab->sample);

	gpu->index = -1;
	gpu->problem = SLICE_LITERAL("GPU is lost");
	for (size_t id = 0; id < READING_COUNT; id++)
		gpu->readings[id].absent = SLICE_LITERAL("GPU is lost");
	gpu->readings[READING_power].absent = SLICE_NONE;
	gpu->readings[READING_power].value = NAN;
	struct process *process = sample_add_process(&lab->sample);
	process->pid = -1;
	process->memory.absent = process->elapsed.absent = SLICE_LITERAL("N/A");
	invented_report(host, &lab->sample);

	json_t *object = first_gpu(lab);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_null_at(object, unknown[i]);
	assert_string_at(object, "problem", "GPU is lost");
	assert_real_at(object, "problem_since", NOON);
	static const char *const keys[] = {"pid",     "user", "owner", "inferred",  "name",      "command", "memory",
					   "elapsed", "cpu",  "rss",   "container", "slurm_job", "mig",     NULL};
	json_t *somebody = json_array_get(json_object_get(object, "processes"), 0);
	assert_keys(somebody, keys);
	for (size_t i = 0; keys[i]; i++)
		assert_null_at(somebody, keys[i]);
}

static void a_failed_process_query_is_not_an_idle_gpu(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	invented_gpu(&lab->sample);
	invented_gpu(&lab->sample);
	invented_process(&lab->sample, "alice", "train", GIB);
	lab->sample.process_problem = SLICE_LITERAL("a line was cut");
	invented_report(host, &lab->sample);

	json_t *gpus = json_object_get(first_host(lab), "gpus");
	assert_null_at(json_array_get(gpus, 0), "processes");
	/* What did come is true. */
	assert_int_equal(json_array_size(json_object_get(json_array_get(gpus, 1), "processes")), 1);
}

static void a_gpu_that_does_not_tell_its_processes_hides_no_other(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	invented_gpu(&lab->sample);
	invented_gpu(&lab->sample)->process_problem = SLICE_LITERAL("Not Supported");
	invented_report(host, &lab->sample);

	assert_null_at(first_host(lab), "process_problem");
	json_t *gpus = json_object_get(first_host(lab), "gpus");
	assert_true(json_is_array(json_object_get(json_array_get(gpus, 0), "processes")));
	assert_null_at(json_array_get(gpus, 0), "process_problem");
	assert_null_at(json_array_get(gpus, 1), "processes");
	assert_string_at(json_array_get(gpus, 1), "process_problem", "Not Supported");
}

static void processes_stand_at_their_gpu(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	for (int i = 0; i < 3; i++)
		invented_gpu(&lab->sample);
	for (size_t i = 0; i < 4; i++) {
		invented_process(&lab->sample, "alice", "train", GIB);
		lab->sample.processes[i].gpu = i % 2 * 2;
		lab->sample.processes[i].pid = (int64_t)i;
	}
	invented_report(host, &lab->sample);

	json_t *gpus = json_object_get(first_host(lab), "gpus");
	assert_int_equal(json_array_size(json_object_get(json_array_get(gpus, 1), "processes")), 0);
	json_t *last = json_object_get(json_array_get(gpus, 2), "processes");
	assert_int_equal(json_array_size(last), 2);
	assert_integer_at(json_array_get(last, 0), "pid", 1);
	assert_integer_at(json_array_get(last, 1), "pid", 3);
}

static void cells_always_fit_the_columns(void **state)
{
	struct lab *lab = *state;
	struct column columns[] = {{"timestamp", "Time"}, {"fan.speed", "Fan"}, {"pstate", "State"}};
	struct host *host = invented_host(lab->model, "node0");

	model_set_columns(lab->model, columns, 2);
	invented_gpu(&lab->sample)->has_cells = true;
	sample_add_cell(&lab->sample, SLICE_LITERAL(""));
	sample_add_cell(&lab->sample, SLICE_NONE);
	invented_gpu(&lab->sample);
	lab->sample.columns = 2;
	invented_report(host, &lab->sample);

	json_t *gpus = json_object_get(first_host(lab), "gpus");
	json_t *cells = json_object_get(json_array_get(gpus, 0), "cells");
	assert_int_equal(json_array_size(cells), 2);
	assert_string_equal(json_string_value(json_array_get(cells, 0)), "");
	assert_true(json_is_null(json_array_get(cells, 1)));
	cells = json_object_get(json_array_get(gpus, 1), "cells");
	assert_int_equal(json_array_size(cells), 2);
	assert_true(json_is_null(json_array_get(cells, 0)));

	/* A reload asks for one more: the cells that are here belong to the columns before it. */
	model_set_columns(lab->model, columns, 3);
	cells = json_object_get(first_gpu(lab), "cells");
	assert_int_equal(json_array_size(cells), 3);
	assert_true(json_is_null(json_array_get(cells, 0)));
}

static void an_error_says_why_and_keeps_the_values(void **state)
{
	static const char *const keys[] = {"kind", "message", "hint", "since", "next_try", NULL};
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	invented_gpu(&lab->sample);
	invented_report(host, &lab->sample);
	host_set_error(host, PROBLEM_HOST_KEY, slice_of("Host key verification failed."), slice_of("run ssh-keygen -R node0"),
		       NOON + 68.5, NOON + 60);
	json_t *object = first_host(lab);
	json_t *error = json_object_get(object, "error");
	assert_keys(error, keys);
	assert_string_at(object, "state", "error");
	assert_string_at(error, "kind", "host-key");
	assert_string_at(error, "message", "Host key verification failed.");
	assert_string_at(error, "hint", "run ssh-keygen -R node0");
	assert_real_at(error, "since", NOON + 60);
	assert_real_at(error, "next_try", NOON + 68.5);
	assert_real_at(object, "sampled", NOON);
	assert_int_equal(json_array_size(json_object_get(object, "gpus")), 1);

	host_set_error(host, PROBLEM_CLOSED, slice_of("closed"), SLICE_NONE, 0, NOON + 70);
	error = json_object_get(first_host(lab), "error");
	assert_null_at(error, "hint");
	assert_null_at(error, "next_try");
}

static void whatever_comes_is_valid_json(void **state)
{
	struct lab *lab = *state;
	static const char hostile[] = "</script>\"\\\n\x1b[2J\x01\x7f\xe2\x80\xa8 \xff\xc0\x80\xed\xa0\x80\xe4\xb8\xad";
	struct host *host = invented_host(lab->model, hostile);
	struct process *process = (invented_gpu(&lab->sample), invented_process(&lab->sample, hostile, "x", GIB));

	process->command = (struct slice){"a\0b", 3};
	process->name = (struct slice){"\xe4\xb8", 2}; /* cut in the middle of a character */
	process->memory.value = INFINITY;
	process->elapsed.value = 1e300;
	invented_report(host, &lab->sample);

	json_t *object = first_host(lab);
	static const char mended[] = "</script>\"\\\n\x1b[2J\x01\x7f\xe2\x80\xa8 \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
				     "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xe4\xb8\xad";
	assert_string_at(object, "name", mended);
	json_t *somebody = json_array_get(json_object_get(first_gpu(lab), "processes"), 0);
	assert_string_at(somebody, "user", mended);
	assert_string_at(somebody, "name", "\xef\xbf\xbd\xef\xbf\xbd");
	assert_int_equal(json_string_length(json_object_get(somebody, "command")), 3);
	assert_null_at(somebody, "memory");
	assert_real_at(somebody, "elapsed", 1e300);
}

static void numbers_are_as_the_driver_printed_them(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {{186.22, "186.22"}, {0, "0"}, {0.1, "0.1"}, {-0.0, "0"}, {102.4, "102.4"}, {299.99, "299.99"}, {400, "400"}};
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		invented_gpu(&lab->sample)->readings[READING_power].value = cases[i].value;
		invented_report(host, &lab->sample);
		cleanup_free char *expected = xasprintf("\"power\":%s,", cases[i].text);
		struct blob *blob = rendering_snapshot(lab->rendering, NOON);
		assert_non_null(strstr(blob->data, expected));
		blob_unref(blob);
	}
}

static void expect_written(void (*write)(struct buf *, const char *, double), double value, const char *expected)
{
	struct buf buf;

	buf_init(&buf, SIZE_MAX);
	write(&buf, NULL, value);
	assert_int_equal(buf_append(&buf, "", 1), 0);
	assert_string_equal(buf.data, expected);
	buf_done(&buf);
}

/* Those that are written without jansson look as those that it writes: 15 digits, and as few as need be. */
static void numbers_look_alike_whoever_writes_them(void **state)
{
	static const double odd[] = {0.0005, 0.0015, 128.436018965283, 9999999999.9995, 3.0000000000001};
	char expected[64];

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		snprintf(expected, sizeof(expected), "%.15g", odd[i]);
		expect_written(write_number, odd[i], expected);
	}
	for (uint64_t thousandths = 1; thousandths < 1000000000000000; thousandths = thousandths * 3 + 7)
		for (int sign = -1; sign <= 1; sign += 2) {
			double value = sign * ((double)thousandths / 1000);
			snprintf(expected, sizeof(expected), "%.15g", value);
			expect_written(write_number, value, expected);
			if (!strchr(expected, '.'))
				strcat(expected, ".0");
			expect_written(write_time, value, expected);
		}
	expect_written(write_number, 0x1p53 - 1, "9007199254740991");
	expect_written(write_number, -42, "-42");
	expect_written(write_time, 1795471868.28349, "1795471868.283");
	expect_written(write_time, 0, "0.0");
	expect_written(write_time, (double)NAN, "null");
	expect_written(write_time, 1.79e308, "null");
	expect_written(write_time, -1.79e308, "null");
}

static struct machine invented_machine(void)
{
	struct machine machine;

	machine_init(&machine);
	memcpy(machine.load, (double[]){0.5, 0.4, 0.3}, sizeof(machine.load));
	machine.cpus = 64;
	machine.memory_total = 512 * GIB;
	machine.memory_available = 400 * GIB;
	machine.uptime = 1036800.25;
	machine.clock_ahead = -0.26;
	machine.reboot_required = true;
	machine.disk = (struct disk){"/data", 7000 * GIB, 6000 * GIB, 91};
	return machine;
}

/* Members in any order. */
static void assert_object(json_t *object, const char *expected)
{
	json_t *wanted = json_loads(expected, JSON_DECODE_ANY, NULL);
	cleanup_free char *is = json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY);

	assert_non_null(wanted);
	if (!json_equal(object, wanted))
		fail_msg("%s\nshould be\n%s", is, expected);
	json_decref(wanted);
}

static void a_machine_and_its_disk(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");
	struct machine machine = invented_machine();

	host_set_sample(host, &lab->sample, &machine, 41, NOON);
	assert_object(
		json_object_get(first_host(lab), "machine"),
		"{\"load\": [0.5, 0.4, 0.3], \"cpus\": 64, \"memory_total\": 549755813888, \"memory_available\": 429496729600,"
		" \"uptime\": 1036800.25, \"clock_ahead\": -0.3, \"reboot_required\": true,"
		" \"disk\": {\"mount\": \"/data\", \"size\": 7516192768000, \"used\": 6442450944000, \"percent\": 91}}");
	/* It came, and told nothing. */
	machine_init(&machine);
	host_set_sample(host, &lab->sample, &machine, 41, NOON);
	assert_object(json_object_get(first_host(lab), "machine"),
		      "{\"load\": null, \"cpus\": null, \"memory_total\": null, \"memory_available\": null, \"uptime\": null,"
		      " \"clock_ahead\": null, \"reboot_required\": false, \"disk\": null}");
	host_set_sample(host, &lab->sample, NULL, 41, NOON);
	assert_null_at(first_host(lab), "machine");
}

static void what_a_session_has_cost(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");
	struct host_session session = {NOON - 10, 2, 3, 4711, 123456789012, 340, 0.4264, 20, true};

	host_set_session(host, &session);
	assert_object(json_object_get(first_host(lab), "session"),
		      "{\"connected\": 1789999990.0, \"logins\": 2, \"attempts\": 3, \"samples\": 4711,"
		      " \"bytes_in\": 123456789012, \"bytes_out\": 340, \"probe_cpu_ms\": 21.3, \"keeps_driver\": true, "
		      "\"last_error\": null}");
}

static void an_error_that_is_over_is_told_with_the_session(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	host_set_error(host, PROBLEM_REFUSED, slice_of("Connection refused"), slice_of("start sshd"), NOON + 70, NOON + 60);
	assert_null_at(json_object_get(first_host(lab), "session"), "last_error");
	host_set_sample(host, &lab->sample, NULL, 41, NOON + 90.5);
	json_t *object = first_host(lab);
	assert_null_at(object, "error");
	assert_object(
		json_object_get(json_object_get(object, "session"), "last_error"),
		"{\"kind\": \"refused\", \"message\": \"Connection refused\", \"since\": 1790000060.0, \"until\": 1790000090.5}");
}

static void findings_are_told_worst_first(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");
	struct machine machine = invented_machine();

	for (int i = 0; i < 2; i++) {
		invented_gpu(&lab->sample)->problem = SLICE_LITERAL("GPU is lost");
		/* Not told as long as it has not been so for 60 s. */
		struct gpu *gpu = invented_gpu(&lab->sample);
		gpu->uuid = SLICE_NONE;
		gpu->readings[READING_utilization].value = 100;
		gpu->readings[READING_ecc_uncorrected].value = 1;
		host_set_sample(host, &lab->sample, &machine, 41, NOON + 10 * i);
		sample_clear(&lab->sample);
	}
	json_t *findings = json_object_get(first_host(lab), "findings");
	assert_int_equal(json_array_size(findings), 3);
	static const char *const keys[] = {"kind", "severity", "gpu", "uuid", "message", "remedy", "since", NULL};
	json_t *lost = json_array_get(findings, 0), *ecc = json_array_get(findings, 1), *reboot = json_array_get(findings, 2);
	assert_keys(lost, keys);
	assert_string_at(lost, "kind", "gpu-problem");
	assert_string_at(lost, "severity", "error");
	assert_integer_at(lost, "gpu", 0);
	assert_string_at(lost, "uuid", "GPU-0001");
	assert_string_at(lost, "message", "GPU 0: GPU is lost");
	assert_real_at(lost, "since", NOON);
	assert_string_at(ecc, "kind", "ecc-uncorrected");
	assert_integer_at(ecc, "gpu", 1);
	assert_null_at(ecc, "uuid");
	assert_string_at(reboot, "kind", "reboot-required");
	assert_string_at(reboot, "severity", "warning");
	assert_null_at(reboot, "gpu");
	assert_null_at(reboot, "uuid");
	assert_string_at(reboot, "message", "updates wait for a reboot");
}

static void add_part(struct lab *lab, size_t gpu, int index, const char *profile, double used)
{
	struct mig_device *mig = sample_add_mig(&lab->sample);

	mig->gpu = gpu;
	mig->index = index;
	mig->profile = slice_of(profile);
	mig->memory_total = (struct reading){.value = 20 * GIB};
	mig->memory_used = (struct reading){.value = used};
}

/* Two GPUs with parts, so that a process' part is counted from the first of its own GPU. */
static void fill_parts(struct lab *lab)
{
	for (size_t i = 0; i < 2; i++) {
		invented_gpu(&lab->sample)->texts[TEXT_mig_mode] = SLICE_LITERAL("Enabled");
		add_part(lab, i, 0, "1g.20gb", 0);
		add_part(lab, i, 1, NULL, 4 * GIB);
	}
	struct process *process = invented_process(&lab->sample, "alice", "train", GIB);
	process->mig = 3;
	process->inferred = SLICE_LITERAL("loginuid");
	process->owner = SLICE_LITERAL("root");
	process->cpu = (struct reading){.value = 103.5};
	process->rss = (struct reading){.value = GIB};
	process->runtime = CONTAINER_CRIO;
	process->container = SLICE_LITERAL("3f2a9c0b7d11");
	process->pod = SLICE_LITERAL("1b2c");
	process->job = SLICE_LITERAL("48213");
}

static void parts_hold_their_processes(void **state)
{
	static const char somebody[] =
		"{\"pid\": 1234, \"user\": \"alice\", \"owner\": \"root\", \"inferred\": \"loginuid\", \"name\": "
		"\"/usr/bin/python3\","
		" \"command\": \"train\", \"memory\": 1073741824, \"elapsed\": 5210, \"cpu\": 103.5, \"rss\": 1073741824,"
		" \"container\": {\"runtime\": \"cri-o\", \"id\": \"3f2a9c0b7d11\", \"pod\": \"1b2c\"}, \"slurm_job\": \"48213\","
		" \"mig\": 1}";
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	fill_parts(lab);
	invented_report(host, &lab->sample);
	json_t *gpus = json_object_get(first_host(lab), "gpus");
	json_t *gpu = json_array_get(gpus, 1);
	json_t *parts = json_object_get(gpu, "mig");
	assert_int_equal(json_array_size(parts), 2);
	assert_object(
		json_array_get(parts, 0),
		"{\"index\": 0, \"gpu_instance\": null, \"compute_instance\": null, \"profile\": \"1g.20gb\", \"uuid\": null,"
		" \"memory_total\": 21474836480, \"memory_used\": 0, \"processes\": []}");
	assert_object(json_array_get(json_object_get(json_array_get(parts, 1), "processes"), 0), somebody);
	assert_object(json_array_get(json_object_get(gpu, "processes"), 0), somebody);
	parts = json_object_get(json_array_get(gpus, 0), "mig");
	assert_int_equal(json_array_size(json_object_get(json_array_get(parts, 1), "processes")), 0);

	/* A process of the GPU that is on no part that we know may be on any. */
	fill_parts(lab);
	invented_process(&lab->sample, "bob", "train", GIB);
	invented_report(host, &lab->sample);
	parts = json_object_get(json_array_get(json_object_get(first_host(lab), "gpus"), 1), "mig");
	assert_null_at(json_array_get(parts, 0), "processes");
	assert_int_equal(json_array_size(json_object_get(json_array_get(parts, 1), "processes")), 1);
	assert_int_equal(json_array_size(json_object_get(first_gpu(lab), "processes")), 0);
}

static void why_a_clock_is_low(void **state)
{
	static const struct {
		double mask;
		const char *json;
	} cases[] = {{0, "[]"},          {1, "[\"gpu-idle\"]"}, {0x44, "[\"sw-power-cap\", \"hw-thermal-slowdown\"]"},
		     {0x80000000, "[]"}, {-1, "null"},          {NAN, "null"}};
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		invented_gpu(&lab->sample)->readings[READING_throttle].value = cases[i].mask;
		invented_report(host, &lab->sample);
		assert_object(json_object_get(first_gpu(lab), "throttle"), cases[i].json);
	}
}

static void what_is_not_asked_or_not_taken(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");
	struct gpu *gpu = invented_gpu(&lab->sample);

	for (size_t id = 0; id < READING_COUNT; id++)
		gpu->readings[id].absent = SLICE_LITERAL("asleep");
	gpu->asleep = true;
	lab->sample.process_problem = SLICE_LITERAL("a line was cut");
	lab->sample.processes_left_out = 12;
	invented_report(host, &lab->sample);
	assert_true(json_is_true(json_object_get(first_gpu(lab), "asleep")));
	assert_null_at(first_gpu(lab), "processes");
	assert_string_at(first_host(lab), "process_problem", "a line was cut");
	assert_object(json_object_get(first_host(lab), "left_out"), "{\"gpus\": 0, \"processes\": 12}");
}

static void renders_once_per_change(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	struct blob *first = rendering_snapshot(lab->rendering, NOON);
	struct blob *again = rendering_snapshot(lab->rendering, NOON + 10);
	assert_ptr_equal(first, again);
	host_set_error(host, PROBLEM_DNS, slice_of("Name or service not known"), SLICE_NONE, 0, NOON);
	struct blob *changed = rendering_snapshot(lab->rendering, NOON + 20);
	assert_ptr_not_equal(first, changed);
	/* A reader that still has the old one may go on reading it. */
	assert_non_null(strstr(first->data, "\"time\":1790000000.0"));
	assert_non_null(strstr(changed->data, "\"time\":1790000020.0"));
	blob_unref(first);
	blob_unref(again);
	blob_unref(changed);

	struct blob *one = rendering_host(lab->rendering, SLICE_LITERAL("node0"));
	again = rendering_host(lab->rendering, SLICE_LITERAL("node0"));
	assert_ptr_equal(one, again);
	blob_unref(one);
	blob_unref(again);
}

/* "node0 node2", of an array of hosts. Valid until the next call. */
static const char *names(json_t *hosts)
{
	static char text[256];
	size_t at;
	json_t *host;

	text[0] = '\0';
	assert_true(json_is_array(hosts));
	json_array_foreach(hosts, at, host)
	{
		strcat(text, at > 0 ? " " : "");
		strcat(text, json_string_value(json_object_get(host, "name")));
	}
	return text;
}

static void changes_are_those_after_a_generation(void **state)
{
	struct lab *lab = *state;
	struct host *hosts[] = {invented_host(lab->model, "node0"), invented_host(lab->model, "node1"),
				invented_host(lab->model, "node2")};

	uint64_t before = lab->model->generation;
	assert_string_equal(names(parse(lab, rendering_changes(lab->rendering, 0))), "node0 node1 node2");
	assert_string_equal(names(parse(lab, rendering_changes(lab->rendering, before))), "");
	host_set_error(hosts[2], PROBLEM_DNS, SLICE_NONE, SLICE_NONE, 0, NOON);
	uint64_t between = lab->model->generation;
	host_set_error(hosts[0], PROBLEM_DNS, SLICE_NONE, SLICE_NONE, 0, NOON);
	assert_string_equal(names(parse(lab, rendering_changes(lab->rendering, before))), "node0 node2");
	assert_string_equal(names(parse(lab, rendering_changes(lab->rendering, between))), "node0");
}

static void follows_hosts_that_come_go_and_move(void **state)
{
	struct lab *lab = *state;
	struct host *hosts[] = {invented_host(lab->model, "node0"), invented_host(lab->model, "node1"),
				invented_host(lab->model, "node2")};

	assert_string_equal(names(json_object_get(snapshot(lab), "hosts")), "node0 node1 node2");
	model_remove_host(lab->model, hosts[1]);
	assert_string_equal(names(json_object_get(snapshot(lab), "hosts")), "node0 node2");
	assert_null(rendering_host(lab->rendering, SLICE_LITERAL("node1")));
	struct host *added = invented_host(lab->model, "node3");
	struct host *order[] = {hosts[2], added, hosts[0]};
	model_reorder(lab->model, order);
	assert_string_equal(names(json_object_get(snapshot(lab), "hosts")), "node2 node3 node0");
	/* One gone and one come between two renderings: as many hosts as before, but not the same. */
	model_remove_host(lab->model, added);
	invented_host(lab->model, "node4");
	assert_string_equal(names(json_object_get(snapshot(lab), "hosts")), "node2 node0 node4");
}

static void nobody_is_not_said_of_a_gpu_with_a_problem(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	sample_add_gpu(&lab->sample)->problem = SLICE_LITERAL("GPU is lost");
	invented_report(host, &lab->sample);
	assert_null_at(first_gpu(lab), "processes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_empty_model_is_a_snapshot_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_that_it_is_a_demo, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_host_never_sampled_is_mostly_null, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_port_is_told_where_one_is_configured, set_up, tear_down),
		cmocka_unit_test_setup_teardown(writes_a_host_to_the_letter, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unknown_is_null_and_not_zero, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_failed_process_query_is_not_an_idle_gpu, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_gpu_that_does_not_tell_its_processes_hides_no_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(processes_stand_at_their_gpu, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cells_always_fit_the_columns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_error_says_why_and_keeps_the_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(whatever_comes_is_valid_json, set_up, tear_down),
		cmocka_unit_test_setup_teardown(numbers_are_as_the_driver_printed_them, set_up, tear_down),
		cmocka_unit_test(numbers_look_alike_whoever_writes_them),
		cmocka_unit_test_setup_teardown(a_machine_and_its_disk, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_session_has_cost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_error_that_is_over_is_told_with_the_session, set_up, tear_down),
		cmocka_unit_test_setup_teardown(findings_are_told_worst_first, set_up, tear_down),
		cmocka_unit_test_setup_teardown(parts_hold_their_processes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(why_a_clock_is_low, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_asked_or_not_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(renders_once_per_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(changes_are_those_after_a_generation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(follows_hosts_that_come_go_and_move, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_is_not_said_of_a_gpu_with_a_problem, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
