/* The half of a session that goes from login to login: WAITING, QUEUED, LOGIN, ENDING; and what comes from outside. */
#include "collect/session_inner.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/caps.h"
#include "base/log.h"
#include "collect/clocks.h"
#include "collect/ending.h"
#include "collect/probe.h"

enum {
	BACKOFF_MIN_S = 1,
	BACKOFF_MAX_S = 60,
	/* See PROBE_LOGIN_TURN_MS: one that failed before is believed less. */
	RETRY_TURN_MS = 1000,
};

static void on_timer(uv_timer_t *timer);

/* The last one is become_over(). */
void session_set_state(struct session *session, enum session_state state, uint64_t ms)
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

/* Doubling from 1 s to 60 s, up to a quarter less at random: hosts that fell together do not come back together. */
static double backoff(const struct session *session)
{
	unsigned doublings = session->failures < 6 ? session->failures : 6;
	double seconds = fmin(BACKOFF_MIN_S << doublings, BACKOFF_MAX_S);
	uint32_t bits;

	int r = uv_random(NULL, NULL, &bits, sizeof(bits), 0, NULL);
	assert(r == 0);
	return seconds * (1 - 0.25 * bits / UINT32_MAX);
}

/* The child is gone, or there was none: try again later. */
static void wait_before_next_try(struct session *session, double seconds)
{
	session->failures++;
	end_login_turn(session);
	session_set_state(session, SESSION_WAITING, (uint64_t)(seconds * 1000));
}

/* --- The child --- */

static void end_child(struct session *session)
{
	session_set_state(session, SESSION_ENDING, 0);
	transport_stop(session->transport);
}

void session_give_up(struct session *session, enum problem_kind kind, struct slice message, const char *hint)
{
	double next_try = backoff(session);

	session->told_why = true;
	session->next_try = uv_now(session->loop) + (uint64_t)(next_try * 1000);
	notice_problem(&session->notice, kind, message, hint, next_try);
	end_child(session);
}

static void on_ready(struct session *session)
{
	end_login_turn(session);
	session->login_failed = false;
	tally_login(&session->tally, clocks_wall());
	log_debug("%s: logged in", session->notice.host->name);
	sampling_begin(session);
}

/* A locked-down key runs the probe that its host has, not ours. */
static void give_up_on_version(struct session *session)
{
	struct ending ending;

	ending_explain_version(session->host_config, NULL, &ending);
	session_give_up(session, ending.kind, slice_of(ending.message), ending.hint);
}

static void on_line_before_ready(struct session *session, struct slice line)
{
	line = slice_trim(line);
	if (slice_is(line, PROBE_READY))
		on_ready(session);
	else if (slice_starts_with(line, PROBE_READY_WORD))
		give_up_on_version(session);
	else if (line.len > 0)
		text_escape(line, session->last_words, sizeof(session->last_words));
}

/* A sample is under way; READY: the aside may be. */
static bool awaits_answer(const struct session *session)
{
	return session->state == SESSION_POLLING || session->state == SESSION_OVERDUE;
}

static void on_line(void *user, struct slice line, bool cut)
{
	struct session *session = user;

	/* ENDING: nobody listens. */
	if (session->state == SESSION_LOGIN)
		on_line_before_ready(session, line);
	else if (session->state == SESSION_READY || awaits_answer(session))
		sampling_hear(session, line);
}

/* Bytes that nobody asked for, and the few of the aside. A far host that has no end of them would cost us its readers. */
static void hear_noise(struct session *session, size_t len)
{
	session->noise += len;
	if (session->noise <= CAP_NOISE)
		return;
	if (session->state == SESSION_LOGIN)
		session_give_up(session, PROBLEM_SHELL, SLICE_LITERAL("more than 1 MiB of output before the probe was ready"),
				"look at what the login shell's rc files print");
	else
		session_give_up(session, PROBLEM_BAD_OUTPUT, SLICE_LITERAL("more than 1 MiB that nobody asked for"), NULL);
}

static void on_output(void *user, const char *bytes, size_t len)
{
	struct session *session = user;

	if (!awaits_answer(session))
		hear_noise(session, len);
	else
		sampling_receive(session, len);
	if (session->state != SESSION_ENDING)
		lines_feed(&session->lines, bytes, len);
}

static void on_stderr(void *user, const char *bytes, size_t len)
{
	hear_noise(user, len);
}

static void on_over(void *user, const struct transport_end *end);

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

static void await_login(struct session *session)
{
	uint64_t left = session->login_wanted - uv_now(session->loop);
	uint64_t turn = session->is_retry ? RETRY_TURN_MS : PROBE_LOGIN_TURN_MS;

	session_set_state(session, SESSION_LOGIN, session->login_turn && left > turn ? turn : left);
}

static void set_login_deadline(struct session *session)
{
	session->login_wanted = uv_now(session->loop) + session->config->login_timeout * 1000u;
	await_login(session);
}

