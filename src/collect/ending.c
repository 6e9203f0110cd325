#include "collect/ending.h"

#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "collect/ssh_errors.h"

enum { SSH_FAILED = 255 }; /* ssh's own failures; any other status is the far shell's (ssh(1), EXIT STATUS) */

/* One that does not fit is left out: half of a command is none. */
static void set_hint(struct ending *ending, const char *hint)
{
	bool fits = strlen(hint) < sizeof(ending->hint);

	snprintf(ending->hint, sizeof(ending->hint), "%s", fits ? hint : "");
}

/*
 * After the probe was ready the far host can write what it likes to the same stderr: a session that stood has been closed,
 * whatever is said, or ssh itself has given it up.
 */
static void explain_ssh(struct slice stderr_tail, const struct host_config *host, char *const *ssh_command, bool was_ready,
			struct ending *ret)
{
	const struct ssh_target target = ssh_target_of(host, ssh_command);
	struct ssh_error error;

	ssh_errors_classify(stderr_tail, &target, &error);
	bool believed = !was_ready || error.kind == PROBLEM_TIMEOUT;
	ret->kind = believed ? error.kind : PROBLEM_CLOSED;
	text_escape(error.message, ret->message, sizeof(ret->message));
	set_hint(ret, error.hint);
	if (believed)
		return;
	cleanup_free char *last = ssh_line_there(host, ssh_command, "last -x -n 5");
	cleanup_free char *hint = xasprintf("%s   # was it rebooted, or the session ended there? it is logged in to anew", last);
	set_hint(ret, hint);
}

/* What mends an account whose shell has ended by itself, by its last words. */
static char *shell_hint(const char *said, const struct host_config *host, char *const *ssh_command)
{
	const struct ssh_target target = ssh_target_of(host, ssh_command);

	if (host->local)
		return xstrdup("nvwebmon probe | sh   # where nvwebmon runs: \"@ready\" has to come; what comes instead?");
	if (strstr(said, "account is currently not available"))
		return xasprintf("sudo chsh -s /bin/sh %s   # on %s: its login shell must be able to run `exec sh`",
				 host->user ? host->user : "USER", host->address);
	if (strcasestr(said, "password change required")) {
		cleanup_free char *ssh = ssh_line(&target, "-t");
		return xasprintf("%s   # once, by hand: the account wants a new password", ssh);
	}
	cleanup_free char *ssh = ssh_line(&target, "-T");
	return xasprintf("%s 'exec sh' </dev/null   # its login shell must be able to run this in silence: what does it say?",
			 ssh);
}

/* Nobody said why: the status or the signal, and the last words of the shell. */
static void explain_child(const struct transport_end *end, const char *who, const char *last_words, struct ending *ret)
{
	struct slice words = slice_trim(end->stderr_tail);
	char said[384];

	text_escape(words.len > 0 ? words : slice_of(last_words), said, sizeof(said));
	snprintf(ret->message, sizeof(ret->message), "%s %s %d%s%s", who,
		 end->signal ? "was ended by signal" : "ended with status", end->signal ? end->signal : end->exit_status,
		 said[0] ? ": " : "", said);
}

void ending_explain(const struct transport_end *end, const struct host_config *host, char *const *ssh_command, bool was_ready,
		    const char *last_words, struct ending *ret)
{
	bool words = slice_trim(end->stderr_tail).len > 0;

	if (!host->local && (end->exit_status == SSH_FAILED || (end->signal && words))) {
		explain_ssh(end->stderr_tail, host, ssh_command, was_ready, ret);
		return;
	}
	bool is_ssh = !host->local && end->signal;
	explain_child(end, is_ssh ? "ssh" : "the shell", is_ssh ? "" : last_words, ret);
	ret->kind = is_ssh || was_ready ? PROBLEM_CLOSED : PROBLEM_SHELL;
	if (ret->kind == PROBLEM_CLOSED) {
		set_hint(ret, "nvwebmon check   # where nvwebmon runs: goes all the way once more, and says where it breaks");
		return;
	}
	cleanup_free char *hint = shell_hint(ret->message, host, ssh_command);
	set_hint(ret, hint);
}

void ending_explain_version(const struct host_config *host, char *const *ssh_command, struct ending *ret)
{
	const struct ssh_target target = ssh_target_of(host, ssh_command);
	cleanup_free char *ssh = ssh_line(&target, NULL), *name = quote_word(host->name);
	/* One that is not in the file has the settings of all. */
	cleanup_free char *hint = xasprintf("nvwebmon probe%s%s | %s 'cat >.nvwebmon-probe'", host->line > 0 ? " " : "",
					    host->line > 0 ? name : "", ssh);

	ret->kind = PROBLEM_SHELL;
	snprintf(ret->message, sizeof(ret->message), "the probe on this host is of another version than ours");
	set_hint(ret, hint);
}
