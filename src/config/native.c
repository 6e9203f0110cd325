/* The native style: the rows of its tables, and the readers of values that have a form of their own. */
#include "config/draft.h"

#include <stdlib.h>

#include "base/caps.h"
#include "config/address.h"
#include "config/shell.h"

/* ---- Hosts ---- */

static void refuse_text(struct reader *reader, const struct node *value, const char *problem)
{
	char shown[80];

	reader_error(reader, value, "%s: %s", node_show(value, shown, sizeof(shown)), problem);
}

/* A line that passes `check` goes into the field. */
static void read_checked(struct reader *reader, const struct option *option, const struct node *value, void *target,
			 const char *(*check)(struct slice))
{
	struct slice text = read_line(reader, option, value);

	if (!text.ptr)
		return;
	const char *problem = check(text);
	if (problem)
		refuse_text(reader, value, problem);
	else
		text_set((char **)((char *)target + option->offset), text);
}

void read_address(struct reader *reader, const struct option *option, const struct node *value, void *host)
{
	read_checked(reader, option, value, host, address_check);
}

void read_user(struct reader *reader, const struct option *option, const struct node *value, void *host)
{
	read_checked(reader, option, value, host, user_check);
}

static void read_shell_command(struct reader *reader, const struct option *option, const struct node *value, void *target)
{
	struct slice text = read_line(reader, option, value);
	const char *problem = shell_check(text);

	if (problem)
		refuse_text(reader, value, problem);
	/* Empty in quotes is as good as not given. */
	else if (text.len > 0)
		text_set((char **)((char *)target + option->offset), text);
}

#define HOST_FIELD(name) offsetof(struct host_config, name)

static const struct option host_rows[] = {
	{.name = "address",
	 .read = read_address,
	 .offset = HOST_FIELD(address),
	 .max = 255,
	 .wanted = "a host name or an address",
	 .text = "What ssh is given: a name, an IPv4 or IPv6 address, a `Host` of ssh_config. `localhost`, without user and "
		 "port, is this machine"},
	{.name = "user",
	 .read = read_user,
	 .offset = HOST_FIELD(user),
	 .max = 64,
	 .wanted = "a user",
	 .text = "Whom to log in as. Without it ssh decides"},
	{.name = "port",
	 .read = read_port,
	 .offset = HOST_FIELD(port),
	 .min = 1,
	 .max = 65535,
	 .wanted = "a port number",
	 .text = "sshd's port. Without it ssh decides"},
	{.name = "name",
	 .read = read_text,
	 .offset = HOST_FIELD(name),
	 .max = 128,
	 .wanted = "a name",
	 .text = "Shown instead of the address; no two hosts may share one"},
	{.name = "people",
	 .read = read_text,
	 .offset = HOST_FIELD(people),
	 .max = 1024,
	 .wanted = "a text",
	 .text = "Who looks after it"},
	{.name = "kvm",
	 .read = read_text,
	 .offset = HOST_FIELD(kvm),
	 .max = 1024,
	 .wanted = "a text",
	 .text = "Which KVM port, rack, room"},
	{.name = "group",
	 .read = read_text,
	 .offset = HOST_FIELD(group),
	 .max = 128,
	 .wanted = "a text",
	 .text = "What it belongs to, as a rack or a team: the page can show the hosts of one group alone"},
	{.name = "comment",
	 .read = read_text,
	 .offset = HOST_FIELD(comment),
	 .max = 1024,
	 .wanted = "a text",
	 .text = "Anything else"},
	{.name = "nvidia_smi",
	 .read = read_shell_command,
	 .offset = HOST_FIELD(nvidia_smi),
	 .max = 1024,
	 .wanted = "a command",
	 .text = "The command on this host, instead of the common one"},
};
const struct option_table native_host_options = {.rows = host_rows, .count = sizeof(host_rows) / sizeof(host_rows[0])};

/* `localhost` by itself needs no ssh. */
static bool is_this_machine(const struct host_config *host)
{
	return slice_is(slice_of(host->address), "localhost") && !host->user && host->port == 0;
}

static void read_short_host(struct reader *reader, const struct option *option, const struct node *value,
			    struct host_config *host)
{
	struct slice text = read_line(reader, option, value);
	struct target target;

	if (!text.ptr)
		return;
	const char *problem = target_split(text, &target);
	if (problem) {
		refuse_text(reader, value, problem);
		return;
	}
	host->address = slice_dup(target.address);
	host->user = slice_dup(target.user);
	host->port = target.port;
}

void read_host(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	struct host_config host = {.line = value->line};
	unsigned errors_before = reader->report->count;

	if (value->kind == NODE_MAPPING)
		option_read_mapping(reader, &native_host_options, value, &host);
	else
		read_short_host(reader, option, value, &host);
	if (!host.address) {
		if (reader->report->count == errors_before)
			reader_error(reader, value, "address is missing");
		host_done(&host);
		return;
	}
	host.local = is_this_machine(&host);
	hosts_add(reader, draft, &host, value);
}

static void read_hosts(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	read_items(reader, option, value, read_host, draft);
}

