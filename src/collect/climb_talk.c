/* What the probe is asked, and what it answers. */
#include "collect/climb_inner.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect/clocks.h"
#include "collect/probe.h"
#include "smi/messages.h"

enum {
	/* How long after its own time limit on the far side a sample may come in. */
	SAMPLE_GRACE_MS = 2000,
	ORDERS_MAX = 16 * 1024,
};

#define OTHER_PROBE "the probe that this key runs is of another version than ours"

/* --- What it is asked --- */

static void write_id(char id[FRAME_ID_MAX])
{
	uint64_t bits;

	int r = uv_random(NULL, NULL, &bits, sizeof(bits), 0, NULL);
	assert(r == 0);
	snprintf(id, FRAME_ID_MAX, "%016llx", (unsigned long long)bits);
}

static void ask_sample(struct climb *climb)
{
	char id[FRAME_ID_MAX];
	struct buf orders;

	write_id(id);
	buf_init(&orders, ORDERS_MAX);
	int r = interview_ask(&climb->interview, id, &orders);
	assert(r == 0);
	transport_write(climb->transport, buf_slice(&orders));
	buf_done(&orders);
}

static void begin_sample(struct climb *climb)
{
	climb_set_state(climb, CLIMB_SAMPLE, climb->config->nvidia_smi_timeout * 1000u + SAMPLE_GRACE_MS);
	ask_sample(climb);
}

static void begin_tools(struct climb *climb)
{
	char id[FRAME_ID_MAX];

	write_id(id);
	frame_expect(&climb->tools_frame, id, &climb->tools);
	cleanup_free char *order = xasprintf("tools %s\n", id);
	transport_write(climb->transport, slice_of(order));
	climb_set_state(climb, CLIMB_TOOLS, SHELL_ANSWER_MS);
}

/* --- What it answers --- */

static void take_sample(struct climb *climb)
{
	double ms = (double)(uv_hrtime() - climb->marked) / 1e6;

	host_set_sample(climb->host, &climb->interview.sample, interview_machine(&climb->interview), ms, clocks_wall());
	climb_mark(climb, RUNG_NVIDIA_SMI);
	begin_tools(climb);
}

static void on_sample_complete(struct climb *climb)
{
	struct interview_problem problem;

	switch (interview_judge(&climb->interview, &climb->host->sample, &problem)) {
	case INTERVIEW_SAMPLE:
		take_sample(climb);
		break;
	case INTERVIEW_ASK_AGAIN:
		ask_sample(climb);
		break;
	case INTERVIEW_PROBLEM:
		climb_give_up(climb, problem.kind, problem.message, problem.hint);
		break;
	}
}

static void on_ready(struct climb *climb)
{
	climb_mark(climb, RUNG_SHELL);
	climb_end_login(climb);
	begin_sample(climb);
}

static void on_line_before_ready(struct climb *climb, struct slice line)
{
	line = slice_trim(line);
	if (slice_is(line, PROBE_READY)) {
		on_ready(climb);
	} else if (slice_starts_with(line, PROBE_READY_WORD)) {
		climb_give_up(climb, PROBLEM_SHELL, SLICE_LITERAL(OTHER_PROBE), NULL);
	} else if (line.len > 0) {
		climb->ascent.noise_lines++;
		text_escape(line, climb->last_words, sizeof(climb->last_words));
	}
}

static void tell_hang(struct climb *climb)
{
	char message[128];

	snprintf(message, sizeof(message), "%s has not come back within %u s", interview_awaited(&climb->interview),
		 climb->config->nvidia_smi_timeout + SAMPLE_GRACE_MS / 1000);
	climb_give_up(climb, PROBLEM_NVIDIA_SMI_HANGS, slice_of(message), messages_hint(PROBLEM_NVIDIA_SMI_HANGS));
}

static void on_sample_line(struct climb *climb, struct slice line)
{
	switch (interview_hear(&climb->interview, line)) {
	case FRAME_COMPLETE:
		on_sample_complete(climb);
		break;
	case FRAME_TOO_LARGE:
		climb_give_up(climb, PROBLEM_BAD_OUTPUT, SLICE_LITERAL("one sample of more than 1 MiB"), NULL);
		break;
	default:
		if (climb->state == CLIMB_OVERDUE && climb->interview.frame.alive)
			tell_hang(climb);
		break;
	}
}

static void on_tools_line(struct climb *climb, struct slice line)
{
	if (frame_add_line(&climb->tools_frame, line) < FRAME_COMPLETE)
		return;
	climb_mark(climb, RUNG_TOOLS);
	climb_end_child(climb);
}

void climb_talk_line(void *user, struct slice line, bool cut)
{
	struct climb *climb = user;

	if (climb->state == CLIMB_LOGIN)
		on_line_before_ready(climb, line);
	else if (climb->state == CLIMB_SAMPLE || climb->state == CLIMB_OVERDUE)
		on_sample_line(climb, line);
	else if (climb->state == CLIMB_TOOLS)
		on_tools_line(climb, line);
}

/* --- What does not come --- */

static void ping(struct climb *climb)
{
	cleanup_free char *order = xasprintf("ping %s\n", climb->interview.frame.id);

	climb->interview.frame.alive = false;
	transport_write(climb->transport, slice_of(order));
	climb_set_state(climb, CLIMB_OVERDUE, SHELL_ANSWER_MS);
}

void climb_talk_late(struct climb *climb)
{
	if (interview_judge_partial(&climb->interview, &climb->host->sample))
		take_sample(climb);
	else
		ping(climb);
}
