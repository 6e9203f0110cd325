/* interview: what a host is asked next, after every kind of answer. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collect/interview.h"
#include "smi/roster.h"

static char serial_field[] = "serial", title[] = "Serial";
static struct column_config columns[] = {{serial_field, title}};

struct talk {
	struct interview interview;
	struct sample before; /* the host's last good sample */
	struct buf orders;    /* of the last round */
	double took_ms;       /* that each sample takes */
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
	interview_note_time(&talk->interview, talk->took_ms);
	enum interview_verdict verdict = interview_judge(&talk->interview, &talk->before, &talk->problem);
	if (verdict == INTERVIEW_SAMPLE)
		sample_swap(&talk->before, &talk->interview.sample);
	return verdict;
}

/* A GPU as rows() prints it; what is NULL is as on most of them. */
struct card {
	int index;
	const char *uuid, *bus, *driver, *mig, *persistence, *used, *name, *retired_pending;
};

#define DRIVER "535.1"

static const char *cell_of(const struct card *card, const char *field)
{
	static char text[64];
	const struct {
		const char *field, *text;
	} cells[] = {
		{"uuid", card->uuid},
		{"driver_version", card->driver ? card->driver : DRIVER},
		{"memory.total", "1000 MiB"},
		{"memory.used", card->used ? card->used : "10 MiB"},
		{"persistence_mode", card->persistence ? card->persistence : "Enabled"},
		{"mig.mode.current", card->mig ? card->mig : "[N/A]"},
		{"serial", "042"},
		{"retired_pages.pending", card->retired_pending ? card->retired_pending : "No"},
		{"name", card->name ? card->name : "Invented X1"},
	};

	snprintf(text, sizeof(text), "%d", strcmp(field, "index") == 0 ? card->index : 5);
	if (strcmp(field, "pci.bus_id") == 0)
		snprintf(text, sizeof(text), "00000000:%s:00.0", card->bus);
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		if (strcmp(field, cells[i].field) == 0)
			return cells[i].text;
	return text;
}

/* The answer to the present query for these GPUs, the last of which has no UUID. */
static const char *rows(const struct talk *talk, const struct card *cards)
{
	static char text[16384];
	const struct query *query = talk->interview.query;
	size_t len = 0, count = query_field_count(query);

	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i > 0 ? ", " : "", query_field(query, i));
	for (; cards->uuid; cards++)
		for (size_t i = 0; i < count; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i > 0 ? ", " : "\n",
						cell_of(cards, query_field(query, i)));
	return text;
}

#define ROWS(...) rows(talk, (const struct card[]){__VA_ARGS__, {0}})
static const struct card card_a = {.index = 0, .uuid = "GPU-a", .bus = "01"}, card_b = {.index = 1, .uuid = "GPU-b", .bus = "02"},
			 card_c = {.index = 2, .uuid = "GPU-c", .bus = "03"};

#define LOST "Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost.  Reboot the system to recover this GPU\n"

/* A poll of healthy GPUs on which nobody computes. */
#define IDLE(...) answer(talk, "gpus", ROWS(__VA_ARGS__), 0, "apps", "", 0, NULL)

static bool ordered(const struct talk *talk, const char *order)
{
	return slice_contains(buf_slice(&talk->orders), order);
}

/* One GPU in one part, as the XML and the list tell it. */
#define MIG_LIST "GPU 0: Invented X1 (UUID: GPU-a)\n  MIG 1g.5gb      Device  0: (UUID: MIG-one)\n"
#define MIG_XML(used)                                                                                                            \
	"<?xml version=\"1.0\" ?>\n<nvidia_smi_log>\n<gpu "                                                                      \
	"id=\"00000000:01:00.0\">\n<uuid>GPU-a</uuid>\n<mig_mode><current_mig>Enabled"                                           \
	"</current_mig></mig_mode>\n<mig_devices><mig_device><index>0</index><gpu_instance_id>7</gpu_instance_id>"               \
	"<compute_instance_id>0</compute_instance_id><fb_memory_usage><total>5000 MiB</total><used>" used " MiB</used>"          \
	"</fb_memory_usage></mig_device></mig_devices>\n</gpu>\n</nvidia_smi_log>\n"

