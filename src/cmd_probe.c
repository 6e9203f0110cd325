/* nvwebmon probe: what a host is sent, and the line that lets a key of ours run that and nothing else. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/nearest.h"
#include "base/quote.h"
#include "collect/probe.h"
#include "config/address.h"
#include "options.h"
#include "output.h"
#include "public_key.h"

enum { KEY_FILE_MAX = 64 * 1024, HOSTS_NAMED = 8 };

/* --- The script --- */

static bool is_meant(const struct host_config *host, const char *word)
{
	cleanup_free char *target = target_join(host->user, host->address, host->port);

	return strcmp(host->name, word) == 0 || strcmp(host->address, word) == 0 || strcmp(target, word) == 0;
}

static const struct host_config *find_host(const struct config *config, const char *word)
{
	for (size_t i = 0; i < config->host_count; i++)
		if (is_meant(&config->hosts[i], word))
			return &config->hosts[i];
	return NULL;
}

static bool lists_hosts(const struct config *config)
{
	for (size_t i = 0; config->path && i < config->host_count; i++)
		if (config->hosts[i].line > 0)
			return true;
	return false;
}

/* The script of another host than was meant would be no help: its settings may be others. */
static void explain_unknown(const struct config *config, const char *word)
{
	struct nearest nearest = nearest_to(slice_of(word));

	for (size_t i = 0; i < config->host_count; i++) {
		nearest_consider(&nearest, config->hosts[i].name);
		nearest_consider(&nearest, config->hosts[i].address);
	}
	fprintf(stderr, "nvwebmon probe: %s is none of the %zu hosts of %s%s%s%s\n", word, config->host_count, config->path,
		nearest.name ? "; did you mean " : "", nearest.name ? nearest.name : "", nearest.name ? "?" : "");
	if (!nearest.name) {
		fputs("They are", stderr);
		for (size_t i = 0; i < config->host_count && i < HOSTS_NAMED; i++)
			fprintf(stderr, "%s %s", i > 0 ? "," : "", config->hosts[i].name);
		fputs(config->host_count > HOSTS_NAMED ? ", ...\n" : "\n", stderr);
	}
	fputs("For a host without settings of its own: nvwebmon probe\n", stderr);
}

/* Where no file lists any, a host is what the command line says it is: then there is nothing but the defaults. */
static int load_any(const struct options *options, struct config **ret)
{
	static const char *const any[] = {"localhost"};
	struct options load = *options;

	if (load.overrides.host_count == 0) {
		load.overrides.hosts = any;
		load.overrides.host_count = 1;
	}
	return options_load_config(&load, ret);
}

/* A host of the configuration may have settings of its own; without a host they are those that hold for all. */
static int print_script(const struct options *options)
{
	const char *word = options->overrides.host_count > 0 ? options->overrides.hosts[0] : NULL;
	struct options load = *options;
	struct config *config;

	load.overrides.hosts = NULL;
	load.overrides.host_count = 0;
	if (options_load_config(&load, &config) < 0)
		return EXIT_USAGE;
	const struct host_config *host = word ? find_host(config, word) : NULL;
	if (!host && word && lists_hosts(config)) {
		explain_unknown(config, word);
		config_free(config);
		return EXIT_USAGE;
	}
	if (!host) {
		config_free(config);
		if (load_any(options, &config) < 0)
			return EXIT_USAGE;
		host = &config->hosts[0];
	}
	cleanup_free char *script = probe_script(config, host);
	fputs(script, stdout);
	config_free(config);
	return output_status(EXIT_FINE);
}

/* --- The line --- */

/* NULL, and errno, when the file cannot be read. */
static char *read_key_file(const char *path, size_t *ret_len)
{
	bool from_stdin = strcmp(path, "-") == 0;
	FILE *file = from_stdin ? stdin : fopen(path, "re");
	char *text = NULL;

	if (!file)
		return NULL;
	text = xmalloc(KEY_FILE_MAX);
	errno = 0;
	*ret_len = fread(text, 1, KEY_FILE_MAX, file);
	int error = ferror(file) ? (errno ? errno : EIO) : 0;
	if (!from_stdin)
		fclose(file);
	if (error == 0)
		return text;
	free(text);
	errno = error;
	return NULL;
}

