/* The half of a session that goes from sample to sample: READY, POLLING, OVERDUE. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/caps.h"
#include "collect/asking.h"
#include "collect/clocks.h"
#include "collect/session_inner.h"
#include "collect/ssh_line.h"
#include "smi/messages.h"

enum {
	/* Beats begin on multiples of this, so that one wake-up of ours serves several hosts. */
	BEAT_GRID_MS = 100,
	STALE_GRACE_MS = 5000,
	PING_MS = 5000,
	MUTE_MAX = 6,             /* times that, without an answer to a ping */
	MUTE_MAX_AFTER_SLEEP = 2, /* the path there has probably died meanwhile */
	ASIDE_EVERY_MS = 60 * 1000,
};

/* --- Asking --- */

static uint64_t interval_ms(const struct session *session)
{
	return (uint64_t)llround(session->config->interval * 1000);
}

/* A sample that takes longer than usual makes what we have old before it makes it wrong. */
static uint64_t stale_after_ms(const struct session *session)
{
	return 2 * interval_ms(session) + STALE_GRACE_MS + (uint64_t)session->notice.host->sample_ms;
}

static uint64_t give_up_after_ms(const struct session *session)
{
	return session->config->nvidia_smi_timeout * 1000u + ASKING_GRACE_MS;
}

/* Until what we have is old, then until the sample is overdue. */
static void await_sample(struct session *session)
{
	uint64_t now = uv_now(session->loop), stale = session->sample_stale, deadline = session->sample_wanted;

	if (now < stale && stale < deadline)
		deadline = stale;
	session_set_state(session, SESSION_POLLING, deadline > now ? deadline - now : 1);
}

/* The far side has come further, or is asked for more: it has as much time again. */
static void await_more(struct session *session)
{
	session->steps = session->interview.frame.steps;
	session->sample_wanted = uv_now(session->loop) + give_up_after_ms(session);
	await_sample(session);
}

static void begin_sample(struct session *session)
{
	uint64_t now = uv_now(session->loop);

	session->poll_sent = uv_hrtime() / 1000;
	session->sample_stale = now + stale_after_ms(session);
	session->sample_wanted = now + give_up_after_ms(session);
	session->untimed = session->partial = false;
	session->steps = 0;
	await_sample(session);
	asking_send(session->transport, &session->interview, interview_ask);
}

void sampling_begin(struct session *session)
{
	session->poll_due = uv_now(session->loop) / BEAT_GRID_MS * BEAT_GRID_MS;
	session->aside_due = 0;
	session->noise = 0;
	begin_sample(session);
}

/* The beat goes on from when this sample was due, not from when it came: no drift. Beats that were missed are not made up for. */
static void await_next_beat(struct session *session)
{
	uint64_t now = uv_now(session->loop), interval = interval_ms(session);

	session->poll_due += interval;
	if (session->poll_due <= now)
		session->poll_due += (now - session->poll_due) / interval * interval + interval;
	session_set_state(session, SESSION_READY, session->poll_due - now);
}

void sampling_set_beat(struct session *session)
{
	if (session->state != SESSION_READY)
		return;
	/* The new beat begins now, however far the old one's next was. */
	session->poll_due = uv_now(session->loop) + 1;
	session_set_state(session, SESSION_READY, 1);
}

/* What may hang for reasons of its own is asked now and then, when no sample is under way; nobody waits for it. */
static void ask_aside(struct session *session)
{
	uint64_t now = uv_now(session->loop);

	if (now < session->aside_due)
		return;
	session->aside_due = now + ASIDE_EVERY_MS;
	asking_send(session->transport, &session->interview, interview_ask_aside);
}

/* --- What comes back --- */

/* NAN: we were away meanwhile. */
static double took_ms(const struct session *session)
{
	return session->untimed ? NAN : (double)(uv_hrtime() / 1000 - session->poll_sent) / 1e3;
}

static double sample_ms(const struct session *session)
{
	double ms = took_ms(session);

	return isnan(ms) ? session->notice.host->sample_ms : ms;
}

static void take_sample(struct session *session)
{
	const struct machine *machine = interview_machine(&session->interview);

	tally_bytes(&session->tally, transport_bytes(session->transport));
	tally_sample(&session->tally, machine->probe_cpu, machine->has_keeper);
	notice_sample(&session->notice, &session->interview.sample, machine, sample_ms(session));
	session->failures = 0;
	session->noise = 0;
}

static void tell_problem(struct session *session, const struct interview_problem *problem)
{
	cleanup_free char *hint = ssh_line_remedy(session->host_config, NULL, &problem->remedy);

	notice_problem(&session->notice, problem->kind, problem->message, hint,
		       (double)(session->poll_due - uv_now(session->loop)) / 1000);
}

static void on_frame_complete(struct session *session)
{
	struct interview_problem problem;

	/* If we were, this sample is not timed. */
	session->owner.was_away(session->user);
	interview_note_time(&session->interview, took_ms(session));
	switch (interview_judge(&session->interview, &session->notice.host->sample, &problem)) {
	case INTERVIEW_SAMPLE:
		take_sample(session);
		await_next_beat(session);
		ask_aside(session);
		break;
	case INTERVIEW_ASK_AGAIN:
		asking_send(session->transport, &session->interview, interview_ask);
		await_more(session);
		break;
	case INTERVIEW_PROBLEM:
		session->noise = 0;
		await_next_beat(session);
		tally_bytes(&session->tally, transport_bytes(session->transport));
		tell_problem(session, &problem);
		break;
	}
}

