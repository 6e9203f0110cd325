#include "collect/session.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "base/lines.h"
#include "base/log.h"
#include "collect/ending.h"
#include "collect/interview.h"
#include "collect/notice.h"
#include "collect/probe.h"
#include "collect/transport.h"
#include "smi/messages.h"

enum {
	BACKOFF_MIN_S = 1,
	BACKOFF_MAX_S = 60,
	/* How long after its own time limit on the far side a sample may come in. */
	SAMPLE_GRACE_MS = 2000,
	/* Beats begin on multiples of this, so that one wake-up of ours serves several hosts. */
	BEAT_GRID_MS = 100,
	STALE_GRACE_MS = 5000,
	/* A login is paced because its handshake costs CPU, which is over long before this: what waits longer waits for the network, and a
	 * dead host must not keep the turn from a living one. One that failed before is believed less. */
	LOGIN_TURN_MS = 2000,
	RETRY_TURN_MS = 1000,
	PING_MS = 5000,
	MUTE_MAX = 6, /* times that, without an answer to a ping */
	ORDERS_MAX = 16 * 1024,
};

struct session {
	uv_loop_t *loop;
	uv_timer_t timer; /* the present state's deadline */
	const struct config *config;
	const struct host_config *host_config;
	struct notice notice; /* of what is learned, to the host of the model */
	struct session_owner owner;
	void *user;

	enum session_state state;
	bool is_retry;     /* the login before the present one failed */
	bool login_failed; /* the last login did, or has not come to its end */
	bool login_turn;   /* it holds one of the fleet's turns */
	bool stopping;     /* for good */
	unsigned mute;     /* times PING_MS without an answer to the ping that is out */
	bool told_why;     /* the error of the child that is ending stands in the model already */

	struct transport *transport; /* from LOGIN to ENDING */
	struct lines lines;
	size_t noise;         /* bytes that nobody asked for, since the last sample */
	char last_words[256]; /* the last line before it was */

	struct interview interview;
	uint64_t poll_due;      /* when the present sample was due: the beat, in ms of the loop's clock */
	uint64_t poll_sent;     /* when it was asked for */
	uint64_t sample_wanted; /* when it is overdue */
	uint64_t next_try;      /* with told_why: when the next login was promised */
	uint64_t login_wanted;  /* when the login has failed */

	unsigned failures; /* in a row, for the back-off */
};

static uint64_t interval_ms(const struct session *session)
{
	return (uint64_t)llround(session->config->interval * 1000);
}

static void on_timer(uv_timer_t *timer);

/* Every transition but the last, become_over(), is made here; `ms` until the new state's deadline, 0: it has none. */
static void set_state(struct session *session, enum session_state state, uint64_t ms)
{
	session->state = state;
	if (ms > 0)
		uv_timer_start(&session->timer, on_timer, ms, 0);
	else
		uv_timer_stop(&session->timer);
}

static void end_login_turn(struct session *session)
{
	if (!session->login_turn)
		return;
	session->login_turn = false;
	session->owner.on_login_done(session->user, session);
}

/* --- Back-off --- */

static uint64_t random_bits(void)
{
	uint64_t bits;

	int r = uv_random(NULL, NULL, &bits, sizeof(bits), 0, NULL);
	assert(r == 0);
	return bits;
}

/* Doubling from 1 s to 60 s, up to a quarter less at random: hosts that fell together do not come back together. */
static double backoff(const struct session *session)
{
	unsigned doublings = session->failures < 6 ? session->failures : 6;
	double seconds = fmin(BACKOFF_MIN_S << doublings, BACKOFF_MAX_S);

	return seconds * (1 - 0.25 * (double)(random_bits() >> 11) / (double)(UINT64_MAX >> 11));
}

/* The child is gone, or there was none: try again later. */
static void wait_before_next_try(struct session *session, double seconds)
{
	session->failures++;
	end_login_turn(session);
	set_state(session, SESSION_WAITING, (uint64_t)(seconds * 1000));
}

/* --- Polling --- */

static void poll_host(struct session *session)
{
	char id[FRAME_ID_MAX];
	struct buf orders;

	snprintf(id, sizeof(id), "%016llx", (unsigned long long)random_bits());
	buf_init(&orders, ORDERS_MAX);
	int r = interview_ask(&session->interview, id, &orders);
	assert(r == 0);
	transport_write(session->transport, buf_slice(&orders));
	buf_done(&orders);
}

