/* The command line: it goes before the file, and is read by the same rows and readers. */
#include "config/draft.h"

#include "config/address.h"

static const struct option port_row = {.name = "--port", .read = read_port, .min = 0, .max = 65535, .wanted = "a port number"};

static void apply_interval(struct reader *reader, const char *interval, struct draft *draft)
{
	size_t before = reader_enter_key(reader, "--interval");

	option_read_text(reader, option_find(&native_options, SLICE_LITERAL("interval")), interval, draft);
	reader_leave(reader, before);
}

/* False, and reported, when it is none. */
static bool check_port(struct reader *reader, const char *port)
{
	size_t before = reader_enter_key(reader, port_row.name);
	unsigned errors_before = reader->report->count;
	int number;

	option_read_text(reader, &port_row, port, &number);
	reader_leave(reader, before);
	return reader->report->count == errors_before;
}

static void apply_listener(struct reader *reader, const char *host, const char *port, struct draft *draft)
{
	const struct option *listen = option_find(&native_options, SLICE_LITERAL("listen"));
	cleanup_free char *listener = NULL;
	bool is_socket = host && slice_starts_with(slice_of(host), "unix:");

	if (port && !check_port(reader, port))
		return;
	size_t before = reader_enter_key(reader, host ? "--host" : "--port");
	const char *problem = is_socket ? listener_check(slice_of(host), &listener)
					: listener_join(host ? host : "127.0.0.1", port ? port : "5000", &listener);
	if (is_socket && port)
		problem = "a socket has no port: leave --port out";
	if (problem)
		reader_error(reader, NULL, "%s", problem);
	else
		option_read_text(reader, listen, listener, draft);
	reader_leave(reader, before);
}

static void apply_hosts(struct reader *reader, const char *const *hosts, size_t count, struct draft *draft)
{
	const struct option *row = option_find(&native_options, SLICE_LITERAL("hosts"));

	hosts_clear(draft);
	draft->localhost = false;
	draft->localhost_given = true;
	for (size_t i = 0; i < count; i++) {
		struct node node = {.kind = NODE_TEXT, .text = slice_of(hosts[i])};
		read_host(reader, row, &node, draft);
	}
}

void overrides_apply(struct reader *reader, const struct config_overrides *overrides, struct draft *draft)
{
	if (!overrides)
		return;
	if (overrides->interval)
		apply_interval(reader, overrides->interval, draft);
	if (overrides->host || overrides->port)
		apply_listener(reader, overrides->host, overrides->port, draft);
	if (overrides->host_count > 0)
		apply_hosts(reader, overrides->hosts, overrides->host_count, draft);
}
