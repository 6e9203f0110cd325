/* interview: what a host is asked next, after every kind of answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collect/interview.h"

static char serial_field[] = "serial", title[] = "Serial";
static struct column_config columns[] = {{serial_field, title}};

struct talk {
	struct interview interview;
	struct sample before; /* the host's last good sample */
	struct buf orders;    /* of the last round */
	struct interview_problem problem;
};

static int begin(void **state)
{
	struct talk *talk = calloc(1, sizeof(*talk));

	interview_init(&talk->interview, columns, 1);
	sample_init(&talk->before);
	buf_init(&talk->orders, 65536);
	*state = talk;
	return 0;
}

static int end(void **state)
{
	struct talk *talk = *state;

	interview_done(&talk->interview);
	sample_done(&talk->before);
	buf_done(&talk->orders);
	free(talk);
	return 0;
}

/* Asks, checks that the orders hold `expected`, and leaves the frame open for an answer. */
static void ask(struct talk *talk, const char *expected)
{
	buf_clear(&talk->orders);
	assert_int_equal(interview_ask(&talk->interview, "abc", &talk->orders), 0);
	if (!slice_contains(buf_slice(&talk->orders), expected))
		fail_msg("asked \"%.*s\", not \"%s\"", SLICE_ARGS(buf_slice(&talk->orders)), expected);
}

/* Answers with sections "name", "text", status, ... ended by NULL; judges, and takes a good sample as `before`. */
static enum interview_verdict answer(struct talk *talk, const char *section, ...)
{
	va_list arguments;

	interview_hear(&talk->interview, slice_of("@abc begin"));
	va_start(arguments, section);
	for (; section; section = va_arg(arguments, const char *)) {
		struct slice text = slice_of(va_arg(arguments, const char *));
		char line[512];

		snprintf(line, sizeof(line), "@abc %s", section);
		interview_hear(&talk->interview, slice_of(line));
		while (text.len > 0)
			interview_hear(&talk->interview, slice_split(text, '\n', &text));
		snprintf(line, sizeof(line), "@abc status %d", va_arg(arguments, int));
		interview_hear(&talk->interview, slice_of(line));
	}
	va_end(arguments);
	assert_int_equal(interview_hear(&talk->interview, slice_of("@abc end")), FRAME_COMPLETE);
	enum interview_verdict verdict = interview_judge(&talk->interview, &talk->before, &talk->problem);
	if (verdict == INTERVIEW_SAMPLE)
		sample_swap(&talk->before, &talk->interview.sample);
	return verdict;
}

/* Rows as the full query (our own fields, serial, name) is answered. */
#define HEADER                                                                                                                   \
	"index, uuid, pci.bus_id, driver_version, utilization.gpu [%], memory.total [MiB], memory.used [MiB], temperature.gpu, " \
	"power.draw [W], power.limit [W], fan.speed [%], serial, name\n"
#define ROW(index, uuid, bus, driver)                                                                                            \
	index ", " uuid ", 00000000:" bus ":00.0, " driver                                                                       \
	      ", 5 %, 1000 MiB, 10 MiB, 40, 50.00 W, 300.00 W, 30 %, 042, Invented X1\n"
/* Without the serial number. */
#define HEADER_SHORT                                                                                                             \
	"index, uuid, pci.bus_id, driver_version, utilization.gpu [%], memory.total [MiB], memory.used [MiB], temperature.gpu, " \
	"power.draw [W], power.limit [W], fan.speed [%], name\n"
#define ROW_SHORT(index, uuid, bus, driver)                                                                                      \
	index ", " uuid ", 00000000:" bus ":00.0, " driver ", 5 %, 1000 MiB, 10 MiB, 40, 50.00 W, 300.00 W, 30 %, Invented X1\n"
#define LOST "Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.  Reboot the system to recover this GPU\n"

static void a_healthy_host_takes_one_round(void **state)
{
	struct talk *talk = *state;

	ask(talk, "fields index,uuid,");
	assert_true(slice_contains(buf_slice(&talk->orders), ",serial,name\npoll abc\n"));
	assert_int_equal(answer(talk, "gpus", HEADER ROW("0", "GPU-a", "01", "535.1"), 0, "apps",
				"GPU-a, 00000000:01:00.0, 77, 9, python\n", 0, "ps", "     77 alice 5210 python train.py\n", 0,
				NULL),
			 INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.gpu_count, 1);
	assert_int_equal(talk->before.process_count, 1);
	assert_true(slice_is(talk->before.processes[0].user, "alice"));
	assert_null(talk->before.process_problem.ptr);
	assert_true(slice_is(talk->before.cells[0], "042"));
	/* The far side knows the fields now. */
	ask(talk, "poll abc\n");
	assert_int_equal(talk->orders.len, strlen("poll abc\n"));
	/* A new child does not. */
	interview_restart(&talk->interview);
	ask(talk, "fields index,uuid,");
}

