/* csv: rows, and all that comes instead of them. Whole answers of real shape are in fixtures/smi (test_smi). */
#include "smi_fixture.h"

#define HEADER                                                                                                                   \
	"index, uuid, pci.bus_id, driver_version, utilization.gpu [%], memory.total [MiB], memory.used [MiB], temperature.gpu, " \
	"power.draw [W], power.limit [W], fan.speed [%], " MORE_FIELDS ", name\n"
#define ROW(index)                                                                                                               \
#index ", GPU-" #index ", 00000000:0" #index ":00.0, 550.54, 10 %, 100 MiB, 5 MiB, 40, 12.50 W, 200.00 W, 30 %, " MORE   \
	       ", Card " #index "\n"

struct fixture {
	struct query *query;
	struct sample sample;
	struct smi_outcome outcome;
};

static int set_up(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));

	fixture->query = query_new(NULL, 0);
	sample_init(&fixture->sample);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	query_free(fixture->query);
	sample_done(&fixture->sample);
	free(fixture);
	return 0;
}

static void parse(struct fixture *fixture, const char *text, int status)
{
	struct slice whole = fixture_text(&fixture->sample, text, SIZE_MAX);

	csv_parse_gpus(whole, status, fixture->query, &fixture->sample, &fixture->outcome);
}

static void expect_problem(struct fixture *fixture, enum problem_kind problem, const char *message)
{
	assert_int_equal(fixture->outcome.problem, problem);
	assert_true(slice_is(fixture->outcome.message, message));
	assert_int_equal(fixture->sample.gpu_count, 0);
	assert_int_equal(fixture->sample.cell_count, 0);
}

/* These GPUs, and no problem. */
static void expect_gpus(struct fixture *fixture, size_t count)
{
	assert_int_equal(fixture->outcome.problem, PROBLEM_NONE);
	assert_null(fixture->outcome.message.ptr);
	assert_int_equal(fixture->sample.gpu_count, count);
}

static void expect_gpu_problem(const struct fixture *fixture, size_t at, int index, const char *problem)
{
	const struct gpu *gpu = &fixture->sample.gpus[at];

	assert_int_equal(gpu->index, index);
	assert_true(slice_is(gpu->problem, problem));
}

static void takes_values_with_and_without_units(void **state)
{
	static const struct {
		const char *cell;
		enum unit unit;
		double value;
	} cells[] = {
		{"37 %", UNIT_PERCENT, 37},
		{"37", UNIT_PERCENT, 37},
		{"0 %", UNIT_PERCENT, 0},
		{"130 %", UNIT_PERCENT, 130},
		{"186.23 W", UNIT_WATT, 186.23},
		{"186.23", UNIT_WATT, 186.23},
		{"24576 MiB", UNIT_MIB, 25769803776.0},
		{"1", UNIT_MIB, 1048576},
		{" 61 ", UNIT_CELSIUS, 61},
		{"61 C", UNIT_CELSIUS, 61},
		{"-5", UNIT_CELSIUS, -5},
		{"5210", UNIT_SECOND, 5210},
		{"1695 MHz", UNIT_MHZ, 1695},
		{"210", UNIT_MHZ, 210},
		{"16", UNIT_COUNT, 16},
		{"0", UNIT_COUNT, 0},
		{"4294967296", UNIT_COUNT, 4294967296.0},
		{"0x0000000000000004", UNIT_MASK, 4},
		{"0x00000000000000E8", UNIT_MASK, 0xe8},
		{"0x1ff", UNIT_MASK, 0x1ff},
		{"0x001fffffffffffff", UNIT_MASK, 9007199254740991.0},
	};

	for (size_t i = 0; i < COUNT_OF(cells); i++) {
		struct reading reading = reading_parse(slice_of(cells[i].cell), cells[i].unit);
		assert_null(reading.absent.ptr);
		assert_true(reading.value == cells[i].value);
	}
}

