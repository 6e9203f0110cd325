/*
 * Any text as a configuration. What follows the first line that is "%%" is, line by line, HOST... of the command line.
 *
 * Whatever comes out is looked at: a configuration that could start an ssh with an option from its host would be found here.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "config/config.h"

enum { HOST_MAX = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * libfyaml 0.7 loses the pieces of a quoted scalar that has more than a few escapes: 4 KiB a reading of the file, and nothing of ours. Only
 * with llvm-symbolizer in the PATH is it known by its name, so no input of the corpus has so many.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:fy_atom_iter_chunk_next\n";
}

static void check_host(const struct config *config, size_t at)
{
	const struct host_config *host = &config->hosts[at];

	assert(host->address && host->address[0] != '-' && host->address[0] != '\0');
	assert(!strpbrk(host->address, " \t\r\n;&|<>$`'\"\\()*?~#!/@"));
	assert(!host->user || (host->user[0] != '-' && !strpbrk(host->user, " \t\r\n;&|<>$`'\"\\()*?~#!/:")));
	assert(host->port >= 0 && host->port <= 65535);
	assert(host->nvidia_smi && host->nvidia_smi[0] != '\0' && !strchr(host->nvidia_smi, '\n'));
	for (size_t i = 0; i < at && i < 64; i++)
		assert(strcmp(config->hosts[i].name, host->name) != 0);
}

static void check(const struct config *config)
{
	assert(config->host_count > 0 && config->host_count <= CAP_HOSTS + 1);
	for (size_t i = 0; i < config->host_count; i++)
		check_host(config, i);
	assert(config->column_count > 0 && config->column_count <= CAP_COLUMNS);
	for (size_t i = 0; i < config->column_count; i++)
		assert(config->columns[i].title && !strpbrk(config->columns[i].field, " ,;=-$`'\""));
	assert(config->listen_count > 0 && config->ssh_command[0]);
	assert(config->interval >= 1 && config->interval <= 3600);
}

static void describe(const struct config *config)
{
	struct buf out;

	buf_init(&out, 1u << 20);
	config_describe(config, &out);
	assert(out.len > 0);
	buf_done(&out);
}

/* Cuts the text at the marker; the hosts after it point into `copy`. */
static size_t split(char *copy, struct slice *text, const char **hosts)
{
	size_t count = 0;
	char *marker = strstr(copy, "\n%%\n");

	if (!marker)
		return 0;
	text->len = (size_t)(marker - copy) + 1;
	for (char *line = strtok(marker + 4, "\n"); line && count < HOST_MAX; line = strtok(NULL, "\n"))
		hosts[count++] = line;
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *copy = xmalloc(size + 1);
	struct slice text = {copy, size};
	const char *hosts[HOST_MAX];
	struct config *config = NULL;
	struct buf errors;

	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	size_t host_count = split(copy, &text, hosts);
	buf_init(&errors, 65536);
	int r = config_parse(text, "fuzz", &(struct config_overrides){.hosts = hosts, .host_count = host_count}, &config,
			     &errors);
	assert(r == (config ? 0 : -EINVAL));
	assert((errors.len == 0) == (r == 0));
	assert(r == 0 || errors.data[errors.len - 1] == '\n');
	if (config) {
		check(config);
		describe(config);
	}
	config_free(config);
	buf_done(&errors);
	return 0;
}
