/* frame: the answer of the probe, however it is cut, and whatever stands in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/caps.h"
#include "base/lines.h"
#include "collect/frame.h"

struct receiver {
	struct frame frame;
	struct buf text;
};

static void on_line(void *user, struct slice line, bool cut)
{
	struct receiver *receiver = user;

	frame_add_line(&receiver->frame, line);
}

static void receive(struct receiver *receiver, struct slice input, size_t piece)
{
	struct lines lines;

	buf_init(&receiver->text, 3u * CAP_FRAME);
	frame_expect(&receiver->frame, "c0ffee", &receiver->text);
	lines_init(&lines, on_line, receiver);
	for (size_t at = 0; at < input.len; at += piece)
		lines_feed(&lines, input.ptr + at, input.len - at < piece ? input.len - at : piece);
	lines_done(&lines);
}

static void expect_section(const struct receiver *receiver, const char *name, const char *text, int status)
{
	int found;
	struct slice section = frame_section(&receiver->frame, name, &found);

	assert_non_null(section.ptr);
	if (!slice_is(section, text))
		fail_msg("%s is \"%.*s\"", name, SLICE_ARGS(section));
	assert_int_equal(found, status);
}

static const size_t pieces[] = {1, 7, 1u << 20};

static void puts_sections_together(void **state)
{
	static const char input[] =
		"late noise\n@c0ffee begin\nbetween sections\n@c0ffee gpus\nindex, name\r\n0, A100\n\n@c0ffee status 0\n"
		"@c0ffee apps\n\n@c0ffee status 15\n@c0ffee end\nmore noise\n";

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct receiver receiver;
		int status;

		receive(&receiver, slice_of(input), pieces[i]);
		assert_int_equal(receiver.frame.state, FRAME_COMPLETE);
		expect_section(&receiver, "gpus", "index, name\n0, A100\n\n", 0);
		expect_section(&receiver, "apps", "\n", 15);
		assert_null(frame_section(&receiver.frame, "ps", &status).ptr);
		assert_int_equal(status, -1);
		buf_done(&receiver.text);
	}
}

static void other_peoples_markers_are_text(void **state)
{
	struct receiver receiver;

	receive(&receiver,
		slice_of("@c0ffee begin\n@c0ffee gpus\n@1 end\n@c0ffeeX end\n@c0ffe end\n @c0ffee end\n@\n@c0ffee\n@c0ffee "
			 "status 0\n@c0ffee end\n"),
		7);
	assert_int_equal(receiver.frame.state, FRAME_COMPLETE);
	expect_section(&receiver, "gpus", "@1 end\n@c0ffeeX end\n@c0ffe end\n @c0ffee end\n@\n@c0ffee\n", 0);
	buf_done(&receiver.text);
}

static void a_frame_without_end_is_open(void **state)
{
	struct receiver receiver;

	receive(&receiver, slice_of("@c0ffee begin\n@c0ffee gpus\n0, A100\n@c0ffee stat"), 7);
	assert_int_equal(receiver.frame.state, FRAME_OPEN);
	expect_section(&receiver, "gpus", "0, A100\n", -1);
	buf_done(&receiver.text);
}

static void an_answer_to_a_ping_may_come_anywhere(void **state)
{
	struct receiver receiver;

	receive(&receiver, slice_of("@c0ffee alive\n"), 7);
	assert_true(receiver.frame.alive);
	assert_int_equal(receiver.frame.state, FRAME_EMPTY);
	buf_done(&receiver.text);
	receive(&receiver, slice_of("@c0ffee begin\n@c0ffee gpus\na\n\n@c0ffee alive\nb\n@c0ffee status 0\n@c0ffee end\n"), 7);
	assert_int_equal(receiver.frame.state, FRAME_COMPLETE);
	expect_section(&receiver, "gpus", "a\n\nb\n", 0);
	buf_done(&receiver.text);
}

static void a_killed_sample_completes_its_frame(void **state)
{
	struct receiver receiver;

	receive(&receiver, slice_of("\n@c0ffee gone\n"), 7);
	assert_true(receiver.frame.gone);
	assert_int_equal(receiver.frame.state, FRAME_COMPLETE);
	buf_done(&receiver.text);
}

static void end_without_begin_is_nothing(void **state)
{
	struct receiver receiver;

	receive(&receiver, slice_of("@c0ffee gpus\nx\n@c0ffee end\n"), 7);
	assert_int_equal(receiver.frame.state, FRAME_EMPTY);
	assert_int_equal(receiver.frame.section_count, 0);
	buf_done(&receiver.text);
}

static void odd_statuses_are_not_known(void **state)
{
	static const char *const odd[] = {"", "x", "-1", "256", "99999999999999999999", "0 0"};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct receiver receiver;
		char input[128];

		snprintf(input, sizeof(input), "@c0ffee begin\n@c0ffee gpus\n@c0ffee status %s\n@c0ffee end\n", odd[i]);
		receive(&receiver, slice_of(input), 7);
		expect_section(&receiver, "gpus", "", -1);
		buf_done(&receiver.text);
	}
}

static void bytes_that_are_no_text_are_mended(void **state)
{
	static const char input[] = "@c0ffee begin\n@c0ffee apps\na\xff\0b\xe4\xb8\xad\xe4\xb8\n@c0ffee status 0\n@c0ffee end\n";
	struct receiver receiver;

	receive(&receiver, (struct slice){input, sizeof(input) - 1}, 3);
	expect_section(&receiver, "apps",
		       "a\xef\xbf\xbd\xef\xbf\xbd"
		       "b\xe4\xb8\xad\xef\xbf\xbd\xef\xbf\xbd\n",
		       0);
	buf_done(&receiver.text);
}

static void more_sections_than_fit_do_no_harm(void **state)
{
	struct receiver receiver;
	char input[1024] = "@c0ffee begin\n";

	for (int i = 0; i < 20; i++)
		strcat(input, "@c0ffee x\ny\n@c0ffee status 0\n");
	strcat(input, "@c0ffee a-name-that-is-far-too-long-for-a-section\n@c0ffee end\n");
	receive(&receiver, slice_of(input), 7);
	assert_int_equal(receiver.frame.state, FRAME_COMPLETE);
	assert_int_equal(receiver.frame.section_count, FRAME_SECTIONS);
	buf_done(&receiver.text);
}

static void lines_of_a_section_that_does_not_fit_belong_to_no_other(void **state)
{
	struct receiver receiver;

	receive(&receiver,
		slice_of("@c0ffee begin\n@c0ffee gpus\na\n@c0ffee a-name-that-is-far-too-long-for-a-section\nb\n@c0ffee end\n"),
		7);
	assert_int_equal(receiver.frame.state, FRAME_COMPLETE);
	expect_section(&receiver, "gpus", "a\n", -1);
	buf_done(&receiver.text);
}

static void what_was_given_away_is_left_alone(void **state)
{
	struct receiver receiver;
	int status;

	receive(&receiver, slice_of("@c0ffee begin\n@c0ffee gpus\na\n@c0ffee status 0\n@c0ffee ps\nb\n"), 7);
	frame_give_away(&receiver.frame);
	size_t len = receiver.text.len;
	frame_add_line(&receiver.frame, slice_of("c"));
	frame_add_line(&receiver.frame, slice_of("@c0ffee status 0"));
	frame_add_line(&receiver.frame, slice_of("@c0ffee proc"));
	frame_add_line(&receiver.frame, slice_of("d"));
	assert_int_equal(receiver.text.len, len);
	assert_null(frame_section(&receiver.frame, "gpus", &status).ptr);
	frame_add_line(&receiver.frame, slice_of("@c0ffee alive"));
	assert_true(receiver.frame.alive);
	assert_int_equal(frame_add_line(&receiver.frame, slice_of("@c0ffee end")), FRAME_COMPLETE);
	buf_done(&receiver.text);
}

static void too_much_is_too_large(void **state)
{
	struct receiver receiver;

	receive(&receiver, slice_of("@c0ffee begin\n@c0ffee gpus\n"), 7);
	assert_int_equal(frame_receive(&receiver.frame, CAP_FRAME), FRAME_OPEN);
	assert_int_equal(frame_receive(&receiver.frame, 1), FRAME_TOO_LARGE);
	/* It stays so, whatever comes. */
	assert_int_equal(frame_add_line(&receiver.frame, slice_of("@c0ffee end")), FRAME_TOO_LARGE);
	buf_done(&receiver.text);
}

