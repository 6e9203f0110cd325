/* processes: rows of processes, and answers that are none. Whole answers of real shape are in fixtures/smi (test_smi). */
#include "smi_fixture.h"

#define ROW(gpu, pid) "GPU-" #gpu ", 00000000:0" #gpu ":00.0, " #pid ", 100, process " #pid "\n"

/* Two GPUs, 1 and 2. */
static int set_up(void **state)
{
	struct sample *sample = xcalloc(1, sizeof(*sample));

	sample_init(sample);
	*state = sample;
	return 0;
}

static int tear_down(void **state)
{
	sample_done(*state);
	free(*state);
	return 0;
}

static void add_gpus(struct sample *sample)
{
	static const char *const uuids[] = {"GPU-1", "GPU-2"}, *const bus_ids[] = {"0000:01:00.0", "0000:02:00.0"};

	for (int i = 0; i < 2; i++) {
		struct gpu *gpu = sample_add_gpu(sample);
		gpu->index = i;
		gpu->uuid = slice_of(uuids[i]);
		gpu->bus_id = slice_of(bus_ids[i]);
	}
}

static void parse(struct sample *sample, const char *text, int status)
{
	struct slice whole = fixture_text(sample, text, SIZE_MAX);

	add_gpus(sample);
	processes_parse_apps(whole, status, sample);
}

static void expect(const struct sample *sample, size_t count, const char *problem)
{
	assert_int_equal(sample->process_count, count);
	if (problem && !slice_is(sample->process_problem, problem))
		fail_msg("\"%.*s\" instead of \"%s\"", SLICE_ARGS(sample->process_problem), problem);
	if (!problem)
		assert_null(sample->process_problem.ptr);
}

static void finds_the_gpu_by_uuid_or_bus_id(void **state)
{
	static const struct {
		const char *row;
		int gpu; /* -1: none */
	} rows[] = {
		{"GPU-2, 00000000:01:00.0, 1, 1, x", 1},         {"gpu-2, 00000000:01:00.0, 1, 1, x", 1},
		{"[N/A], 00000000:02:00.0, 1, 1, x", 1},         {"[Unknown Error], 0000:01:00.0, 1, 1, x", 0},
		{"MIG-GPU-1/3/0, 00000000:02:00.0, 1, 1, x", 0}, {"MIG-9999, 00000000:02:00.0, 1, 1, x", 1},
		{"GPU-3, 00000000:03:00.0, 1, 1, x", -1},        {"GPU-3, [N/A], 1, 1, x", -1},
	};
	struct sample *sample = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		parse(sample, rows[i].row, 0);
		expect(sample, rows[i].gpu >= 0 ? 1 : 0, NULL);
		assert_int_equal(sample->processes_left_out, rows[i].gpu >= 0 ? 0 : 1);
		if (rows[i].gpu >= 0)
			assert_int_equal(sample->processes[0].gpu, rows[i].gpu);
	}
}

static void takes_memory_with_and_without_unit(void **state)
{
	struct sample *sample = *state;

	parse(sample, "GPU-1, x, 1, 100, a\nGPU-1, x, 2, 100 MiB, b\nGPU-1, x, 3, [N/A], c\nGPU-1, x, 4, , d\n", 0);
	expect(sample, 4, NULL);
	assert_true(sample->processes[0].memory.value == 104857600);
	assert_true(sample->processes[1].memory.value == 104857600);
	assert_true(slice_is(sample->processes[2].memory.absent, "N/A"));
	assert_true(slice_is(sample->processes[3].memory.absent, "no value"));
}

static void tells_no_pid_that_is_none(void **state)
{
	static const char *const pids[] = {"[Not Found]", "[Insufficient Permissions]", "[N/A]", "0", "-4", "99999999999", "12x"};
	struct sample *sample = *state;

	for (size_t i = 0; i < COUNT_OF(pids); i++) {
		cleanup_free char *row = xasprintf("GPU-1, 00000000:01:00.0, %s, 100, name\n", pids[i]);
		parse(sample, row, 0);
		expect(sample, 1, NULL);
		assert_int_equal(sample->processes[0].pid, -1);
	}
}