/* The first of ours that there is; NULL, and explained, when there is none. */
static char *default_key_file(void)
{
	static const char *const files[] = {"id_ed25519.pub", "id_ecdsa.pub", "id_rsa.pub"};
	const char *home = getenv("HOME");

	for (size_t i = 0; home && i < sizeof(files) / sizeof(files[0]); i++) {
		char *path = xasprintf("%s/.ssh/%s", home, files[i]);
		if (access(path, F_OK) == 0)
			return path;
		free(path);
	}
	fputs("nvwebmon probe: there is no key in ~/.ssh: make one, and give its public half\n"
	      "    ssh-keygen -t ed25519 -N '' -f ~/.ssh/nvwebmon\n"
	      "    nvwebmon probe --authorized-key=\"$HOME/.ssh/nvwebmon.pub\"\n",
	      stderr);
	return NULL;
}

/* As ssh takes it: "-p 2222 alice@gpu2". A name of the configuration is what its owner calls it: left as it is. */
static char *ssh_target(const char *word)
{
	struct target target;

	if (target_split(slice_of(word), &target) || target.port == 0)
		return xstrdup(word);
	return xasprintf("-p %d %.*s%s%.*s", target.port, SLICE_ARGS(target.user), target.user.ptr ? "@" : "",
			 SLICE_ARGS(target.address));
}

/* `--authorized-key FILE` without the "=": the line would be of another key than was meant. */
static bool is_key_file(const char *word)
{
	size_t len = strlen(word);

	return strcmp(word, "-") == 0 || strchr(word, '/') || (len > 4 && strcmp(word + len - 4, ".pub") == 0);
}

/* The two commands that put it there; for who reads this on a terminal, while the line itself may go into a pipe. */
static void explain_installing(const struct options *options, const char *path)
{
	const char *host = options->overrides.host_count > 0 ? options->overrides.hosts[0] : "HOST";

	if (!isatty(STDERR_FILENO))
		return;
	cleanup_free char *target = ssh_target(host), *file = quote_word(path);
	fprintf(stderr,
		"To make it all that this key may do on %s:\n"
		"    nvwebmon probe %s | ssh %s 'cat >.nvwebmon-probe'\n"
		"    nvwebmon probe --authorized-key=%s | ssh %s 'cat >>.ssh/authorized_keys'\n"
		"A line of the same key without restrictions, when there is one, must go: the first that fits counts.\n",
		host, host, target, file, target);
}

static int print_line(const struct options *options)
{
	const char *word = options->overrides.host_count > 0 ? options->overrides.hosts[0] : "";

	if (!options->key_file && is_key_file(word)) {
		fprintf(stderr, "nvwebmon probe: a file goes behind an equals sign: --authorized-key=%s\n", word);
		return EXIT_USAGE;
	}
	cleanup_free char *path = options->key_file ? xstrdup(options->key_file) : default_key_file();
	struct slice key, comment;
	size_t len;

	if (!path)
		return EXIT_USAGE;
	cleanup_free char *text = read_key_file(path, &len);
	if (!text) {
		fprintf(stderr, "nvwebmon probe: %s: %s\n", path, strerror(errno));
		return EXIT_USAGE;
	}
	const char *wrong = public_key_find((struct slice){text, len}, &key, &comment);
	if (wrong) {
		fprintf(stderr, "nvwebmon probe: %s %s\n", strcmp(path, "-") == 0 ? "standard input" : path, wrong);
		return EXIT_USAGE;
	}
	printf("restrict,command=\"exec sh .nvwebmon-probe\" %.*s%s%.*s\n", SLICE_ARGS(key), comment.ptr ? " " : "",
	       SLICE_ARGS(comment));
	int status = output_status(EXIT_FINE);
	if (status == EXIT_FINE)
		explain_installing(options, path);
	return status;
}

int cmd_probe(const struct options *options)
{
	return options->authorized_key ? print_line(options) : print_script(options);
}
