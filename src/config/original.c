/*
 * The style of the original NVIDIA Web Monitor, a Flask script: its keys, read as it read them.
 *
 * It logged into username@ip (or ran the command here, for LOCAL_HOST) and asked "QUERY_GPU_CMD=FIELDS --format=csv" for
 * QUERY_GPU_OPTIONS, shown under DISPLAY_QUERY_GPU_OPTIONS. All the rest has this program's defaults.
 */
#include "config/draft.h"

#include <stdlib.h>

#include "base/caps.h"
#include "config/shell.h"

#define QUERY_WORD "--query-gpu"

/* The keys in any order; what depends on others is kept as nodes until all are known. */
struct original {
	bool local, remote;
	const struct node *remote_given, *command, *titles, *fields, *hosts;
};

static void keep_node(struct reader *reader, const struct option *option, const struct node *value, void *original)
{
	*(const struct node **)((char *)original + option->offset) = value;
}

static void read_remote(struct reader *reader, const struct option *option, const struct node *value, void *original)
{
	read_flag(reader, option, value, original);
	((struct original *)original)->remote_given = value;
}

#define ORIGINAL_FIELD(name) offsetof(struct original, name)
#define HOST_FIELD(name) offsetof(struct host_config, name)

enum { ROW_COMMAND = 2, ROW_TITLES, ROW_FIELDS, ROW_HOSTS };
static const struct option rows[] = {
	{.name = "LOCAL_HOST",
	 .read = read_flag,
	 .offset = ORIGINAL_FIELD(local),
	 .wanted = "True or False",
	 .initial = "False",
	 .text = "Whether this machine is watched, without ssh"},
	{.name = "REMOTE_HOST",
	 .read = read_remote,
	 .offset = ORIGINAL_FIELD(remote),
	 .wanted = "True or False",
	 .text = "Whether the hosts of HOST are watched. Without it: when there are any"},
	[ROW_COMMAND] = {.name = "QUERY_GPU_CMD",
			 .read = keep_node,
			 .offset = ORIGINAL_FIELD(command),
			 .max = 1024,
			 .wanted = "a command that ends in " QUERY_WORD,
			 .initial = "nvidia-smi --query-gpu",
			 .text = "The command on the hosts, with `--query-gpu` at its end"},
	[ROW_TITLES] = {.name = "DISPLAY_QUERY_GPU_OPTIONS",
			.read = keep_node,
			.offset = ORIGINAL_FIELD(titles),
			.max = 128,
			.wanted = "a heading",
			.items = CAP_COLUMNS,
			.text = "The headings of the columns, one for each of QUERY_GPU_OPTIONS"},
	[ROW_FIELDS] = {.name = "QUERY_GPU_OPTIONS",
			.read = keep_node,
			.offset = ORIGINAL_FIELD(fields),
			.max = 64,
			.wanted = "a field of nvidia-smi",
			.items = CAP_COLUMNS,
			.text = "The columns: fields of `nvidia-smi --help-query-gpu`"},
	[ROW_HOSTS] = {.name = "HOST",
		       .read = keep_node,
		       .offset = ORIGINAL_FIELD(hosts),
		       .wanted = "a host",
		       .items = CAP_HOSTS,
		       .text = "The hosts, each with the keys below"},
};
const struct option_table original_options = {.rows = rows, .count = sizeof(rows) / sizeof(rows[0]), .other = &native_options};

static const struct option host_rows[] = {
	{.name = "username",
	 .read = read_user,
	 .offset = HOST_FIELD(user),
	 .max = 64,
	 .wanted = "a user",
	 .text = "Whom to log in as. Without it ssh decides"},
	{.name = "ip",
	 .read = read_address,
	 .offset = HOST_FIELD(address),
	 .max = 255,
	 .wanted = "an address",
	 .text = "What ssh is given: an address or a name"},
	{.name = "people",
	 .read = read_text,
	 .offset = HOST_FIELD(people),
	 .max = 1024,
	 .wanted = "a text",
	 .text = "Who looks after it"},
	{.name = "kvm", .read = read_text, .offset = HOST_FIELD(kvm), .max = 1024, .wanted = "a text", .text = "Which KVM port"},
	{.name = "comment",
	 .read = read_text,
	 .offset = HOST_FIELD(comment),
	 .max = 1024,
	 .wanted = "a text",
	 .text = "Anything else"},
};
const struct option_table original_host_options = {.rows = host_rows, .count = sizeof(host_rows) / sizeof(host_rows[0])};

