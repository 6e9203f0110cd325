#include "collect/probe.h"

#include <stdlib.h>

/* The files of probe/, joined to one script, embedded by the build. */
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

/*
 * From 8.7 on. An older ssh ends at once, and says which one it does not know. (-oIgnoreUnknown would let it go on, but what the
 * command line says takes the place of the user's own IgnoreUnknown, and ssh would stumble over whatever that is there for.)
 */
static const char *const new_ssh_options[] = {
	"-oStdinNull=no",
	"-oSessionType=default",
	"-oForkAfterAuthentication=no",
};

/*
 * At less than INFO ssh keeps to itself why a connection ended. At this level of debugging it tells of its steps, but of no
 * secret.
 */
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

static void add_options(struct argv *argv, const char *const *options, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_word(argv, xstrdup(options[i]));
}

static void add_ssh(struct argv *argv, const struct config *config, const struct host_config *host, unsigned how)
{
	for (char **word = config->ssh_command; *word; word++)
		add_word(argv, xstrdup(*word));
	add_options(argv, ssh_options, sizeof(ssh_options) / sizeof(ssh_options[0]));
	if (!(how & PROBE_OLD_SSH))
		add_options(argv, new_ssh_options, sizeof(new_ssh_options) / sizeof(new_ssh_options[0]));
	add_word(argv, xstrdup(how & PROBE_TRACED ? log_level_traced : log_level));
	add_word(argv, xasprintf("-oConnectTimeout=%u", config->connect_timeout));
	if (host->port > 0) {
		add_word(argv, xstrdup("-p"));
		add_word(argv, xasprintf("%d", host->port));
	}
	add_word(argv, host->user ? xasprintf("%s@%s", host->user, host->address) : xstrdup(host->address));
	add_word(argv, xstrdup("exec sh"));
}

static char **make_argv(const struct config *config, const struct host_config *host, unsigned how)
{
	struct argv argv = {0};

	if (host->local)
		add_word(&argv, xstrdup("sh"));
	else
		add_ssh(&argv, config, host, how);
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

int probe_start(uv_loop_t *loop, const struct config *config, const struct host_config *host, unsigned how,
		const struct transport_events *events, void *user, struct transport **ret)
{
	char **argv = make_argv(config, host, how);
	int r = transport_start(loop, argv, events, user, ret);

	free_argv(argv);
	if (r < 0)
		return r;
	cleanup_free char *script = probe_script(config, host);
	transport_write(*ret, slice_of(script));
	return 0;
}

bool probe_ssh_is_old(struct slice stderr_tail)
{
	/* The word as it was given, or, from 7.x on, in lower case. */
	return slice_contains(stderr_tail, "command-line: line 0: Bad configuration option: stdinnull") ||
	       slice_contains(stderr_tail, "command-line: line 0: Bad configuration option: StdinNull");
}