static void give_up_on_flood(struct session *session)
{
	session_give_up(session, PROBLEM_BAD_OUTPUT, SLICE_LITERAL("one sample of more than 1 MiB"), NULL);
}

void sampling_receive(struct session *session, size_t len)
{
	if (interview_receive(&session->interview, len) == FRAME_TOO_LARGE)
		give_up_on_flood(session);
}

static void on_alive(struct session *session);

void sampling_hear(struct session *session, struct slice line)
{
	if (session->state == SESSION_READY) {
		interview_hear_aside(&session->interview, line, clocks_wall());
		return;
	}
	bool was_alive = session->interview.frame.alive;
	switch (interview_hear(&session->interview, line)) {
	case FRAME_COMPLETE:
		on_frame_complete(session);
		break;
	case FRAME_TOO_LARGE:
		give_up_on_flood(session);
		break;
	default:
		if (session->interview.frame.steps != session->steps)
			await_more(session);
		else if (session->state == SESSION_OVERDUE && session->interview.frame.alive && !was_alive)
			on_alive(session);
		break;
	}
}

/* --- What does not come --- */

static void tell_overdue(struct session *session, enum problem_kind kind, const char *what, const char *hint)
{
	double waited = (double)(uv_hrtime() / 1000 - session->poll_sent) / 1e6;
	char message[128];

	snprintf(message, sizeof(message), "%s within %.0f s", what, waited);
	notice_problem(&session->notice, kind, slice_of(message), hint, NOTICE_NO_NEXT_TRY);
}

/* Nobody answers at all. */
static void tell_mute(struct session *session)
{
	const struct host_config *host = session->host_config;
	char hint[384];

	snprintf(hint, sizeof(hint), "ping %s   # the host or its network stands still; we go on by ourselves", host->address);
	tell_overdue(session, PROBLEM_TIMEOUT, "no answer", host->local ? NULL : hint);
}

/* The far shell answers: it is what it has started that hangs. What came before that is told all the same, once. */
static void tell_who_hangs(struct session *session)
{
	struct hanging hanging = asking_find_hanging(&session->interview);
	char what[64];

	if (!session->partial && interview_judge_partial(&session->interview, &session->notice.host->sample)) {
		session->partial = true;
		take_sample(session);
	}
	if (session->notice.host->error.kind == hanging.kind)
		return;
	snprintf(what, sizeof(what), "%s has not come back", hanging.who);
	cleanup_free char *hint = ssh_line_remedy(session->host_config, NULL, &hanging.remedy);
	tell_overdue(session, hanging.kind, what, hint);
}

/* The far shell waits for orders even while nvidia-smi runs: whether it answers says which of the two it is. */
static void ping(struct session *session)
{
	session->mute = 0;
	asking_ping(session->transport, &session->interview);
	session_set_state(session, SESSION_OVERDUE, PING_MS);
}

static void on_alive(struct session *session)
{
	/* Asked before its time, after we had slept: all is well, and the sample will come. */
	if (uv_now(session->loop) < session->sample_wanted)
		await_sample(session);
	else
		tell_who_hangs(session);
}

/* The far shell has had its time to answer a ping. One that stays mute is left, and logged in to anew. */
static void on_ping_over(struct session *session)
{
	if (session->interview.frame.alive) {
		ping(session);
		return;
	}
	tell_mute(session);
	if (++session->mute < MUTE_MAX)
		session_set_state(session, SESSION_OVERDUE, PING_MS);
	else
		session_give_up(session, PROBLEM_TIMEOUT, SLICE_LITERAL("the far shell does not answer any more"), NULL);
}

static void on_sample_late(struct session *session)
{
	if (uv_now(session->loop) >= session->sample_wanted) {
		ping(session);
		return;
	}
	notice_stale(&session->notice);
	await_sample(session);
}

void sampling_on_deadline(struct session *session)
{
	if (session->state == SESSION_READY)
		begin_sample(session);
	else if (session->state == SESSION_POLLING)
		on_sample_late(session);
	else
		on_ping_over(session);
}

/* --- We were away --- */

static void tell_age(struct session *session)
{
	const struct host *host = session->notice.host;

	if (host->sampled > 0 && (clocks_wall() - host->sampled) * 1000 > (double)stale_after_ms(session))
		notice_stale(&session->notice);
}

/* Whether the far shell is still there, and soon: a path that died in our sleep tells nobody. */
static void ping_after_sleep(struct session *session)
{
	if (session->state == SESSION_READY)
		begin_sample(session);
	ping(session);
	session->mute = MUTE_MAX - MUTE_MAX_AFTER_SLEEP;
}

void sampling_excuse(struct session *session, bool suspended)
{
	tell_age(session);
	session->untimed = true;
	/* One that was overdue before stays so. */
	if (session->state == SESSION_POLLING) {
		session->sample_wanted = uv_now(session->loop) + give_up_after_ms(session);
		await_sample(session);
	}
	if (suspended)
		ping_after_sleep(session);
	else if (session->state == SESSION_OVERDUE)
		session_set_state(session, SESSION_OVERDUE, PING_MS);
}
