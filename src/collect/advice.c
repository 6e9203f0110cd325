#include "collect/advice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "collect/probe.h"
#include "collect/ssh_line.h"

const char *advise_where(const struct ascent *ascent)
{
	return ascent->host_config->local ? "this machine" : ascent->host_config->address;
}

const char *advise_user(const struct ascent *ascent)
{
	if (ascent->host_config->user)
		return ascent->host_config->user;
	return ascent->trace->user[0] ? ascent->trace->user : "you";
}

/* --- Commands --- */

static struct ssh_target target_of(const struct ascent *ascent)
{
	return ssh_target_of(ascent->host_config, ascent->config->ssh_command);
}

static char *ssh_command(const struct ascent *ascent, const char *option)
{
	const struct ssh_target target = target_of(ascent);

	return ssh_line(&target, option);
}

char *advise_there(const struct ascent *ascent, const char *command)
{
	return ssh_line_there(ascent->host_config, ascent->config->ssh_command, command);
}

/* What prints the script that this host is sent. One that is not in the file has the settings of all. */
static char *probe_command(const struct ascent *ascent)
{
	cleanup_free char *path = ascent->config->path ? quote_word(ascent->config->path) : NULL;
	cleanup_free char *name = quote_word(ascent->host_config->name);
	bool is_in_file = ascent->host_config->line > 0;

	return xasprintf("nvwebmon probe%s%s%s%s", path ? " --config " : "", path ? path : "", is_in_file ? " " : "",
			 is_in_file ? name : "");
}

/*
 * What we do on the host, by hand: the script, then the orders that somebody types. They must not come before it is ready, or its shell would
 * take them for a part of the script that it has read ahead.
 */
static char *probe_by_hand(const struct ascent *ascent)
{
	cleanup_free char *probe = probe_command(ascent), *ssh = ssh_command(ascent, "-T");
	bool local = ascent->host_config->local;

	return xasprintf("{ %s; cat; } | %s%s", probe, local ? "sh" : ssh, local ? "" : " 'exec sh'");
}

/* --- name, TCP --- */

static const char *port_of(const struct ascent *ascent, char *out, size_t size)
{
	if (ascent->trace->port[0])
		return ascent->trace->port;
	snprintf(out, size, "%d", ascent->host_config->port > 0 ? ascent->host_config->port : 22);
	return out;
}

static const char *address_of(const struct ascent *ascent)
{
	return ascent->trace->address[0] ? ascent->trace->address : ascent->host_config->address;
}

/* Where the address was written. */
static char *origin(const struct ascent *ascent)
{
	if (!ascent->config->path || ascent->host_config->line == 0)
		return xstrdup("on the command line");
	return xasprintf("in line %u of %s", ascent->host_config->line, ascent->config->path);
}

/* The name that ssh has looked for: the HostName of an alias. On the heap. */
static char *name_looked_for(const struct ascent *ascent)
{
	static const char before[] = "Could not resolve hostname ";
	const char *at = strstr(ascent->ending.message, before);
	struct slice rest;

	if (at) {
		cleanup_free char *name = slice_dup(slice_split(slice_of(at + sizeof(before) - 1), ':', &rest));
		return quote_word(name);
	}
	return xstrdup(ascent->host_config->address);
}

static char *advise_name(const struct ascent *ascent)
{
	cleanup_free char *name = name_looked_for(ascent), *where = origin(ascent);

	if (!ascent->started)
		return xstrdup("sudo apt install openssh-client   # here; or correct ssh.command in the configuration");
	if (ascent->ending.kind != PROBLEM_DNS)
		return NULL;
	if (slice_contains(slice_of(ascent->ending.message), "Temporary failure"))
		return xasprintf("getent hosts %s   # no name server answers this machine: resolvectl status, /etc/resolv.conf",
				 name);
	if (strcmp(name, ascent->host_config->address) != 0)
		return xasprintf("getent hosts %s   # nobody knows it: correct the HostName of %s in ~/.ssh/config", name,
				 ascent->host_config->address);
	return xasprintf("getent hosts %s   # nobody knows it: correct it %s, or give it a HostName in ~/.ssh/config", name,
			 where);
}