static void start_child(struct session *session)
{
	static const struct transport_events events = {.on_stderr = on_stderr, .on_output = on_output, .on_over = on_over};

	session->told_why = false;
	session->noise = 0;
	session->last_words[0] = '\0';
	lines_done(&session->lines);
	lines_init(&session->lines, on_line, session);
	interview_restart(&session->interview);
	int r = probe_start(session->loop, session->config, session->host_config, session->old_ssh ? PROBE_OLD_SSH : 0, &events,
			    session, &session->transport);
	if (r < 0)
		fail_to_start(session, r);
	else
		set_login_deadline(session);
}

static void tell_why_it_ended(struct session *session, const struct transport_end *end, double next_try)
{
	struct ending ending;

	ending_explain(end, session->host_config, NULL, session->state != SESSION_LOGIN, session->last_words, &ending);
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

/*
 * An ssh from before 8.7 does not know all of our options, and says so before it does anything. It gets another go, in the same
 * turn, without those.
 */
static bool try_as_old_ssh(struct session *session, const struct transport_end *end)
{
	if (session->state != SESSION_LOGIN || session->old_ssh || !probe_ssh_is_old(end->stderr_tail))
		return false;
	session->old_ssh = true;
	start_child(session);
	return true;
}

static void on_over(void *user, const struct transport_end *end)
{
	struct session *session = user;
	double next_try = backoff(session);

	lines_end(&session->lines);
	if (session->stopping) {
		session->transport = NULL;
		uv_close((uv_handle_t *)&session->timer, become_over);
		return;
	}
	tally_bytes(&session->tally, transport_bytes(session->transport));
	tally_end(&session->tally);
	session->transport = NULL;
	if (try_as_old_ssh(session, end))
		return;
	if (session->told_why)
		next_try = seconds_until(session, session->next_try);
	else
		tell_why_it_ended(session, end, next_try);
	wait_before_next_try(session, next_try);
}

/* --- Deadlines --- */

static void on_login_late(struct session *session)
{
	if (uv_now(session->loop) < session->login_wanted) {
		end_login_turn(session);
		await_login(session);
		return;
	}
	session_give_up(session, PROBLEM_TIMEOUT, SLICE_LITERAL("the login did not come to an end in time"),
			"log in by hand with ssh -v, and see where it stays");
}

/* Its deadline is held against the host. When it passed because we were away, session_excuse() has set another one. */
static bool is_judged(const struct session *session)
{
	return session->state == SESSION_LOGIN || awaits_answer(session);
}

static void on_timer(uv_timer_t *timer)
{
	struct session *session = timer->data;

	if (is_judged(session) && session->owner.was_away(session->user))
		return;
	switch (session->state) {
	case SESSION_WAITING:
		session->is_retry = session->login_failed;
		session_set_state(session, SESSION_QUEUED, 0);
		session->owner.on_wants_login(session->user, session);
		break;
	case SESSION_LOGIN:
		on_login_late(session);
		break;
	case SESSION_READY:
	case SESSION_POLLING:
	case SESSION_OVERDUE:
		sampling_on_deadline(session);
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
	tally_init(&session->tally, host);
	session->owner = *owner;
	session->user = user;
	uv_timer_init(loop, &session->timer);
	session->timer.data = session;
	lines_init(&session->lines, on_line, session);
	interview_init(&session->interview, config->columns, config->column_count);
	interview_set_keep(&session->interview, config->keep_driver);
	interview_set_interval(&session->interview, config->interval);
	session_set_state(session, SESSION_WAITING, 1);
	return session;
}

void session_set_config(struct session *session, const struct config *config, const struct host_config *host_config)
{
	bool new_columns = !config_same_columns(session->config, config);
	bool new_beat = new_columns || session->config->interval != config->interval;

	session->config = config;
	session->host_config = host_config;
	interview_set_keep(&session->interview, config->keep_driver);
	interview_set_interval(&session->interview, config->interval);
	if (new_columns) {
		interview_set_columns(&session->interview, config->columns, config->column_count);
		host_forget_cells(session->notice.host);
	}
	if (new_beat)
		sampling_set_beat(session);
}

void session_excuse(struct session *session, bool suspended)
{
	if (session->state == SESSION_READY || awaits_answer(session)) {
		sampling_excuse(session, suspended);
	} else if (session->state == SESSION_LOGIN) {
		set_login_deadline(session);
	} else if (session->state == SESSION_WAITING && suspended) {
		/* The network may be another one now. */
		session_set_state(session, SESSION_WAITING, 1);
	}
}

void session_login(struct session *session)
{
	assert(session->state == SESSION_QUEUED);
	session->login_turn = true;
	session->login_failed = true;
	notice_try(&session->notice);
	tally_attempt(&session->tally);
	start_child(session);
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
		session_set_state(session, SESSION_ENDING, 0);
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