static void takes_no_other_shape_for_a_mask_or_a_count(void **state)
{
	static const char *const masks[] = {"4",    "0x", "0x0x4", "0xg", "0x4 %", "Active", "-0x4", "0x 4", "0x0020000000000000",
					    "4 MHz"};
	static const char *const counts[] = {"-1", "16x", "16 MHz", "0x4", "many"};

	for (size_t i = 0; i < COUNT_OF(masks); i++)
		assert_true(slice_is(reading_parse(slice_of(masks[i]), UNIT_MASK).absent, masks[i]));
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		assert_true(slice_is(reading_parse(slice_of(counts[i]), UNIT_COUNT).absent, counts[i]));
	assert_true(slice_is(reading_parse(slice_of("[N/A]"), UNIT_MASK).absent, "N/A"));
}

/* Each token that was ever seen instead of a value, and whether many of it are a problem of the GPU. */
static const struct {
	const char *cell, *reason;
	bool plain;
} tokens[] = {
	{"[N/A]", "N/A", true},
	{"[Not Supported]", "Not Supported", true},
	{"[Unknown Error]", "Unknown Error", false},
	{"[GPU is lost]", "GPU is lost", false},
	{"[GPU requires reset]", "GPU requires reset", false},
	{"[Insufficient Permissions]", "Insufficient Permissions", true},
	{"[Not Found]", "Not Found", true},
	{"[No data]", "No data", true},
	{"[Timeout]", "Timeout", false},
	{"[Function Not Found]", "Function Not Found", true},
	{"[Invalid Argument]", "Invalid Argument", true},
	{"[Driver Not Loaded]", "Driver Not Loaded", false},
	{"[Corrupted infoROM]", "Corrupted infoROM", false},
	{"[In use by another client]", "In use by another client", false},
	{"[Insufficient Memory]", "Insufficient Memory", false},
	{"[GPU access blocked by the operating system]", "GPU access blocked by the operating system", false},
	{"[Driver/library version mismatch]", "Driver/library version mismatch", false},
	{"[Argument version mismatch]", "Argument version mismatch", true},
	{"[Requested functionality has been deprecated]", "Requested functionality has been deprecated", true},
	{"[System is not in ready state]", "System is not in ready state", false},
	{"[Resource not in correct state to perform requested operation]",
	 "Resource not in correct state to perform requested operation", false},
	{"N/A", "N/A", true},
	{"Not Supported", "Not Supported", true},
	{"ERR!", "ERR!", false},
	{"Unknown Error", "Unknown Error", false},
	{"[cut", "cut", false},
	{"[]", "", false},
	{"", "no value", false},
	{"24 GiB", "24 GiB", false},
	{"0x10", "0x10", false},
	{"nan", "nan", false},
	{"1e999", "1e999", false},
	{"12 % %", "12 % %", false},
};

static void keeps_the_reason_of_every_token(void **state)
{
	for (size_t i = 0; i < COUNT_OF(tokens); i++) {
		struct reading reading = reading_parse(slice_of(tokens[i].cell), UNIT_MIB);
		assert_true(slice_is(reading.absent, tokens[i].reason));
		assert_non_null(reading.absent.ptr);
		assert_true(reading.value == 0);
		assert_int_equal(reason_is_plain(reading.absent), tokens[i].plain);
	}
}

static void takes_a_row_of_any_token_as_a_gpu(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(tokens); i++) {
		const char *cell = tokens[i].cell;
		bool is_problem = !tokens[i].plain && reading_reason(slice_of(cell)).len > 0;
		cleanup_free char *text =
			xasprintf("0, GPU-0, 00000000:01:00.0, 550.54, %s, 100 MiB, 0 MiB, %s, %s, %s, %s, " MORE ", A Card\n%s",
				  cell, cell, cell, cell, cell, ROW(1));
		parse(fixture, text, 0);
		expect_gpus(fixture, 2);
		assert_true(slice_is(fixture->sample.gpus[0].name, "A Card"));
		if (is_problem)
			assert_true(slice_is(fixture->sample.gpus[0].problem, tokens[i].reason));
		if (tokens[i].plain)
			assert_null(fixture->sample.gpus[0].problem.ptr);
		assert_null(fixture->sample.gpus[1].problem.ptr);
	}
}

