#include "collect/climb_inner.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "collect/probe.h"

enum {
	TOOLS_MAX = 16 * 1024,
};

/* --- Where it stands --- */

enum rung climb_rung(const struct climb *climb)
{
	switch (climb->state) {
	case CLIMB_NEW:
	case CLIMB_LOGIN:
		return ladder_rung_of(&climb->trace, climb->host_config->local, PROBLEM_NONE);
	case CLIMB_SAMPLE:
	case CLIMB_OVERDUE:
		return RUNG_NVIDIA_SMI;
	case CLIMB_TOOLS:
		return RUNG_TOOLS;
	default:
		return RUNG_COUNT;
	}
}

void climb_mark(struct climb *climb, enum rung rung)
{
	uint64_t now = uv_hrtime();

	climb->ascent.ms[rung] = (double)(now - climb->marked) / 1e6;
	climb->marked = now;
	climb->owner.on_rung(climb->user, climb);
}

void climb_end_login(struct climb *climb)
{
	if (climb->login_done)
		return;
	climb->login_done = true;
	uv_timer_stop(&climb->turn);
	climb->owner.on_login_done(climb->user, climb);
}

/* --- The end --- */

void climb_end_child(struct climb *climb)
{
	climb_end_login(climb);
	climb_set_state(climb, CLIMB_ENDING, 0);
	if (climb->transport)
		transport_stop(climb->transport);
}

/* What is told first counts: false when something was. */
static bool fail(struct climb *climb, enum rung rung, enum problem_kind kind, struct slice message)
{
	struct ending *ending = &climb->ascent.ending;

	if (climb->failed)
		return false;
	climb->failed = true;
	climb->ascent.top = rung;
	if (climb->marked > 0)
		climb->ascent.ms[rung] = (double)(uv_hrtime() - climb->marked) / 1e6;
	ending->kind = kind;
	text_escape(message, ending->message, sizeof(ending->message));
	return true;
}

static void give_up(struct climb *climb, enum rung rung, enum problem_kind kind, struct slice message,
		    const struct remedy *remedy)
{
	if (fail(climb, rung, kind, message) && remedy)
		climb->ascent.remedy = *remedy;
	climb_end_child(climb);
}

void climb_give_up_processes(struct climb *climb, enum problem_kind kind, struct slice message, const struct remedy *remedy)
{
	give_up(climb, RUNG_PROCESSES, kind, message, remedy);
}

void climb_give_up(struct climb *climb, enum problem_kind kind, struct slice message, const struct remedy *remedy)
{
	enum rung rung = climb_rung(climb);

	/* A nvidia-smi that says so is well. */
	if (kind == PROBLEM_NO_GPU) {
		climb_mark(climb, rung);
		rung = RUNG_GPUS;
	}
	give_up(climb, rung, kind, message, remedy);
}

static void on_timer_closed(uv_handle_t *handle)
{
	struct climb *climb = handle->data;

	if (--climb->open_timers > 0)
		return;
	climb->seconds = (double)(uv_hrtime() - climb->started) / 1e9;
	climb->ascent.tools = frame_section(&climb->tools_frame, "tools", &(int){0});
	ladder_init(&climb->ladder, &climb->ascent);
	climb->state = CLIMB_OVER;
	climb->owner.on_over(climb->user, climb);
}

static void become_over(struct climb *climb)
{
	climb_end_login(climb);
	climb->transport = NULL;
	uv_close((uv_handle_t *)&climb->timer, on_timer_closed);
	uv_close((uv_handle_t *)&climb->turn, on_timer_closed);
}

static void explain_end(struct climb *climb, const struct transport_end *end)
{
	struct transport_end told = *end;
	struct ending ending;

	told.stderr_tail = buf_slice(&climb->messages);
	ending_explain(&told, climb->host_config, climb->config->ssh_command, climb->state != CLIMB_LOGIN, climb->last_words,
		       &ending);
	enum rung rung = climb_rung(climb);
	if (climb->state == CLIMB_LOGIN)
		rung = ladder_rung_of(&climb->trace, climb->host_config->local, ending.kind);
	if (fail(climb, rung, ending.kind, slice_of(ending.message)))
		snprintf(climb->ascent.ending.hint, sizeof(ending.hint), "%s", ending.hint);
}

