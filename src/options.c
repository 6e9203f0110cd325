#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/caps.h"
#include "base/nearest.h"
#include "config/load.h"
#include "output.h"
#include "version.h"

enum {
	OPTION_HOST = 256, /* more than any letter */
	OPTION_PORT,
	OPTION_INTERVAL,
	OPTION_CHECK_CONFIG,
	OPTION_DEMO,
	OPTION_JSON,
	OPTION_AUTHORIZED_KEY,
	OPTION_VERSION
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"host", required_argument, NULL, OPTION_HOST},
	{"port", required_argument, NULL, OPTION_PORT},
	{"interval", required_argument, NULL, OPTION_INTERVAL},
	{"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
	{"demo", no_argument, NULL, OPTION_DEMO},
	{"json", no_argument, NULL, OPTION_JSON},
	{"authorized-key", optional_argument, NULL, OPTION_AUTHORIZED_KEY},
	{"verbose", no_argument, NULL, 'v'},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static const struct {
	const char *name;
	const char *help;
} commands[] = {
	[COMMAND_SERVE] = {"serve",
			   "usage: nvwebmon [serve] [--config FILE] [--host ADDR] [--port N] [--interval S] [HOST...]\n"
			   "\n"
			   "Watches the GPUs of the configured hosts over SSH and serves them on one live web page,\n"
			   "http://127.0.0.1:5000/ unless told otherwise. Without a configuration it watches this machine.\n"
			   "\n"
			   "  HOST               watch these instead: gpu1, alice@gpu2, alice@gpu2:2222\n"
			   "  -c, --config FILE  instead of ./config.yaml, ~/.config/nvwebmon/ or /etc/nvwebmon/config.yaml\n"
			   "      --host ADDR    listen on this address (0.0.0.0: on all of this machine's)\n"
			   "      --port N       listen on this port\n"
			   "      --interval S   seconds between two samples of a host\n"
			   "      --check-config say what would be watched, and exit\n"
			   "      --demo         tell viewers that this lab is made up\n"
			   "  -v, --verbose      log more\n"
			   "\n"
			   "examples:\n"
			   "  nvwebmon                          this machine, or what ./config.yaml says\n"
			   "  nvwebmon gpu1 alice@gpu2:2222     two hosts, no file needed\n"
			   "  nvwebmon --host 0.0.0.0 --port 80 for everybody who can reach this machine\n"},
	[COMMAND_LIST] = {"list", "usage: nvwebmon list [--json] [--config FILE] [HOST...]\n"
				  "\n"
				  "Takes one sample of every host, prints a table, and exits: with 0 when all is well,\n"
				  "with 1 when a host or a GPU is not.\n"
				  "\n"
				  "      --json         print the snapshot of the web interface instead\n"
				  "  -c, --config FILE  the configuration\n"
				  "  -v, --verbose      log what happens on the way\n"
				  "\n"
				  "examples:\n"
				  "  nvwebmon list\n"
				  "  nvwebmon list gpu1 gpu2\n"
				  "  nvwebmon list --json | jq '.hosts[] | {name, state}'\n"},
	[COMMAND_CHECK] = {"check",
			   "usage: nvwebmon check [--json] [--config FILE] [HOST...]\n"
			   "\n"
			   "Tries every host once, all of them at the same time, and shows for each how far the way to its\n"
			   "GPUs holds: name, TCP, host key, login, shell, nvidia-smi, GPUs, processes, tools. Where it\n"
			   "breaks, it says why, and the command that mends it. Exits with 0 when all is well, else with 1.\n"
			   "\n"
			   "      --json         the same for programs\n"
			   "  -c, --config FILE  the configuration\n"
			   "  -v, --verbose      all of the way, of hosts that are well too\n"
			   "\n"
			   "examples:\n"
			   "  nvwebmon check\n"
			   "  nvwebmon check alice@gpu2:2222\n"
			   "  nvwebmon check --json | jq '.hosts[] | select(.ok | not) | .name'\n"},
	[COMMAND_PROBE] = {"probe",
			   "usage: nvwebmon probe [--config FILE] [HOST]\n"
			   "       nvwebmon probe --authorized-key[=PUBKEYFILE] [HOST]\n"
			   "\n"
			   "Prints the script that a host is sent when it is watched. Kept on the host, as .nvwebmon-probe in\n"
			   "the home directory, it can be all that a key of ours may run there: --authorized-key prints the\n"
			   "line for the host's ~/.ssh/authorized_keys.\n"
			   "\n"
			   "  HOST               with the time limit and the nvidia-smi command of this host\n"
			   "  -c, --config FILE  the configuration\n"
			   "      --authorized-key[=PUBKEYFILE]\n"
			   "                     the line for this public key (-: standard input), else for the first that\n"
			   "                     there is of ~/.ssh/id_ed25519.pub, id_ecdsa.pub, id_rsa.pub\n"
			   "\n"
			   "examples:\n"
			   "  nvwebmon probe gpu1 | ssh gpu1 'cat >.nvwebmon-probe'\n"
			   "  nvwebmon probe --authorized-key=monitor.pub | ssh gpu1 'cat >>.ssh/authorized_keys'\n"},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_help(void)
{
	printf("nvwebmon: the GPUs of many hosts on one live page\n\n%s\n"
	       "other commands:\n"
	       "  nvwebmon list      one sample of every host, as a table\n"
	       "  nvwebmon check     whether each host can be watched, and what mends it if not\n"
	       "  nvwebmon probe     what a host is sent, for a key that can do nothing else\n"
	       "  nvwebmon --version\n"
	       "`nvwebmon COMMAND --help` tells more; the manual is nvwebmon(1).\n",
	       commands[COMMAND_SERVE].help);
}

static bool find_command(const char *word, enum command *ret)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(word, commands[i].name) != 0)
			continue;
		*ret = (enum command)i;
		return true;
	}
	return false;
}

