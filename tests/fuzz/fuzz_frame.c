/* What a far host may send: lines, frames, and every judgement of an interview on them. The input is cut into lines as it would arrive. */
#include <assert.h>
#include <stdint.h>

#include "base/lines.h"
#include "check_sample.h"
#include "collect/interview.h"

struct talk {
	struct interview interview;
	struct sample before;
};

/* Asks the next question, so that the frames of one input are one conversation. */
static void ask(struct talk *talk)
{
	struct buf orders;

	buf_init(&orders, 65536);
	int r = interview_ask(&talk->interview, "abc", &orders);
	assert(r == 0);
	buf_done(&orders);
}

static void on_line(void *user, struct slice line, bool cut)
{
	struct talk *talk = user;
	struct interview_problem problem;

	if (interview_hear(&talk->interview, line) != FRAME_COMPLETE)
		return;
	if (interview_judge(&talk->interview, &talk->before, &problem) == INTERVIEW_SAMPLE) {
		check_sample(&talk->interview.sample);
		sample_swap(&talk->before, &talk->interview.sample);
	}
	ask(talk);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char field[] = "serial", title[] = "Serial";
	struct column_config column = {field, title};
	struct lines lines;
	struct talk talk;

	interview_init(&talk.interview, &column, 1);
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
