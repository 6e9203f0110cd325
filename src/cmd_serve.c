/* nvwebmon serve: watches and serves until it is told to stop. Wiring, reload, shutdown. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <uv.h>

#include "base/caps.h"
#include "base/log.h"
#include "collect/fleet.h"
#include "config/load.h"
#include "http/server.h"
#include "options.h"
#include "output.h"

enum {
	FILE_CHECK_MS = 1000,
	/* A file that has changed is read when it has not changed for so long: whoever writes it may not have finished. */
	FILE_SETTLE_MS = 1500,
};

struct serve {
	const struct options *options;
	uv_loop_t loop;
	uv_signal_t terminate, interrupt, hangup;
	uv_timer_t settle; /* since the file has changed */
	uv_fs_poll_t file; /* the configuration file, when there is one */
	struct model *model;
	struct fleet *fleet;
	struct http_server *server;
	bool stopping;
};

/* --- Configuration --- */

static void log_lines(struct slice text)
{
	while (text.len > 0) {
		struct slice line = slice_split(text, '\n', &text);
		log_error("%.*s", SLICE_ARGS(line));
	}
}

static bool same_listeners(const struct config *a, const struct config *b)
{
	if (a->listen_count != b->listen_count)
		return false;
	for (size_t i = 0; i < a->listen_count; i++)
		if (strcmp(a->listen[i], b->listen[i]) != 0)
			return false;
	return true;
}

static void on_file_changed(uv_fs_poll_t *handle, int status, const uv_stat_t *before, const uv_stat_t *now);

static void watch_file(struct serve *serve, const char *path)
{
	uv_fs_poll_stop(&serve->file);
	if (path)
		uv_fs_poll_start(&serve->file, on_file_changed, path, FILE_CHECK_MS);
}

static bool same_path(const char *a, const char *b)
{
	return slice_equal(slice_of(a), slice_of(b));
}

static void take_configuration(struct serve *serve, struct config *config)
{
	const struct config *old = fleet_config(serve->fleet);
	bool other_file = !same_path(old->path, config->path);

	if (!same_listeners(old, config))
		log_warning("listen: a change takes effect with the next start");
	http_server_set_names(serve->server, (const char *const *)config->names, config->name_count);
	fleet_apply(serve->fleet, config);
	if (other_file)
		watch_file(serve, config->path);
	log_info("configuration read anew: watching %zu host%s", config->host_count, config->host_count == 1 ? "" : "s");
}