/* "nvwebmon chekc" must not begin to watch a host of that name. */
static bool looks_like_command(const char *word, const char **ret_command)
{
	struct nearest nearest = nearest_to(slice_of(word));

	for (size_t i = 0; i < COMMANDS; i++)
		nearest_consider(&nearest, commands[i].name);
	*ret_command = nearest.name;
	return *ret_command != NULL;
}

/* Takes the command word out of the words that are no options. False, and explained, when it is a misspelt one. */
static bool take_command(int *count, char ***words, struct options *options, bool *ret_explicit)
{
	const char *meant;

	*ret_explicit = *count > 0 && find_command((*words)[0], &options->command);
	if (*ret_explicit) {
		(*count)--;
		(*words)++;
		return true;
	}
	if (*count == 0 || !looks_like_command((*words)[0], &meant))
		return true;
	fprintf(stderr,
		"nvwebmon: unknown command '%s'; did you mean '%s'?\n"
		"To watch a host of that name: nvwebmon serve %s\n",
		(*words)[0], meant, (*words)[0]);
	return false;
}

/* The first option that this command has no use for; NULL: there is none. */
static const char *misplaced(const struct options *options)
{
	enum command command = options->command;

	if (options->json && command != COMMAND_LIST && command != COMMAND_CHECK)
		return "--json";
	if (options->authorized_key && command != COMMAND_PROBE)
		return "--authorized-key";
	if (options->overrides.interval && command == COMMAND_PROBE)
		return "--interval";
	if (command == COMMAND_SERVE)
		return NULL;
	if (options->check_config)
		return "--check-config";
	if (options->demo)
		return "--demo";
	return options->overrides.host || options->overrides.port ? "--host and --port" : NULL;
}

static bool check_fits(const struct options *options)
{
	const char *wrong = misplaced(options), *name = commands[options->command].name;

	if (wrong)
		fprintf(stderr, "nvwebmon %s: there is no use for %s here; see nvwebmon %s --help\n", name, wrong, name);
	else if (options->command == COMMAND_PROBE && options->overrides.host_count > 1)
		fprintf(stderr, "nvwebmon probe: one host is enough; see nvwebmon probe --help\n");
	else
		return true;
	return false;
}

static void answer_help(const struct options *options, bool explicit)
{
	if (explicit)
		fputs(commands[options->command].help, stdout);
	else
		print_help();
}