static void a_healthy_host_takes_one_round(void **state)
{
	struct talk *talk = *state;

	ask(talk, "fields index,uuid,");
	assert_true(ordered(talk, ",serial,name\npoll abc\n"));
	assert_int_equal(answer(talk, "host", "load 0.50 0.40 0.30 1/2 3\ncpus 8\n", 0, "gpus", ROWS(card_a), 0, "apps",
				"GPU-a, 00000000:01:00.0, 77, 9, python\n", 0, "ps", "     77 alice 5210 100 python train.py\n",
				0, NULL),
			 INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.gpu_count, 1);
	assert_int_equal(talk->before.process_count, 1);
	assert_true(slice_is(talk->before.processes[0].user, "alice"));
	assert_null(talk->before.process_problem.ptr);
	assert_true(slice_is(talk->before.cells[0], "042"));
	assert_int_equal(interview_machine(&talk->interview)->cpus, 8);
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
	static const struct card updated = {.uuid = "GPU-a", .bus = "01", .driver = "550.1"};

	ask(talk, "serial");
	assert_int_equal(answer(talk, "gpus", "Field \"serial\" is not a valid field to query.\n\n", 2, NULL),
			 INTERVIEW_ASK_AGAIN);
	ask(talk, ",name\npoll");
	assert_false(ordered(talk, "serial"));
	assert_int_equal(IDLE(card_a), INTERVIEW_SAMPLE);
	assert_null(talk->before.cells[0].ptr);
	/* Remembered, also over a new login. */
	interview_restart(&talk->interview);
	ask(talk, ",name\n");
	assert_false(ordered(talk, "serial"));
	/* An update of the driver: asked for again. */
	assert_int_equal(IDLE(updated), INTERVIEW_SAMPLE);
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
	assert_int_equal(IDLE(card_a, card_b, card_c), INTERVIEW_SAMPLE);
	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus", LOST, 15, NULL), INTERVIEW_ASK_AGAIN);
	ask(talk, "list abc\n");
	assert_int_equal(answer(talk, "list", list, 15, NULL), INTERVIEW_ASK_AGAIN);
	ask(talk, "only 0,2\npoll abc\n");
	assert_int_equal(
		answer(talk, "gpus", ROWS(card_a, card_c), 0, "apps", "GPU-c, 00000000:03:00.0, 77, 9, python\n", 0, NULL),
		INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.gpu_count, 3);
	assert_int_equal(talk->before.gpus[1].index, 1);
	assert_true(slice_is(talk->before.gpus[1].problem, "GPU is lost"));
	assert_true(slice_is(talk->before.gpus[1].uuid, "GPU-b"));
	assert_null(talk->before.gpus[0].problem.ptr);
	assert_int_equal(talk->before.processes[0].gpu, 2);

	/* The next polls ask for the healthy ones at once; now and then all are asked, and it is back. */
	int asked = 0;
	do {
		ask(talk, "poll abc\n");
		if (ordered(talk, "only all\n"))
			break;
		assert_int_equal(IDLE(card_a, card_c), INTERVIEW_SAMPLE);
		assert_int_equal(talk->before.gpu_count, 3);
	} while (++asked < 100);
	assert_in_range(asked, 5, 50);
	assert_int_equal(IDLE(card_a, card_b, card_c), INTERVIEW_SAMPLE);
	assert_null(talk->before.gpus[1].problem.ptr);
}

static void all_gpus_are_looked_at_again_by_time(void **state)
{
	static const struct {
		double interval;
		int polls;
	} beats[] = {{1, 60}, {5, 12}, {20, 12}, {60, 10}, {600, 1}, {3600, 1}};
	struct talk *talk = *state;

	for (size_t i = 0; i < sizeof(beats) / sizeof(beats[0]); i++) {
		int polls = 0;
		interview_set_interval(&talk->interview, beats[i].interval);
		ask(talk, "poll");
		assert_int_equal(answer(talk, "gpus", LOST, 15, NULL), INTERVIEW_ASK_AGAIN);
		ask(talk, "list");
		assert_int_equal(answer(talk, "list", "GPU 0: Invented X1 (UUID: GPU-a)\n", 0, NULL), INTERVIEW_ASK_AGAIN);
		for (ask(talk, "only 0\n"); !ordered(talk, "only all\n") && polls < 100; ask(talk, "poll"), polls++)
			assert_int_equal(IDLE(card_a), INTERVIEW_SAMPLE);
		assert_int_equal(polls, beats[i].polls);
		assert_int_equal(IDLE(card_a), INTERVIEW_SAMPLE);
	}
}

static void a_lost_gpu_among_the_rows_keeps_its_name(void **state)
{
	struct talk *talk = *state;
	char text[8192];

	ask(talk, "poll");
	assert_int_equal(IDLE(card_a, card_b), INTERVIEW_SAMPLE);
	ask(talk, "poll");
	snprintf(text, sizeof(text), "%s\nUnable to determine the device handle for GPU1: 0000:02:00.0: GPU is lost\n",
		 ROWS(card_a));
	assert_int_equal(answer(talk, "gpus", text, 15, "apps", "", 0, NULL), INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.gpu_count, 2);
	assert_true(slice_is(talk->before.gpus[1].problem, "GPU is lost"));
	assert_true(slice_is(talk->before.gpus[1].uuid, "GPU-b"));
}

static void a_gpu_that_vanishes_is_missed_until_it_is_back(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(IDLE(card_a, card_b), INTERVIEW_SAMPLE);
	for (int i = 0; i < 3; i++) {
		ask(talk, "poll");
		assert_int_equal(IDLE(card_a), INTERVIEW_SAMPLE);
		assert_int_equal(talk->before.gpu_count, 2);
		assert_true(slice_is(talk->before.gpus[1].problem, ROSTER_MISSING));
		assert_true(slice_is(talk->before.gpus[1].uuid, "GPU-b"));
	}
	ask(talk, "poll");
	assert_int_equal(IDLE(card_a, card_b), INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.gpu_count, 2);
	assert_null(talk->before.gpus[1].problem.ptr);
}