static char *advise_tcp(const struct ascent *ascent)
{
	char buffer[16];
	const char *port = port_of(ascent, buffer, sizeof(buffer)), *address = address_of(ascent), *name = advise_where(ascent);

	/* What failed is between the proxy and the host, or before the proxy: ssh's words name it, and the hint goes by them. */
	if (ascent->trace->proxy[0])
		return NULL;
	switch (ascent->ending.kind) {
	case PROBLEM_REFUSED:
		return xasprintf("sudo systemctl enable --now ssh   # on %s, at its console: it is on, but no sshd runs there\n"
				 "sudo ss -ltnp | grep sshd   # on %s: or is it on another port than %s?",
				 name, name, port);
	case PROBLEM_UNREACHABLE:
		return xasprintf("ip route get %s   # does this machine have a way to it?\n"
				 "ping -c 3 %s   # is it switched on, on the same network?",
				 address, address);
	case PROBLEM_TIMEOUT:
		return xasprintf(
			"ping -c 3 %s   # no answer: it is switched off, or has another address\n"
			"sudo ufw allow %s/tcp   # on %s, when ping is answered: a firewall drops what is sent to port %s",
			address, port, name, port);
	default:
		return NULL;
	}
}

/* --- Host key --- */

/* The file of a host key by its type, on the host. */
static const char *host_key_file(const char *type)
{
	if (strncmp(type, "ecdsa", 5) == 0)
		return "/etc/ssh/ssh_host_ecdsa_key.pub";
	if (strstr(type, "rsa"))
		return "/etc/ssh/ssh_host_rsa_key.pub";
	return "/etc/ssh/ssh_host_ed25519_key.pub";
}