/* A row of which all is well but some of the cells, by their position. */
static void parse_spoiled(struct fixture *fixture, const char *cell, const int *positions, size_t count)
{
	char text[1024] = "";
	struct slice rest = SLICE_LITERAL(
		"0, GPU-0, 00000000:00:00.0, 550.54, 10 %, 100 MiB, 5 MiB, 40, 12.50 W, 200.00 W, 30 %, " MORE ", Card 0");

	for (int at = 0; rest.ptr; at++) {
		struct slice word = slice_split(rest, ',', &rest);
		for (size_t i = 0; i < count; i++)
			if (positions[i] == at)
				word = slice_of(cell);
		strncat(text, word.ptr, word.len);
		strcat(text, rest.ptr ? "," : "\n");
	}
	parse(fixture, text, 0);
	expect_gpus(fixture, 1);
}

static void some_words_in_one_cell_are_the_problem_of_the_gpu(void **state)
{
	static const enum reading_id vital[] = {READING_utilization, READING_memory_used, READING_temperature};
	struct fixture *fixture = *state;

	for (int at = 0; at < (int)query_field_count(fixture->query); at++) {
		bool is_vital = false, is_identity = false;
		for (size_t i = 0; i < COUNT_OF(vital); i++)
			is_vital = is_vital || query_position_of_reading(fixture->query, vital[i]) == at;
		for (enum identity_id id = 0; id < IDENTITY_COUNT; id++)
			is_identity = is_identity || query_position_of_identity(fixture->query, id) == at;
		parse_spoiled(fixture, "[GPU requires reset]", &at, 1);
		expect_gpu_problem(fixture, 0, 0, "GPU requires reset");
		parse_spoiled(fixture, "[GPU is lost]", &at, 1);
		expect_gpu_problem(fixture, 0, 0, "GPU is lost");
		parse_spoiled(fixture, "[Unknown Error]", &at, 1);
		assert_int_equal(fixture->sample.gpus[0].problem.ptr != NULL, is_vital || is_identity);
		if (!is_vital)
			continue;
		expect_gpu_problem(fixture, 0, 0, "Unknown Error");
		parse_spoiled(fixture, "ERR!", &at, 1);
		expect_gpu_problem(fixture, 0, 0, "ERR!");
		parse_spoiled(fixture, "[Timeout]", &at, 1);
		assert_null(fixture->sample.gpus[0].problem.ptr);
	}
}

static void a_fan_or_a_power_sensor_may_fail_alone(void **state)
{
	static const char *const cells[] = {"[Unknown Error]", "ERR!"};
	struct fixture *fixture = *state;
	int fan = query_position_of_reading(fixture->query, READING_fan);
	int power = query_position_of_reading(fixture->query, READING_power);
	const int temperature = query_position_of_reading(fixture->query, READING_temperature);
	const int sensors[] = {fan, power, temperature};

	for (size_t i = 0; i < COUNT_OF(cells); i++) {
		struct slice reason = i == 0 ? SLICE_LITERAL("Unknown Error") : SLICE_LITERAL("ERR!");
		parse_spoiled(fixture, cells[i], sensors, 2);
		assert_null(fixture->sample.gpus[0].problem.ptr);
		assert_true(slice_equal(fixture->sample.gpus[0].readings[READING_fan].absent, reason));
		assert_true(slice_equal(fixture->sample.gpus[0].readings[READING_power].absent, reason));
		parse_spoiled(fixture, cells[i], sensors, 3);
		assert_true(slice_equal(fixture->sample.gpus[0].problem, reason));
	}
}