/* One is lost, one vanishes, and the third is cut by MIG: each is told for itself. */
static void lost_and_missing_and_mig_together(void **state)
{
	struct talk *talk = *state;
	static const struct card mig_a = {.uuid = "GPU-a", .bus = "01", .mig = "Enabled"};

	ask(talk, "poll");
	assert_int_equal(IDLE(card_a, card_b, card_c), INTERVIEW_SAMPLE);
	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus", LOST, 15, NULL), INTERVIEW_ASK_AGAIN);
	ask(talk, "list abc\n");
	assert_int_equal(answer(talk, "list",
				"GPU 0: Invented X1 (UUID: GPU-a)\nUnable to determine the device handle for gpu 0000:02:00.0: "
				"GPU is lost\n",
				15, NULL),
			 INTERVIEW_ASK_AGAIN);
	ask(talk, "only 0\npoll abc\n");
	assert_int_equal(IDLE(mig_a), INTERVIEW_ASK_AGAIN);
	ask(talk, "mig abc 0\n");
	assert_int_equal(answer(talk, "list", MIG_LIST, 0, "xml", MIG_XML("10"), 0, NULL), INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.gpu_count, 3);
	assert_null(talk->before.gpus[0].problem.ptr);
	assert_true(slice_is(talk->before.gpus[1].problem, "GPU is lost"));
	assert_true(slice_is(talk->before.gpus[2].problem, ROSTER_MISSING));
	assert_int_equal(talk->before.mig_count, 1);
	assert_int_equal(talk->before.migs[0].gpu, 0);
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
	assert_int_equal(answer(talk, "gpus", ROWS(card_a), 0, "apps", "Failed to initialize NVML: Unknown Error\n", 255, NULL),
			 INTERVIEW_SAMPLE);
	assert_non_null(talk->before.process_problem.ptr);
	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus", ROWS(card_a), 0, NULL), INTERVIEW_SAMPLE);
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
	assert_non_null(talk->problem.remedy.command);
	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus", "", 124, NULL), INTERVIEW_PROBLEM);
	assert_int_equal(talk->problem.kind, PROBLEM_NVIDIA_SMI_HANGS);
	ask(talk, "poll");
	assert_int_equal(answer(talk, NULL), INTERVIEW_PROBLEM);
	assert_int_equal(talk->problem.kind, PROBLEM_BAD_OUTPUT);
	/* Killed, or cut by the far side: whatever it held, it is no sample. */
	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus", ROWS(card_a), -1, NULL), INTERVIEW_PROBLEM);
	assert_int_equal(talk->problem.kind, PROBLEM_BAD_OUTPUT);
}

static void nvidia_smi_that_hangs_since_before_is_told(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(answer(talk, "host", "cpus 8\n", 0, "stuck", "4711\n4712\n", 0, NULL), INTERVIEW_PROBLEM);
	assert_int_equal(talk->problem.kind, PROBLEM_NVIDIA_SMI_HANGS);
	assert_true(slice_contains(talk->problem.message, "(PID 4711)"));
	ask(talk, "poll");
	assert_int_equal(IDLE(card_a), INTERVIEW_SAMPLE);
}

static void suspended_gpus_are_a_good_sample(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus", ROWS(card_a, card_b, card_c), 0, "apps", "GPU-a, 00000000:01:00.0, 77, 9, python\n",
				0, NULL),
			 INTERVIEW_SAMPLE);
	/* The third is not among the devices any more. */
	ask(talk, "poll");
	assert_int_equal(answer(talk, "host", "cpus 8\n", 0, "asleep", "0000:01:00.0\n0000:02:00.0\nrubbish\n", 0, NULL),
			 INTERVIEW_SAMPLE);
	const struct sample *sample = &talk->before;
	assert_int_equal(sample->gpu_count, 3);
	for (int i = 0; i < 2; i++) {
		assert_true(sample->gpus[i].asleep);
		assert_null(sample->gpus[i].problem.ptr);
		assert_int_equal(sample->gpus[i].index, i);
		assert_true(slice_is(sample->gpus[i].name, "Invented X1"));
		assert_non_null(sample->gpus[i].readings[READING_utilization].absent.ptr);
	}
	assert_true(slice_is(sample->gpus[1].uuid, "GPU-b"));
	assert_true(slice_is(sample->gpus[2].problem, ROSTER_MISSING));
	assert_int_equal(sample->process_count, 0);
	assert_null(sample->process_problem.ptr);
	assert_true(slice_is(sample->driver, DRIVER));
	/* Awake again. */
	ask(talk, "poll");
	assert_int_equal(IDLE(card_a, card_b, card_c), INTERVIEW_SAMPLE);
	assert_false(talk->before.gpus[0].asleep);
}

