#include "collect/ladder.h"

#include <math.h>
#include <stdlib.h>

#include "collect/verdict.h"

static const char *const names[RUNG_COUNT] = {
	[RUNG_NAME] = "name",         [RUNG_TCP] = "tcp",
	[RUNG_HOST_KEY] = "host-key", [RUNG_LOGIN] = "login",
	[RUNG_SHELL] = "shell",       [RUNG_NVIDIA_SMI] = "nvidia-smi",
	[RUNG_GPUS] = "gpus",         [RUNG_PROCESSES] = "processes",
	[RUNG_TOOLS] = "tools",
};

static const char *const titles[RUNG_COUNT] = {
	[RUNG_NAME] = "name",         [RUNG_TCP] = "TCP",
	[RUNG_HOST_KEY] = "host key", [RUNG_LOGIN] = "login",
	[RUNG_SHELL] = "shell",       [RUNG_NVIDIA_SMI] = "nvidia-smi",
	[RUNG_GPUS] = "GPUs",         [RUNG_PROCESSES] = "processes",
	[RUNG_TOOLS] = "tools",
};

const char *rung_name(enum rung rung)
{
	return names[rung];
}

const char *rung_title(enum rung rung)
{
	return titles[rung];
}

const char *rung_state_name(enum rung_state state)
{
	static const char *const states[] = {
		[RUNG_SKIPPED] = "skipped", [RUNG_OK] = "ok", [RUNG_WARNING] = "warning", [RUNG_FAILED] = "failed"};

	return states[state];
}

/* --- Where a login is --- */

static enum rung rung_by_kind(enum problem_kind kind)
{
	switch (kind) {
	case PROBLEM_UNREACHABLE:
	case PROBLEM_REFUSED:
	case PROBLEM_TIMEOUT:
		return RUNG_TCP;
	case PROBLEM_HOST_KEY:
	case PROBLEM_CLOSED:
		return RUNG_HOST_KEY;
	case PROBLEM_AUTH:
		return RUNG_LOGIN;
	case PROBLEM_SHELL:
		return RUNG_SHELL;
	default:
		return RUNG_NAME;
	}
}

enum rung ladder_rung_of(const struct ssh_trace *trace, bool local, enum problem_kind kind)
{
	if (local)
		return RUNG_SHELL;
	switch (trace->step) {
	case SSH_STARTED:
		return trace->proxy[0] ? RUNG_TCP : rung_by_kind(kind);
	case SSH_RESOLVED:
		return RUNG_TCP;
	case SSH_CONNECTED:
	case SSH_GREETED:
	case SSH_KEY_SHOWN:
		return RUNG_HOST_KEY;
	case SSH_KEY_TRUSTED:
		return RUNG_LOGIN;
	case SSH_LOGGED_IN:
		break;
	}
	return RUNG_SHELL;
}

/* --- All of it --- */

/* Whether somebody else does this part of the way; *detail says who. */
static bool is_not_ours(const struct ascent *ascent, enum rung rung, char **detail)
{
	if (ascent->host_config->local && rung < RUNG_SHELL) {
		*detail = xstrdup("this machine: no ssh");
		return true;
	}
	if (!ascent->trace->proxy[0] || rung > RUNG_TCP || rung == ascent->top)
		return false;
	*detail = xasprintf("the work of the proxy: %s", ascent->trace->proxy);
	return true;
}

static void judge(const struct ascent *ascent, enum rung rung, struct rung_verdict *verdict)
{
	*verdict = (struct rung_verdict){.state = RUNG_SKIPPED, .ms = NAN};
	if (is_not_ours(ascent, rung, &verdict->detail))
		return;
	if (rung > ascent->top) {
		verdict->detail = xstrdup("not reached");
		return;
	}
	verdict->ms = ascent->ms[rung];
	if (rung == ascent->top) {
		verdict_fail(ascent, verdict);
		return;
	}
	verdict_tell(ascent, rung, verdict);
}

void ladder_init(struct ladder *ladder, const struct ascent *ascent)
{
	for (enum rung rung = RUNG_NAME; rung < RUNG_COUNT; rung++)
		judge(ascent, rung, &ladder->rungs[rung]);
}

void ladder_done(struct ladder *ladder)
{
	for (enum rung rung = RUNG_NAME; rung < RUNG_COUNT; rung++) {
		free(ladder->rungs[rung].detail);
		free(ladder->rungs[rung].message);
		free(ladder->rungs[rung].remedy);
	}
}

bool ladder_is_well(const struct ladder *ladder)
{
	for (enum rung rung = RUNG_NAME; rung < RUNG_COUNT; rung++)
		if (ladder->rungs[rung].state == RUNG_FAILED)
			return false;
	return true;
}
