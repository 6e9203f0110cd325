/* messages: each of nvidia-smi's own error texts, and what it means. */
#include "smi_fixture.h"

#include "smi/messages.h"

struct expectation {
	const char *text;
	int status;
	enum problem_kind problem;
	const char *message; /* NULL: the first line of the text */
};

static const struct expectation expectations[] = {
	{"NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver "
	 "is "
	 "installed and running.\n\n",
	 9, PROBLEM_NO_DRIVER, NULL},
	{"Failed to initialize NVML: Driver/library version mismatch\n", 231, PROBLEM_DRIVER_MISMATCH, NULL},
	{"Failed to initialize NVML: Driver/library version mismatch\n", 255, PROBLEM_DRIVER_MISMATCH, NULL},
	{"Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 570.124\n", 18,
	 PROBLEM_DRIVER_MISMATCH, NULL},
	{"NVIDIA-SMI couldn't find libnvidia-ml.so library in your system. Please make sure that the NVIDIA Display Driver is "
	 "properly "
	 "installed and present in your system.\nPlease also try adding directory that contains libnvidia-ml.so to your system "
	 "PATH.\n",
	 12, PROBLEM_NO_DRIVER, NULL},
	{"nvidia-smi: error while loading shared libraries: libx.so: cannot open shared object file: No such file or directory\n",
	 127, PROBLEM_NO_DRIVER, NULL},
	{"Failed to initialize NVML: Driver Not Loaded\n", 9, PROBLEM_NO_DRIVER, NULL},
	{"Failed to initialize NVML: Insufficient Permissions\n", 4, PROBLEM_NVIDIA_SMI, NULL},
	{"sudo: a password is required\n", 1, PROBLEM_NVIDIA_SMI, NULL},
	{"sudo: nvidia-smi: command not found\n", 1, PROBLEM_NO_NVIDIA_SMI, NULL},
	{"Failed to initialize NVML: Unknown Error\n", 255, PROBLEM_NVIDIA_SMI, NULL},
	{"Failed to initialize NVML: GPU access blocked by the operating system\n", 17, PROBLEM_NVIDIA_SMI, NULL},
	{"No devices were found\n", 6, PROBLEM_NO_GPU, NULL},
	{"No devices found.\n", 0, PROBLEM_NO_GPU, NULL},
	{"No devices were found\n", -1, PROBLEM_NO_GPU, NULL},
	{"Invalid combination of input arguments. Please run 'nvidia-smi -h' for help.\n\n", 2, PROBLEM_NVIDIA_SMI, NULL},
	{"ERROR: Option --bogus is not recognized. Please run 'nvidia-smi -h'.\n\n", 255, PROBLEM_NVIDIA_SMI, NULL},
	{"\"--format=\" switch is missing. Please run 'nvidia-smi -h' for help.\n\n", 2, PROBLEM_NVIDIA_SMI, NULL},
	{"Format modifier --format=csv is mandatory.\n", 2, PROBLEM_NVIDIA_SMI, NULL},
	{"Only one --query-* switch can be used at a time.\n", 2, PROBLEM_NVIDIA_SMI, NULL},

	{"bash: line 1: nvidia-smi: command not found\n", 127, PROBLEM_NO_NVIDIA_SMI, NULL},
	{"sh: 1: nvidia-smi: not found\n", 127, PROBLEM_NO_NVIDIA_SMI, NULL},
	{"sh: 1: nvidia-smi: nicht gefunden\n", 127, PROBLEM_NO_NVIDIA_SMI, NULL},
	{"timeout: failed to run command 'nvidia-smi': No such file or directory\n", 127, PROBLEM_NO_NVIDIA_SMI, NULL},
	{"sh: 1: /opt/bin/nvidia-smi: not found", -1, PROBLEM_NO_NVIDIA_SMI, NULL},
	{"sh: 1: nvidia-smi: Permission denied\n", 126, PROBLEM_NO_NVIDIA_SMI, NULL},
	{"sh: 1: nvidia-smi: Exec format error\n", 126, PROBLEM_NO_NVIDIA_SMI, NULL},

	{"", 124, PROBLEM_NVIDIA_SMI_HANGS, "nvidia-smi did not answer in time"},
	{"something half", 124, PROBLEM_NVIDIA_SMI_HANGS, NULL},
	{"No devices were found\n", 124, PROBLEM_NVIDIA_SMI_HANGS, NULL},
	{"", 137, PROBLEM_NVIDIA_SMI, "nvidia-smi failed without a word"},
	{"", 255, PROBLEM_NVIDIA_SMI, "nvidia-smi failed without a word"},
	{"\n \n", 9, PROBLEM_NO_DRIVER, "the NVIDIA driver is not loaded"},
	{"", 6, PROBLEM_NO_GPU, "nvidia-smi found no GPU"},
	{"", 12, PROBLEM_NO_DRIVER, "nvidia-smi did not find libnvidia-ml.so"},
	{"", 126, PROBLEM_NO_NVIDIA_SMI, "nvidia-smi cannot be run"},
	{"", 127, PROBLEM_NO_NVIDIA_SMI, "nvidia-smi is not there"},

	{"The moon is in the wrong phase.\nNext line\n", 255, PROBLEM_NVIDIA_SMI, NULL},
	{"The moon is in the wrong phase.\n", 0, PROBLEM_NVIDIA_SMI, NULL},
	{"WARNING: infoROM is corrupted at gpu 0000:17:00.0\r\nNo devices were found\r\n", 6, PROBLEM_NO_GPU,
	 "No devices were found"},
	{"\n\n  No devices were found", 6, PROBLEM_NO_GPU, "No devices were found"},
	{"", 0, PROBLEM_NONE, ""},
	{"\n\n", -1, PROBLEM_NONE, ""},
};

