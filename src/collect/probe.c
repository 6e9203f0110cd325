#include "collect/probe.h"

#include <stdlib.h>

/* probe.sh, embedded by the build. */
extern const unsigned char probe_sh[];
extern const size_t probe_sh_len;

/* See probe.h for why each of these. LogLevel: at less than INFO ssh keeps to itself why a connection ended. */
static const char *const ssh_options[] = {
	"-T",
	"-oBatchMode=yes",
	"-oServerAliveInterval=15",
	"-oServerAliveCountMax=3",
	"-oClearAllForwardings=yes",
	"-oForwardAgent=no",
	"-oForwardX11=no",
	"-oPermitLocalCommand=no",
	"-oRemoteCommand=none",
	"-oTunnel=no",
	"-oControlMaster=no",
	"-oControlPath=none",
	"-oLogLevel=INFO",
};

struct argv {
	char **words;
	size_t count;
};

/* Takes the word over. */
static void add_word(struct argv *argv, char *word)
{
	argv->words = xrealloc(argv->words, (argv->count + 2) * sizeof(char *));
	argv->words[argv->count++] = word;
	argv->words[argv->count] = NULL;
}

static void add_ssh(struct argv *argv, const struct config *config, const struct host_config *host)
{
	for (char **word = config->ssh_command; *word; word++)
		add_word(argv, xstrdup(*word));
	for (size_t i = 0; i < sizeof(ssh_options) / sizeof(ssh_options[0]); i++)
		add_word(argv, xstrdup(ssh_options[i]));
	add_word(argv, xasprintf("-oConnectTimeout=%u", config->connect_timeout));
	if (host->port > 0) {
		add_word(argv, xstrdup("-p"));
		add_word(argv, xasprintf("%d", host->port));
	}
	add_word(argv, host->user ? xasprintf("%s@%s", host->user, host->address) : xstrdup(host->address));
	add_word(argv, xstrdup("exec sh"));
}

char **probe_argv(const struct config *config, const struct host_config *host)
{
	struct argv argv = {0};

	if (host->local)
		add_word(&argv, xstrdup("sh"));
	else
		add_ssh(&argv, config, host);
	return argv.words;
}

void probe_free_argv(char **argv)
{
	if (!argv)
		return;
	for (char **word = argv; *word; word++)
		free(*word);
	free(argv);
}

int probe_script(const struct config *config, const struct host_config *host, struct buf *out)
{
	int r = buf_printf(out, "smi_limit=%u\nsmi_command() { $limit %s \"$@\"; }\n", config->nvidia_smi_timeout,
			   host->nvidia_smi);

	return r < 0 ? r : buf_append(out, probe_sh, probe_sh_len);
}