static void an_unknown_field_is_dropped_for_this_driver(void **state)
{
	struct talk *talk = *state;

	ask(talk, "serial");
	assert_int_equal(answer(talk, "gpus", "Field \"serial\" is not a valid field to query.\n\n", 2, NULL),
			 INTERVIEW_ASK_AGAIN);
	ask(talk, "fields "
		  "index,uuid,pci.bus_id,driver_version,utilization.gpu,memory.total,memory.used,temperature.gpu,power.draw,"
		  "power.limit,fan.speed,name\npoll");
	assert_int_equal(answer(talk, "gpus", HEADER_SHORT ROW_SHORT("0", "GPU-a", "01", "535.1"), 0, "apps", "", 0, NULL),
			 INTERVIEW_SAMPLE);
	assert_null(talk->before.cells[0].ptr);
	/* Remembered, also over a new login. */
	interview_restart(&talk->interview);
	ask(talk, "fan.speed,name\n");
	/* An update of the driver: asked for again. */
	assert_int_equal(answer(talk, "gpus", HEADER_SHORT ROW_SHORT("0", "GPU-a", "01", "550.1"), 0, "apps", "", 0, NULL),
			 INTERVIEW_SAMPLE);
	ask(talk, "serial,name\n");
}

static void a_refusal_that_dropping_cannot_mend_is_told(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus", "Field \"bogus\" is not a valid field to query.\n\n", 2, NULL), INTERVIEW_PROBLEM);
	assert_int_equal(talk->problem.kind, PROBLEM_NVIDIA_SMI);
}

static void a_lost_gpu_does_not_hide_the_others(void **state)
{
	struct talk *talk = *state;
	static const char list[] = "GPU 0: Invented X1 (UUID: GPU-a)\nUnable to determine the device handle for gpu "
				   "0000:02:00.0: GPU is lost\nGPU 2: Invented X1 (UUID: GPU-c)\n";

	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus",
				HEADER ROW("0", "GPU-a", "01", "535.1") ROW("1", "GPU-b", "02", "535.1")
					ROW("2", "GPU-c", "03", "535.1"),
				0, "apps", "", 0, NULL),
			 INTERVIEW_SAMPLE);
	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus", LOST, 15, NULL), INTERVIEW_ASK_AGAIN);
	ask(talk, "list abc\n");
	assert_int_equal(answer(talk, "list", list, 15, NULL), INTERVIEW_ASK_AGAIN);
	ask(talk, "only 0,2\npoll abc\n");
	assert_int_equal(answer(talk, "gpus", HEADER ROW("0", "GPU-a", "01", "535.1") ROW("2", "GPU-c", "03", "535.1"), 0, "apps",
				"GPU-c, 00000000:03:00.0, 77, 9, python\n", 0, NULL),
			 INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.gpu_count, 3);
	assert_int_equal(talk->before.gpus[1].index, 1);
	assert_true(slice_is(talk->before.gpus[1].problem, "GPU is lost"));
	assert_true(slice_is(talk->before.gpus[1].uuid, "GPU-b"));
	assert_null(talk->before.gpus[0].problem.ptr);
	assert_int_equal(talk->before.processes[0].gpu, 2);

	/* The next polls ask for the healthy ones at once; now and then all are asked, and it is back. */
	int rounds = 0;
	do {
		ask(talk, "poll abc\n");
		if (slice_starts_with(buf_slice(&talk->orders), "only all\n"))
			break;
		assert_int_equal(answer(talk, "gpus", HEADER ROW("0", "GPU-a", "01", "535.1") ROW("2", "GPU-c", "03", "535.1"), 0,
					"apps", "", 0, NULL),
				 INTERVIEW_SAMPLE);
		assert_int_equal(talk->before.gpu_count, 3);
	} while (++rounds < 100);
	assert_in_range(rounds, 5, 50);
	assert_int_equal(answer(talk, "gpus",
				HEADER ROW("0", "GPU-a", "01", "535.1") ROW("1", "GPU-b", "02", "535.1")
					ROW("2", "GPU-c", "03", "535.1"),
				0, "apps", "", 0, NULL),
			 INTERVIEW_SAMPLE);
	assert_null(talk->before.gpus[1].problem.ptr);
}