static void a_failed_query_is_not_an_idle_gpu(void **state)
{
	static const struct {
		const char *text;
		int status;
		size_t count;
		const char *problem;
	} answers[] = {
		{"", 0, 0, NULL},
		{"\n", 0, 0, NULL},
		{"gpu_uuid, gpu_bus_id, pid, used_gpu_memory [MiB], process_name\n", 0, 0, NULL},
		{"", 124, 0, "nvidia-smi did not answer in time"},
		{"", -1, 0, "the list of processes ended early"},
		{"", 3, 0, "nvidia-smi failed without a word"},
		{"Failed to initialize NVML: Unknown Error\n", 255, 0, "Failed to initialize NVML: Unknown Error"},
		{"Failed to initialize NVML: Unknown Error\n", 0, 0, "Failed to initialize NVML: Unknown Error"},
		{"Unable to determine the device handle for GPU 0000:02:00.0: Unknown Error\n", 255, 0,
		 "Unable to determine the device handle for GPU 0000:02:00.0: Unknown Error"},
		{ROW(1, 7) "Unable to determine the device handle for GPU 0000:02:00.0: Unknown Error\n", 255, 1, NULL},
		{ROW(1, 7) "Unable to determine the device handle for GPU 0000:02:00.0: Unknown Error\n", 124, 1,
		 "Unable to determine the device handle for GPU 0000:02:00.0: Unknown Error"},
		{ROW(1, 7) "Failed to initialize NVML: Unknown Error\n", 255, 1, "Failed to initialize NVML: Unknown Error"},
		{ROW(1, 7), 255, 1, "nvidia-smi failed without a word"},
		{ROW(1, 7), 124, 1, "nvidia-smi did not answer in time"},
		{ROW(1, 7) "GPU-1, 00000000:01:00.0, 8, 10", -1, 1, "the list of processes ended early"},
		{ROW(1, 7) ROW(1, 8), -1, 1, "the list of processes ended early"},
		{ROW(1, 7) "GPU-2, 00000000:02:00.0, [Not Supported], [Not Supported], [Not Supported]\n", 0, 1, NULL},
		{"GPU-2, 00000000:02:00.0, [Insufficient Permissions], [Insufficient Permissions], [Insufficient Permissions]\n",
		 0, 1, NULL},
		{"No devices were found\n", 6, 0, "No devices were found"},
		{"WARNING: infoROM is corrupted at gpu 0000:01:00.0\n", 14, 0, NULL},
		{ROW(1, 7) "WARNING: infoROM is corrupted at gpu 0000:01:00.0\n", 14, 1, NULL},
		{ROW(1, 7) "WARNING: infoROM is corrupted at gpu 0000:01:00.0\n", 124, 1, "nvidia-smi did not answer in time"},
		{"WARNING: infoROM is corrupted at gpu 0000:01:00.0\nFailed to initialize NVML: Unknown Error\n", 255, 0,
		 "Failed to initialize NVML: Unknown Error"},
	};
	struct sample *sample = *state;

	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		parse(sample, answers[i].text, answers[i].status);
		expect(sample, answers[i].count, answers[i].problem);
	}
}

/* The same, where --query-gpu has told that the second GPU is lost. */
static void parse_beside_lost(struct sample *sample, const char *text, int status)
{
	struct slice whole = fixture_text(sample, text, SIZE_MAX);

	add_gpus(sample);
	sample->gpus[1].problem = SLICE_LITERAL("GPU is lost");
	processes_parse_apps(whole, status, sample);
}

static void the_complaint_about_a_lost_gpu_is_its_alone(void **state)
{
	static const char lost[] = "Unable to determine the device handle for GPU1: 0000:02:00.0: GPU is lost\n";
	struct sample *sample = *state;

	/* Nobody computes on the healthy one. */
	parse_beside_lost(sample, lost, 255);
	expect(sample, 0, NULL);
	/* Another GPU's complaint, or another trouble, is not explained by that. */
	parse_beside_lost(sample, "Unable to determine the device handle for GPU0: 0000:01:00.0: GPU is lost\n", 255);
	assert_non_null(sample->process_problem.ptr);
	parse_beside_lost(sample, lost, 124);
	assert_non_null(sample->process_problem.ptr);
	parse_beside_lost(sample, "No devices were found\n", 6);
	assert_non_null(sample->process_problem.ptr);
}