/* ---- Listeners, names, ssh ---- */

static bool has_text(char **array, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (slice_is(slice_of(array[i]), text))
			return true;
	return false;
}

void read_listener(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	struct config *config = &((struct draft *)draft)->config;
	cleanup_free char *listener = NULL;
	struct slice text = read_line(reader, option, value);

	if (!text.ptr)
		return;
	const char *problem = listener_check(text, &listener);
	if (!problem && has_text(config->listen, config->listen_count, listener))
		problem = "given twice";
	if (problem)
		refuse_text(reader, value, problem);
	else
		append_text(&config->listen, &config->listen_count, xstrdup(listener));
}

static void read_listen(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	struct config *config = &((struct draft *)draft)->config;

	free_texts(config->listen, config->listen_count);
	config->listen = NULL;
	config->listen_count = 0;
	read_items(reader, option, value, read_listener, draft);
	if (value->kind == NODE_LIST && value->count == 0)
		reader_error(reader, value, "%s is wanted, not an empty list", option->wanted);
}

static void read_name(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	struct config *config = &((struct draft *)draft)->config;
	struct slice text = read_line(reader, option, value);

	if (!text.ptr)
		return;
	const char *problem = address_check(text);
	if (problem)
		refuse_text(reader, value, problem);
	else
		append_text(&config->names, &config->name_count, slice_dup(text));
}

static void read_names(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	read_items(reader, option, value, read_name, draft);
}

static void add_word(struct draft *draft, struct slice word)
{
	struct config *config = &draft->config;

	append_text(&config->ssh_command, &draft->ssh_word_count, slice_dup(word));
	/* The NULL that ends it is not counted, and overwritten by the next word. */
	append_text(&config->ssh_command, &draft->ssh_word_count, NULL);
	draft->ssh_word_count--;
}

static void read_word(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	struct slice word = read_line(reader, option, value);

	if (word.ptr)
		add_word(draft, word);
}

static void split_words(struct draft *draft, struct slice line)
{
	while (line.ptr) {
		struct slice word = slice_split(line, ' ', &line);
		if (word.len > 0)
			add_word(draft, word);
	}
}

/* No shell reads it: a quote would be a part of the word that it stands in. */
static void read_ssh_line(struct reader *reader, const struct option *option, const struct node *value, struct draft *draft)
{
	struct slice line = read_line(reader, option, value);

	if (slice_contains(line, "'") || slice_contains(line, "\""))
		reader_error(reader, value, "no shell reads this: with quotes give a list, as in [ssh, -i, /my keys/lab]");
	split_words(draft, line);
}

static void read_ssh_command(struct reader *reader, const struct option *option, const struct node *value, void *target)
{
	struct draft *draft = target;

	free_texts(draft->config.ssh_command, draft->ssh_word_count);
	draft->config.ssh_command = NULL;
	draft->ssh_word_count = 0;
	if (value->kind == NODE_LIST)
		read_items(reader, option, value, read_word, draft);
	else
		read_ssh_line(reader, option, value, draft);
	if (draft->ssh_word_count == 0 && (value->kind == NODE_LIST || value->kind == NODE_TEXT))
		reader_error(reader, value, "a command is wanted");
}

#define DRAFT_FIELD(name) offsetof(struct draft, name)

static const struct option ssh_rows[] = {
	{.name = "command",
	 .read = read_ssh_command,
	 .max = 4096,
	 .wanted = "a command, or a list of its words,",
	 .initial = "ssh",
	 .items = 64,
	 .text = "The command, and options for it: a text without quotes, split at blanks, or a list"},
	{.name = "connect_timeout",
	 .read = read_whole,
	 .offset = DRAFT_FIELD(config.connect_timeout),
	 .min = 1,
	 .max = 300,
	 .wanted = "a whole number of seconds",
	 .initial = "10",
	 .text = "Seconds until the connection has to stand"},
	{.name = "login_timeout",
	 .read = read_whole,
	 .offset = DRAFT_FIELD(config.login_timeout),
	 .min = 1,
	 .max = 600,
	 .wanted = "a whole number of seconds",
	 .initial = "20",
	 .text = "Seconds until the login has to be done"},
	{.name = "handshakes",
	 .read = read_whole,
	 .offset = DRAFT_FIELD(config.handshakes),
	 .min = 1,
	 .max = 256,
	 .wanted = "a whole number",
	 .initial = "8",
	 .text = "Logins under way at once"},
};
const struct option_table native_ssh_options = {.rows = ssh_rows, .count = sizeof(ssh_rows) / sizeof(ssh_rows[0])};

static void read_ssh(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	option_read_mapping(reader, &native_ssh_options, value, draft);
}

/* ---- What is free ---- */

