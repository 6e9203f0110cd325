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

static char **make_argv(const struct config *config, const struct host_config *host)
{
	struct argv argv = {0};

	if (host->local)
		add_word(&argv, xstrdup("sh"));
	else
		add_ssh(&argv, config, host);
	return argv.words;
}

static void free_argv(char **argv)
{
	for (char **word = argv; *word; word++)
		free(*word);
	free(argv);
}

static void write_script(struct transport *transport, const struct config *config, const struct host_config *host)
{
	cleanup_free char *head =
		xasprintf("smi_limit=%u\nsmi_command() { $limit %s \"$@\"; }\n", config->nvidia_smi_timeout, host->nvidia_smi);

	transport_write(transport, slice_of(head));
	transport_write(transport, (struct slice){(const char *)probe_sh, probe_sh_len});
}

int probe_start(uv_loop_t *loop, const struct config *config, const struct host_config *host,
		const struct transport_events *events, void *user, struct transport **ret)
{
	char **argv = make_argv(config, host);
	int r = transport_start(loop, argv, events, user, ret);

	free_argv(argv);
	if (r == 0)
		write_script(*ret, config, host);
	return r;
}