static void a_gpu_that_does_not_tell_hides_no_other(void **state)
{
#define REFUSAL(gpu, reason) "GPU-" #gpu ", 00000000:0" #gpu ":00.0, [" reason "], [" reason "], [" reason "]\n"
	static const struct {
		const char *text;
		int status;
		const char *first, *second;
	} answers[] = {
		{ROW(1, 7) REFUSAL(2, "Not Supported"), 0, NULL, "Not Supported"},
		{REFUSAL(2, "Unknown Error") ROW(1, 7), 0, NULL, "Unknown Error"},
		{ROW(1, 7) REFUSAL(2, "Unknown Error") "WARNING: infoROM is corrupted at gpu 0000:01:00.0\n", 14, NULL,
		 "Unknown Error"},
		{ROW(1, 7) REFUSAL(1, "Not Supported"), 0, "Not Supported", NULL},
		{ROW(1, 7) REFUSAL(9, "Not Supported"), 0, NULL, NULL},
		{ROW(1, 7) REFUSAL(2, "Insufficient Permissions"), 0, NULL, NULL},
	};
	struct sample *sample = *state;

	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		const char *expected[] = {answers[i].first, answers[i].second};
		parse(sample, answers[i].text, answers[i].status);
		assert_null(sample->process_problem.ptr);
		assert_int_equal(sample->processes[0].gpu == 0 ? sample->processes[0].pid : 0, 7);
		for (size_t gpu = 0; gpu < 2; gpu++)
			assert_true(expected[gpu] ? slice_is(sample->gpus[gpu].process_problem, expected[gpu])
						  : !sample->gpus[gpu].process_problem.ptr);
	}
}

static void a_message_is_no_part_of_a_name(void **state)
{
	struct sample *sample = *state;

	parse(sample, ROW(1, 7) "WARNING: infoROM is corrupted at gpu 0000:01:00.0\n", 14);
	assert_true(slice_is(sample->processes[0].name, "process 7"));

	parse(sample, ROW(1, 7) "Unable to determine the device handle for GPU 0000:02:00.0: Unknown Error\n" ROW(1, 8), 255);
	expect(sample, 2, NULL);
	assert_true(slice_is(sample->processes[0].name, "process 7"));
	/* With status 0 nvidia-smi had nothing to complain about: a process only calls itself so. */
	parse(sample, ROW(1, 7) "No devices were found\n\n  and more\n" ROW(1, 8), 0);
	expect(sample, 2, NULL);
	assert_true(slice_is(sample->processes[0].name, "process 7\nNo devices were found\n\n  and more"));
	/* What follows a row that was left out does not lengthen the one before it. */
	parse(sample, ROW(1, 7) ROW(9, 8) "rest of 8\n", 0);
	expect(sample, 1, NULL);
	assert_true(slice_is(sample->processes[0].name, "process 7"));
}

static void takes_long_names_however_they_arrive(void **state)
{
	struct sample *sample = *state;
	char name[3001];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	cleanup_free char *text = xasprintf("GPU-1, x, 1, 100, %s\nGPU-1, x, 2, 100, \"%s\n%s\t\"\n", name, name, name);
	for (size_t i = 0; i < COUNT_OF(fixture_pieces); i++) {
		struct slice whole = fixture_text(sample, text, fixture_pieces[i]);
		add_gpus(sample);
		processes_parse_apps(whole, 0, sample);
		expect(sample, 2, NULL);
		assert_int_equal(sample->processes[0].name.len, 3000);
		assert_int_equal(sample->processes[1].name.len, 6004);
	}
}

static void refuses_processes_over_the_cap_of_one_gpu(void **state)
{
	struct sample *sample = *state;
	struct buf text;

	buf_init(&text, 1 << 20);
	for (size_t i = 1; i <= CAP_PROCESSES_PER_GPU + 5; i++)
		dump(&text, "GPU-1, 00000000:01:00.0, %zu, 1, x\n", i);
	dump(&text, ROW(2, 7));
	assert_int_equal(buf_append(&text, "", 1), 0);
	parse(sample, text.data, 0);
	expect(sample, CAP_PROCESSES_PER_GPU + 1, NULL);
	assert_int_equal(sample->processes_left_out, 5);
	assert_int_equal(sample->processes[CAP_PROCESSES_PER_GPU].gpu, 1);
	buf_done(&text);
}

static void asks_the_fields_it_reads(void **state)
{
	assert_string_equal(processes_fields, "gpu_uuid,gpu_bus_id,pid,used_memory,process_name");
}

int main(void)
{
#define with_sample(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		with_sample(finds_the_gpu_by_uuid_or_bus_id),
		with_sample(takes_memory_with_and_without_unit),
		with_sample(tells_no_pid_that_is_none),
		with_sample(a_failed_query_is_not_an_idle_gpu),
		with_sample(the_complaint_about_a_lost_gpu_is_its_alone),
		with_sample(a_gpu_that_does_not_tell_hides_no_other),
		with_sample(a_message_is_no_part_of_a_name),
		with_sample(takes_long_names_however_they_arrive),
		with_sample(refuses_processes_over_the_cap_of_one_gpu),
		cmocka_unit_test(asks_the_fields_it_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
