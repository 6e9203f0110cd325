#include "collect/interview.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smi/messages.h"
#include "smi/processes.h"

enum {
	/* A host whose answers never come to anything has had enough questions. */
	ROUNDS_MAX = CAP_COLUMNS + 16,
	/* With some GPUs lost, all of them are asked again once in so many samples: one may be back. */
	LOOK_AT_ALL_EVERY = 12,
	/* The second is for a GPU that is lost between the first and the question after it. */
	LISTS_MAX = 2,
};

static struct query *new_query(const struct column_config *columns, size_t count)
{
	const char **fields = xcalloc(count, sizeof(char *));

	for (size_t i = 0; i < count; i++)
		fields[i] = columns[i].field;
	struct query *query = query_new(fields, count);
	free(fields);
	return query;
}

void interview_init(struct interview *interview, const struct column_config *columns, size_t count)
{
	*interview = (struct interview){.query = new_query(columns, count)};
	list_init(&interview->list);
	sample_init(&interview->sample);
	interview_restart(interview);
}

void interview_done(struct interview *interview)
{
	query_free(interview->query);
	list_done(&interview->list);
	sample_done(&interview->sample);
}

void interview_restart(struct interview *interview)
{
	interview->send_fields = true;
	interview->send_only = interview->only[0] != '\0';
	interview->want_list = false;
	interview->rounds = interview->lists = 0;
}

void interview_set_columns(struct interview *interview, const struct column_config *columns, size_t count)
{
	query_free(interview->query);
	interview->query = new_query(columns, count);
	interview->driver[0] = '\0';
	interview->send_fields = true;
	interview->query_changed = true;
}

static void set_only(struct interview *interview, const char *indices)
{
	interview->send_only |= strcmp(interview->only, indices) != 0;
	snprintf(interview->only, sizeof(interview->only), "%s", indices);
	interview->samples_with_only = 0;
}

int interview_ask(struct interview *interview, const char *id, struct buf *out)
{
	int r = 0;

	interview->asked_list = interview->want_list;
	interview->want_list = false;
	interview->query_changed = false;
	if (interview->send_fields)
		r = buf_printf(out, "fields %s\n", query_fields(interview->query));
	if (r == 0 && interview->send_only)
		r = buf_printf(out, "only %s\n", interview->only[0] ? interview->only : "all");
	if (r == 0)
		r = buf_printf(out, "%s %s\n", interview->asked_list ? "list" : "poll", id);
	interview->send_fields = interview->send_only = false;
	interview->rounds++;
	sample_clear(&interview->sample);
	frame_expect(&interview->frame, id, &interview->sample.text);
	return r;
}

enum frame_state interview_receive(struct interview *interview, size_t len)
{
	return frame_receive(&interview->frame, len);
}

enum frame_state interview_hear(struct interview *interview, struct slice line)
{
	return frame_add_line(&interview->frame, line);
}

static enum interview_verdict problem(enum problem_kind kind, struct slice message, struct interview_problem *ret)
{
	*ret = (struct interview_problem){kind, message, messages_hint(kind)};
	return INTERVIEW_PROBLEM;
}

static enum interview_verdict judge_list(struct interview *interview, const struct sample *before, struct interview_problem *ret)
{
	char healthy[sizeof(interview->only)];
	struct smi_outcome outcome;
	int status;
	struct slice text = frame_section(&interview->frame, "list", &status);

	if (!list_parse(&interview->list, text)) {
		messages_classify(text, status, &outcome);
		if (outcome.problem == PROBLEM_NONE || !outcome.message.ptr)
			return problem(PROBLEM_BAD_OUTPUT, SLICE_LITERAL("nvidia-smi -L names no GPU"), ret);
		return problem(outcome.problem, outcome.message, ret);
	}
	set_only(interview, list_healthy(&interview->list, healthy, sizeof(healthy)));
	if (healthy[0])
		return INTERVIEW_ASK_AGAIN;
	/* Not one is left: the sample is the list of the dead. */
	sample_clear(&interview->sample);
	list_add_lost(&interview->list, before, &interview->sample);
	return INTERVIEW_SAMPLE;
}

/* Dropped fields hold for one version of the driver: after an update all are asked for again. */
static void note_driver(struct interview *interview, struct slice driver)
{
	if (!driver.ptr || slice_is(driver, interview->driver))
		return;
	if (interview->driver[0] && query_restore(interview->query))
		interview->send_fields = true;
	snprintf(interview->driver, sizeof(interview->driver), "%.*s", SLICE_ARGS(driver));
}

static void add_processes(struct interview *interview)
{
	struct sample *sample = &interview->sample;
	int status;
	struct slice apps = frame_section(&interview->frame, "apps", &status);

	if (!apps.ptr) {
		sample->process_problem = SLICE_LITERAL("the host did not answer the process query");
		return;
	}
	processes_parse_apps(apps, status, sample);
	processes_parse_ps(frame_section(&interview->frame, "ps", &status), sample);
}

static void add_lost(struct interview *interview, const struct sample *before)
{
	/* Drivers from 570 on name a lost GPU among the healthy by its bus id alone: what it is called was known before. */
	list_recall(before, &interview->sample);
	if (!interview->only[0])
		return;
	list_add_lost(&interview->list, before, &interview->sample);
	if (++interview->samples_with_only >= LOOK_AT_ALL_EVERY)
		set_only(interview, "");
}

/* One more round, unless there have been too many for one sample. */
static enum interview_verdict ask_again(struct interview *interview, const struct smi_outcome *outcome,
					struct interview_problem *ret)
{
	if (interview->rounds < ROUNDS_MAX)
		return INTERVIEW_ASK_AGAIN;
	interview->rounds = 0;
	return problem(outcome->problem, outcome->message, ret);
}

static enum interview_verdict judge_gpus(struct interview *interview, const struct sample *before, struct interview_problem *ret)
{
	struct smi_outcome outcome;
	int status;
	struct slice text = frame_section(&interview->frame, "gpus", &status);

	if (!text.ptr)
		return problem(PROBLEM_BAD_OUTPUT, SLICE_LITERAL("the answer holds no GPU section"), ret);
	csv_parse_gpus(text, status, interview->query, &interview->sample, &outcome);
	if (outcome.unknown_field.ptr && query_drop(interview->query, outcome.unknown_field)) {
		interview->send_fields = true;
		return ask_again(interview, &outcome, ret);
	}
	if (outcome.ask_list && interview->lists < LISTS_MAX) {
		interview->lists++;
		interview->want_list = true;
		return ask_again(interview, &outcome, ret);
	}
	if (outcome.problem != PROBLEM_NONE) {
		/* Whatever was lost: this is another trouble, and its end is looked for among all GPUs. */
		set_only(interview, "");
		return problem(outcome.problem, outcome.message, ret);
	}
	note_driver(interview, interview->sample.driver);
	add_processes(interview);
	add_lost(interview, before);
	return INTERVIEW_SAMPLE;
}

enum interview_verdict interview_judge(struct interview *interview, const struct sample *before, struct interview_problem *ret)
{
	enum interview_verdict verdict = INTERVIEW_ASK_AGAIN;

	if (interview->frame.gone)
		verdict =
			problem(PROBLEM_BAD_OUTPUT, SLICE_LITERAL("the sample was killed on the host before it was whole"), ret);
	else if (!interview->query_changed)
		verdict = interview->asked_list ? judge_list(interview, before, ret) : judge_gpus(interview, before, ret);
	if (verdict != INTERVIEW_ASK_AGAIN)
		interview->rounds = interview->lists = 0;
	return verdict;
}
