#include "config/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/draft.h"

static void free_content(struct config *config)
{
	free(config->path);
	free_texts(config->listen, config->listen_count);
	free_texts(config->names, config->name_count);
	for (size_t i = 0; i < config->host_count; i++)
		host_done(&config->hosts[i]);
	free(config->hosts);
	for (size_t i = 0; i < config->column_count; i++) {
		free(config->columns[i].field);
		free(config->columns[i].title);
	}
	free(config->columns);
	for (char **word = config->ssh_command; word && *word; word++)
		free(*word);
	free(config->ssh_command);
}

void config_free(struct config *config)
{
	if (!config)
		return;
	free_content(config);
	free(config);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool host_config_same_target(const struct host_config *a, const struct host_config *b)
{
	return a->local == b->local && a->port == b->port && same_text(a->address, b->address) && same_text(a->user, b->user) &&
	       same_text(a->nvidia_smi, b->nvidia_smi);
}

/* The first key of a table in the file; NULL when there is none. */
static const struct node *find_key(const struct node *root, const struct option_table *table)
{
	for (size_t i = 0; root->kind == NODE_MAPPING && i + 1 < root->count; i += 2)
		if (option_find(table, root->items[i]->text))
			return root->items[i];
	return NULL;
}

/* The first known key decides on the style of the file; one of the other style is an error, but does not hide further ones. */
static void read_file(struct reader *reader, const struct node *root, struct draft *draft)
{
	const struct node *native = find_key(root, &native_options), *original = find_key(root, &original_options);
	bool native_first = !original || (native && native->line < original->line);

	if (native && original) {
		const struct node *first = native_first ? native : original, *second = native_first ? original : native;
		reader_error(reader, second,
			     "%.*s: a key of the %s style, but %.*s in line %u is one of the %s style; use one of the two",
			     SLICE_ARGS(second->text), native_first ? "original" : "native", SLICE_ARGS(first->text), first->line,
			     native_first ? "native" : "original");
	}
	if (native_first)
		native_read(reader, root, draft);
	else
		original_read(reader, root, draft);
}

static struct config *take_config(struct draft *draft, const char *path)
{
	struct config *config = xmalloc(sizeof(*config));

	for (size_t i = 0; i < draft->config.host_count; i++)
		free(draft->origins[i].path);
	*config = draft->config;
	config->path = xstrdup(path);
	draft->config = (struct config){.path = NULL};
	return config;
}

/*
 * From the nodes of a file (NULL: no file, or nothing in it) and the command line to a configuration; NULL, with errors in the
 * report, when it cannot be.
 */
static struct config *build(const struct node *root, const char *path, const struct config_overrides *overrides,
			    struct report *report)
{
	struct draft draft = {.localhost = false};
	struct config *config = NULL;
	struct reader reader;

	reader_init(&reader, report);
	native_set_initial(&reader, &draft);
	if (root && root->kind != NODE_EMPTY)
		read_file(&reader, root, &draft);
	overrides_apply(&reader, overrides, &draft);
	hosts_finish(&reader, &draft, root);
	if (draft.config.column_count == 0)
		columns_set_default(&draft.config);
	if (report->count == 0)
		config = take_config(&draft, path);
	hosts_clear(&draft);
	free_content(&draft.config);
	free(draft.origins);
	free(draft.nvidia_smi);
	return config;
}

static int finish(struct config *config, struct report *report, struct config **ret, struct buf *errors)
{
	report_write(report, errors);
	report_done(report);
	if (!config)
		return -EINVAL;
	*ret = config;
	return 0;
}

int config_parse(struct slice text, const char *path, const struct config_overrides *overrides, struct config **ret,
		 struct buf *errors)
{
	struct config *config = NULL;
	struct tree *tree = NULL;
	struct report report;

	report_init(&report, path);
	if (tree_parse(text, &report, &tree) == 0)
		config = build(tree->root, path, overrides, &report);
	tree_free(tree);
	return finish(config, &report, ret, errors);
}

int config_defaults(const struct config_overrides *overrides, struct config **ret, struct buf *errors)
{
	struct report report;

	report_init(&report, "command line");
	struct config *config = build(NULL, NULL, overrides, &report);
	return finish(config, &report, ret, errors);
}

bool config_same_columns(const struct config *a, const struct config *b)
{
	if (a->column_count != b->column_count)
		return false;
	for (size_t i = 0; i < a->column_count; i++)
		if (strcmp(a->columns[i].field, b->columns[i].field) != 0)
			return false;
	return true;
}