static const struct option free_rows[] = {
	{.name = "memory",
	 .read = read_number,
	 .offset = DRAFT_FIELD(config.free_memory),
	 .min = 1,
	 .max = 100,
	 .wanted = "a number of percent",
	 .initial = "5",
	 .text = "Percent of its memory: with less in use, a GPU on which nobody computes is free"},
	{.name = "utilization",
	 .read = read_number,
	 .offset = DRAFT_FIELD(config.free_utilization),
	 .min = 1,
	 .max = 100,
	 .wanted = "a number of percent",
	 .initial = "5",
	 .text = "Percent: with less to do, a GPU on which nobody computes is free"},
};
const struct option_table native_free_options = {.rows = free_rows, .count = sizeof(free_rows) / sizeof(free_rows[0])};

static void read_free(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	option_read_mapping(reader, &native_free_options, value, draft);
}

/* ---- The file as a whole ---- */

static void read_keep_driver(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	static const char *const words[] = {[KEEP_AUTO] = "auto", [KEEP_ALWAYS] = "always", [KEEP_NEVER] = "never"};
	struct slice text = value->kind == NODE_TEXT ? slice_trim(value->text) : SLICE_NONE;
	char shown[80];

	for (unsigned i = 0; text.ptr && i < sizeof(words) / sizeof(words[0]); i++) {
		if (!slice_is(text, words[i]))
			continue;
		((struct draft *)draft)->config.keep_driver = (enum keep_driver)i;
		return;
	}
	reader_error(reader, value, "%s is wanted, not %s", option->wanted, node_show(value, shown, sizeof(shown)));
}

static void read_localhost(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	read_flag(reader, option, value, draft);
	((struct draft *)draft)->localhost_given = true;
}

static const struct option rows[] = {
	{.name = "listen",
	 .read = read_listen,
	 .max = 255,
	 .wanted = "a listener, as in 127.0.0.1:5000,",
	 .initial = "127.0.0.1:5000",
	 .items = 16,
	 .text = "Where the page is served: `ADDRESS:PORT`, `\"[IPV6]:PORT\"`, `PORT` (on 127.0.0.1), `unix:/PATH`, or a list of "
		 "these"},
	{.name = "names",
	 .read = read_names,
	 .max = 255,
	 .wanted = "a host name",
	 .items = 64,
	 .text = "Host names that a browser may use on a loopback listener besides localhost; for a proxy that keeps `Host:`"},
	{.name = "interval",
	 .read = read_number,
	 .offset = DRAFT_FIELD(config.interval),
	 .min = 1,
	 .max = 3600,
	 .wanted = "a number of seconds",
	 .initial = "5",
	 .text = "Seconds between two samples of a host"},
	{.name = "localhost",
	 .read = read_localhost,
	 .offset = DRAFT_FIELD(localhost),
	 .wanted = "true or false",
	 .text = "Whether this machine is watched too, without ssh. Without it: only when there are no hosts"},
	{.name = "hosts",
	 .read = read_hosts,
	 .max = 512,
	 .wanted = "a host, as in alice@gpu2:2222,",
	 .items = CAP_HOSTS,
	 .text = "The hosts, each in the short form `[USER@]ADDRESS[:PORT]` or the long form below"},
	{.name = "columns",
	 .read = columns_read,
	 .max = 128,
	 .wanted = "a field of nvidia-smi",
	 .items = CAP_COLUMNS,
	 .text = "The table's columns: fields of `nvidia-smi --help-query-gpu`, or `{field: ..., title: ...}`. Without it: nine, "
		 "as below"},
	{.name = "nvidia_smi",
	 .read = read_shell_command,
	 .offset = DRAFT_FIELD(nvidia_smi),
	 .max = 1024,
	 .wanted = "a command",
	 .initial = "nvidia-smi",
	 .text = "The command on the hosts: a path, options, `sudo` may be in it, and `env NAME=VALUE` before it"},
	{.name = "nvidia_smi_timeout",
	 .read = read_whole,
	 .offset = DRAFT_FIELD(config.nvidia_smi_timeout),
	 .min = 1,
	 .max = 600,
	 .wanted = "a whole number of seconds",
	 .initial = "15",
	 .text = "Seconds that nvidia-smi may take"},
	{.name = "keep_driver_loaded",
	 .read = read_keep_driver,
	 .wanted = "auto, always or never",
	 .initial = "auto",
	 .text = "Whether a quiet `nvidia-smi -l` keeps a host's driver loaded between two samples: `auto` (where persistence "
		 "mode is "
		 "off), `always` or `never`; not while the kernel has a GPU suspended"},
	{.name = "free", .read = read_free, .wanted = "a mapping", .text = "What counts as a free GPU, see below"},
	{.name = "ssh", .read = read_ssh, .wanted = "a mapping", .text = "How hosts are reached, see below"},
};
const struct option_table native_options = {
	.rows = rows, .count = sizeof(rows) / sizeof(rows[0]), .other = &original_options, .extensions = true};

void native_set_initial(struct reader *reader, struct draft *draft)
{
	option_read_initial(reader, &native_options, draft);
	option_read_initial(reader, &native_free_options, draft);
	option_read_initial(reader, &native_ssh_options, draft);
}

void native_read(struct reader *reader, const struct node *root, struct draft *draft)
{
	option_read_mapping(reader, &native_options, root, draft);
}