static void text_that_grows_by_being_mended_has_room(void **state)
{
	struct receiver receiver;
	static char flood[4096];

	memset(flood, '\xff', sizeof(flood));
	receive(&receiver, slice_of("@c0ffee begin\n@c0ffee gpus\n"), 7);
	for (size_t i = 0; i < CAP_FRAME / sizeof(flood) - 1; i++)
		assert_int_equal(frame_add_line(&receiver.frame, (struct slice){flood, sizeof(flood) - 1}), FRAME_OPEN);
	assert_int_equal(frame_add_line(&receiver.frame, slice_of("@c0ffee end")), FRAME_COMPLETE);
	buf_done(&receiver.text);
}

/* A nvidia-smi may hang for weeks, and is asked after every five seconds. */
static void answers_to_pings_never_fill_a_frame(void **state)
{
	struct receiver receiver;

	receive(&receiver, slice_of("@c0ffee begin\n@c0ffee gpus\n"), 7);
	for (int i = 0; i < 100000; i++) {
		frame_await_alive(&receiver.frame);
		assert_false(receiver.frame.alive);
		assert_int_equal(frame_receive(&receiver.frame, strlen("\n@c0ffee alive\n")), FRAME_OPEN);
		frame_add_line(&receiver.frame, slice_of(""));
		frame_add_line(&receiver.frame, slice_of("@c0ffee alive"));
		assert_true(receiver.frame.alive);
	}
	/* What nobody asked for counts. */
	for (int i = 0; i < 100000; i++)
		frame_receive(&receiver.frame, strlen("\n@c0ffee alive\n"));
	assert_int_equal(receiver.frame.state, FRAME_TOO_LARGE);
	buf_done(&receiver.text);
}