static void suspended_gpus_that_nobody_knows_are_told_by_their_address(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(answer(talk, "asleep", "0000:01:00.0\n", 0, NULL), INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.gpu_count, 1);
	assert_true(slice_is(talk->before.gpus[0].bus_id, "0000:01:00.0"));
	assert_int_equal(talk->before.gpus[0].index, -1);
}

/* --- MIG --- */

static const struct card mig_off = {.uuid = "GPU-a", .bus = "01", .mig = "Disabled"},
			 mig_on = {.uuid = "GPU-a", .bus = "01", .mig = "Enabled"},
			 mig_busy = {.uuid = "GPU-a", .bus = "01", .mig = "Enabled", .used = "500 MiB"};

static void parts_are_asked_for_when_they_may_have_changed(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(IDLE(mig_off), INTERVIEW_SAMPLE);
	/* Switched on while we look. */
	ask(talk, "poll");
	assert_int_equal(IDLE(mig_on), INTERVIEW_ASK_AGAIN);
	ask(talk, "mig abc 0\n");
	assert_int_equal(answer(talk, "list", MIG_LIST, 0, "xml", MIG_XML("10"), 0, NULL), INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.mig_count, 1);
	assert_true(slice_is(talk->before.migs[0].uuid, "MIG-one"));
	/* The same again: the report is kept. */
	ask(talk, "poll");
	assert_int_equal(IDLE(mig_on), INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.mig_count, 1);
	/* More memory is used. */
	ask(talk, "poll");
	assert_int_equal(IDLE(mig_busy), INTERVIEW_ASK_AGAIN);
	ask(talk, "mig abc 0\n");
	assert_int_equal(answer(talk, "list", MIG_LIST, 0, "xml", MIG_XML("500"), 0, NULL), INTERVIEW_SAMPLE);
	assert_true(talk->before.migs[0].memory_used.value == 500.0 * 1024 * 1024);
	/* Off again. */
	ask(talk, "poll");
	assert_int_equal(IDLE(mig_off), INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.mig_count, 0);
}

/* The polls until one of them asks for parts. */
static unsigned polls_until_parts(struct talk *talk)
{
	unsigned polls = 0;

	do {
		polls++;
		ask(talk, "poll");
	} while (IDLE(mig_on) == INTERVIEW_SAMPLE && polls < 200);
	ask(talk, "mig");
	return polls;
}

/* What is not asked with each sample is asked after so many of them. */
struct beat {
	double interval;
	unsigned polls;
};

static void parts_are_looked_at_once_a_minute(void **state)
{
	static const struct beat beats[] = {{1, 60}, {5, 12}, {7, 8}, {45, 1}, {60, 1}, {3600, 1}};
	struct talk *talk = *state;

	polls_until_parts(talk);
	for (size_t i = 0; i < sizeof(beats) / sizeof(beats[0]); i++) {
		assert_int_equal(answer(talk, "list", MIG_LIST, 0, "xml", MIG_XML("10"), 0, NULL), INTERVIEW_SAMPLE);
		interview_set_interval(&talk->interview, beats[i].interval);
		assert_int_equal(polls_until_parts(talk), beats[i].polls);
	}
}

static void parts_that_do_not_come_are_left_alone_for_a_minute(void **state)
{
	static const struct beat beats[] = {{1, 60}, {5, 12}, {3600, 1}};
	struct talk *talk = *state;

	polls_until_parts(talk);
	for (size_t i = 0; i < sizeof(beats) / sizeof(beats[0]); i++) {
		assert_int_equal(answer(talk, "list", "", 124, NULL), INTERVIEW_SAMPLE);
		interview_set_interval(&talk->interview, beats[i].interval);
		assert_int_equal(polls_until_parts(talk), beats[i].polls);
	}
}

static void a_sample_does_not_fail_for_its_parts(void **state)
{
	struct talk *talk = *state;
	int samples = 0;

	ask(talk, "poll");
	assert_int_equal(IDLE(mig_on), INTERVIEW_ASK_AGAIN);
	ask(talk, "mig");
	assert_int_equal(answer(talk, "list", "", 124, NULL), INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.gpu_count, 1);
	assert_int_equal(talk->before.mig_count, 0);
	/* Not again with each sample. */
	do {
		ask(talk, "poll");
	} while (IDLE(mig_on) == INTERVIEW_SAMPLE && ++samples < 200);
	assert_in_range(samples, 5, 50);
	/* Killed on the far side. */
	ask(talk, "mig");
	interview_hear(&talk->interview, slice_of("@abc gone"));
	assert_int_equal(interview_judge(&talk->interview, &talk->before, &talk->problem), INTERVIEW_SAMPLE);
	assert_int_equal(talk->interview.sample.gpu_count, 1);
}

/* --- Processes --- */

#define APPS "GPU-a, 00000000:01:00.0, 77, 9, python\n"
#define STAT(start)                                                                                                              \
	"77/stat:77 (python) S 1 77 77 0 -1 4194304 1 2 0 0 40 2 0 0 20 0 1 0 " start " 18378752 3480 1\nuptime:200.00 9\n"
#define ORIGIN "77/cgroup:0::/user.slice/user-1000.slice/session-1.scope\n77/loginuid:1000\n"

