#include "collect/climb.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "base/lines.h"
#include "collect/clocks.h"
#include "collect/interview.h"
#include "collect/probe.h"
#include "smi/messages.h"

enum {
	/* How long after its own time limit on the far side a sample may come in. */
	SAMPLE_GRACE_MS = 2000,
	/* How long the far shell may take to answer what it knows by itself. */
	SHELL_ANSWER_MS = 5000,
	/* A handshake that costs CPU is over before this: what waits longer waits for the network, and need not keep others from theirs. */
	LOGIN_TURN_MS = 2000,
	ORDERS_MAX = 16 * 1024,
	TOOLS_MAX = 16 * 1024,
};

#define OTHER_PROBE "the probe that this key runs is of another version than ours"

enum climb_state {
	CLIMB_NEW,
	CLIMB_LOGIN,   /* until the probe is ready */
	CLIMB_SAMPLE,  /* asked for */
	CLIMB_OVERDUE, /* it did not come: does the far shell answer? */
	CLIMB_TOOLS,   /* asked for */
	CLIMB_ENDING,  /* the child has its time to end */
	CLIMB_OVER,
};

struct climb {
	uv_loop_t *loop;
	uv_timer_t timer; /* the present state's deadline */
	uv_timer_t turn;  /* runs while this login keeps others from theirs */
	unsigned open_timers;
	const struct config *config;
	const struct host_config *host_config;
	struct host *host;
	struct climb_owner owner;
	void *user;

	enum climb_state state;
	bool login_done;
	bool old_ssh; /* ours is older than 8.7 */
	bool failed;  /* ascent.ending says why, ascent.top where */
	struct transport *transport;
	struct lines out, err;
	struct buf messages; /* what ssh said to people; of ours, and no more than the end of it is of interest */
	size_t noise;
	char last_words[256];

	struct ssh_trace trace;
	struct interview interview;
	struct frame tools_frame;
	struct buf tools;
	uint64_t started, marked; /* when it began, when the present rung was begun; ns of uv_hrtime() */
	double seconds;

	struct ascent ascent;
	struct ladder ladder;
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

static void set_state(struct climb *climb, enum climb_state state, uint64_t ms);

/* The present rung holds: its time ends here, the next one's begins. */
static void mark(struct climb *climb, enum rung rung)
{
	uint64_t now = uv_hrtime();

	climb->ascent.ms[rung] = (double)(now - climb->marked) / 1e6;
	climb->marked = now;
	climb->owner.on_rung(climb->user, climb);
}

static void end_login(struct climb *climb)
{
	if (climb->login_done)
		return;
	climb->login_done = true;
	uv_timer_stop(&climb->turn);
	climb->owner.on_login_done(climb->user, climb);
}

/* --- The end --- */

static void end_child(struct climb *climb)
{
	end_login(climb);
	set_state(climb, CLIMB_ENDING, 0);
	if (climb->transport)
		transport_stop(climb->transport);
}

/* What is told first counts. */
static void fail(struct climb *climb, enum rung rung, enum problem_kind kind, struct slice message, const char *hint)
{
	struct ending *ending = &climb->ascent.ending;

	if (climb->failed)
		return;
	climb->failed = true;
	climb->ascent.top = rung;
	if (climb->marked > 0)
		climb->ascent.ms[rung] = (double)(uv_hrtime() - climb->marked) / 1e6;
	ending->kind = kind;
	text_escape(message, ending->message, sizeof(ending->message));
	snprintf(ending->hint, sizeof(ending->hint), "%s", hint ? hint : "");
}

static void give_up(struct climb *climb, enum problem_kind kind, struct slice message, const char *hint)
{
	enum rung rung = climb_rung(climb);

	/* A nvidia-smi that says so is well. */
	if (kind == PROBLEM_NO_GPU) {
		mark(climb, rung);
		rung = RUNG_GPUS;
	}
	fail(climb, rung, kind, message, hint);
	end_child(climb);
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
	end_login(climb);
	climb->transport = NULL;
	uv_close((uv_handle_t *)&climb->timer, on_timer_closed);
	uv_close((uv_handle_t *)&climb->turn, on_timer_closed);
}

static void explain_end(struct climb *climb, const struct transport_end *end)
{
	struct transport_end told = *end;
	struct ending ending;

	told.stderr_tail = buf_slice(&climb->messages);
	ending_explain(&told, climb->host_config, climb->state != CLIMB_LOGIN, climb->last_words, &ending);
	enum rung rung = climb_rung(climb);
	if (climb->state == CLIMB_LOGIN)
		rung = ladder_rung_of(&climb->trace, climb->host_config->local, ending.kind);
	fail(climb, rung, ending.kind, slice_of(ending.message), ending.hint);
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
	set_state(climb, CLIMB_SAMPLE, climb->config->nvidia_smi_timeout * 1000u + SAMPLE_GRACE_MS);
	ask_sample(climb);
}

static void begin_tools(struct climb *climb)
{
	char id[FRAME_ID_MAX];

	write_id(id);
	frame_expect(&climb->tools_frame, id, &climb->tools);
	cleanup_free char *order = xasprintf("tools %s\n", id);
	transport_write(climb->transport, slice_of(order));
	set_state(climb, CLIMB_TOOLS, SHELL_ANSWER_MS);
}

/* --- What it answers --- */

static void take_sample(struct climb *climb)
{
	double ms = (double)(uv_hrtime() - climb->marked) / 1e6;

	host_set_sample(climb->host, &climb->interview.sample, interview_machine(&climb->interview), ms, clocks_wall());
	mark(climb, RUNG_NVIDIA_SMI);
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
		give_up(climb, problem.kind, problem.message, problem.hint);
		break;
	}
}