static void start_child(struct climb *climb);

static void on_over(void *user, const struct transport_end *end)
{
	struct climb *climb = user;

	lines_end(&climb->err);
	lines_end(&climb->out);
	if (climb->state == CLIMB_LOGIN && !climb->old_ssh && probe_ssh_is_old(buf_slice(&climb->messages))) {
		climb->old_ssh = true;
		start_child(climb);
		return;
	}
	if (climb->state != CLIMB_ENDING)
		explain_end(climb, end);
	become_over(climb);
}

/* Bytes that are in no answer. A far host that has no end of them is of no use. */
static bool is_too_noisy(struct climb *climb, size_t len)
{
	climb->noise += len;
	if (climb->noise <= CAP_NOISE)
		return false;
	if (climb->state != CLIMB_ENDING)
		climb_give_up(climb, PROBLEM_SHELL, SLICE_LITERAL("more than 1 MiB of output that nobody asked for"), NULL);
	return true;
}

static void on_output(void *user, const char *bytes, size_t len)
{
	struct climb *climb = user;
	bool asked = climb->state == CLIMB_SAMPLE || climb->state == CLIMB_OVERDUE;

	if (asked && interview_receive(&climb->interview, len) == FRAME_TOO_LARGE)
		climb_talk_flood(climb);
	if ((!asked && is_too_noisy(climb, len)) || climb->state == CLIMB_ENDING)
		return;
	lines_feed(&climb->out, bytes, len);
}

/* --- What ssh says --- */

/* The rung that a step completes; RUNG_COUNT: none. */
static enum rung completed_by(enum ssh_step step)
{
	switch (step) {
	case SSH_RESOLVED:
		return RUNG_NAME;
	case SSH_CONNECTED:
		return RUNG_TCP;
	case SSH_KEY_TRUSTED:
		return RUNG_HOST_KEY;
	case SSH_LOGGED_IN:
		return RUNG_LOGIN;
	default:
		return RUNG_COUNT;
	}
}

/* The end of it is what tells: what does not fit pushes the beginning out. */
static void keep_message(struct buf *messages, struct slice line)
{
	if (messages->len + line.len + 1 > messages->cap)
		buf_clear(messages);
	int r = buf_printf(messages, "%.*s\n", SLICE_ARGS(line));
	if (r < 0)
		buf_clear(messages);
}

static void on_ssh_line(void *user, struct slice line, bool cut)
{
	struct climb *climb = user;
	enum ssh_step before = climb->trace.step;

	struct slice message = climb->host_config->local ? line : rungs_hear(&climb->trace, line);
	if (message.ptr)
		keep_message(&climb->messages, slice_trim(message));
	if (climb->trace.step == before || climb->state != CLIMB_LOGIN)
		return;
	enum rung rung = completed_by(climb->trace.step);
	/* Through a proxy nothing can be told apart until the server speaks. */
	if (climb->trace.step == SSH_GREETED && climb->trace.proxy[0])
		rung = RUNG_TCP;
	if (rung != RUNG_COUNT)
		climb_mark(climb, rung);
}

static void on_stderr(void *user, const char *bytes, size_t len)
{
	struct climb *climb = user;

	if (!is_too_noisy(climb, len))
		lines_feed(&climb->err, bytes, len);
}

/* --- Deadlines --- */

static void on_timer(uv_timer_t *timer)
{
	struct climb *climb = timer->data;

	switch (climb->state) {
	case CLIMB_LOGIN:
		climb_give_up(climb, PROBLEM_TIMEOUT,
			      SLICE_LITERAL("the login did not come to an end in time (ssh.login_timeout)"), NULL);
		break;
	case CLIMB_SAMPLE:
		climb_talk_late(climb);
		break;
	case CLIMB_OVERDUE:
		climb_give_up(climb, PROBLEM_TIMEOUT, SLICE_LITERAL("the probe was ready, but does not answer any more"), NULL);
		break;
	case CLIMB_TOOLS:
		/* All that counts is known. */
		climb_end_child(climb);
		break;
	default:
		break;
	}
}