/* Why the file that was read cannot be read anew; NULL when it can. A pipe would keep us waiting, and a file is empty while it is being written. */
static const char *find_obstacle(const char *path)
{
	struct stat st;

	if (!path)
		return NULL;
	if (stat(path, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "no regular file, so it cannot be read anew";
	return st.st_size == 0 ? "empty" : NULL;
}

static void reload(struct serve *serve)
{
	const char *path = fleet_config(serve->fleet)->path;
	const char *obstacle = find_obstacle(path);
	struct config *config;
	struct buf errors;

	if (obstacle) {
		log_error("%s: %s; the old configuration goes on", path, obstacle);
		return;
	}
	buf_init(&errors, CAP_CONFIG_FILE);
	if (config_load(serve->options->config_path, &serve->options->overrides, &config, &errors) < 0) {
		log_lines(buf_slice(&errors));
		log_error("the new configuration is not used; the old one goes on");
	} else {
		take_configuration(serve, config);
	}
	buf_done(&errors);
}

static void on_hangup(uv_signal_t *handle, int number)
{
	struct serve *serve = handle->data;

	if (!serve->stopping)
		reload(serve);
}

static void on_file_settled(uv_timer_t *timer)
{
	struct serve *serve = timer->data;

	if (!serve->stopping)
		reload(serve);
}

static void on_file_changed(uv_fs_poll_t *handle, int status, const uv_stat_t *before, const uv_stat_t *now)
{
	struct serve *serve = handle->data;

	/* While an editor writes, there may be no file for a moment: that is no new configuration. */
	if (status == 0)
		uv_timer_start(&serve->settle, on_file_settled, FILE_SETTLE_MS, 0);
}

/* --- The end --- */

static void close_handles(struct serve *serve)
{
	uv_close((uv_handle_t *)&serve->terminate, NULL);
	uv_close((uv_handle_t *)&serve->interrupt, NULL);
	uv_close((uv_handle_t *)&serve->hangup, NULL);
	uv_close((uv_handle_t *)&serve->file, NULL);
	uv_close((uv_handle_t *)&serve->settle, NULL);
}

static void on_fleet_stopped(void *user)
{
	struct serve *serve = user;

	serve->fleet = NULL;
	close_handles(serve);
}

static void on_server_closed(void *user)
{
	struct serve *serve = user;

	serve->server = NULL;
}

static void on_terminate(uv_signal_t *handle, int number)
{
	struct serve *serve = handle->data;

	/* Asked twice: at once. The children end by themselves when their stdin closes. */
	if (serve->stopping)
		_Exit(128 + number);
	serve->stopping = true;
	log_info("stopping");
	http_server_close(serve->server, on_server_closed, serve);
	fleet_stop(serve->fleet, on_fleet_stopped, serve);
}

/* --- The beginning --- */

/* Three pipes a host and a socket a viewer: the usual 1,024 descriptors are soon used up, and nobody needs to be asked for more. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void listen_to_signals(struct serve *serve)
{
	uv_signal_init(&serve->loop, &serve->terminate);
	uv_signal_init(&serve->loop, &serve->interrupt);
	uv_signal_init(&serve->loop, &serve->hangup);
	serve->terminate.data = serve->interrupt.data = serve->hangup.data = serve;
	uv_signal_start(&serve->terminate, on_terminate, SIGTERM);
	uv_signal_start(&serve->interrupt, on_terminate, SIGINT);
	uv_signal_start(&serve->hangup, on_hangup, SIGHUP);
}

static int open_server(struct serve *serve, const struct config *config)
{
	const struct http_options options = {
		.listen = (const char *const *)config->listen,
		.listen_count = config->listen_count,
		.names = (const char *const *)config->names,
		.name_count = config->name_count,
	};
	struct buf error;

	buf_init(&error, CAP_LINE);
	int r = http_server_new(&serve->loop, serve->model, &options, &serve->server, &error);
	if (r < 0)
		log_lines(buf_slice(&error));
	/* Taken, or not for us: not for our children either. */
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_PID");
	buf_done(&error);
	return r;
}

static void log_start(const struct serve *serve, const struct config *config)
{
	const char *url;

	log_info("watching %zu host%s every %g s (%s)", config->host_count, config->host_count == 1 ? "" : "s", config->interval,
		 config->path ? config->path : "no configuration file");
	for (size_t i = 0; (url = http_server_url(serve->server, i)) != NULL; i++)
		log_info("the page is at %s", url);
}

static int run(struct serve *serve, struct config *config)
{
	uv_loop_init(&serve->loop);
	serve->model = model_new();
	model_set_demo(serve->model, serve->options->demo);
	if (open_server(serve, config) < 0) {
		uv_run(&serve->loop, UV_RUN_DEFAULT);
		uv_loop_close(&serve->loop);
		model_free(serve->model);
		config_free(config);
		return EXIT_CANNOT_START;
	}
	listen_to_signals(serve);
	uv_fs_poll_init(&serve->loop, &serve->file);
	uv_timer_init(&serve->loop, &serve->settle);
	serve->file.data = serve->settle.data = serve;
	watch_file(serve, config->path);
	log_start(serve, config);
	serve->fleet = fleet_new(&serve->loop, serve->model);
	fleet_apply(serve->fleet, config);
	uv_run(&serve->loop, UV_RUN_DEFAULT);
	uv_loop_close(&serve->loop);
	model_free(serve->model);
	return EXIT_FINE;
}

static int describe(struct config *config)
{
	struct buf text;

	buf_init(&text, CAP_CONFIG_FILE);
	config_describe(config, &text);
	fwrite(buf_slice(&text).ptr, 1, text.len, stdout);
	buf_done(&text);
	config_free(config);
	return output_status(EXIT_FINE);
}

int cmd_serve(const struct options *options)
{
	struct serve serve = {.options = options};
	struct config *config;

	if (options_load_config(options, &config) < 0)
		return EXIT_USAGE;
	if (options->check_config)
		return describe(config);
	raise_descriptor_limit();
	return run(&serve, config);
}
