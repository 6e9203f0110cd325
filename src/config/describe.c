/* A configuration in a few lines for people. */
#include "config/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/address.h"

/* One line or several whole ones; what does not fit is left out. */
static void put(struct buf *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct buf *out, const char *format, ...)
{
	cleanup_free char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	if (buf_append_slice(out, slice_of(text)) < 0)
		return;
}

static char *join(char *const *words, size_t count, const char *separator)
{
	char *all = xstrdup("");

	for (size_t i = 0; i < count; i++) {
		char *longer = xasprintf("%s%s%s", all, i > 0 ? separator : "", words[i]);
		free(all);
		all = longer;
	}
	return all;
}

static size_t count_words(char *const *words)
{
	size_t count = 0;

	while (words[count])
		count++;
	return count;
}

static void describe_server(const struct config *config, struct buf *out)
{
	static const char *const kept[] = {
		[KEEP_AUTO] = "where persistence mode is off", [KEEP_ALWAYS] = "always", [KEEP_NEVER] = "never"};
	cleanup_free char *listen = join(config->listen, config->listen_count, ", ");
	cleanup_free char *names = join(config->names, config->name_count, ", ");
	cleanup_free char *ssh = join(config->ssh_command, count_words(config->ssh_command), " ");

	if (config->path)
		put(out, "file      %s, %s style\n", config->path, config->original_style ? "original" : "native");
	else
		put(out, "file      none, defaults\n");
	put(out, "listen    %s\n", listen);
	if (config->name_count > 0)
		put(out, "names     %s\n", names);
	put(out, "interval  %g s, nvidia-smi may take %u s\n", config->interval, config->nvidia_smi_timeout);
	put(out, "driver    kept loaded %s\n", kept[config->keep_driver]);
	put(out, "free      below %g %% of memory and %g %% of utilization\n", config->free_memory, config->free_utilization);
	put(out, "ssh       %s: %u s to connect, %u s to log in, %u logins at once\n", ssh, config->connect_timeout,
	    config->login_timeout, config->handshakes);
}

static void describe_columns(const struct config *config, struct buf *out)
{
	for (size_t i = 0; i < config->column_count; i++)
		put(out, "%s%-24s %s\n", i == 0 ? "columns   " : "          ", config->columns[i].field,
		    config->columns[i].title);
}

static char *target_of(const struct host_config *host)
{
	return host->local ? xstrdup("this machine, without ssh") : target_join(host->user, host->address, host->port);
}

/* What was given of person, KVM, group and comment. */
static char *label_of(const struct host_config *host)
{
	const char *values[] = {host->people, host->kvm, host->group, host->comment};
	const char *const keys[] = {"people", "kvm", "group", "comment"};
	char *label = xstrdup("");

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!values[i])
			continue;
		char *longer = xasprintf("%s%s%s: %s", label, *label ? ", " : "", keys[i], values[i]);
		free(label);
		label = longer;
	}
	return label;
}

/* Characters, not bytes: what printf's field widths count would not line up. */
static int width(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += (*text & 0xc0) != 0x80;
	return count;
}

static void describe_host(const struct host_config *host, int name_width, int target_width, struct buf *out)
{
	cleanup_free char *target = target_of(host), *label = label_of(host);

	int name_gap = name_width - width(host->name), label_gap = *label ? target_width - width(target) + 2 : 0;

	put(out, "  %s%*s  %s%*s%s\n", host->name, name_gap, "", target, label_gap, "", label);
}

static void describe_hosts(const struct config *config, struct buf *out)
{
	int name_width = 0, target_width = 0;

	for (size_t i = 0; i < config->host_count; i++) {
		cleanup_free char *target = target_of(&config->hosts[i]);
		name_width = width(config->hosts[i].name) > name_width ? width(config->hosts[i].name) : name_width;
		target_width = width(target) > target_width ? width(target) : target_width;
	}
	put(out, "%zu %s\n", config->host_count, config->host_count == 1 ? "host:" : "hosts:");
	for (size_t i = 0; i < config->host_count; i++)
		describe_host(&config->hosts[i], name_width, target_width, out);
}

void config_describe(const struct config *config, struct buf *out)
{
	describe_server(config, out);
	describe_columns(config, out);
	describe_hosts(config, out);
}