/* Of what is not there nobody can say how it is: with no utilization and no temperature told, two that fail are more than one. */
static void sensors_that_fail_together_are_the_gpu(void **state)
{
	struct fixture *fixture = *state;

	parse(fixture,
	      "0, GPU-0, 00000000:00:00.0, 550.54, [N/A], 100 MiB, 5 MiB, [N/A], [Unknown Error], 200.00 W, ERR!, " MORE ", A\n",
	      0);
	expect_gpus(fixture, 1);
	expect_gpu_problem(fixture, 0, 0, "Unknown Error");
}

/* Of five that are measured three fail; all the limits and maxima that are still told do not outvote them. */
static void what_does_not_change_does_not_vote(void **state)
{
	static const int three[] = {4, 7, 8};
	struct fixture *fixture = *state;

	parse_spoiled(fixture, "[Timeout]", three, 3);
	expect_gpu_problem(fixture, 0, 0, "Timeout");
	parse_spoiled(fixture, "[Timeout]", three, 2);
	assert_null(fixture->sample.gpus[0].problem.ptr);
	parse_spoiled(fixture, "[N/A]", three, 3);
	assert_null(fixture->sample.gpus[0].problem.ptr);
}

static void keeps_texts_that_are_told(void **state)
{
	static const char *const nothing[] = {"[N/A]", "N/A", "", "[Unknown Error]", "[Not Supported]"};
	struct fixture *fixture = *state;
	const struct gpu *gpu;

	parse(fixture, ROW(0), 0);
	expect_gpus(fixture, 1);
	gpu = &fixture->sample.gpus[0];
	assert_true(slice_is(gpu->texts[TEXT_pstate], "P0"));
	assert_true(slice_is(gpu->texts[TEXT_recovery_action], "None"));
	assert_true(gpu->readings[READING_clock].value == 1410 && gpu->readings[READING_clock_max].value == 1980);
	assert_true(gpu->readings[READING_pcie_gen].value == 4 && gpu->readings[READING_pcie_gen_max].value == 5);
	assert_true(gpu->readings[READING_pcie_width].value == 8 && gpu->readings[READING_pcie_width_max].value == 16);
	assert_true(gpu->readings[READING_ecc_corrected].value == 3 && gpu->readings[READING_ecc_uncorrected].value == 0);
	assert_true(gpu->readings[READING_throttle].value == 4);
	for (size_t i = 0; i < COUNT_OF(nothing); i++) {
		int at = query_position_of_text(fixture->query, TEXT_mig_mode);
		parse_spoiled(fixture, nothing[i], &at, 1);
		assert_null(fixture->sample.gpus[0].texts[TEXT_mig_mode].ptr);
		assert_true(slice_is(fixture->sample.gpus[0].texts[TEXT_compute_mode], "Default"));
	}
	assert_true(query_drop(fixture->query, SLICE_LITERAL("mig.mode.current")));
	parse(fixture,
	      "0, GPU-0, 00000000:00:00.0, 390.1, 10 %, 100 MiB, 5 MiB, 40, 12.50 W, 200.00 W, 30 %, 1410 MHz, 1980 MHz, 4, 5, "
	      "8, "
	      "16, 3, 0, 0x0000000000000000, P0, Enabled, Default, No, Card 0\n",
	      0);
	expect_gpus(fixture, 1);
	assert_true(slice_is(fixture->sample.gpus[0].texts[TEXT_retired_pending], "No"));
	assert_null(fixture->sample.gpus[0].texts[TEXT_mig_mode].ptr);
	assert_null(fixture->sample.gpus[0].texts[TEXT_recovery_action].ptr);
}

static void a_gpu_without_any_name_has_a_problem(void **state)
{
	struct fixture *fixture = *state;
	char commas[QUERY_FIELDS_MAX] = "";

	parse(fixture, "[N/A], [N/A], [N/A], 550.54, 1 %, 1 MiB, 0 MiB, 30, 1 W, 1 W, 1 %, " MORE ", [N/A]\n" ROW(1), 0);
	expect_gpus(fixture, 2);
	expect_gpu_problem(fixture, 0, 0, "N/A");
	memset(commas, ',', query_field_count(fixture->query) - 1);
	parse(fixture, commas, 0);
	expect_gpus(fixture, 1);
	expect_gpu_problem(fixture, 0, 0, "it does not tell who it is");
	parse(fixture, "[N/A], [N/A], [N/A], 550.54, 1 %, 1 MiB, 0 MiB, 30, 1 W, 1 W, 1 %, " MORE ", Card\n", 0);
	expect_gpus(fixture, 1);
	assert_null(fixture->sample.gpus[0].problem.ptr);
}