static enum interview_verdict answer_processes(struct talk *talk, const char *ps, const char *proc)
{
	return answer(talk, "host", "ticks 100\npage 4096\nuptime 200.00 9\n", 0, "gpus", ROWS(card_a), 0, "apps", APPS, 0, "ps",
		      ps, 0, "proc", proc, 0, NULL);
}

static void accounts_without_a_name_are_asked_once(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(answer_processes(talk, "77 root 50 100 python train.py\n",
					  "77/cgroup:0::/system.slice/sshd.service\n77/loginuid:1000\n" STAT("5000")),
			 INTERVIEW_ASK_AGAIN);
	ask(talk, "names abc 1000\n");
	assert_int_equal(answer(talk, "names", "alice:x:1000:1000::/home/alice:/bin/sh\n", 0, NULL), INTERVIEW_SAMPLE);
	assert_true(slice_is(talk->before.processes[0].user, "alice"));
	assert_true(slice_is(talk->before.processes[0].owner, "root"));
	ask(talk, "poll");
	assert_int_equal(answer_processes(talk, "77 root 50 100 python train.py\n", STAT("5000")), INTERVIEW_SAMPLE);
	assert_true(slice_is(talk->before.processes[0].user, "alice"));
}

static void a_sample_does_not_fail_for_names(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(answer_processes(talk, "77 root 50 100 python train.py\n",
					  "77/cgroup:0::/system.slice/sshd.service\n77/loginuid:1000\n" STAT("5000")),
			 INTERVIEW_ASK_AGAIN);
	ask(talk, "names abc 1000\n");
	assert_int_equal(answer(talk, "names", "", 124, NULL), INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.process_count, 1);
}

static void what_was_told_of_a_process_is_acknowledged(void **state)
{
	struct talk *talk = *state;
	static const char ps[] = "77 alice 50 100 python train.py\n";

	ask(talk, "poll");
	assert_false(ordered(talk, "told"));
	assert_int_equal(answer_processes(talk, ps, ORIGIN STAT("5000")), INTERVIEW_SAMPLE);
	ask(talk, "told 77\n");
	/* An answer that comes to nothing takes nothing back. */
	assert_int_equal(answer(talk, "gpus", "Failed to initialize NVML: Unknown Error\n", 255, NULL), INTERVIEW_PROBLEM);
	ask(talk, "poll");
	assert_false(ordered(talk, "told"));
	assert_int_equal(answer_processes(talk, ps, STAT("5000")), INTERVIEW_SAMPLE);
	/* It is another process now: the far side believes that it has told of it. */
	ask(talk, "poll");
	assert_false(ordered(talk, "told"));
	assert_int_equal(answer_processes(talk, ps, STAT("9000")), INTERVIEW_SAMPLE);
	ask(talk, "told none\n");
	assert_int_equal(answer_processes(talk, ps, ORIGIN STAT("9000")), INTERVIEW_SAMPLE);
	ask(talk, "told 77\n");
	assert_int_equal(IDLE(card_a), INTERVIEW_SAMPLE);
	ask(talk, "told none\n");
	/* A new shell knows of nothing. */
	assert_int_equal(answer_processes(talk, ps, ORIGIN STAT("9000")), INTERVIEW_SAMPLE);
	interview_restart(&talk->interview);
	ask(talk, "poll");
	assert_false(ordered(talk, "told"));
}

static void a_ps_that_hangs_since_before_is_told(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(answer(talk, "gpus", ROWS(card_a), 0, "apps", APPS, 0, "ps", "ps (PID 12) hangs on this host\n", 124,
				"proc", STAT("5000"), 0, NULL),
			 INTERVIEW_SAMPLE);
	assert_int_equal(talk->before.process_count, 1);
	assert_true(slice_is(talk->before.process_problem, "ps (PID 12) hangs on this host"));
}

static void hear(struct talk *talk, const char *text)
{
	for (struct slice rest = slice_of(text); rest.ptr;)
		interview_hear(&talk->interview, slice_split(rest, '\n', &rest));
}

static void when_ps_hangs_the_gpus_are_told_all_the_same(void **state)
{
	struct talk *talk = *state;
	char text[16384];

	ask(talk, "poll");
	assert_false(interview_judge_partial(&talk->interview, &talk->before));
	assert_string_equal(interview_awaited(&talk->interview), "nvidia-smi");
	snprintf(text, sizeof(text), "@abc begin\n@abc gpus\n%s", ROWS(card_a));
	hear(talk, text);
	assert_false(interview_judge_partial(&talk->interview, &talk->before));
	hear(talk, "@abc status 0\n@abc apps\n" APPS "\n@abc status 0");
	assert_string_equal(interview_awaited(&talk->interview), "ps");
	assert_true(interview_judge_partial(&talk->interview, &talk->before));
	sample_swap(&talk->before, &talk->interview.sample);
	assert_int_equal(talk->before.gpu_count, 1);
	assert_int_equal(talk->before.process_count, 1);
	assert_non_null(talk->before.process_problem.ptr);
	/* Once. And its end, when it comes, is no sample: it asks for a new one. */
	assert_false(interview_judge_partial(&talk->interview, &talk->before));
	assert_string_equal(interview_awaited(&talk->interview), "ps");
	hear(talk, "@abc ps\n77 alice 50 100 python train.py\n@abc status 0\n@abc end");
	assert_int_equal(talk->interview.frame.state, FRAME_COMPLETE);
	assert_int_equal(interview_judge(&talk->interview, &talk->before, &talk->problem), INTERVIEW_ASK_AGAIN);
	ask(talk, "poll");
	assert_int_equal(answer_processes(talk, "77 alice 50 100 python train.py\n", ORIGIN STAT("5000")), INTERVIEW_SAMPLE);
	assert_true(slice_is(talk->before.processes[0].user, "alice"));
}