/* A sample that takes longer than usual makes what we have old before it makes it wrong. */
static uint64_t stale_after_ms(const struct session *session)
{
	return 2 * interval_ms(session) + STALE_GRACE_MS + (uint64_t)session->notice.host->sample_ms;
}

static uint64_t give_up_after_ms(const struct session *session)
{
	return session->config->nvidia_smi_timeout * 1000u + SAMPLE_GRACE_MS;
}

static void begin_sample(struct session *session)
{
	uint64_t stale = stale_after_ms(session), give_up = give_up_after_ms(session);

	session->poll_sent = uv_hrtime() / 1000;
	session->sample_wanted = uv_now(session->loop) + give_up;
	set_state(session, SESSION_POLLING, stale < give_up ? stale : give_up);
	poll_host(session);
}

/* The beat goes on from when this sample was due, not from when it came: no drift. Beats that were missed are not made up for. */
static void await_next_beat(struct session *session)
{
	uint64_t now = uv_now(session->loop), interval = interval_ms(session);

	session->poll_due += interval;
	if (session->poll_due <= now)
		session->poll_due += (now - session->poll_due) / interval * interval + interval;
	set_state(session, SESSION_READY, session->poll_due - now);
}

static void take_sample(struct session *session)
{
	notice_sample(&session->notice, &session->interview.sample, (double)(uv_hrtime() / 1000 - session->poll_sent) / 1e3);
	session->failures = 0;
	session->noise = 0;
}

static void on_frame_complete(struct session *session)
{
	struct interview_problem problem;

	switch (interview_judge(&session->interview, &session->notice.host->sample, &problem)) {
	case INTERVIEW_SAMPLE:
		take_sample(session);
		await_next_beat(session);
		break;
	case INTERVIEW_ASK_AGAIN:
		/* An overdue one has had its time: the next round gets as much again. */
		if (session->state == SESSION_OVERDUE)
			begin_sample(session);
		else
			poll_host(session);
		break;
	case INTERVIEW_PROBLEM:
		await_next_beat(session);
		notice_problem(&session->notice, problem.kind, problem.message, problem.hint,
			       (double)(session->poll_due - uv_now(session->loop)) / 1000);
		break;
	}
}

/* --- The child --- */

static void end_child(struct session *session)
{
	set_state(session, SESSION_ENDING, 0);
	transport_stop(session->transport);
}

/* Ends the child because of a trouble that is told here; the next try comes after the back-off. */
static void give_up(struct session *session, enum problem_kind kind, struct slice message, const char *hint)
{
	double next_try = backoff(session);

	session->told_why = true;
	session->next_try = uv_now(session->loop) + (uint64_t)(next_try * 1000);
	notice_problem(&session->notice, kind, message, hint, next_try);
	end_child(session);
}

static void on_ready(struct session *session)
{
	session->poll_due = uv_now(session->loop) / BEAT_GRID_MS * BEAT_GRID_MS;
	end_login_turn(session);
	session->login_failed = false;
	log_debug("%s: logged in", session->notice.host->name);
	begin_sample(session);
}

static void on_line_before_ready(struct session *session, struct slice line)
{
	line = slice_trim(line);
	if (slice_is(line, "@ready 1")) {
		on_ready(session);
		return;
	}
	if (line.len > 0)
		text_escape(line, session->last_words, sizeof(session->last_words));
}

static void give_up_on_flood(struct session *session)
{
	give_up(session, PROBLEM_BAD_OUTPUT, SLICE_LITERAL("one sample of more than 1 MiB"), NULL);
}

static bool awaits_answer(const struct session *session)
{
	return session->state == SESSION_POLLING || session->state == SESSION_OVERDUE;
}

static void on_alive(struct session *session);

static void on_answer_line(struct session *session, struct slice line)
{
	switch (interview_hear(&session->interview, line)) {
	case FRAME_COMPLETE:
		on_frame_complete(session);
		break;
	case FRAME_TOO_LARGE:
		give_up_on_flood(session);
		break;
	default:
		if (session->state == SESSION_OVERDUE && session->interview.frame.alive)
			on_alive(session);
		break;
	}
}

static void on_line(void *user, struct slice line, bool cut)
{
	struct session *session = user;

	/* READY: nobody asked. ENDING: nobody listens. */
	if (session->state == SESSION_LOGIN)
		on_line_before_ready(session, line);
	else if (awaits_answer(session))
		on_answer_line(session, line);
}

