/* What the probe is asked, and what it answers. */
#include "collect/climb_inner.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect/asking.h"
#include "collect/clocks.h"
#include "collect/probe.h"
#include "smi/messages.h"

/* --- What it is asked --- */

/* Each step may take as long as nvidia-smi may. */
static void await_sample(struct climb *climb)
{
	climb->steps = climb->interview.frame.steps;
	climb_set_state(climb, CLIMB_SAMPLE, climb->config->nvidia_smi_timeout * 1000u + ASKING_GRACE_MS);
}

static void ask_sample(struct climb *climb)
{
	asking_send(climb->transport, &climb->interview, interview_ask);
	await_sample(climb);
}

static void begin_tools(struct climb *climb)
{
	char id[FRAME_ID_MAX];

	asking_write_id(id);
	frame_expect(&climb->tools_frame, id, &climb->tools);
	cleanup_free char *order = xasprintf("tools %s\n", id);
	transport_write(climb->transport, slice_of(order));
	climb_set_state(climb, CLIMB_TOOLS, SHELL_ANSWER_MS);
}

/* --- What it answers --- */

static void keep_sample(struct climb *climb)
{
	double ms = (double)(uv_hrtime() - climb->marked) / 1e6;

	host_set_sample(climb->host, &climb->interview.sample, interview_machine(&climb->interview), ms, clocks_wall());
	climb_mark(climb, RUNG_NVIDIA_SMI);
}

static void take_sample(struct climb *climb)
{
	keep_sample(climb);
	begin_tools(climb);
}

/* The far shell waits for what hangs: it is asked for no more. nvidia-smi has not taken that time, unless it is the one. */
static void take_partial_sample(struct climb *climb, const struct hanging *hanging)
{
	char message[128];

	keep_sample(climb);
	if (hanging->kind != PROBLEM_SHELL) {
		climb_end_child(climb);
		return;
	}
	climb->ascent.ms[RUNG_NVIDIA_SMI] = interview_machine(&climb->interview)->query_ms;
	snprintf(message, sizeof(message), "%s does not come back: whose processes these are is not known", hanging->who);
	climb_give_up_processes(climb, hanging->kind, slice_of(message), &hanging->remedy);
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
		climb_give_up(climb, problem.kind, problem.message, &problem.remedy);
		break;
	}
}

static void on_ready(struct climb *climb)
{
	climb_mark(climb, RUNG_SHELL);
	climb_end_login(climb);
	ask_sample(climb);
}

static void give_up_on_version(struct climb *climb)
{
	struct ending ending;

	ending_explain_version(climb->host_config, climb->config->ssh_command, &ending);
	climb_give_up(climb, ending.kind, slice_of(ending.message), NULL);
}

static void on_line_before_ready(struct climb *climb, struct slice line)
{
	line = slice_trim(line);
	if (slice_is(line, PROBE_READY)) {
		on_ready(climb);
	} else if (slice_starts_with(line, PROBE_READY_WORD)) {
		give_up_on_version(climb);
	} else if (line.len > 0) {
		climb->ascent.noise_lines++;
		text_escape(line, climb->last_words, sizeof(climb->last_words));
	}
}

static void tell_hang(struct climb *climb)
{
	struct hanging hanging = asking_find_hanging(&climb->interview);
	char message[128];

	snprintf(message, sizeof(message), "%s has not come back within %u s", hanging.who,
		 climb->config->nvidia_smi_timeout + ASKING_GRACE_MS / 1000);
	climb_give_up(climb, hanging.kind, slice_of(message), &hanging.remedy);
}

void climb_talk_flood(struct climb *climb)
{
	const struct remedy remedy = messages_remedy(PROBLEM_BAD_OUTPUT, SLICE_NONE);

	climb_give_up(climb, PROBLEM_BAD_OUTPUT, SLICE_LITERAL("one sample of more than 1 MiB"), &remedy);
}

static void on_sample_line(struct climb *climb, struct slice line)
{
	switch (interview_hear(&climb->interview, line)) {
	case FRAME_COMPLETE:
		on_sample_complete(climb);
		break;
	case FRAME_TOO_LARGE:
		climb_talk_flood(climb);
		break;
	default:
		if (climb->interview.frame.steps != climb->steps)
			await_sample(climb);
		else if (climb->state == CLIMB_OVERDUE && climb->interview.frame.alive)
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
	struct hanging hanging = asking_find_hanging(&climb->interview);

	if (interview_judge_partial(&climb->interview, &climb->host->sample))
		take_partial_sample(climb, &hanging);
	else
		ping(climb);
}