static void does_not_depend_on_header_or_line_ends(void **state)
{
	static const char *const texts[] = {
		HEADER ROW(0) ROW(1),
		ROW(0) ROW(1),
		"\n" HEADER "\n" ROW(0) "\n\n" ROW(1) "\n",
		"index, uuid\n" ROW(0) HEADER ROW(1),
		"WARNING: infoROM is corrupted at gpu 0000:01:00.0\n" ROW(0) "a line, of whatever\n" ROW(1),
		("0, GPU-0, 00000000:00:00.0, 550.54, 10 %, 100 MiB, 5 MiB, 40, 12.50 W, 200.00 W, 30 %, " MORE ", Card 0\r\r\n"
		 "1,GPU-1,00000000:01:00.0,550.54,10,100,5,40,12.50,200.00,30," MORE ",Card 1"),
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		parse(fixture, texts[i], 0);
		expect_gpus(fixture, 2);
		for (int at = 0; at < 2; at++) {
			const struct gpu *gpu = &fixture->sample.gpus[at];
			assert_int_equal(gpu->index, at);
			assert_true(slice_is(gpu->name, at == 0 ? "Card 0" : "Card 1"));
			assert_true(gpu->readings[READING_power].value == 12.5);
			assert_true(gpu->readings[READING_memory_used].value == 5 * 1048576.0);
			assert_null(gpu->problem.ptr);
		}
		assert_true(slice_is(fixture->sample.driver, "550.54"));
	}
}

static void never_believes_a_row_that_may_be_cut(void **state)
{
	struct fixture *fixture = *state;

	/* Cut in the fan's number, in the name, after the name; with and without an LF. */
	static const char *const cuts[] = {
		ROW(0) "1, GPU-1, 00000000:01:00.0, 550.54, 10 %, 100 MiB, 5 MiB, 40, 12.50 W, 200.00 W, 3",
		ROW(0) "1, GPU-1, 00000000:01:00.0, 550.54, 10 %, 100 MiB, 5 MiB, 40, 12.50 W, 200.00 W, 3\n\n",
		ROW(0) "1, GPU-1, 00000000:01:00.0, 550.54, 10 %, 100 MiB, 5 MiB, 40, 12.50 W, 200.00 W, 30 %, " MORE ", Ca",
		ROW(0) ROW(1),
		ROW(0) "1, GPU-1, 0000",
	};
	for (size_t i = 0; i < COUNT_OF(cuts); i++) {
		parse(fixture, cuts[i], -1);
		expect_gpus(fixture, 2);
		assert_null(fixture->sample.gpus[0].problem.ptr);
		expect_gpu_problem(fixture, 1, 1, "its row ended early");
		assert_true(slice_is(fixture->sample.gpus[1].uuid, "GPU-1"));
		assert_false(fixture->sample.gpus[1].has_cells);
		for (size_t id = 0; id < READING_COUNT; id++)
			assert_non_null(fixture->sample.gpus[1].readings[id].absent.ptr);
	}
	parse(fixture, ROW(0) "1, GPU-", -1);
	expect_gpus(fixture, 1);
	parse(fixture, ROW(0), -1);
	expect_problem(fixture, PROBLEM_BAD_OUTPUT, "the answer of nvidia-smi ended early");
	parse(fixture, HEADER, -1);
	expect_problem(fixture, PROBLEM_BAD_OUTPUT, "the answer of nvidia-smi ended early");
}