/* Bytes that nobody asked for. A far host that has no end of them would cost us its readers for nothing. */
static void hear_noise(struct session *session, size_t len)
{
	session->noise += len;
	if (session->noise <= CAP_NOISE)
		return;
	if (session->state == SESSION_LOGIN)
		give_up(session, PROBLEM_SHELL, SLICE_LITERAL("more than 1 MiB of output before the probe was ready"),
			"look at what the login shell's rc files print");
	else
		give_up(session, PROBLEM_BAD_OUTPUT, SLICE_LITERAL("more than 1 MiB that nobody asked for"), NULL);
}

static void on_output(void *user, const char *bytes, size_t len)
{
	struct session *session = user;

	if (!awaits_answer(session))
		hear_noise(session, len);
	else if (interview_receive(&session->interview, len) == FRAME_TOO_LARGE)
		give_up_on_flood(session);
	if (session->state != SESSION_ENDING)
		lines_feed(&session->lines, bytes, len);
}

static void on_stderr(void *user, size_t len)
{
	hear_noise(user, len);
}

static void tell_why_it_ended(struct session *session, const struct transport_end *end, double next_try)
{
	struct ending ending;

	ending_explain(end, session->host_config, session->state != SESSION_LOGIN, session->last_words, &ending);
	notice_problem(&session->notice, ending.kind, slice_of(ending.message), ending.hint[0] ? ending.hint : NULL, next_try);
}

static void become_over(uv_handle_t *handle)
{
	struct session *session = handle->data;

	session->state = SESSION_OVER;
	session->owner.on_over(session->user, session);
}

static double seconds_until(const struct session *session, uint64_t ms)
{
	uint64_t now = uv_now(session->loop);

	return ms > now ? (double)(ms - now) / 1000 : 0.001;
}

static void on_over(void *user, const struct transport_end *end)
{
	struct session *session = user;
	double next_try = backoff(session);

	lines_end(&session->lines);
	session->transport = NULL;
	if (session->stopping) {
		uv_close((uv_handle_t *)&session->timer, become_over);
		return;
	}
	if (session->told_why)
		next_try = seconds_until(session, session->next_try);
	else
		tell_why_it_ended(session, end, next_try);
	wait_before_next_try(session, next_try);
}

/* --- Deadlines --- */

static void await_login(struct session *session)
{
	uint64_t left = session->login_wanted - uv_now(session->loop);
	uint64_t turn = session->is_retry ? RETRY_TURN_MS : LOGIN_TURN_MS;

	set_state(session, SESSION_LOGIN, session->login_turn && left > turn ? turn : left);
}

static void on_login_late(struct session *session)
{
	if (uv_now(session->loop) < session->login_wanted) {
		end_login_turn(session);
		await_login(session);
		return;
	}
	give_up(session, PROBLEM_TIMEOUT, SLICE_LITERAL("the login did not come to an end in time"),
		"log in by hand with ssh -v, and see where it stays");
}

static void tell_overdue(struct session *session, enum problem_kind kind, const char *what)
{
	double waited = (double)(uv_hrtime() / 1000 - session->poll_sent) / 1e6;
	char message[128];

	snprintf(message, sizeof(message), "%s within %.0f s", what, waited);
	notice_problem(&session->notice, kind, slice_of(message), messages_hint(kind), NOTICE_NO_NEXT_TRY);
}

/* The far shell waits for orders even while nvidia-smi runs: whether it answers says which of the two it is. Asked again and again. */
static void ping(struct session *session)
{
	cleanup_free char *order = xasprintf("ping %s\n", session->interview.frame.id);

	session->interview.frame.alive = false;
	session->mute = 0;
	transport_write(session->transport, slice_of(order));
	set_state(session, SESSION_OVERDUE, PING_MS);
}

/* The far shell answers: nvidia-smi it is. */
static void on_alive(struct session *session)
{
	if (session->notice.host->error.kind != PROBLEM_NVIDIA_SMI_HANGS)
		tell_overdue(session, PROBLEM_NVIDIA_SMI_HANGS, "nvidia-smi has not come back");
}

/* The far shell has had its time to answer a ping. One that stays mute is left, and logged in to anew. */
static void on_ping_over(struct session *session)
{
	if (session->interview.frame.alive) {
		ping(session);
		return;
	}
	tell_overdue(session, PROBLEM_TIMEOUT, "no answer");
	if (++session->mute < MUTE_MAX)
		set_state(session, SESSION_OVERDUE, PING_MS);
	else
		give_up(session, PROBLEM_TIMEOUT, SLICE_LITERAL("the far shell does not answer any more"), NULL);
}

