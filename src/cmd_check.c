/* nvwebmon check: the way to each host's GPUs, rung by rung, and the command that mends it where it breaks. */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "check_report.h"
#include "collect/climb.h"
#include "collect/clocks.h"
#include "output.h"
#include "options.h"
#include "terminal.h"

enum { LOGINS_MIN = 8, REPORT_MAX = 256 * 1024 * 1024 };

struct check {
	const struct options *options;
	uv_loop_t loop;
	uv_signal_t terminate, interrupt;
	int signal; /* that ended it; 0: none */
	struct config *config;
	struct model *model;
	struct climb **climbs; /* in the order of the configuration; NULL: not begun */
	size_t begun, over;
	size_t logins; /* under way */
	bool progress; /* somebody looks at stderr */
	bool starting; /* in start_more() */
};

/* --- Progress: one line on the terminal, written over and over, and gone at the end. --- */

static void add_under_way(const struct check *check, struct buf *line, size_t room)
{
	const char *separator = ": ";

	for (size_t i = 0; i < check->begun; i++) {
		const struct climb *climb = check->climbs[i];
		enum rung rung = climb_rung(climb);
		if (rung >= RUNG_COUNT)
			continue;
		char name[128];
		text_escape(slice_of(climb_host(climb)->name), name, sizeof(name));
		const char *title = rung_title(rung);
		if (line->len + strlen(separator) + strlen(name) + strlen(title) + 3 > room)
			return;
		if (buf_printf(line, "%s%s (%s)", separator, name, title) < 0)
			return;
		separator = ", ";
	}
}

static void show_progress(const struct check *check)
{
	int width = terminal_width(STDERR_FILENO);
	struct buf line;

	if (!check->progress)
		return;
	buf_init(&line, 4096);
	if (buf_printf(&line, "%zu of %zu checked", check->over, check->config->host_count) == 0)
		add_under_way(check, &line, width > 0 ? (size_t)width - 1 : 79);
	fprintf(stderr, "\r%.*s\033[K", SLICE_ARGS(buf_slice(&line)));
	buf_done(&line);
}

static void clear_progress(const struct check *check)
{
	if (check->progress)
		fputs("\r\033[K", stderr);
}

/* --- Climbs --- */

static void start_more(struct check *check);

static void on_rung(void *user, struct climb *climb)
{
	show_progress(user);
}

static void on_login_done(void *user, struct climb *climb)
{
	struct check *check = user;

	check->logins--;
	start_more(check);
}

static void close_signals(struct check *check)
{
	uv_close((uv_handle_t *)&check->terminate, NULL);
	uv_close((uv_handle_t *)&check->interrupt, NULL);
}

static void on_over(void *user, struct climb *climb)
{
	struct check *check = user;

	check->over++;
	show_progress(check);
	if (check->over == check->begun && (check->signal || check->begun == check->config->host_count))
		close_signals(check);
}

/* So many logins at once as a server would have, but those that wait for the network do not count for long. */
static size_t logins_max(const struct check *check)
{
	return check->config->handshakes > LOGINS_MIN ? check->config->handshakes : LOGINS_MIN;
}

/* A climb that cannot even start is done with its login at once, and comes back here. */
static void start_more(struct check *check)
{
	if (check->starting || check->signal)
		return;
	check->starting = true;
	while (check->begun < check->config->host_count && check->logins < logins_max(check)) {
		check->logins++;
		climb_start(check->climbs[check->begun++]);
	}
	check->starting = false;
}

static void make_climbs(struct check *check)
{
	static const struct climb_owner owner = {.on_rung = on_rung, .on_login_done = on_login_done, .on_over = on_over};

	check->climbs = xcalloc(check->config->host_count, sizeof(struct climb *));
	for (size_t i = 0; i < check->config->host_count; i++) {
		const struct host_config *host_config = &check->config->hosts[i];
		const struct host_label label = {.name = host_config->name, .address = host_config->address};
		struct host *host = model_add_host(check->model, &label, clocks_wall());
		check->climbs[i] = climb_new(&check->loop, check->config, host_config, host, &owner, check);
	}
}

/* --- The end --- */

static void on_signal(uv_signal_t *handle, int number)
{
	struct check *check = handle->data;

	if (check->signal)
		return;
	check->signal = number;
	for (size_t i = 0; i < check->begun; i++)
		climb_stop(check->climbs[i]);
	if (check->over == check->begun)
		close_signals(check);
}

static void watch_signals(struct check *check)
{
	uv_signal_init(&check->loop, &check->terminate);
	uv_signal_init(&check->loop, &check->interrupt);
	check->terminate.data = check->interrupt.data = check;
	uv_signal_start(&check->terminate, on_signal, SIGTERM);
	uv_signal_start(&check->interrupt, on_signal, SIGINT);
}

static int report(const struct check *check)
{
	/* When it was ended by a signal some were not begun. */
	size_t count = check->begun;
	struct checked *hosts = xcalloc(count, sizeof(*hosts));
	const struct report_style style = {.color = terminal_has_color(STDOUT_FILENO),
					   .in_full = check->options->verbose || check->config->host_count == 1};
	bool well = true;
	struct buf out;

	for (size_t i = 0; i < count; i++) {
		hosts[i] = (struct checked){.host = climb_host(check->climbs[i]),
					    .ladder = climb_ladder(check->climbs[i]),
					    .local = check->config->hosts[i].local,
					    .seconds = climb_seconds(check->climbs[i])};
		well &= ladder_is_well(hosts[i].ladder);
	}
	buf_init(&out, REPORT_MAX);
	if (check->options->json)
		report_json(hosts, count, &out);
	else
		report_text(hosts, count, &style, &out);
	printf("%.*s%s", SLICE_ARGS(buf_slice(&out)), check->options->json ? "\n" : "");
	buf_done(&out);
	free(hosts);
	return output_status(well ? EXIT_FINE : EXIT_NOT_WELL);
}

static void clean_up(struct check *check)
{
	for (size_t i = 0; i < check->config->host_count; i++)
		climb_free(check->climbs[i]);
	free(check->climbs);
	model_free(check->model);
	config_free(check->config);
	int r = uv_loop_close(&check->loop);
	(void)r;
}

int cmd_check(const struct options *options)
{
	struct check check = {.options = options, .progress = isatty(STDERR_FILENO)};

	if (options_load_config(options, &check.config) < 0)
		return EXIT_USAGE;
	/* What goes wrong is in the report. */
	log_set_level(LOG_LEVEL_ERROR);
	uv_loop_init(&check.loop);
	check.model = model_new();
	watch_signals(&check);
	make_climbs(&check);
	start_more(&check);
	uv_run(&check.loop, UV_RUN_DEFAULT);
	clear_progress(&check);
	int status = report(&check);
	if (check.signal)
		status = 128 + check.signal;

	clean_up(&check);
	return status;
}