static void a_lost_gpu_among_the_rows_keeps_its_name(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus", HEADER ROW("0", "GPU-a", "01", "580.1") ROW("1", "GPU-b", "02", "580.1"), 0, "apps",
				"", 0, NULL),
			 INTERVIEW_SAMPLE);
	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus",
				HEADER ROW("0", "GPU-a", "01",
					   "580.1") "Unable to determine the device handle for GPU1: 0000:02:00.0: GPU is lost\n",
				15, "apps", "", 0, NULL),
			 INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.gpu_count, 2);
	assert_true(slice_is(talk->before.gpus[1].problem, "GPU is lost"));
	assert_true(slice_is(talk->before.gpus[1].uuid, "GPU-b"));
}

static void with_all_gpus_lost_the_sample_is_the_list_of_them(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus", LOST, 15, NULL), INTERVIEW_ASK_AGAIN);
	ask(talk, "list");
	assert_int_equal(
		answer(talk, "list", "Unable to determine the device handle for gpu 0000:02:00.0: GPU is lost\n", 15, NULL),
		INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.gpu_count, 1);
	assert_true(slice_is(talk->before.gpus[0].problem, "GPU is lost"));
}

static void a_failed_process_query_is_no_idle_gpu(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus", HEADER ROW("0", "GPU-a", "01", "535.1"), 0, "apps",
				"Failed to initialize NVML: Unknown Error\n", 255, NULL),
			 INTERVIEW_SAMPLE);
	assert_non_null(talk->before.process_problem.ptr);
	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus", HEADER ROW("0", "GPU-a", "01", "535.1"), 0, NULL), INTERVIEW_SAMPLE);
	assert_non_null(talk->before.process_problem.ptr);
}

static void problems_have_their_kind_and_their_remedy(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus",
				"Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 570.124\n", 18,
				NULL),
			 INTERVIEW_PROBLEM);
	assert_int_equal(talk->problem.kind, PROBLEM_DRIVER_MISMATCH);
	assert_non_null(talk->problem.hint);
	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus", "", 124, NULL), INTERVIEW_PROBLEM);
	assert_int_equal(talk->problem.kind, PROBLEM_NVIDIA_SMI_HANGS);
	ask(talk, "poll");
	assert_int_equal(answer(talk, NULL), INTERVIEW_PROBLEM);
	assert_int_equal(talk->problem.kind, PROBLEM_BAD_OUTPUT);
}

static void other_columns_make_an_old_answer_worthless(void **state)
{
	struct talk *talk = *state;
	char field[] = "pstate", heading[] = "State";
	struct column_config other[] = {{field, heading}};

	ask(talk, "serial,name");
	interview_set_columns(&talk->interview, other, 1);
	assert_int_equal(answer(talk, "gpus", HEADER ROW("0", "GPU-a", "01", "535.1"), 0, "apps", "", 0, NULL),
			 INTERVIEW_ASK_AGAIN);
	ask(talk, "pstate,name");
	assert_int_equal(answer(talk, "gpus", HEADER ROW("0", "GPU-a", "01", "535.1"), 0, "apps", "", 0, NULL), INTERVIEW_SAMPLE);
}

static void it_does_not_ask_for_ever(void **state)
{
	struct talk *talk = *state;
	int rounds = 0;

	/* A list that always names a healthy GPU, and a query that always fails for a lost one. */
	do {
		ask(talk, "abc");
		bool list = slice_contains(buf_slice(&talk->orders), "list abc");
		enum interview_verdict verdict = list ? answer(talk, "list", "GPU 0: Invented X1 (UUID: GPU-a)\n", 0, NULL)
						      : answer(talk, "gpus", LOST, 15, NULL);
		if (verdict == INTERVIEW_PROBLEM)
			break;
		assert_int_equal(verdict, INTERVIEW_ASK_AGAIN);
	} while (++rounds < 1000);
	assert_in_range(rounds, 2, 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_healthy_host_takes_one_round),
		TEST(an_unknown_field_is_dropped_for_this_driver),
		TEST(a_refusal_that_dropping_cannot_mend_is_told),
		TEST(a_lost_gpu_does_not_hide_the_others),
		TEST(a_lost_gpu_among_the_rows_keeps_its_name),
		TEST(with_all_gpus_lost_the_sample_is_the_list_of_them),
		TEST(a_failed_process_query_is_no_idle_gpu),
		TEST(problems_have_their_kind_and_their_remedy),
		TEST(other_columns_make_an_old_answer_worthless),
		TEST(it_does_not_ask_for_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
