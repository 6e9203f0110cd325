/*
 * Whole conversations with a far host: whatever is ordered, the next part of the input is what it answers.
 *
 * The input is lines. "poll", "list", "mig" or "names" alone begin the text of a section of the frame under way ("gpus 0": a section, with
 * its exit status); "end" ends the frame, "gone" says that it was killed, "late" that it is overdue, "new" that a new shell has begun,
 * "aside" is the next section's frame. So a small mutation is another conversation, and no other bytes.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/lines.h"
#include "check_sample.h"
#include "collect/interview.h"

enum { ID_MAX = 16 };

struct talk {
	struct interview interview;
	struct sample before;
	char id[ID_MAX]; /* of the frame that is spoken: a sample's or the aside's */
	int status;      /* of the section that is open; -2: none is */
	unsigned asked;
};

static void hear(struct talk *talk, struct slice line);

static void begin_frame(struct talk *talk, const char *id)
{
	char line[ID_MAX + 16];

	snprintf(talk->id, sizeof(talk->id), "%s", id);
	snprintf(line, sizeof(line), "@%s begin", id);
	talk->status = -2;
	hear(talk, slice_of(line));
}

/* What the orders are is checked: one line each, and nothing that the input could have put there. */
static void check_orders(struct slice orders)
{
	static const char *const words[] = {"poll", "list", "mig", "names", "fields", "only", "told", "keep", "disk"};

	while (orders.len > 0) {
		struct slice order = slice_split(orders, '\n', &orders), rest;
		struct slice word = slice_split(order, ' ', &rest);
		bool known = false;
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			known |= slice_is(word, words[i]);
		assert(known && rest.len > 0);
		for (size_t i = 0; i < rest.len; i++)
			assert(memchr("abcdefghijklmnopqrstuvwxyz0123456789_.,- ", rest.ptr[i], 41));
	}
}

static void ask(struct talk *talk)
{
	struct buf orders;

	buf_init(&orders, 16 * 1024);
	int r = interview_ask(&talk->interview, "abc", &orders);
	assert(r == 0);
	check_orders(buf_slice(&orders));
	buf_done(&orders);
	begin_frame(talk, "abc");
}

static void ask_aside(struct talk *talk)
{
	struct buf orders;

	buf_init(&orders, 1024);
	int r = interview_ask_aside(&talk->interview, "def", &orders);
	assert(r == 0);
	buf_done(&orders);
	begin_frame(talk, "def");
}

static void take_sample(struct talk *talk)
{
	check_sample(&talk->interview.sample);
	sample_swap(&talk->before, &talk->interview.sample);
}

static void judge(struct talk *talk)
{
	struct interview_problem problem = {0};

	/* So slow that a keeper is wanted. */
	interview_note_time(&talk->interview, 2000);
	switch (interview_judge(&talk->interview, &talk->before, &problem)) {
	case INTERVIEW_SAMPLE:
		take_sample(talk);
		break;
	case INTERVIEW_PROBLEM:
		assert(problem.kind != PROBLEM_NONE && problem.message.ptr);
		check_slice(problem.message);
		break;
	case INTERVIEW_ASK_AGAIN:
		break;
	}
	if (++talk->asked < 200)
		ask(talk);
}

static void hear(struct talk *talk, struct slice line)
{
	if (strcmp(talk->id, "def") == 0) {
		if (interview_hear_aside(&talk->interview, line, 1e9) == FRAME_COMPLETE)
			ask(talk);
	} else if (interview_hear(&talk->interview, line) == FRAME_COMPLETE) {
		judge(talk);
	}
}

static void mark(struct talk *talk, struct slice what)
{
	char line[128];

	snprintf(line, sizeof(line), "@%s %.*s", talk->id, SLICE_ARGS(what));
	hear(talk, slice_of(line));
}

static void close_section(struct talk *talk)
{
	char status[32];

	if (talk->status < -1)
		return;
	snprintf(status, sizeof(status), "status %d", talk->status);
	talk->status = -2;
	mark(talk, slice_of(status));
}

static bool open_section(struct talk *talk, struct slice line)
{
	static const char *const names[] = {"host", "gpus",  "apps",   "ps",    "proc", "list",
					    "xml",  "names", "asleep", "stuck", "disk", "clock"};
	struct slice rest;
	struct slice word = slice_split(line, ' ', &rest);
	int64_t status = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!slice_is(word, names[i]) || (rest.len > 0 && !slice_to_int64(rest, &status)))
			continue;
		close_section(talk);
		mark(talk, word);
		talk->status = (int)(status % 1000);
		return true;
	}
	return false;
}

static void on_line(void *user, struct slice line, bool cut)
{
	struct talk *talk = user;

	if (slice_is(line, "end") || slice_is(line, "gone")) {
		close_section(talk);
		mark(talk, line);
	} else if (slice_is(line, "late")) {
		assert(interview_awaited(&talk->interview));
		if (interview_judge_partial(&talk->interview, &talk->before))
			take_sample(talk);
	} else if (slice_is(line, "new")) {
		interview_restart(&talk->interview);
		ask(talk);
	} else if (slice_is(line, "aside")) {
		ask_aside(talk);
	} else if (!open_section(talk, line)) {
		hear(talk, line);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char field[] = "serial", title[] = "Serial";
	struct column_config column = {field, title};
	struct lines lines;
	struct talk talk = {0};

	interview_init(&talk.interview, &column, 1);
	interview_set_keep(&talk.interview, KEEP_AUTO);
	sample_init(&talk.before);
	lines_init(&lines, on_line, &talk);
	ask(&talk);
	lines_feed(&lines, (const char *)bytes, len);
	lines_end(&lines);
	lines_done(&lines);
	interview_done(&talk.interview);
	sample_done(&talk.before);
	return 0;
}
