#include "collect/ssh_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"

struct ssh_target ssh_target_of(const struct host_config *host, char *const *command)
{
	return (struct ssh_target){.user = host->user, .address = host->address, .port = host->port, .command = command};
}

/* --- A line, word by word --- */

/* Takes the place of *line, which is on the heap. */
static void add_raw(char **line, const char *text)
{
	char *longer = xasprintf("%s%s%s", *line, (*line)[0] ? " " : "", text);

	free(*line);
	*line = longer;
}

static void add_word(char **line, const char *word)
{
	cleanup_free char *quoted = quote_word(word);

	add_raw(line, quoted);
}

static void add_pair(char **line, const char *option, const char *value)
{
	add_word(line, option);
	add_word(line, value);
}

static void add_target(char **line, const struct ssh_target *target, const char *user)
{
	char port[16];
	cleanup_free char *address = user ? xasprintf("%s@%s", user, target->address) : xstrdup(target->address);

	snprintf(port, sizeof(port), "%d", target->port);
	if (target->port > 0)
		add_pair(line, "-p", port);
	add_word(line, address);
}

char *ssh_line_command(const struct ssh_target *target)
{
	char ssh[] = "ssh", *const alone[] = {ssh, NULL};
	char *line = xstrdup("");

	for (char *const *word = target->command ? target->command : alone; *word; word++)
		add_word(&line, *word);
	return line;
}

char *ssh_line_target(const struct ssh_target *target)
{
	char *line = xstrdup("");

	add_target(&line, target, target->user);
	return line;
}

char *ssh_line(const struct ssh_target *target, const char *option)
{
	char *line = ssh_line_command(target);

	if (option)
		add_word(&line, option);
	add_target(&line, target, target->user);
	return line;
}

/* --- The options of ssh.command --- */

static bool is_ssh(const char *word)
{
	const char *slash = strrchr(word, '/');

	return strcmp(slash ? slash + 1 : word, "ssh") == 0;
}

/* The options of a command, one after the other. */
struct option_words {
	char *const *word;
	size_t at; /* in *word; 0: before it */
	char letter;
	const char *value; /* NULL: it takes none */
};

/* As the usage of ssh(1) has it, OpenSSH 10. */
static bool takes_value(char letter)
{
	return strchr("BDEFIJLOPQRSWbceilmopw", letter) != NULL;
}

enum found { FOUND_OPTION, FOUND_END, FOUND_UNKNOWN };

/* The next one, "-p22", "-p 22", or a letter of "-4q". */
static enum found next_option(struct option_words *options)
{
	if (options->at == 0) {
		const char *word = *options->word;
		if (!word)
			return FOUND_END;
		if (word[0] != '-' || word[1] == '\0' || word[1] == '-')
			return FOUND_UNKNOWN;
		options->at = 1;
	}
	const char *word = *options->word, *rest = word + options->at + 1;
	options->letter = word[options->at++];
	options->value = NULL;
	if (takes_value(options->letter)) {
		options->value = *rest ? rest : *++options->word;
		rest = "";
	}
	if (takes_value(options->letter) && !options->value)
		return FOUND_UNKNOWN;
	if (!*rest) {
		options->word++;
		options->at = 0;
	}
	return FOUND_OPTION;
}

/* False when ssh.command is not ssh with options: a wrapper, of which nobody knows what its words mean. */
static bool begin_options(const struct ssh_target *target, struct option_words *options)
{
	static char *const none[] = {NULL};

	*options = (struct option_words){.word = target->command && target->command[0] ? target->command + 1 : none};
	return !target->command || !target->command[0] || is_ssh(target->command[0]);
}

const char *ssh_line_value(const struct ssh_target *target, char letter)
{
	struct option_words options;

	if (!begin_options(target, &options))
		return NULL;
	while (next_option(&options) == FOUND_OPTION)
		if (options.letter == letter)
			return options.value;
	return NULL;
}

/* --- ssh-copy-id --- */

/* It knows -F, -o and -p as ssh does. Of the others those that say how to get there have a name for -o. */
static const struct {
	char letter;
	const char *name;
} named[] = {
	{'4', "AddressFamily=inet"}, {'6', "AddressFamily=inet6"},
	{'C', "Compression=yes"},    {'K', "GSSAPIAuthentication=yes"},
	{'B', "BindInterface="},     {'b', "BindAddress="},
	{'c', "Ciphers="},           {'I', "PKCS11Provider="},
	{'J', "ProxyJump="},         {'m', "MACs="},
	{'S', "ControlPath="},
};