static void every_cut_of_an_answer_shows_no_wrong_number(void **state)
{
	static const char answer[] = HEADER ROW(0) ROW(1);
	struct fixture *fixture = *state;

	for (size_t len = 0; len < sizeof(answer); len++) {
		for (int status = -1; status <= 0; status++) {
			char text[sizeof(answer)];
			snprintf(text, sizeof(text), "%.*s", (int)len, answer);
			parse(fixture, text, status);
			for (size_t i = 0; i < fixture->sample.gpu_count; i++) {
				const struct gpu *gpu = &fixture->sample.gpus[i];
				const struct reading *fan = &gpu->readings[READING_fan], *power = &gpu->readings[READING_power];
				assert_int_equal(gpu->index, i);
				assert_true(fan->absent.ptr || fan->value == 30);
				assert_true(power->absent.ptr || power->value == 12.5);
			}
		}
	}
}

static void a_row_of_wrong_length_hides_no_other(void **state)
{
	struct fixture *fixture = *state;

	parse(fixture, HEADER ROW(0) "1, GPU-1, 00000000:01:00.0, 550.54, 10 %\n" ROW(2), 0);
	expect_gpus(fixture, 3);
	expect_gpu_problem(fixture, 1, 1, "its row has the wrong length");
	parse(fixture, "0, GPU-0, 10 %\n", 0);
	expect_problem(fixture, PROBLEM_BAD_OUTPUT, "0, GPU-0, 10 %");
	parse(fixture, HEADER "what, is this\n", 255);
	expect_problem(fixture, PROBLEM_BAD_OUTPUT, "what, is this");
}

static void a_surplus_comma_belongs_to_a_name_that_was_asked(void **state)
{
	struct fixture *fixture = *state;

	assert_true(query_drop(fixture->query, slice_of("name")));
	parse(fixture, "0, GPU-0, 00000000:01:00.0, 550.54, 1 %, 1 MiB, 0 MiB, 30, 1 W, 1 W, 1 %, " MORE ", 2 %\n", 0);
	expect_problem(fixture, PROBLEM_BAD_OUTPUT,
		       "0, GPU-0, 00000000:01:00.0, 550.54, 1 %, 1 MiB, 0 MiB, 30, 1 W, 1 W, 1 %, " MORE ", 2 %");
}

static void tells_silence_apart(void **state)
{
	struct fixture *fixture = *state;

	parse(fixture, "", 0);
	expect_problem(fixture, PROBLEM_BAD_OUTPUT, "nvidia-smi printed nothing");
	parse(fixture, "", -1);
	expect_problem(fixture, PROBLEM_BAD_OUTPUT, "the answer of nvidia-smi ended early");
	parse(fixture, HEADER, 0);
	expect_problem(fixture, PROBLEM_NO_GPU, "nvidia-smi lists no GPU");
	parse(fixture, HEADER, 9);
	expect_problem(fixture, PROBLEM_NO_DRIVER, "the NVIDIA driver is not loaded");
	parse(fixture, "hello from the wrapper\n", 0);
	expect_problem(fixture, PROBLEM_BAD_OUTPUT, "hello from the wrapper");
	parse(fixture, "hello from the wrapper\n", 3);
	expect_problem(fixture, PROBLEM_NVIDIA_SMI, "hello from the wrapper");
	parse(fixture, "No devices were found\n", -1);
	expect_problem(fixture, PROBLEM_NO_GPU, "No devices were found");
}

static void a_hang_is_a_problem_whatever_came_before(void **state)
{
	struct fixture *fixture = *state;

	parse(fixture, HEADER ROW(0), 124);
	expect_problem(fixture, PROBLEM_NVIDIA_SMI_HANGS, "nvidia-smi did not answer in time");
	assert_null(fixture->sample.driver.ptr);
	parse(fixture, HEADER "0, GPU-0, 10 %", 124);
	expect_problem(fixture, PROBLEM_NVIDIA_SMI_HANGS, "nvidia-smi did not answer in time");
	parse(fixture, HEADER ROW(0), 139);
	expect_problem(fixture, PROBLEM_NVIDIA_SMI, "nvidia-smi failed without a word");
}