static void a_round_that_hangs_costs_only_what_it_was_for(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(IDLE(mig_on), INTERVIEW_ASK_AGAIN);
	ask(talk, "mig");
	assert_string_equal(interview_awaited(&talk->interview), "nvidia-smi");
	assert_true(interview_judge_partial(&talk->interview, &talk->before));
	assert_int_equal(talk->interview.sample.gpu_count, 1);
	hear(talk, "@abc begin\n@abc end");
	assert_int_equal(interview_judge(&talk->interview, &talk->before, &talk->problem), INTERVIEW_ASK_AGAIN);
	ask(talk, "poll");
	assert_int_equal(IDLE(mig_on), INTERVIEW_SAMPLE);
}

/* --- The keeper --- */

static const struct card unloaded = {.uuid = "GPU-a", .bus = "01", .persistence = "Disabled"};

#define KEPT(...) answer(talk, "host", "keeper yes\n", 0, "gpus", ROWS(__VA_ARGS__), 0, "apps", "", 0, NULL)

/* Samples of a host whose driver starts anew for each of them. */
static void wait_twice(struct talk *talk)
{
	talk->took_ms = 2000;
	for (int i = 0; i < 2; i++) {
		ask(talk, "poll");
		assert_false(ordered(talk, "keep"));
		assert_int_equal(IDLE(unloaded), INTERVIEW_SAMPLE);
	}
}

static void the_driver_is_kept_where_it_is_not_persistent(void **state)
{
	struct talk *talk = *state;

	wait_twice(talk);
	ask(talk, "keep auto\npoll abc\n");
	assert_int_equal(IDLE(unloaded), INTERVIEW_SAMPLE);
	assert_false(interview_machine(&talk->interview)->has_keeper);
	/* That it is fast then is its merit. */
	talk->took_ms = 40;
	for (int i = 0; i < 3; i++) {
		ask(talk, "poll");
		assert_false(ordered(talk, "keep"));
		assert_int_equal(KEPT(unloaded), INTERVIEW_SAMPLE);
		assert_true(interview_machine(&talk->interview)->has_keeper);
	}
	/* A new shell has no keeper, until it is known to need one. */
	interview_restart(&talk->interview);
	assert_false(interview_machine(&talk->interview)->has_keeper);
	wait_twice(talk);
	ask(talk, "keep auto\n");
	/* Somebody has switched it on. */
	assert_int_equal(KEPT(card_a), INTERVIEW_SAMPLE);
	ask(talk, "keep off\n");
}

#define TIMED(took, ...) answer(talk, "gpus", ROWS(__VA_ARGS__), 0, "took", took, 0, "apps", "", 0, NULL)

/* The query's time counts where the host tells it: a ps may be slow, or the network; and the other way round. */
static void a_driver_is_not_kept_for_a_slow_ps(void **state)
{
	struct talk *talk = *state;

	talk->took_ms = 2000;
	for (int i = 0; i < 3; i++) {
		ask(talk, "poll");
		assert_false(ordered(talk, "keep"));
		assert_int_equal(TIMED("5000.50 5000.91\n", unloaded), INTERVIEW_SAMPLE);
		assert_true(interview_machine(&talk->interview)->query_ms == 410);
	}
	talk->took_ms = NAN;
	for (int i = 0; i < 2; i++) {
		ask(talk, "poll");
		assert_false(ordered(talk, "keep"));
		assert_int_equal(TIMED("5000.50 5001.00\n", unloaded), INTERVIEW_SAMPLE);
	}
	ask(talk, "keep auto\npoll abc\n");
}

static void the_time_of_a_query(void **state)
{
	static const struct {
		const char *took;
		double ms;
	} cases[] = {
		{"5000.50 5002.63\n", 2130},
		{"5000.50 5000.50\n", 10},
		{"5000.50 4000.50\n", 10},
		{"5000.50\n", NAN},
		{"\n", NAN},
		{"soon later\n", NAN},
	};
	struct talk *talk = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ask(talk, "poll");
		assert_int_equal(TIMED(cases[i].took, card_a), INTERVIEW_SAMPLE);
		double ms = interview_machine(&talk->interview)->query_ms;
		assert_true(isnan(cases[i].ms) ? isnan(ms) : ms == cases[i].ms);
	}
	ask(talk, "poll");
	assert_int_equal(TIMED("1.00 2.00\n", card_a), INTERVIEW_SAMPLE);
	/* It is not that of the sample before. */
	ask(talk, "poll");
	assert_int_equal(IDLE(card_a), INTERVIEW_SAMPLE);
	assert_true(isnan(interview_machine(&talk->interview)->query_ms));
}

