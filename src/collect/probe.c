#include "collect/probe.h"

#include <stdlib.h>

/* probe.sh, embedded by the build. */
extern const unsigned char probe_sh[];
extern const size_t probe_sh_len;

/* See probe.h for why each of these. */
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
};

/* At less than INFO ssh keeps to itself why a connection ended. At this level of debugging it tells of its steps, but of no secret. */
static const char log_level[] = "-oLogLevel=INFO", log_level_traced[] = "-oLogLevel=DEBUG1";

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

static void add_ssh(struct argv *argv, const struct config *config, const struct host_config *host, bool traced)
{
	for (char **word = config->ssh_command; *word; word++)
		add_word(argv, xstrdup(*word));
	for (size_t i = 0; i < sizeof(ssh_options) / sizeof(ssh_options[0]); i++)
		add_word(argv, xstrdup(ssh_options[i]));
	add_word(argv, xstrdup(traced ? log_level_traced : log_level));
	add_word(argv, xasprintf("-oConnectTimeout=%u", config->connect_timeout));
	if (host->port > 0) {
		add_word(argv, xstrdup("-p"));
		add_word(argv, xasprintf("%d", host->port));
	}
	add_word(argv, host->user ? xasprintf("%s@%s", host->user, host->address) : xstrdup(host->address));
	add_word(argv, xstrdup("exec sh"));
}

static char **make_argv(const struct config *config, const struct host_config *host, bool traced)
{
	struct argv argv = {0};

	if (host->local)
		add_word(&argv, xstrdup("sh"));
	else
		add_ssh(&argv, config, host, traced);
	return argv.words;
}

static void free_argv(char **argv)
{
	for (char **word = argv; *word; word++)
		free(*word);
	free(argv);
}

char *probe_script(const struct config *config, const struct host_config *host)
{
	return xasprintf("smi_limit=%u\nsmi_command() { $limit %s \"$@\"; }\n%.*s", config->nvidia_smi_timeout, host->nvidia_smi,
			 (int)probe_sh_len, (const char *)probe_sh);
}

static int start(uv_loop_t *loop, const struct config *config, const struct host_config *host, bool traced,
		 const struct transport_events *events, void *user, struct transport **ret)
{
	char **argv = make_argv(config, host, traced);
	int r = transport_start(loop, argv, events, user, ret);

	free_argv(argv);
	if (r < 0)
		return r;
	cleanup_free char *script = probe_script(config, host);
	transport_write(*ret, slice_of(script));
	return 0;
}

int probe_start(uv_loop_t *loop, const struct config *config, const struct host_config *host,
		const struct transport_events *events, void *user, struct transport **ret)
{
	return start(loop, config, host, false, events, user, ret);
}

int probe_start_traced(uv_loop_t *loop, const struct config *config, const struct host_config *host,
		       const struct transport_events *events, void *user, struct transport **ret)
{
	return start(loop, config, host, true, events, user, ret);
}