static void steps_say_that_it_gets_on(void **state)
{
	struct receiver receiver;

	receive(&receiver, slice_of("\n@c0ffee more\n@c0ffee begin\n@c0ffee gpus\na\n"), 7);
	assert_int_equal(receiver.frame.steps, 1);
	frame_add_line(&receiver.frame, slice_of("@c0ffee status 0"));
	assert_int_equal(receiver.frame.steps, 2);
	for (int i = 0; i < 100; i++)
		frame_add_line(&receiver.frame, slice_of("@c0ffee more"));
	assert_int_equal(receiver.frame.steps, FRAME_STEPS_MAX);
	buf_done(&receiver.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_sections_together),
		cmocka_unit_test(other_peoples_markers_are_text),
		cmocka_unit_test(a_frame_without_end_is_open),
		cmocka_unit_test(an_answer_to_a_ping_may_come_anywhere),
		cmocka_unit_test(a_killed_sample_completes_its_frame),
		cmocka_unit_test(end_without_begin_is_nothing),
		cmocka_unit_test(odd_statuses_are_not_known),
		cmocka_unit_test(bytes_that_are_no_text_are_mended),
		cmocka_unit_test(more_sections_than_fit_do_no_harm),
		cmocka_unit_test(lines_of_a_section_that_does_not_fit_belong_to_no_other),
		cmocka_unit_test(what_was_given_away_is_left_alone),
		cmocka_unit_test(too_much_is_too_large),
		cmocka_unit_test(answers_to_pings_never_fill_a_frame),
		cmocka_unit_test(steps_say_that_it_gets_on),
		cmocka_unit_test(text_that_grows_by_being_mended_has_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