static void check(const struct expectation *wanted, size_t piece)
{
	struct smi_outcome outcome;
	struct sample sample;
	struct slice rest;

	sample_init(&sample);
	messages_classify(fixture_text(&sample, wanted->text, piece), wanted->status, &outcome);
	struct slice message = wanted->message ? slice_of(wanted->message) : slice_split(slice_of(wanted->text), '\n', &rest);
	if (outcome.problem != wanted->problem || !slice_equal(outcome.message, message))
		fail_msg("%d \"%s\" came to %s: %.*s", wanted->status, wanted->text,
			 outcome.problem ? problem_name(outcome.problem) : "nothing", SLICE_ARGS(outcome.message));
	assert_false(outcome.ask_list);
	assert_null(outcome.unknown_field.ptr);
	sample_done(&sample);
}

static void tells_every_message_apart(void **state)
{
	for (size_t i = 0; i < COUNT_OF(expectations); i++)
		for (size_t piece = 0; piece < COUNT_OF(fixture_pieces); piece++)
			check(&expectations[i], fixture_pieces[piece]);
}

static void names_the_unknown_field(void **state)
{
	struct smi_outcome outcome;

	messages_classify(slice_of("Field \"pci.bogus\" is not a valid field to query.\n\n"), 2, &outcome);
	assert_int_equal(outcome.problem, PROBLEM_NVIDIA_SMI);
	assert_true(slice_is(outcome.unknown_field, "pci.bogus"));
	assert_false(outcome.ask_list);
}