void climb_set_state(struct climb *climb, enum climb_state state, uint64_t ms)
{
	climb->state = state;
	if (ms > 0)
		uv_timer_start(&climb->timer, on_timer, ms, 0);
	else
		uv_timer_stop(&climb->timer);
	climb->owner.on_rung(climb->user, climb);
}

static void on_turn_over(uv_timer_t *timer)
{
	climb_end_login(timer->data);
}

/* --- From outside --- */

struct climb *climb_new(uv_loop_t *loop, const struct config *config, const struct host_config *host_config, struct host *host,
			const struct climb_owner *owner, void *user)
{
	struct climb *climb = xcalloc(1, sizeof(*climb));

	*climb = (struct climb){
		.loop = loop, .config = config, .host_config = host_config, .host = host, .owner = *owner, .user = user};
	climb->ascent = (struct ascent){
		.config = config, .host_config = host_config, .trace = &climb->trace, .host = host, .top = RUNG_COUNT};
	for (enum rung rung = RUNG_NAME; rung < RUNG_COUNT; rung++)
		climb->ascent.ms[rung] = NAN;
	rungs_init(&climb->trace);
	lines_init(&climb->out, climb_talk_line, climb);
	lines_init(&climb->err, on_ssh_line, climb);
	buf_init(&climb->messages, CAP_STDERR_TAIL);
	buf_init(&climb->tools, TOOLS_MAX);
	interview_init(&climb->interview, config->columns, config->column_count);
	/* One look must leave nothing behind. */
	interview_set_keep(&climb->interview, KEEP_NEVER);
	return climb;
}

static void fail_to_start(struct climb *climb, int error)
{
	bool local = climb->host_config->local;
	char message[256];

	snprintf(message, sizeof(message), "%s: %s", local ? "sh" : climb->config->ssh_command[0], uv_strerror(error));
	fail(climb, local ? RUNG_SHELL : RUNG_NAME, local ? PROBLEM_SHELL : PROBLEM_SSH, slice_of(message));
	become_over(climb);
}

static void start_child(struct climb *climb)
{
	static const struct transport_events events = {.on_stderr = on_stderr, .on_output = on_output, .on_over = on_over};
	unsigned how = PROBE_TRACED | (climb->old_ssh ? PROBE_OLD_SSH : 0u);

	buf_clear(&climb->messages);
	int r = probe_start(climb->loop, climb->config, climb->host_config, how, &events, climb, &climb->transport);
	climb->ascent.started = r == 0;
	if (r < 0)
		fail_to_start(climb, r);
}

void climb_start(struct climb *climb)
{
	assert(climb->state == CLIMB_NEW);
	uv_timer_init(climb->loop, &climb->timer);
	uv_timer_init(climb->loop, &climb->turn);
	climb->timer.data = climb->turn.data = climb;
	climb->open_timers = 2;
	climb->started = climb->marked = uv_hrtime();
	climb_set_state(climb, CLIMB_LOGIN, climb->config->login_timeout * 1000u);
	uv_timer_start(&climb->turn, on_turn_over, PROBE_LOGIN_TURN_MS, 0);
	start_child(climb);
}

void climb_stop(struct climb *climb)
{
	if (climb->state == CLIMB_NEW || climb->state >= CLIMB_ENDING)
		return;
	climb->ascent.interrupted = fail(climb, climb_rung(climb), PROBLEM_CLOSED, SLICE_LITERAL("interrupted"));
	climb_end_child(climb);
}

void climb_free(struct climb *climb)
{
	if (!climb)
		return;
	assert(climb->state == CLIMB_OVER || climb->state == CLIMB_NEW);
	if (climb->state == CLIMB_OVER)
		ladder_done(&climb->ladder);
	lines_done(&climb->out);
	lines_done(&climb->err);
	buf_done(&climb->messages);
	buf_done(&climb->tools);
	interview_done(&climb->interview);
	free(climb);
}

struct host *climb_host(const struct climb *climb)
{
	return climb->host;
}

const struct ladder *climb_ladder(const struct climb *climb)
{
	assert(climb->state == CLIMB_OVER);
	return &climb->ladder;
}

double climb_seconds(const struct climb *climb)
{
	return climb->seconds;
}
