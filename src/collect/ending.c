#include "collect/ending.h"

#include <stdio.h>

#include "collect/ssh_errors.h"

enum { SSH_FAILED = 255 }; /* ssh's own failures; any other status is the far shell's (ssh(1), EXIT STATUS) */

/*
 * After the probe was ready the far host can write what it likes to the same stderr: a session that stood has been closed, whatever is said, or ssh
 * itself has given it up.
 */
static void explain_ssh(struct slice stderr_tail, const struct host_config *host, bool was_ready, struct ending *ret)
{
	const struct ssh_target target = {.user = host->user, .address = host->address, .port = host->port};
	struct ssh_error error;

	ssh_errors_classify(stderr_tail, &target, &error);
	bool believed = !was_ready || error.kind == PROBLEM_TIMEOUT;
	ret->kind = believed ? error.kind : PROBLEM_CLOSED;
	text_escape(error.message, ret->message, sizeof(ret->message));
	snprintf(ret->hint, sizeof(ret->hint), "%s", believed ? error.hint : "");
}

/* Nobody said why: the status or the signal, and the last words of the shell. */
static void explain_child(const struct transport_end *end, const char *who, bool closed, const char *last_words,
			  struct ending *ret)
{
	struct slice words = slice_trim(end->stderr_tail);
	char said[384];

	text_escape(words.len > 0 ? words : slice_of(last_words), said, sizeof(said));
	snprintf(ret->message, sizeof(ret->message), "%s %s %d%s%s", who,
		 end->signal ? "was ended by signal" : "ended with status", end->signal ? end->signal : end->exit_status,
		 said[0] ? ": " : "", said);
	ret->kind = closed ? PROBLEM_CLOSED : PROBLEM_SHELL;
	snprintf(ret->hint, sizeof(ret->hint), "%s",
		 closed ? "" : "log in by hand and see what the login shell says; it must be able to run `exec sh`");
}

void ending_explain(const struct transport_end *end, const struct host_config *host, bool was_ready, const char *last_words,
		    struct ending *ret)
{
	bool words = slice_trim(end->stderr_tail).len > 0;

	if (!host->local && (end->exit_status == SSH_FAILED || (end->signal && words)))
		explain_ssh(end->stderr_tail, host, was_ready, ret);
	else if (!host->local && end->signal)
		explain_child(end, "ssh", true, "", ret);
	else
		explain_child(end, "the shell", was_ready, last_words, ret);
}