static void a_lost_handle_asks_for_the_list_only_when_alone(void **state)
{
	struct fixture *fixture = *state;
	static const char lost[] =
		"Unable to determine the device handle for GPU 0000:01:00.0: GPU is lost.  Reboot the system\n";

	parse(fixture, lost, 15);
	expect_problem(fixture, PROBLEM_NVIDIA_SMI,
		       "Unable to determine the device handle for GPU 0000:01:00.0: GPU is lost.  Reboot the system");
	assert_true(fixture->outcome.ask_list);
	cleanup_free char *with_header = xasprintf("%s%s", HEADER, lost);
	parse(fixture, with_header, 15);
	assert_true(fixture->outcome.ask_list);

	cleanup_free char *first = xasprintf("%s%s%s%s", HEADER, lost, ROW(1), ROW(2));
	parse(fixture, first, 255);
	expect_gpus(fixture, 3);
	expect_gpu_problem(fixture, 0, 0, "GPU is lost");
	assert_false(fixture->sample.gpus[0].has_cells);
	cleanup_free char *counted_anew = xasprintf("%s%s%s", ROW(0), lost, ROW(1));
	parse(fixture, counted_anew, 255);
	expect_gpus(fixture, 3);
	expect_gpu_problem(fixture, 1, -1, "GPU is lost");
}

static void names_the_field_to_drop(void **state)
{
	struct fixture *fixture = *state;

	parse(fixture, "Field \"fan.speed\" is not a valid field to query.\n\n", 2);
	assert_int_equal(fixture->outcome.problem, PROBLEM_NVIDIA_SMI);
	assert_true(slice_is(fixture->outcome.unknown_field, "fan.speed"));
	assert_true(query_drop(fixture->query, fixture->outcome.unknown_field));
	parse(fixture, "0, GPU-0, 00000000:00:00.0, 340.1, 10 %, 100 MiB, 5 MiB, 40, 12.50 W, 200.00 W, " MORE ", Card\n", 0);
	expect_gpus(fixture, 1);
	assert_true(slice_is(fixture->sample.gpus[0].readings[READING_fan].absent, "unknown to this driver"));
	assert_true(slice_is(fixture->sample.gpus[0].name, "Card"));
}

static void keeps_cells_as_printed(void **state)
{
	static const char *const columns[] = {"serial", "bogus", "temperature.gpu", "name", "platform.slot_number"};
	struct fixture *fixture = *state;

	query_free(fixture->query);
	fixture->query = query_new(columns, COUNT_OF(columns));
	query_drop(fixture->query, slice_of("bogus"));
	parse(fixture, "0, GPU-0, 00000000:00:00.0, 550.54, 1 %, 1 MiB, 0 MiB,  [N/A] , 1 W, 1 W, 1 %, " MORE ", 4711 ,, A, B\n",
	      0);
	expect_gpus(fixture, 1);
	const struct slice *cells = &fixture->sample.cells[fixture->sample.gpus[0].first_cell];
	assert_int_equal(fixture->sample.columns, 5);
	assert_int_equal(fixture->sample.cell_count, 5);
	assert_true(slice_is(cells[0], "4711"));
	assert_null(cells[1].ptr);
	assert_true(slice_is(cells[2], "[N/A]"));
	assert_true(slice_is(cells[3], "A, B"));
	assert_true(slice_is(cells[4], "") && cells[4].ptr);
}