/* "nvidia-smi --query-gpu" is nvidia-smi, with whatever stands around it but its last word. */
static void read_command(struct reader *reader, const struct option *option, const struct node *value, void *target)
{
	struct draft *draft = target;
	struct slice text = read_line(reader, option, value);
	size_t word = sizeof(QUERY_WORD) - 1;
	char shown[80];

	if (!text.ptr)
		return;
	struct slice command = {text.ptr, text.len > word ? text.len - word : 0};
	struct slice end = {text.ptr + command.len, text.len - command.len};
	struct slice trimmed = slice_trim(command);
	if (!slice_is(end, QUERY_WORD) || trimmed.len == 0 || trimmed.len == command.len)
		reader_error(reader, value, "%s is wanted, as in \"nvidia-smi " QUERY_WORD "\", not %s", option->wanted,
			     node_show(value, shown, sizeof(shown)));
	else if (shell_check(trimmed))
		reader_error(reader, value, "%s: %s", node_show(value, shown, sizeof(shown)), shell_check(trimmed));
	else
		text_set(&draft->nvidia_smi, trimmed);
}

static void read_original_host(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	struct host_config host = {.line = value->line};
	unsigned errors_before = reader->report->count;

	option_read_mapping(reader, &original_host_options, value, &host);
	if (host.address) {
		hosts_add(reader, draft, &host, value);
		return;
	}
	if (reader->report->count == errors_before)
		reader_error(reader, value, "ip is missing");
	host_done(&host);
}

/* Headings and fields as they come, one text each. */
struct texts {
	char **array;
	size_t count;
};

static void read_one_text(struct reader *reader, const struct option *option, const struct node *value, void *target)
{
	struct texts *texts = target;
	struct slice text = read_line(reader, option, value);

	/* A bad one counts too, so that the counts of both lists stay what the file says. */
	append_text(&texts->array, &texts->count, slice_dup(text.ptr ? text : SLICE_LITERAL("")));
}

static void read_original_hosts(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	read_items(reader, option, value, read_original_host, draft);
}

static void read_texts(struct reader *reader, const struct option *option, const struct node *value, void *texts)
{
	read_items(reader, option, value, read_one_text, texts);
}

/* Reads a kept value, if there is one, under its key's name. */
static void read_kept(struct reader *reader, const struct option *option, const struct node *value, option_read_fn read,
		      void *target)
{
	if (!value)
		return;
	size_t before = reader_enter_key(reader, option->name);
	read(reader, option, value, target);
	reader_leave(reader, before);
}

static void add_columns(struct reader *reader, const struct original *original, struct texts *fields, struct texts *titles,
			struct config *config)
{
	for (size_t i = 0; i < fields->count; i++) {
		const struct node *node = original->fields->kind == NODE_LIST ? original->fields->items[i] : original->fields;
		char shown[80];
		node_show(node, shown, sizeof(shown));
		if (!columns_add(config, xstrdup(fields->array[i]), titles->count > 0 ? xstrdup(titles->array[i]) : NULL))
			reader_error(reader, node, "%s[%zu]: %s cannot be a field of nvidia-smi", rows[ROW_FIELDS].name, i,
				     shown);
	}
}

static void read_columns(struct reader *reader, const struct original *original, struct config *config)
{
	struct texts fields = {NULL, 0}, titles = {NULL, 0};
	unsigned errors_before = reader->report->count;

	read_kept(reader, &rows[ROW_FIELDS], original->fields, read_texts, &fields);
	read_kept(reader, &rows[ROW_TITLES], original->titles, read_texts, &titles);
	if (original->titles && titles.count != fields.count)
		reader_error(reader, original->titles, "%s: the number of headings (%zu) is not that of %s (%zu)",
			     rows[ROW_TITLES].name, titles.count, rows[ROW_FIELDS].name, fields.count);
	if (reader->report->count == errors_before)
		add_columns(reader, original, &fields, &titles, config);
	free_texts(fields.array, fields.count);
	free_texts(titles.array, titles.count);
}

void original_read(struct reader *reader, const struct node *root, struct draft *draft)
{
	struct original original = {.remote = true};

	option_read_mapping(reader, &original_options, root, &original);
	read_kept(reader, &rows[ROW_COMMAND], original.command, read_command, draft);
	read_columns(reader, &original, &draft->config);
	if (original.remote && original.remote_given && !original.hosts)
		reader_error(reader, original.remote_given, "REMOTE_HOST: True, but there is no HOST");
	if (original.remote)
		read_kept(reader, &rows[ROW_HOSTS], original.hosts, read_original_hosts, draft);
	draft->localhost = original.local;
	draft->localhost_given = true;
	draft->config.original_style = true;
}
