#include "collect/ending.h"

#include <stdio.h>
#include <string.h>

#include "collect/ssh_errors.h"

enum { SSH_FAILED = 255 }; /* ssh's own failures; any other status is the far shell's (ssh(1), EXIT STATUS) */

static struct ssh_target target_of(const struct host_config *host)
{
	return (struct ssh_target){.user = host->user, .address = host->address, .port = host->port};
}

/*
 * After the probe was ready the far host can write what it likes to the same stderr: a session that stood has been closed,
 * whatever is said, or ssh itself has given it up.
 */
static void explain_ssh(struct slice stderr_tail, const struct host_config *host, bool was_ready, struct ending *ret)
{
	const struct ssh_target target = target_of(host);
	struct ssh_error error;

	ssh_errors_classify(stderr_tail, &target, &error);
	bool believed = !was_ready || error.kind == PROBLEM_TIMEOUT;
	ret->kind = believed ? error.kind : PROBLEM_CLOSED;
	text_escape(error.message, ret->message, sizeof(ret->message));
	if (believed)
		snprintf(ret->hint, sizeof(ret->hint), "%s", error.hint);
	else
		snprintf(ret->hint, sizeof(ret->hint), "last -x -n 5   # on %s: was it rebooted? we log in anew by ourselves",
			 host->address);
}

/* What mends an account whose shell has ended by itself, by its last words. */
static void write_shell_hint(const char *said, const struct host_config *host, char *out, size_t size)
{
	const struct ssh_target target = target_of(host);
	char target_text[320];

	ssh_errors_write_target(&target, target_text, sizeof(target_text));
	if (strstr(said, "account is currently not available"))
		snprintf(out, size, "usermod -s /bin/sh %s   # on %s, as root: its login shell must be able to run `exec sh`",
			 host->user ? host->user : "USER", host->address);
	else if (strcasestr(said, "password change required"))
		snprintf(out, size, "ssh -t %s   # once, by hand: the account wants a new password", target_text);
	else
		snprintf(out, size, "log in by hand and see what the login shell says; it must be able to run `exec sh`");
}

/* Nobody said why: the status or the signal, and the last words of the shell. */
static void explain_child(const struct transport_end *end, const struct host_config *host, const char *who, bool closed,
			  const char *last_words, struct ending *ret)
{
	struct slice words = slice_trim(end->stderr_tail);
	char said[384];

	text_escape(words.len > 0 ? words : slice_of(last_words), said, sizeof(said));
	snprintf(ret->message, sizeof(ret->message), "%s %s %d%s%s", who,
		 end->signal ? "was ended by signal" : "ended with status", end->signal ? end->signal : end->exit_status,
		 said[0] ? ": " : "", said);
	ret->kind = closed ? PROBLEM_CLOSED : PROBLEM_SHELL;
	ret->hint[0] = '\0';
	if (!closed)
		write_shell_hint(said, host, ret->hint, sizeof(ret->hint));
}

void ending_explain(const struct transport_end *end, const struct host_config *host, bool was_ready, const char *last_words,
		    struct ending *ret)
{
	bool words = slice_trim(end->stderr_tail).len > 0;

	if (!host->local && (end->exit_status == SSH_FAILED || (end->signal && words)))
		explain_ssh(end->stderr_tail, host, was_ready, ret);
	else if (!host->local && end->signal)
		explain_child(end, host, "ssh", true, "", ret);
	else
		explain_child(end, host, "the shell", was_ready, last_words, ret);
}

void ending_explain_version(const struct host_config *host, struct ending *ret)
{
	const struct ssh_target target = target_of(host);
	char target_text[320];

	ssh_errors_write_target(&target, target_text, sizeof(target_text));
	ret->kind = PROBLEM_SHELL;
	snprintf(ret->message, sizeof(ret->message), "the probe on this host is of another version");
	snprintf(ret->hint, sizeof(ret->hint), "nvwebmon probe | ssh %s 'cat > .nvwebmon-probe'", target_text);
}