static void add_copy_option(char **line, char letter, const char *value)
{
	const char option[] = {'-', letter, '\0'};

	if (strchr("Fop", letter)) {
		add_pair(line, option, value);
		return;
	}
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		if (named[i].letter != letter)
			continue;
		cleanup_free char *text = xasprintf("%s%s", named[i].name, value ? value : "");
		add_pair(line, "-o", text);
	}
}

/* Adds them all; false when there are some that nobody understands. */
static bool add_copy_options(char **line, const struct ssh_target *target)
{
	struct option_words options;
	enum found found = begin_options(target, &options) ? FOUND_OPTION : FOUND_UNKNOWN;

	while (found == FOUND_OPTION && (found = next_option(&options)) == FOUND_OPTION)
		add_copy_option(line, options.letter, options.value);
	return found == FOUND_END;
}

static char *public_half(const char *key)
{
	size_t len = strlen(key);
	bool is_public = len > 4 && strcmp(key + len - 4, ".pub") == 0;

	return xasprintf("%s%s", key, is_public ? "" : ".pub");
}

/* A "~" is not to be quoted: ssh knows it, ssh-copy-id and "<" leave it to the shell. */
static char *quote_path(const char *path)
{
	bool at_home = path[0] == '~' && path[1] == '/' && path[2];
	cleanup_free char *quoted = quote_word(at_home ? path + 2 : path);

	return xasprintf("%s%s", at_home ? "~/" : "", quoted);
}

/* With the command itself, whatever it is. */
static char *copy_by_command(const struct ssh_target *target, const char *key)
{
	char *line = ssh_line(target, NULL);

	add_word(&line, "umask 077; mkdir -p .ssh; cat >>.ssh/authorized_keys");
	cleanup_free char *public = key ? public_half(key) : NULL;
	cleanup_free char *quoted = quote_path(public ? public : "~/.ssh/id_ed25519.pub");
	cleanup_free char *from = xasprintf("<%s", quoted);
	add_raw(&line, from);
	return line;
}

char *ssh_line_copy_id(const struct ssh_target *target, const char *key)
{
	const char *user = ssh_line_value(target, 'l');
	char *line = xstrdup("ssh-copy-id");

	if (!key || !key[0])
		key = ssh_line_value(target, 'i');
	if (key) {
		cleanup_free char *public = public_half(key);
		cleanup_free char *quoted = quote_path(public);
		add_raw(&line, "-i");
		add_raw(&line, quoted);
	}
	if (!add_copy_options(&line, target)) {
		free(line);
		return copy_by_command(target, key);
	}
	/* Of two users ssh takes the one of its options, which come first. */
	add_target(&line, target, user ? user : target->user);
	return line;
}

char *ssh_line_copy_id_jump(const struct ssh_target *target, const char *jump)
{
	const char *file = ssh_line_value(target, 'F');
	char *line = xstrdup("ssh-copy-id");

	if (file)
		add_pair(&line, "-F", file);
	add_word(&line, jump);
	return line;
}

/* --- What is run on the host --- */

char *ssh_line_there(const struct host_config *host, char *const *ssh_command, const char *command)
{
	const struct ssh_target target = ssh_target_of(host, ssh_command);

	if (host->local)
		return xstrdup(command);
	char *line = ssh_line(&target, strncmp(command, "sudo ", 5) == 0 ? "-t" : NULL);
	/* Even of one plain word: it is to be seen where the command begins. */
	cleanup_free char *quoted = strpbrk(command, " '") ? quote_word(command) : xasprintf("'%s'", command);
	add_raw(&line, quoted);
	return line;
}

static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

char *ssh_line_smi(const struct host_config *host, const char *command)
{
	const char *own = host->nvidia_smi, *rest = after(command, "nvidia-smi"), *as_root = after(command, "sudo nvidia-smi");

	if (own && rest)
		return xasprintf("%s%s", own, rest);
	if (own && as_root)
		return xasprintf("%s%s%s", after(own, "sudo ") ? "" : "sudo ", own, as_root);
	return xstrdup(command);
}

char *ssh_line_remedy(const struct host_config *host, char *const *ssh_command, const struct remedy *remedy)
{
	if (!remedy->command)
		return NULL;
	cleanup_free char *command = ssh_line_smi(host, remedy->command);
	cleanup_free char *there = ssh_line_there(host, ssh_command, command);
	return xasprintf("%s   # %s", there, remedy->remark);
}