/* One option; false when it is none of ours. */
static bool take_option(int option, struct options *options, bool *help, bool *version)
{
	switch (option) {
	case 'c':
		options->config_path = optarg;
		return true;
	case OPTION_HOST:
		options->overrides.host = optarg;
		return true;
	case OPTION_PORT:
		options->overrides.port = optarg;
		return true;
	case OPTION_INTERVAL:
		options->overrides.interval = optarg;
		return true;
	case OPTION_CHECK_CONFIG:
		options->check_config = true;
		return true;
	case OPTION_DEMO:
		options->demo = true;
		return true;
	case OPTION_JSON:
		options->json = true;
		return true;
	case OPTION_AUTHORIZED_KEY:
		options->authorized_key = true;
		options->key_file = optarg;
		return true;
	case 'v':
		options->verbose = true;
		return true;
	case OPTION_VERSION:
		*version = true;
		return true;
	case 'h':
		*help = true;
		return true;
	default:
		return false;
	}
}

/* The name that somebody may have meant with "--prot=80"; NULL: none is near. */
static const char *nearest_option(const char *word)
{
	struct nearest nearest = nearest_to((struct slice){word + 2, strcspn(word + 2, "=")});

	for (const struct option *option = long_options; option->name; option++)
		nearest_consider(&nearest, option->name);
	return nearest.name;
}

/* The long name of a value that getopt_long() has given back. */
static const char *option_name(int value)
{
	const struct option *option = long_options;

	while (option->name && option->val != value)
		option++;
	return option->name;
}

/* What getopt has stopped at, as a line for people. `word`: where it stood. */
static void explain_option(int answer, const char *word)
{
	const char *name = option_name(optopt), *meant = NULL;

	if (answer == ':')
		fprintf(stderr, "nvwebmon: option '--%s' requires an argument\n", name);
	else if (optopt && name)
		fprintf(stderr, "nvwebmon: option '--%s' takes no argument\n", name);
	else if (optopt)
		fprintf(stderr, "nvwebmon: unknown option '-%c'\n", optopt);
	else if ((meant = nearest_option(word)))
		fprintf(stderr, "nvwebmon: unknown option '%s'; did you mean '--%s'?\n", word, meant);
	else
		fprintf(stderr, "nvwebmon: unknown option '%s'\n", word);
	fputs("Try nvwebmon --help.\n", stderr);
}

/* `nvwebmon config.yaml`: no host has such a name. */
static bool check_hosts(char **words, int count)
{
	static const char *const endings[] = {".yaml", ".yml", ".json"};

	for (int i = 0; i < count; i++) {
		for (size_t j = 0; j < sizeof(endings) / sizeof(endings[0]); j++) {
			size_t len = strlen(words[i]), ending = strlen(endings[j]);
			if (len <= ending || strcmp(words[i] + len - ending, endings[j]) != 0)
				continue;
			fprintf(stderr, "nvwebmon: %s is a file, not a host: --config %s\n", words[i], words[i]);
			return false;
		}
	}
	return true;
}

bool options_parse(int argc, char **argv, struct options *ret, int *ret_status)
{
	bool help = false, version = false, explicit;
	int option;

	*ret = (struct options){.command = COMMAND_SERVE};
	*ret_status = EXIT_USAGE;
	/* The colon: it leaves the words to us. */
	while ((option = getopt_long(argc, argv, ":c:hv", long_options, NULL)) != -1) {
		if (take_option(option, ret, &help, &version))
			continue;
		explain_option(option, argv[optind - 1]);
		return false;
	}
	int count = argc - optind;
	char **words = argv + optind;
	if (version || (count > 0 && strcmp(words[0], "version") == 0)) {
		puts("nvwebmon " NVWEBMON_VERSION);
		*ret_status = output_status(EXIT_FINE);
		return false;
	}
	if (count > 0 && strcmp(words[0], "help") == 0) {
		help = true;
		count--;
		words++;
	}
	if (!take_command(&count, &words, ret, &explicit))
		return false;
	if (help) {
		answer_help(ret, explicit);
		*ret_status = output_status(EXIT_FINE);
		return false;
	}
	ret->overrides.hosts = (const char *const *)words;
	ret->overrides.host_count = (size_t)count;
	return check_hosts(words, count) && check_fits(ret);
}

int options_load_config(const struct options *options, struct config **ret)
{
	struct buf errors;

	buf_init(&errors, CAP_CONFIG_FILE);
	int r = config_load(options->config_path, &options->overrides, ret, &errors);
	fwrite(buf_slice(&errors).ptr, 1, errors.len, stderr);
	buf_done(&errors);
	return r;
}