/* The line that shows the old key: known_hosts and its line, "/home/alice/.ssh/known_hosts:12". */
static char *show_old_key(const char *offending)
{
	const char *colon = strrchr(offending, ':');

	if (!colon || colon[1] == '\0' || strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return xstrdup("");
	return xasprintf("sed -n %sp %.*s | ssh-keygen -lf -   # here: the key that was known so far\n", colon + 1,
			 (int)(colon - offending), offending);
}

/* The first command of the hint, which names file and host as ssh does: "ssh-keygen -f '...' -R '...'". */
static char *forget_old_key(const struct ascent *ascent)
{
	const char *hint = ascent->ending.hint, *next = strstr(hint, " && ");

	return xasprintf("%.*s", next ? (int)(next - hint) : (int)strlen(hint), hint);
}

static char *advise_changed_key(const struct ascent *ascent)
{
	const struct ssh_trace *trace = ascent->trace;
	cleanup_free char *old = show_old_key(trace->offending), *ssh = ssh_command(ascent, NULL),
			  *forget = forget_old_key(ascent);

	return xasprintf("ssh-keygen -lf %s   # on %s, at its console: is it %s?\n%s%s && %s true   # only when it is, and you "
			 "know why it "
			 "has changed",
			 host_key_file(trace->key_type), advise_where(ascent), trace->fingerprint, old, forget, ssh);
}

static char *advise_unknown_key(const struct ascent *ascent)
{
	const struct ssh_trace *trace = ascent->trace;
	cleanup_free char *ssh = ssh_command(ascent, "-oStrictHostKeyChecking=ask");

	return xasprintf("ssh-keygen -lf %s   # on %s, at its console: is it %s?\n"
			 "%s true   # here, as the user that watches: then answer with yes, or with the fingerprint",
			 host_key_file(trace->key_type), advise_where(ascent), trace->fingerprint, ssh);
}

static char *advise_host_key(const struct ascent *ascent)
{
	char buffer[16];
	const char *port = port_of(ascent, buffer, sizeof(buffer)), *name = advise_where(ascent);

	if (ascent->ending.kind == PROBLEM_HOST_KEY && ascent->trace->fingerprint[0])
		return ascent->trace->offending[0] ? advise_changed_key(ascent) : advise_unknown_key(ascent);
	if (ascent->ending.kind == PROBLEM_TIMEOUT && ascent->trace->step < SSH_GREETED)
		return xasprintf("nc -w 5 %s %s   # an sshd says SSH-2.0-... at once: is this its port?\n"
				 "sudo systemctl restart ssh   # on %s, at its console, when it is",
				 address_of(ascent), port, name);
	if (ascent->ending.kind == PROBLEM_CLOSED)
		return xasprintf("sudo journalctl -u ssh -u sshd -n 20   # on %s, at its console: why does its sshd hang up? "
				 "(MaxStartups, fail2ban, hosts.deny)",
				 name);
	return NULL;
}

/* --- Login --- */

static bool allows(const struct ssh_trace *trace, const char *method)
{
	return trace->allowed[0] == '\0' || strstr(trace->allowed, method) != NULL;
}

/* ssh-copy-id logs in with a password. Where there is none, somebody else has to take the key there. */
static char *copy_key(const struct ascent *ascent, const char *key_file)
{
	const struct ssh_target target = target_of(ascent);
	cleanup_free char *copy = ssh_line_copy_id(&target, key_file);
	const char *name = advise_where(ascent);

	if (allows(ascent->trace, "password") || allows(ascent->trace, "keyboard-interactive"))
		return xasprintf("%s   # asks for the password of %s on %s, once", copy, advise_user(ascent), name);
	return xasprintf("%s   # %s takes no password: else have somebody who gets in add the .pub to ~%s/.ssh/authorized_keys",
			 copy, name, advise_user(ascent));
}

/* The server would take our key, but ssh could not use it. */
static char *advise_locked_key(const struct ascent *ascent)
{
	const struct ssh_trace *trace = ascent->trace;

	if (trace->loose_file[0])
		return xasprintf("chmod 600 %s   # others may read this key: ssh does not use it", trace->loose_file);
	if (trace->agent_refused)
		return xstrdup(
			"ssh-add -l   # the agent has the key, but would not sign with it: is it locked, or waits for a touch?");
	return xasprintf("ssh-add %s   # it has a passphrase, and nobody is there to type it: an agent, or a key without one",
			 trace->key_file);
}

/* There is none. Where ssh was told to look for one, it belongs there. */
static char *make_key(const struct ascent *ascent)
{
	const char *missing = ascent->trace->missing_key;
	cleanup_free char *copy = copy_key(ascent, missing);

	return xasprintf("ssh-keygen -t ed25519%s%s   # here, as the user that watches: it has no key yet; leave the passphrase "
			 "empty\n%s",
			 missing[0] ? " -f " : "", missing, copy);
}

/* The key has done its work, and the server names what is left: AuthenticationMethods publickey,password. */
static char *advise_second_factor(const struct ascent *ascent)
{
	return xasprintf("sudoedit /etc/ssh/sshd_config   # on %s: it accepts the key, but wants a second factor too (%s), which "
			 "nobody is there to give; add at its end \"Match User %s\" and below that \"AuthenticationMethods "
			 "publickey\", for an account that only watches\n"
			 "sudo systemctl reload ssh   # then",
			 advise_where(ascent), ascent->trace->allowed, advise_user(ascent));
}

static char *advise_login(const struct ascent *ascent)
{
	const struct ssh_trace *trace = ascent->trace;

	if (ascent->ending.kind != PROBLEM_AUTH)
		return NULL;
	if (slice_contains(slice_of(ascent->ending.message), "Too many authentication failures"))
		return NULL;
	if (!allows(trace, "publickey") && trace->accepted)
		return advise_second_factor(ascent);
	if (!allows(trace, "publickey"))
		return xasprintf(
			"sudo grep -rn PubkeyAuthentication /etc/ssh   # on %s: it takes no keys, only %s; set this to yes\n"
			"sudo systemctl reload ssh   # then",
			advise_where(ascent), trace->allowed);
	if (trace->accepted)
		return advise_locked_key(ascent);
	if (trace->identities > 0 || trace->offered > 0)
		return copy_key(ascent, trace->key_file);
	return make_key(ascent);
}

/* --- Shell --- */

static char *advise_shell(const struct ascent *ascent)
{
	struct slice message = slice_of(ascent->ending.message);
	const char *user = advise_user(ascent);

	if (slice_contains(message, "not available") || slice_contains(message, "nologin"))
		return xasprintf(
			"sudo chsh -s /bin/sh %s   # on %s, as somebody who gets in: this account has no shell to log in to",
			user, advise_where(ascent));
	if (ascent->host_config->local)
		return NULL;
	cleanup_free char *ssh = ssh_command(ascent, NULL), *probe = probe_command(ascent);
	if (slice_contains(message, "of another version"))
		return xasprintf("%s | %s 'cat >.nvwebmon-probe'   # with a key that may do more than run it", probe, ssh);
	if (slice_contains(message, "nobody asked for"))
		return xasprintf("%s true | head -n 20   # what is it that the rc files of its login shell print?", ssh);
	if (ascent->ending.kind == PROBLEM_TIMEOUT)
		return xasprintf("%s 'exec sh' </dev/null   # should be over at once: what does its login shell wait for?", ssh);
	return NULL;
}

/* --- nvidia-smi --- */

#define BY_HAND                                                                                                                  \
	"%s   # the probe by hand: at \"" PROBE_READY "\" type \"poll 1\"; all is well when the answer ends with \"@1 end\""

/* The probe was ready, and is gone, or says nothing any more. Its answer was not what has told: only another look can. */
static char *advise_nvidia_smi(const struct ascent *ascent)
{
	bool closed = ascent->ending.kind == PROBLEM_CLOSED;
	cleanup_free char *by_hand = probe_by_hand(ascent);

	if (!closed && ascent->ending.kind != PROBLEM_TIMEOUT)
		return NULL;
	cleanup_free char *look =
		advise_there(ascent, closed ? "sudo journalctl -n 30 --no-pager" : "ps -eo pid,stat,wchan:32,args | grep \" D\"");
	return xasprintf(BY_HAND "; what comes instead? (%s)\n%s   # %s", by_hand,
			 closed ? "the login shell's rc file, a forced command or a limit of the account may end it"
				: "a forced command, or a login shell, that keeps our orders to itself",
			 look,
			 closed ? "or was it killed, or the host out of memory?" : "or is a process there stuck in the kernel?");
}

/* --- All of it --- */

/* Somewhere on the way: ssh itself tells most. */
static char *advise_by_hand(const struct ascent *ascent)
{
	cleanup_free char *by_hand = probe_by_hand(ascent), *ssh = ssh_command(ascent, "-v");

	if (ascent->host_config->local)
		return xasprintf(BY_HAND, by_hand);
	return xasprintf("%s true   # by hand: where does it stay, and what does it say?", ssh);
}

char *advise(const struct ascent *ascent)
{
	static char *(*const advisers[RUNG_COUNT])(const struct ascent *ascent) = {
		[RUNG_NAME] = advise_name,   [RUNG_TCP] = advise_tcp,     [RUNG_HOST_KEY] = advise_host_key,
		[RUNG_LOGIN] = advise_login, [RUNG_SHELL] = advise_shell, [RUNG_NVIDIA_SMI] = advise_nvidia_smi,
	};

	if (ascent->interrupted)
		return NULL;
	if (ascent->remedy.command)
		return ssh_line_remedy(ascent->host_config, ascent->config->ssh_command, &ascent->remedy);
	char *own = advisers[ascent->top] ? advisers[ascent->top](ascent) : NULL;
	if (own)
		return own;
	return ascent->ending.hint[0] ? xstrdup(ascent->ending.hint) : advise_by_hand(ascent);
}

char *advise_finding(const struct ascent *ascent, const char *remedy)
{
	struct slice rest, after, before = slice_split(slice_of(remedy), '`', &rest);
	cleanup_free char *command = slice_dup(slice_split(rest, '`', &after));

	if (!after.ptr)
		return remedy ? xstrdup(remedy) : NULL;
	cleanup_free char *own = ssh_line_smi(ascent->host_config, command), *there = advise_there(ascent, own);
	return xasprintf("%s   # %.*sthis%.*s", there, SLICE_ARGS(before), SLICE_ARGS(after));
}