static void on_ready(struct climb *climb)
{
	mark(climb, RUNG_SHELL);
	end_login(climb);
	begin_sample(climb);
}

static void on_line_before_ready(struct climb *climb, struct slice line)
{
	line = slice_trim(line);
	if (slice_is(line, PROBE_READY)) {
		on_ready(climb);
	} else if (slice_starts_with(line, PROBE_READY_WORD)) {
		give_up(climb, PROBLEM_SHELL, SLICE_LITERAL(OTHER_PROBE), NULL);
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
	give_up(climb, PROBLEM_NVIDIA_SMI_HANGS, slice_of(message), messages_hint(PROBLEM_NVIDIA_SMI_HANGS));
}

static void on_sample_line(struct climb *climb, struct slice line)
{
	switch (interview_hear(&climb->interview, line)) {
	case FRAME_COMPLETE:
		on_sample_complete(climb);
		break;
	case FRAME_TOO_LARGE:
		give_up(climb, PROBLEM_BAD_OUTPUT, SLICE_LITERAL("one sample of more than 1 MiB"), NULL);
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
	mark(climb, RUNG_TOOLS);
	end_child(climb);
}

static void on_line(void *user, struct slice line, bool cut)
{
	struct climb *climb = user;

	if (climb->state == CLIMB_LOGIN)
		on_line_before_ready(climb, line);
	else if (climb->state == CLIMB_SAMPLE || climb->state == CLIMB_OVERDUE)
		on_sample_line(climb, line);
	else if (climb->state == CLIMB_TOOLS)
		on_tools_line(climb, line);
}

/* Bytes that are in no answer. A far host that has no end of them is of no use. */
static bool is_too_noisy(struct climb *climb, size_t len)
{
	climb->noise += len;
	if (climb->noise <= CAP_NOISE)
		return false;
	if (climb->state != CLIMB_ENDING)
		give_up(climb, PROBLEM_SHELL, SLICE_LITERAL("more than 1 MiB of output that nobody asked for"),
			"look at what the login shell's rc files print");
	return true;
}

static void on_output(void *user, const char *bytes, size_t len)
{
	struct climb *climb = user;
	bool asked = climb->state == CLIMB_SAMPLE || climb->state == CLIMB_OVERDUE;

	if (asked && interview_receive(&climb->interview, len) == FRAME_TOO_LARGE)
		give_up(climb, PROBLEM_BAD_OUTPUT, SLICE_LITERAL("one sample of more than 1 MiB"), NULL);
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

	if (climb->host_config->local || !rungs_hear(&climb->trace, line))
		keep_message(&climb->messages, slice_trim(line));
	if (climb->trace.step == before || climb->state != CLIMB_LOGIN)
		return;
	enum rung rung = completed_by(climb->trace.step);
	/* Through a proxy nothing can be told apart until the server speaks. */
	if (climb->trace.step == SSH_GREETED && climb->trace.proxy[0])
		rung = RUNG_TCP;
	if (rung != RUNG_COUNT)
		mark(climb, rung);
}

static void on_stderr(void *user, const char *bytes, size_t len)
{
	struct climb *climb = user;

	if (!is_too_noisy(climb, len))
		lines_feed(&climb->err, bytes, len);
}

/* --- Deadlines --- */

static void ping(struct climb *climb)
{
	cleanup_free char *order = xasprintf("ping %s\n", climb->interview.frame.id);

	climb->interview.frame.alive = false;
	transport_write(climb->transport, slice_of(order));
	set_state(climb, CLIMB_OVERDUE, SHELL_ANSWER_MS);
}

static void on_sample_late(struct climb *climb)
{
	if (interview_judge_partial(&climb->interview, &climb->host->sample))
		take_sample(climb);
	else
		ping(climb);
}

static void on_timer(uv_timer_t *timer)
{
	struct climb *climb = timer->data;

	switch (climb->state) {
	case CLIMB_LOGIN:
		give_up(climb, PROBLEM_TIMEOUT, SLICE_LITERAL("the login did not come to an end in time (ssh.login_timeout)"),
			NULL);
		break;
	case CLIMB_SAMPLE:
		on_sample_late(climb);
		break;
	case CLIMB_OVERDUE:
		give_up(climb, PROBLEM_TIMEOUT, SLICE_LITERAL("the host has stopped to answer"), NULL);
		break;
	case CLIMB_TOOLS:
		/* All that counts is known. */
		end_child(climb);
		break;
	default:
		break;
	}
}

static void set_state(struct climb *climb, enum climb_state state, uint64_t ms)
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
	end_login(timer->data);
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
	lines_init(&climb->out, on_line, climb);
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
	fail(climb, local ? RUNG_SHELL : RUNG_NAME, local ? PROBLEM_SHELL : PROBLEM_SSH, slice_of(message),
	     local ? NULL : "sudo apt install openssh-client   # or correct ssh.command in the configuration");
	become_over(climb);
}

static void start_child(struct climb *climb)
{
	static const struct transport_events events = {.on_stderr = on_stderr, .on_output = on_output, .on_over = on_over};
	unsigned how = PROBE_TRACED | (climb->old_ssh ? PROBE_OLD_SSH : 0u);

	buf_clear(&climb->messages);
	int r = probe_start(climb->loop, climb->config, climb->host_config, how, &events, climb, &climb->transport);
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
	set_state(climb, CLIMB_LOGIN, climb->config->login_timeout * 1000u);
	uv_timer_start(&climb->turn, on_turn_over, LOGIN_TURN_MS, 0);
	start_child(climb);
}

void climb_stop(struct climb *climb)
{
	if (climb->state == CLIMB_NEW || climb->state >= CLIMB_ENDING)
		return;
	fail(climb, climb_rung(climb), PROBLEM_CLOSED, SLICE_LITERAL("interrupted"), NULL);
	end_child(climb);
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