static void no_driver_is_kept_that_is_there_anyway(void **state)
{
	static const double fast[] = {2000, 40, 2000, 499, NAN, 2000, NAN, 40};
	struct talk *talk = *state;

	for (size_t i = 0; i < sizeof(fast) / sizeof(fast[0]); i++) {
		talk->took_ms = fast[i];
		ask(talk, "poll");
		assert_false(ordered(talk, "keep"));
		assert_int_equal(IDLE(unloaded), INTERVIEW_SAMPLE);
	}
	/* It has ended by itself, and is not missed. */
	wait_twice(talk);
	ask(talk, "keep auto\n");
	assert_int_equal(KEPT(unloaded), INTERVIEW_SAMPLE);
	talk->took_ms = 40;
	ask(talk, "poll");
	assert_int_equal(IDLE(unloaded), INTERVIEW_SAMPLE);
	ask(talk, "keep off\n");
}

static void no_gpu_of_a_laptop_is_kept_awake(void **state)
{
	static const struct card laptop = {
		.uuid = "GPU-a", .bus = "01", .persistence = "Disabled", .name = "Invented X1 Laptop GPU"};
	struct talk *talk = *state;

	talk->took_ms = 2000;
	for (int i = 0; i < 4; i++) {
		ask(talk, "poll");
		assert_false(ordered(talk, "keep"));
		assert_int_equal(IDLE(laptop), INTERVIEW_SAMPLE);
	}
}

static void the_driver_is_let_go_when_something_is_wrong(void **state)
{
	struct talk *talk = *state;

	wait_twice(talk);
	ask(talk, "keep auto\n");
	assert_int_equal(answer(talk, "gpus", "Failed to initialize NVML: Driver/library version mismatch\n", 18, NULL),
			 INTERVIEW_PROBLEM);
	ask(talk, "keep off\n");
}

/* Our keeper would stop it. */
static void the_driver_is_let_go_for_a_repair(void **state)
{
	static const struct card pending = {.uuid = "GPU-a", .bus = "01", .persistence = "Disabled", .retired_pending = "Yes"};
	struct talk *talk = *state;

	wait_twice(talk);
	ask(talk, "keep auto\n");
	assert_int_equal(KEPT(pending), INTERVIEW_SAMPLE);
	ask(talk, "keep off\n");
	/* It is done. */
	assert_int_equal(IDLE(unloaded), INTERVIEW_SAMPLE);
	ask(talk, "keep auto\n");
	/* One has vanished, and the other one is well. */
	assert_int_equal(KEPT(card_b), INTERVIEW_SAMPLE);
	ask(talk, "keep off\n");
}

static void no_gpu_that_sleeps_is_kept_awake(void **state)
{
	struct talk *talk = *state;

	ask(talk, "poll");
	assert_int_equal(answer(talk, "asleep", "0000:01:00.0\n", 0, NULL), INTERVIEW_SAMPLE);
	wait_twice(talk);
	ask(talk, "poll");
	assert_false(ordered(talk, "keep"));
	assert_int_equal(IDLE(unloaded), INTERVIEW_SAMPLE);
	/* Unless they want it so. The far side sees to it that none is suspended then. */
	interview_set_keep(&talk->interview, KEEP_ALWAYS);
	ask(talk, "poll");
	assert_int_equal(IDLE(unloaded), INTERVIEW_SAMPLE);
	ask(talk, "keep always\n");
	interview_set_keep(&talk->interview, KEEP_NEVER);
	ask(talk, "keep off\n");
}

/* --- The aside --- */

static enum frame_state hear_aside(struct talk *talk, const char *text)
{
	enum frame_state state = FRAME_EMPTY;

	for (struct slice rest = slice_of(text); rest.ptr;)
		state = interview_hear_aside(&talk->interview, slice_split(rest, '\n', &rest), 1000.0);
	return state;
}

#define ASIDE                                                                                                                    \
	"\n@def begin\n@def disk\nFilesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sda1 1000 900 100 90% /data\n" \
	"@def status 0\n@def clock\n1040\n@def status 0\n@def end"

static void the_aside_tells_of_disk_and_clock(void **state)
{
	struct talk *talk = *state;
	const struct machine *machine = interview_machine(&talk->interview);

	/* Nobody asked. */
	assert_int_equal(hear_aside(talk, ASIDE), FRAME_EMPTY);
	buf_clear(&talk->orders);
	assert_int_equal(interview_ask_aside(&talk->interview, "def", &talk->orders), 0);
	assert_true(ordered(talk, "disk def\n"));
	assert_int_equal(hear_aside(talk, ASIDE), FRAME_COMPLETE);
	assert_string_equal(machine->disk.mount, "/data");
	assert_in_range((int)machine->clock_ahead, 40, 41);
	/* They stay while the host tells of the rest. */
	ask(talk, "poll");
	assert_int_equal(answer(talk, "host", "cpus 8\n", 0, "gpus", ROWS(card_a), 0, "apps", "", 0, NULL), INTERVIEW_SAMPLE);
	assert_string_equal(machine->disk.mount, "/data");
	assert_in_range((int)machine->clock_ahead, 40, 41);
	assert_int_equal(machine->cpus, 8);
}

