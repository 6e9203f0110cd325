#include "collect/interview.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"

/* That of the configuration. */
static const double default_interval = 5;

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
	*interview = (struct interview){.query = new_query(columns, count), .interval = default_interval};
	list_init(&interview->list);
	sample_init(&interview->sample);
	/* A byte that is no UTF-8 becomes the three of U+FFFD. */
	buf_init(&interview->text, (size_t)3 * CAP_FRAME);
	buf_init(&interview->aside_text, (size_t)3 * CAP_LINE);
	interview->mig = mig_report_new();
	interview->census = census_new();
	machine_init(&interview->machine);
	interview_restart(interview);
}

void interview_done(struct interview *interview)
{
	query_free(interview->query);
	list_done(&interview->list);
	sample_done(&interview->sample);
	buf_done(&interview->text);
	buf_done(&interview->aside_text);
	mig_report_free(interview->mig);
	census_free(interview->census);
	told_done(&interview->told);
}

void interview_restart(struct interview *interview)
{
	interview->next = ROUND_POLL;
	interview->spent = interview->mig_asked = interview->names_asked = false;
	interview->rounds = interview->lists = 0;
	interview->send_fields = true;
	interview->send_only = interview->only[0] != '\0';
	interview->mig_failed = false;
	interview->keeper = interview->keeper_sent = KEEPER_OFF;
	interview->slept = false;
	interview->took_ms = NAN;
	interview->slow_samples = 0;
	interview->aside = (struct frame){0};
	/* It may be another start of the host, or another host. */
	census_forget(interview->census);
	told_restart(&interview->told);
	machine_init(&interview->machine);
}

void interview_set_keep(struct interview *interview, enum keep_driver keep)
{
	interview->keep = keep;
	if (keep == KEEP_NEVER)
		interview->keeper = KEEPER_OFF;
}

void interview_set_interval(struct interview *interview, double seconds)
{
	interview->interval = seconds;
}

void interview_set_columns(struct interview *interview, const struct column_config *columns, size_t count)
{
	query_free(interview->query);
	interview->query = new_query(columns, count);
	interview->driver[0] = '\0';
	interview->send_fields = true;
	interview->query_changed = true;
}

/* --- Orders --- */

/* What the far side is told once, and keeps. */
static int write_settings(struct interview *interview, struct buf *out)
{
	static const char *const keepers[] = {[KEEPER_OFF] = "off", [KEEPER_AUTO] = "auto", [KEEPER_ALWAYS] = "always"};
	int r = told_order(&interview->told, out);

	if (r == 0 && interview->send_fields)
		r = buf_printf(out, "fields %s\n", query_fields(interview->query));
	if (r == 0 && interview->send_only)
		r = buf_printf(out, "only %s\n", interview->only[0] ? interview->only : "all");
	if (r == 0 && interview->keeper_sent != interview->keeper)
		r = buf_printf(out, "keep %s\n", keepers[interview->keeper]);
	interview->send_fields = interview->send_only = false;
	interview->keeper_sent = interview->keeper;
	return r;
}

static int append_order(struct buf *out, const char *verb, const char *id, const char *what)
{
	const char *const parts[] = {verb, " ", id, what[0] ? " " : "", what, "\n"};
	int r = 0;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && r == 0; i++)
		r = buf_append_slice(out, slice_of(parts[i]));
	return r;
}

static int write_order(const struct interview *interview, const char *id, struct buf *out)
{
	switch (interview->round) {
	case ROUND_LIST:
		return append_order(out, "list", id, "");
	case ROUND_MIG:
		return append_order(out, "mig", id, interview->what);
	case ROUND_NAMES:
		return append_order(out, "names", id, interview->what);
	default:
		return append_order(out, "poll", id, "");
	}
}

int interview_ask(struct interview *interview, const char *id, struct buf *out)
{
	bool is_poll = interview->next == ROUND_POLL;
	int r = 0;

	interview->round = interview->next;
	interview->next = ROUND_POLL;
	interview->rounds++;
	interview->spent = false;
	interview->aside = (struct frame){0};
	if (is_poll) {
		interview->query_changed = false;
		interview->mig_asked = interview->names_asked = false;
		sample_clear(&interview->sample);
		r = write_settings(interview, out);
	}
	if (r == 0)
		r = write_order(interview, id, out);
	frame_expect(&interview->frame, id, is_poll ? &interview->sample.text : &interview->text);
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

void interview_note_time(struct interview *interview, double ms)
{
	interview->took_ms = ms;
}

const char *interview_awaited(const struct interview *interview)
{
	int status;

	if (interview->round == ROUND_NAMES)
		return "getent";
	if (interview->round != ROUND_POLL)
		return "nvidia-smi";
	if (interview->spent)
		return "ps";
	/* What comes before ps comes at once. */
	frame_section(&interview->frame, "gpus", &status);
	return status >= 0 ? "ps" : "nvidia-smi";
}

/* --- The aside --- */

int interview_ask_aside(struct interview *interview, const char *id, struct buf *out)
{
	frame_expect(&interview->aside, id, &interview->aside_text);
	return buf_printf(out, "disk %s\n", id);
}

/* To half a second: the host tells whole ones. */
static double clock_ahead(struct slice clock, double now)
{
	int64_t seconds;

	return slice_to_int64(slice_trim(clock), &seconds) ? (double)seconds + 0.5 - now : NAN;
}

enum frame_state interview_hear_aside(struct interview *interview, struct slice line, double now)
{
	struct frame *aside = &interview->aside;
	int status;

	/* Nobody asked, or it has been heard. */
	if (aside->id[0] == '\0')
		return FRAME_EMPTY;
	enum frame_state state = frame_add_line(aside, line);
	if (state != FRAME_COMPLETE)
		return state;
	machine_parse_disk(frame_section(aside, "disk", &status), &interview->machine);
	struct slice clock = frame_section(aside, "clock", &status);
	if (clock.ptr && status == 0)
		interview->machine.clock_ahead = clock_ahead(clock, now);
	*aside = (struct frame){0};
	return FRAME_COMPLETE;
}

const struct machine *interview_machine(const struct interview *interview)
{
	return &interview->machine;
}
