#include "collect/ending.h"

#include <stdio.h>

#include "collect/ssh_errors.h"

enum { SSH_FAILED = 255 }; /* ssh's own failures; any other status is the far shell's (ssh(1), EXIT STATUS) */

static void explain_ssh(struct slice stderr_tail, const struct host_config *host, struct ending *ret)
{
	const struct ssh_target target = {.user = host->user, .address = host->address, .port = host->port};
	struct ssh_error error;

	ssh_errors_classify(stderr_tail, &target, &error);
	ret->kind = error.kind;
	text_escape(error.message, ret->message, sizeof(ret->message));
	snprintf(ret->hint, sizeof(ret->hint), "%s", error.hint);
}

static void explain_shell(const struct transport_end *end, bool was_ready, const char *last_words, struct ending *ret)
{
	struct slice words = slice_trim(end->stderr_tail);
	char said[384];

	text_escape(words.len > 0 ? words : slice_of(last_words), said, sizeof(said));
	snprintf(ret->message, sizeof(ret->message), "the shell %s %d%s%s",
		 end->signal ? "was ended by signal" : "ended with status", end->signal ? end->signal : end->exit_status,
		 said[0] ? ": " : "", said);
	ret->kind = was_ready ? PROBLEM_CLOSED : PROBLEM_SHELL;
	snprintf(ret->hint, sizeof(ret->hint), "%s", was_ready ? "" : "the login shell must be able to run `exec sh`");
}

void ending_explain(const struct transport_end *end, const struct host_config *host, bool was_ready, const char *last_words,
		    struct ending *ret)
{
	bool ssh_speaks = !host->local && (end->exit_status == SSH_FAILED || end->signal);

	if (ssh_speaks)
		explain_ssh(end->stderr_tail, host, ret);
	else
		explain_shell(end, was_ready, last_words, ret);
}
