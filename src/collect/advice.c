#include "collect/advice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smi/messages.h"

enum { COMMAND_MAX = 4096 };

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

/* --- Commands with ssh --- */

static bool is_plain(const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/:@%+=,-[]";

	return word[0] != '\0' && strspn(word, plain) == strlen(word);
}

/* A word for the shell. What does not fit is left out with all that follows: no command is better than half of one. */
static void add_word(struct buf *line, const char *word)
{
	int r = buf_printf(line, is_plain(word) ? "%s%s" : "%s'%s'", line->len > 0 ? " " : "", word);

	if (r < 0)
		line->cap = line->len;
}

static void add_target(struct buf *line, const struct host_config *host)
{
	char port[16];
	cleanup_free char *target = host->user ? xasprintf("%s@%s", host->user, host->address) : xstrdup(host->address);

	if (host->port > 0) {
		snprintf(port, sizeof(port), "%d", host->port);
		add_word(line, "-p");
		add_word(line, port);
	}
	add_word(line, target);
}

/* The ssh of the configuration with one option more (NULL: none), to the host. */
static char *ssh_command(const struct ascent *ascent, const char *option)
{
	struct buf line;

	buf_init(&line, COMMAND_MAX);
	for (char **word = ascent->config->ssh_command; *word; word++)
		add_word(&line, *word);
	if (option)
		add_word(&line, option);
	add_target(&line, ascent->host_config);
	char *command = slice_dup(buf_slice(&line));
	buf_done(&line);
	return command;
}

/* ssh-copy-id knows -F, -o and -p of ssh's options; with others in the configured command it has to do without. */
static bool fits_copy_id(char *const *words)
{
	for (; words[0]; words += 2)
		if ((strcmp(words[0], "-F") != 0 && strcmp(words[0], "-o") != 0) || !words[1])
			return false;
	return true;
}

static char *copy_id_command(const struct ascent *ascent, const char *key_file)
{
	struct buf line;
	char **options = ascent->config->ssh_command + 1;

	buf_init(&line, COMMAND_MAX);
	add_word(&line, "ssh-copy-id");
	if (key_file[0]) {
		cleanup_free char *public = xasprintf("%s.pub", key_file);
		add_word(&line, "-i");
		add_word(&line, public);
	}
	for (char **word = options; fits_copy_id(options) && *word; word++)
		add_word(&line, *word);
	add_target(&line, ascent->host_config);
	char *command = slice_dup(buf_slice(&line));
	buf_done(&line);
	return command;
}

char *advise_there(const struct ascent *ascent, const char *command)
{
	if (ascent->host_config->local)
		return xstrdup(command);
	cleanup_free char *ssh = ssh_command(ascent, strncmp(command, "sudo ", 5) == 0 ? "-t" : NULL);
	return xasprintf("%s '%s'", ssh, command);
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
		char *name = slice_dup(slice_split(slice_of(at + sizeof(before) - 1), ':', &rest));
		if (is_plain(name))
			return name;
		free(name);
	}
	return xstrdup(ascent->host_config->address);
}

static char *advise_name(const struct ascent *ascent)
{
	cleanup_free char *name = name_looked_for(ascent), *where = origin(ascent);

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
		return xasprintf("sudo journalctl -u ssh -n 20   # on %s, at its console: why does its sshd hang up? "
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
	cleanup_free char *copy = copy_id_command(ascent, key_file);
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

static char *advise_login(const struct ascent *ascent)
{
	const struct ssh_trace *trace = ascent->trace;

	if (ascent->ending.kind != PROBLEM_AUTH)
		return NULL;
	if (slice_contains(slice_of(ascent->ending.message), "Too many authentication failures"))
		return NULL;
	if (!allows(trace, "publickey"))
		return xasprintf(
			"sudo grep -rn PubkeyAuthentication /etc/ssh   # on %s: it takes no keys, only %s; set this to yes\n"
			"sudo systemctl reload ssh   # then",
			advise_where(ascent), trace->allowed);
	if (trace->accepted)
		return advise_locked_key(ascent);
	if (trace->identities > 0 || trace->offered > 0)
		return copy_key(ascent, trace->key_file);
	cleanup_free char *copy = copy_key(ascent, "");
	return xasprintf(
		"ssh-keygen -t ed25519   # here, as the user that watches: it has no key yet; leave the passphrase empty\n%s",
		copy);
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
	if (ascent->ending.hint[0] || ascent->host_config->local)
		return NULL;
	cleanup_free char *ssh = ssh_command(ascent, NULL);
	if (slice_contains(message, "of another version"))
		return xasprintf("nvwebmon probe %s | %s 'cat >.nvwebmon-probe'   # with a key that may do more than run it",
				 ascent->host_config->name, ssh);
	return xasprintf("%s   # log in by hand: what does the shell say?", ssh);
}

/* --- nvidia-smi --- */

static const struct {
	enum problem_kind kind;
	const char *command;
	const char *remark;
} smi_remedies[] = {
	{PROBLEM_NO_NVIDIA_SMI, "find / -name nvidia-smi -perm /111 2>/dev/null",
	 "where is it? give that path as nvidia_smi: of this host; nowhere: install the NVIDIA driver"},
	{PROBLEM_NO_DRIVER, "sudo modprobe nvidia",
	 "when that fails, dmesg tells why; after an update of the kernel the driver wants to be installed again"},
	{PROBLEM_DRIVER_MISMATCH, "sudo reboot", "the driver was updated under the loaded kernel module"},
	{PROBLEM_NO_GPU, "lspci | grep -i nvidia",
	 "does the machine see its GPUs? one that is shown there is broken, or not ours to see"},
	{PROBLEM_NVIDIA_SMI_HANGS, "sudo dmesg | grep -i -e xid -e nvrm", "a GPU that hangs nvidia-smi mostly wants a reboot"},
	{PROBLEM_NVIDIA_SMI, "sudo dmesg | grep -i -e xid -e nvrm", "what does the driver complain of?"},
};

static char *advise_nvidia_smi(const struct ascent *ascent)
{
	const char *command = NULL, *remark = NULL;

	for (size_t i = 0; i < sizeof(smi_remedies) / sizeof(smi_remedies[0]); i++) {
		if (smi_remedies[i].kind != ascent->ending.kind)
			continue;
		command = smi_remedies[i].command;
		remark = smi_remedies[i].remark;
	}
	if (slice_contains(slice_of(ascent->ending.message), "Permission")) {
		command = "ls -l /dev/nvidia*";
		remark = "may the account read and write these? else: sudo usermod -aG GROUP, the group that they belong to";
	}
	if (!command)
		return NULL;
	cleanup_free char *there = advise_there(ascent, command);
	return xasprintf("%s   # %s", there, remark);
}

char *advise(const struct ascent *ascent)
{
	static char *(*const advisers[RUNG_COUNT])(const struct ascent *ascent) = {
		[RUNG_NAME] = advise_name,       [RUNG_TCP] = advise_tcp,     [RUNG_HOST_KEY] = advise_host_key,
		[RUNG_LOGIN] = advise_login,     [RUNG_SHELL] = advise_shell, [RUNG_NVIDIA_SMI] = advise_nvidia_smi,
		[RUNG_GPUS] = advise_nvidia_smi,
	};
	char *own = advisers[ascent->top] ? advisers[ascent->top](ascent) : NULL;

	if (own)
		return own;
	return ascent->ending.hint[0] ? xstrdup(ascent->ending.hint) : NULL;
}
