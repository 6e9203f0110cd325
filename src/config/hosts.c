/* The hosts of a draft: added one by one, then named, and checked against each other. */
#include "config/draft.h"

#include <stdlib.h>
#include <string.h>

#include "config/address.h"

void host_done(struct host_config *host)
{
	free(host->address);
	free(host->user);
	free(host->name);
	free(host->people);
	free(host->kvm);
	free(host->comment);
	free(host->group);
	free(host->nvidia_smi);
}

void hosts_clear(struct draft *draft)
{
	for (size_t i = 0; i < draft->config.host_count; i++) {
		host_done(&draft->config.hosts[i]);
		free(draft->origins[i].path);
	}
	draft->config.host_count = 0;
}

/* Room for one more; doubled when the count is a power of two. */
static void grow(struct draft *draft)
{
	size_t count = draft->config.host_count;

	if ((count & (count - 1)) != 0)
		return;
	size_t size = count > 0 ? 2 * count : 1;
	draft->config.hosts = xrealloc(draft->config.hosts, size * sizeof(*draft->config.hosts));
	draft->origins = xrealloc(draft->origins, size * sizeof(*draft->origins));
}

void hosts_add(struct reader *reader, struct draft *draft, const struct host_config *host, const struct node *node)
{
	grow(draft);
	size_t at = draft->config.host_count++;
	struct origin *origin = &draft->origins[at];

	draft->config.hosts[at] = *host;
	/* What stands in no file lives only as long as it is read. */
	*origin = (struct origin){.node = node && node->line > 0 ? node : NULL, .path = xstrdup(reader->path)};
}

static void add_this_machine_first(struct reader *reader, struct draft *draft)
{
	struct config *config = &draft->config;

	hosts_add(reader, draft, &(struct host_config){.address = xstrdup("localhost"), .local = true}, NULL);
	size_t others = config->host_count - 1;
	struct host_config host = config->hosts[others];
	struct origin origin = draft->origins[others];
	memmove(config->hosts + 1, config->hosts, others * sizeof(*config->hosts));
	memmove(draft->origins + 1, draft->origins, others * sizeof(*draft->origins));
	config->hosts[0] = host;
	draft->origins[0] = origin;
}

static bool has_this_machine(const struct config *config)
{
	for (size_t i = 0; i < config->host_count; i++)
		if (config->hosts[i].local)
			return true;
	return false;
}

/* ---- Names ---- */

static int compare_addresses(const void *pointer_a, const void *pointer_b)
{
	const struct host_config *a = *(struct host_config *const *)pointer_a, *b = *(struct host_config *const *)pointer_b;
	int order = strcmp(a->address, b->address);

	return order != 0 ? order : (a > b) - (a < b);
}

static int compare_names(const void *pointer_a, const void *pointer_b)
{
	const struct host_config *a = *(struct host_config *const *)pointer_a, *b = *(struct host_config *const *)pointer_b;
	int order = strcmp(a->name, b->name);

	return order != 0 ? order : (a > b) - (a < b);
}

/* The hosts in another order, those without a name only when `unnamed`. The caller frees it. */
static struct host_config **sort_hosts(const struct config *config, bool unnamed, int (*compare)(const void *, const void *),
				       size_t *ret_count)
{
	struct host_config **sorted = xcalloc(config->host_count + 1, sizeof(struct host_config *));
	size_t count = 0;

	for (size_t i = 0; i < config->host_count; i++)
		if (!unnamed || !config->hosts[i].name)
			sorted[count++] = &config->hosts[i];
	qsort(sorted, count, sizeof(struct host_config *), compare);
	*ret_count = count;
	return sorted;
}

/* A host without a name is called by its address; those that share one, by user and port too. */
static void name_hosts(struct config *config)
{
	size_t count, end;
	cleanup_free struct host_config **sorted = sort_hosts(config, true, compare_addresses, &count);

	for (size_t start = 0; start < count; start = end) {
		for (end = start + 1; end < count && strcmp(sorted[end]->address, sorted[start]->address) == 0;)
			end++;
		bool shared = end - start > 1;
		for (size_t i = start; i < end; i++) {
			struct host_config *host = sorted[i];
			host->name = shared ? target_join(host->user, host->address, host->port) : xstrdup(host->address);
		}
	}
}

static void report_duplicate(struct reader *reader, const struct draft *draft, const struct host_config *first,
			     const struct host_config *host)
{
	const struct origin *origin = &draft->origins[host - draft->config.hosts];
	char name[80];

	text_escape(slice_of(host->name), name, sizeof(name));
	size_t before = reader_enter_key(reader, origin->path);
	if (!origin->node)
		reader_error(reader, NULL, "%s is there twice", name);
	else if (first->line == 0)
		reader_error(reader, origin->node, "%s is this machine's name already", name);
	else
		reader_error(reader, origin->node, "%s is the name of the host in line %u already", name, first->line);
	reader_leave(reader, before);
}

static void check_names(struct reader *reader, const struct draft *draft)
{
	size_t count, first = 0;
	cleanup_free struct host_config **sorted = sort_hosts(&draft->config, false, compare_names, &count);

	for (size_t i = 1; i < count; i++) {
		if (strcmp(sorted[i]->name, sorted[first]->name) == 0)
			report_duplicate(reader, draft, sorted[first], sorted[i]);
		else
			first = i;
	}
}

void hosts_finish(struct reader *reader, struct draft *draft, const struct node *root)
{
	struct config *config = &draft->config;
	bool local_wanted = draft->localhost_given ? draft->localhost : config->host_count == 0;

	if (local_wanted && !has_this_machine(config))
		add_this_machine_first(reader, draft);
	if (config->host_count == 0 && reader->report->count == 0)
		reader_error(reader, root, "nothing to watch: neither hosts nor this machine");
	for (size_t i = 0; i < config->host_count; i++)
		if (!config->hosts[i].nvidia_smi)
			config->hosts[i].nvidia_smi = xstrdup(draft->nvidia_smi);
	name_hosts(config);
	check_names(reader, draft);
}