static void on_sample_late(struct session *session)
{
	uint64_t now = uv_now(session->loop);

	if (now < session->sample_wanted) {
		notice_stale(&session->notice);
		set_state(session, SESSION_POLLING, session->sample_wanted - now);
		return;
	}
	ping(session);
}

static void on_timer(uv_timer_t *timer)
{
	struct session *session = timer->data;

	switch (session->state) {
	case SESSION_WAITING:
		session->is_retry = session->login_failed;
		set_state(session, SESSION_QUEUED, 0);
		session->owner.on_wants_login(session->user, session);
		break;
	case SESSION_LOGIN:
		on_login_late(session);
		break;
	case SESSION_READY:
		begin_sample(session);
		break;
	case SESSION_POLLING:
		on_sample_late(session);
		break;
	case SESSION_OVERDUE:
		on_ping_over(session);
		break;
	default:
		break;
	}
}

/* --- From outside --- */

struct session *session_new(uv_loop_t *loop, const struct config *config, const struct host_config *host_config,
			    struct host *host, const struct session_owner *owner, void *user)
{
	struct session *session = xcalloc(1, sizeof(*session));

	session->loop = loop;
	session->config = config;
	session->host_config = host_config;
	notice_init(&session->notice, host);
	session->owner = *owner;
	session->user = user;
	uv_timer_init(loop, &session->timer);
	session->timer.data = session;
	lines_init(&session->lines, on_line, session);
	interview_init(&session->interview, config->columns, config->column_count);
	set_state(session, SESSION_WAITING, 1);
	return session;
}

void session_set_config(struct session *session, const struct config *config, const struct host_config *host_config)
{
	bool new_columns = !config_same_columns(session->config, config);
	bool new_beat = new_columns || session->config->interval != config->interval;

	session->config = config;
	session->host_config = host_config;
	if (new_columns) {
		interview_set_columns(&session->interview, config->columns, config->column_count);
		host_forget_cells(session->notice.host);
	}
	if (!new_beat || session->state != SESSION_READY)
		return;
	/* The new beat begins now, however far the old one's next was. */
	session->poll_due = uv_now(session->loop) + 1;
	set_state(session, SESSION_READY, 1);
}

static const char *start_hint(const struct session *session, int error)
{
	if (error == UV_EMFILE || error == UV_ENFILE || error == UV_EAGAIN || error == UV_ENOMEM)
		return "this machine lets us start no more: raise its limit (ulimit -n, ulimit -u, LimitNOFILE=)";
	return session->host_config->local ? NULL : "apt install openssh-client   # or correct ssh.command";
}

static void fail_to_start(struct session *session, int error)
{
	const char *command = session->host_config->local ? "sh" : session->config->ssh_command[0];
	double next_try = backoff(session);
	char message[256];

	snprintf(message, sizeof(message), "%s: %s", command, uv_strerror(error));
	notice_problem(&session->notice, session->host_config->local ? PROBLEM_SHELL : PROBLEM_SSH, slice_of(message),
		       start_hint(session, error), next_try);
	wait_before_next_try(session, next_try);
}

void session_login(struct session *session)
{
	assert(session->state == SESSION_QUEUED);
	session->login_turn = true;
	session->login_failed = true;
	session->told_why = false;
	session->noise = 0;
	session->last_words[0] = '\0';
	lines_done(&session->lines);
	lines_init(&session->lines, on_line, session);
	interview_restart(&session->interview);
	notice_try(&session->notice);

	static const struct transport_events events = {.on_stderr = on_stderr, .on_output = on_output, .on_over = on_over};
	int r = probe_start(session->loop, session->config, session->host_config, &events, session, &session->transport);
	if (r < 0) {
		fail_to_start(session, r);
		return;
	}
	session->login_wanted = uv_now(session->loop) + session->config->login_timeout * 1000u;
	await_login(session);
}

void session_stop(struct session *session)
{
	if (session->stopping)
		return;
	session->stopping = true;
	end_login_turn(session);
	if (session->transport)
		end_child(session);
	else {
		set_state(session, SESSION_ENDING, 0);
		uv_close((uv_handle_t *)&session->timer, become_over);
	}
}

void session_free(struct session *session)
{
	if (!session)
		return;
	assert(session->state == SESSION_OVER);
	lines_done(&session->lines);
	interview_done(&session->interview);
	free(session);
}

const struct host_config *session_host_config(const struct session *session)
{
	return session->host_config;
}

struct host *session_host(const struct session *session)
{
	return session->notice.host;
}

bool session_is_retry(const struct session *session)
{
	return session->is_retry;
}