static void a_poll_gives_the_aside_up(void **state)
{
	struct talk *talk = *state;

	assert_int_equal(interview_ask_aside(&talk->interview, "def", &talk->orders), 0);
	ask(talk, "poll");
	assert_int_equal(IDLE(card_a), INTERVIEW_SAMPLE);
	assert_int_equal(hear_aside(talk, ASIDE), FRAME_EMPTY);
	assert_string_equal(interview_machine(&talk->interview)->disk.mount, "");
}

static void other_columns_make_an_old_answer_worthless(void **state)
{
	struct talk *talk = *state;
	char field[] = "vbios_version", heading[] = "BIOS";
	struct column_config other[] = {{field, heading}};

	ask(talk, "serial,name");
	const char *old = ROWS(card_a);
	interview_set_columns(&talk->interview, other, 1);
	assert_int_equal(answer(talk, "gpus", old, 0, "apps", "", 0, NULL), INTERVIEW_ASK_AGAIN);
	ask(talk, "vbios_version,name");
	assert_int_equal(IDLE(mig_on), INTERVIEW_ASK_AGAIN);
	/* In the middle of a later round, too. */
	ask(talk, "mig");
	interview_set_columns(&talk->interview, columns, 1);
	assert_int_equal(answer(talk, "list", MIG_LIST, 0, "xml", MIG_XML("10"), 0, NULL), INTERVIEW_ASK_AGAIN);
	ask(talk, "serial,name\npoll");
	assert_int_equal(IDLE(card_a), INTERVIEW_SAMPLE);
}

static void it_does_not_ask_for_ever(void **state)
{
	struct talk *talk = *state;
	int asked = 0;

	/* A list that always names a healthy GPU, and a query that always fails for a lost one. */
	do {
		ask(talk, "abc");
		enum interview_verdict verdict = ordered(talk, "list abc")
							 ? answer(talk, "list", "GPU 0: Invented X1 (UUID: GPU-a)\n", 0, NULL)
							 : answer(talk, "gpus", LOST, 15, NULL);
		if (verdict == INTERVIEW_PROBLEM)
			break;
		assert_int_equal(verdict, INTERVIEW_ASK_AGAIN);
	} while (++asked < 1000);
	assert_in_range(asked, 2, 8);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_healthy_host_takes_one_round),
		TEST(an_unknown_field_is_dropped_for_this_driver),
		TEST(a_refusal_that_dropping_cannot_mend_is_told),
		TEST(a_lost_gpu_does_not_hide_the_others),
		TEST(all_gpus_are_looked_at_again_by_time),
		TEST(a_lost_gpu_among_the_rows_keeps_its_name),
		TEST(a_gpu_that_vanishes_is_missed_until_it_is_back),
		TEST(lost_and_missing_and_mig_together),
		TEST(with_all_gpus_lost_the_sample_is_the_list_of_them),
		TEST(a_failed_process_query_is_no_idle_gpu),
		TEST(problems_have_their_kind_and_their_remedy),
		TEST(nvidia_smi_that_hangs_since_before_is_told),
		TEST(suspended_gpus_are_a_good_sample),
		TEST(suspended_gpus_that_nobody_knows_are_told_by_their_address),
		TEST(parts_are_asked_for_when_they_may_have_changed),
		TEST(parts_are_looked_at_once_a_minute),
		TEST(parts_that_do_not_come_are_left_alone_for_a_minute),
		TEST(a_sample_does_not_fail_for_its_parts),
		TEST(accounts_without_a_name_are_asked_once),
		TEST(a_sample_does_not_fail_for_names),
		TEST(what_was_told_of_a_process_is_acknowledged),
		TEST(a_ps_that_hangs_since_before_is_told),
		TEST(when_ps_hangs_the_gpus_are_told_all_the_same),
		TEST(a_round_that_hangs_costs_only_what_it_was_for),
		TEST(the_driver_is_kept_where_it_is_not_persistent),
		TEST(no_driver_is_kept_that_is_there_anyway),
		TEST(a_driver_is_not_kept_for_a_slow_ps),
		TEST(the_time_of_a_query),
		TEST(no_gpu_of_a_laptop_is_kept_awake),
		TEST(the_driver_is_let_go_when_something_is_wrong),
		TEST(the_driver_is_let_go_for_a_repair),
		TEST(no_gpu_that_sleeps_is_kept_awake),
		TEST(the_aside_tells_of_disk_and_clock),
		TEST(a_poll_gives_the_aside_up),
		TEST(other_columns_make_an_old_answer_worthless),
		TEST(it_does_not_ask_for_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