static void understands_every_spelling_of_a_lost_handle(void **state)
{
	static const struct {
		const char *line, *bus_id;
		int index;
		const char *reason;
	} lines[] = {
		{"Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.  Reboot the system to recover this "
		 "GPU",
		 "0000:02:00.0", -1, "GPU is lost"},
		{"Unable to determine the device handle for GPU0000:C3:00.0: GPU is lost.  Reboot the system to recover this GPU",
		 "0000:C3:00.0", -1, "GPU is lost"},
		{"Unable to determine the device handle for gpu 0000:18:00.0: Unknown Error", "0000:18:00.0", -1,
		 "Unknown Error"},
		{"Unable to determine the device handle for GPU 00000000:18:00.0: Not Found", "00000000:18:00.0", -1,
		 "Not Found"},
		{"Unable to determine the device handle for GPU0: 0000:81:00.0: Unknown Error", "0000:81:00.0", 0,
		 "Unknown Error"},
		{"Unable to determine the device handle for GPU12: Unknown Error\r", "", 12, "Unknown Error"},
		{"Unable to determine the device handle for GPU 0000:02:00.0: Insufficient External Power.  Verify cables",
		 "0000:02:00.0", -1, "Insufficient External Power"},
		{"Problem with GPU 1: GPU is lost. Reboot the system", "", 1, "GPU is lost"},
		{"Unable to determine the device handle for GPU", "", -1, "no device handle"},
		{"Unable to determine the device handle for GPU99999999999999999999: x", "", -1, "99999999999999999999: x"},
	};
	struct slice bus_id, reason;
	int index;

	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct smi_outcome outcome;
		assert_true(messages_device_handle(slice_of(lines[i].line), &bus_id, &index, &reason));
		assert_true(slice_is(bus_id, lines[i].bus_id));
		assert_int_equal(index, lines[i].index);
		assert_true(slice_is(reason, lines[i].reason));
		messages_classify(slice_of(lines[i].line), 15, &outcome);
		assert_int_equal(outcome.problem, PROBLEM_NVIDIA_SMI);
		assert_true(outcome.ask_list);
	}
	assert_false(messages_device_handle(slice_of("No devices were found"), &bus_id, &index, &reason));
	assert_false(messages_device_handle(SLICE_NONE, &bus_id, &index, &reason));
}

static void has_a_remedy_for_whatever_it_reports(void **state)
{
	for (size_t i = 0; i < COUNT_OF(expectations); i++)
		if (expectations[i].problem != PROBLEM_NONE)
			assert_non_null(messages_remedy(expectations[i].problem, SLICE_NONE).command);
	assert_non_null(messages_remedy(PROBLEM_BAD_OUTPUT, SLICE_NONE).remark);
	assert_null(messages_remedy(PROBLEM_NONE, SLICE_NONE).command);
	assert_null(messages_remedy(PROBLEM_DNS, SLICE_NONE).command);
	struct remedy sudo = messages_remedy(PROBLEM_NVIDIA_SMI, SLICE_LITERAL("sudo: a password is required"));
	assert_string_equal(sudo.command, "env nvidia-smi -L");
	/* Nothing that ends jobs, or means something to one shell alone. */
	assert_null(strstr(messages_remedy(PROBLEM_DRIVER_MISMATCH, SLICE_NONE).command, "reboot"));
	assert_null(strpbrk(messages_remedy(PROBLEM_NO_NVIDIA_SMI, SLICE_NONE).command, "<>{}"));
	struct remedy rights =
		messages_remedy(PROBLEM_NVIDIA_SMI, SLICE_LITERAL("Failed to initialize NVML: Insufficient Permissions"));
	assert_non_null(strstr(rights.command, "/dev/nvidia"));
	assert_null(strstr(messages_remedy(PROBLEM_NVIDIA_SMI, SLICE_LITERAL("Unknown Error")).command, "/dev/nvidia"));
}

static void names_every_problem(void **state)
{
	assert_null(problem_name(PROBLEM_NONE));
	for (int kind = PROBLEM_NONE + 1; kind < PROBLEM_COUNT; kind++)
		assert_non_null(problem_name((enum problem_kind)kind));
	assert_string_equal(problem_name(PROBLEM_NVIDIA_SMI_HANGS), "nvidia-smi-hangs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_every_message_apart),
		cmocka_unit_test(names_the_unknown_field),
		cmocka_unit_test(understands_every_spelling_of_a_lost_handle),
		cmocka_unit_test(has_a_remedy_for_whatever_it_reports),
		cmocka_unit_test(names_every_problem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