static void refuses_gpus_over_the_cap(void **state)
{
	struct fixture *fixture = *state;
	char failed[5 * QUERY_FIELDS_MAX] = "";
	struct buf text;

	query_free(fixture->query);
	fixture->query = query_new((const char *[]){"name"}, 1);
	buf_init(&text, 1 << 20);
	for (size_t i = 0; i + 1 < query_field_count(fixture->query); i++)
		strcat(failed, "[E], ");
	for (size_t i = 0; i < CAP_GPUS + 3; i++)
		dump(&text, "%zu, GPU-%zu, 00000000:01:00.0, 550.54, 1 %%, 1 MiB, 0 MiB, 1, 1 W, 1 W, 1 %%, " MORE ", Card\n", i,
		     i);
	dump(&text, "Unable to determine the device handle for GPU 0000:ff:00.0: Unknown Error\n");
	dump(&text, "%s[E]\n", failed);
	assert_int_equal(buf_append(&text, "", 1), 0);
	parse(fixture, text.data, 255);
	expect_gpus(fixture, CAP_GPUS);
	assert_int_equal(fixture->sample.gpus_left_out, 4);
	for (size_t i = 0; i < CAP_GPUS; i++)
		assert_true(slice_is(fixture->sample.cells[fixture->sample.gpus[i].first_cell], "Card"));
	buf_done(&text);
}

static void prose_that_quotes_the_query_is_no_gpu(void **state)
{
	struct fixture *fixture = *state;
	cleanup_free char *refusal = xasprintf(
		"Sorry, user bob is not allowed to execute 'nvidia-smi --query-gpu=%s --format=csv' as root on node1.\n",
		query_fields(fixture->query));

	/* As many commas as a row, whatever stands before the first of them. */
	parse(fixture, refusal, 1);
	assert_int_equal(fixture->outcome.problem, PROBLEM_NVIDIA_SMI);
	assert_int_equal(fixture->sample.gpu_count, 0);
	parse(fixture, refusal + strlen("Sorry, user bob is not allowed to execute "), 1);
	assert_int_equal(fixture->outcome.problem, PROBLEM_NVIDIA_SMI);
	assert_int_equal(fixture->sample.gpu_count, 0);
}

/* The name is free text, and may end as the message of a shell does. */
static void a_whole_row_is_no_message(void **state)
{
	struct fixture *fixture = *state;
	struct buf text;

	buf_init(&text, 1 << 16);
	dump(&text, "%zu, GPU-%zu, 00000000:01:00.0, 550.54, 1 %%, 1 MiB, 0 MiB, 1, 1 W, 1 W, 1 %%, " MORE ", driver not found\n",
	     (size_t)0, (size_t)0);
	assert_int_equal(buf_append(&text, "", 1), 0);
	parse(fixture, text.data, 0);
	expect_gpus(fixture, 1);
	assert_true(slice_is(fixture->sample.gpus[0].name, "driver not found"));
	buf_done(&text);
}

int main(void)
{
#define with_fixture(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_values_with_and_without_units),
		cmocka_unit_test(takes_no_other_shape_for_a_mask_or_a_count),
		cmocka_unit_test(keeps_the_reason_of_every_token),
		with_fixture(takes_a_row_of_any_token_as_a_gpu),
		with_fixture(some_words_in_one_cell_are_the_problem_of_the_gpu),
		with_fixture(a_fan_or_a_power_sensor_may_fail_alone),
		with_fixture(sensors_that_fail_together_are_the_gpu),
		with_fixture(what_does_not_change_does_not_vote),
		with_fixture(keeps_texts_that_are_told),
		with_fixture(a_gpu_without_any_name_has_a_problem),
		with_fixture(does_not_depend_on_header_or_line_ends),
		with_fixture(never_believes_a_row_that_may_be_cut),
		with_fixture(every_cut_of_an_answer_shows_no_wrong_number),
		with_fixture(a_row_of_wrong_length_hides_no_other),
		with_fixture(a_surplus_comma_belongs_to_a_name_that_was_asked),
		with_fixture(tells_silence_apart),
		with_fixture(a_hang_is_a_problem_whatever_came_before),
		with_fixture(a_lost_handle_asks_for_the_list_only_when_alone),
		with_fixture(names_the_field_to_drop),
		with_fixture(keeps_cells_as_printed),
		with_fixture(refuses_gpus_over_the_cap),
		with_fixture(prose_that_quotes_the_query_is_no_gpu),
		with_fixture(a_whole_row_is_no_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
