/*
 * The HTTP side alone, over an invented lab: for the tests that attack it, and for the benchmark.
 *
 *     http_server [KEY=VALUE...] LISTEN...
 *
 * Keys: hosts (how many), gpus (of each), every (ms between two changes; 0: none), name (accepted on loopback), and the limits of
 * struct http_limits. It prints its URLs, one a line, then "ready". What it reads on stdin makes it do things: "change N" changes
 * host N, "layout" adds a host, "stop" (or the end) ends it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/lines.h"
#include "http/server.h"
#include "invented.h"

struct lab {
	uv_loop_t loop;
	uv_pipe_t input;
	uv_timer_t timer;
	struct lines lines;
	char read[4096];
	struct model *model;
	struct http_server *server;
	struct http_options options;
	const char *listen[8], *names[8];
	size_t hosts, gpus, every;
	unsigned changes;
};

static void change(struct lab *lab, size_t index)
{
	struct sample sample;

	if (index >= lab->model->host_count)
		return;
	lab->changes++;
	sample_init(&sample);
	for (size_t i = 0; i < lab->gpus; i++) {
		struct gpu *gpu = invented_gpu(&sample);

		gpu->readings[READING_utilization].value = (double)((lab->changes + 7 * i) % 101);
		gpu->readings[READING_memory_used].value = (double)(lab->changes % 79) * GIB;
		invented_process(&sample, "alice", "python3 train.py --epochs 90", 3 * GIB);
	}
	invented_report(lab->model->hosts[index], &sample);
	sample_done(&sample);
}

static void add_host(struct lab *lab)
{
	char name[32];

	snprintf(name, sizeof(name), "node%zu", lab->model->host_count);
	invented_host(lab->model, name);
	change(lab, lab->model->host_count - 1);
}

static void stop(struct lab *lab)
{
	if (uv_is_closing((uv_handle_t *)&lab->input))
		return;
	uv_close((uv_handle_t *)&lab->input, NULL);
	uv_close((uv_handle_t *)&lab->timer, NULL);
	http_server_close(lab->server, NULL, NULL);
}

static void on_line(void *user, struct slice line, bool cut)
{
	struct lab *lab = user;
	struct slice argument, command = slice_split(line, ' ', &argument);
	int64_t number = 0;

	(void)cut;
	if (slice_is(command, "change") && slice_to_int64(argument, &number))
		change(lab, (size_t)number);
	else if (slice_is(command, "layout"))
		add_host(lab);
	else
		stop(lab);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	struct lab *lab = handle->data;

	(void)suggested;
	*ret = uv_buf_init(lab->read, sizeof(lab->read));
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes)
{
	struct lab *lab = stream->data;

	if (len < 0)
		stop(lab);
	else
		lines_feed(&lab->lines, bytes->base, (size_t)len);
}

static void on_timer(uv_timer_t *timer)
{
	struct lab *lab = timer->data;

	change(lab, lab->changes % lab->model->host_count);
}

static void set(struct lab *lab, const char *key, size_t key_len, const char *value)
{
	struct http_limits *limits = &lab->options.limits;
	const struct {
		const char *key;
		size_t *size;
		unsigned *number;
	} keys[] = {
		{"hosts", &lab->hosts, NULL},        {"gpus", &lab->gpus, NULL},
		{"every", &lab->every, NULL},        {"connections", &limits->connections, NULL},
		{"readers", &limits->readers, NULL}, {"head", NULL, &limits->head},
		{"idle", NULL, &limits->idle},       {"write", NULL, &limits->write},
		{"linger", NULL, &limits->linger},   {"sweep", NULL, &limits->sweep},
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strncmp(key, keys[i].key, key_len) != 0 || keys[i].key[key_len])
			continue;
		if (keys[i].size)
			*keys[i].size = strtoul(value, NULL, 10);
		else
			*keys[i].number = (unsigned)strtoul(value, NULL, 10);
		return;
	}
	if (strncmp(key, "name=", 5) == 0 && lab->options.name_count < 8)
		lab->names[lab->options.name_count++] = value;
}

static void read_arguments(struct lab *lab, char **arguments)
{
	lab->options.listen = lab->listen;
	lab->options.names = lab->names;
	for (; *arguments; arguments++) {
		const char *equals = strchr(*arguments, '=');

		if (equals)
			set(lab, *arguments, (size_t)(equals - *arguments), equals + 1);
		else if (lab->options.listen_count < 8)
			lab->listen[lab->options.listen_count++] = *arguments;
	}
}

static int start(struct lab *lab)
{
	struct buf error;
	const char *url;
	int result;

	buf_init(&error, 1024);
	result = http_server_new(&lab->loop, lab->model, &lab->options, &lab->server, &error);
	if (result < 0)
		fprintf(stderr, "%.*s\n", SLICE_ARGS(buf_slice(&error)));
	buf_done(&error);
	for (size_t i = 0; result == 0 && (url = http_server_url(lab->server, i)); i++)
		puts(url);
	if (result == 0)
		puts("ready");
	fflush(stdout);
	return result;
}

static void listen_to_commands(struct lab *lab)
{
	lines_init(&lab->lines, on_line, lab);
	uv_pipe_init(&lab->loop, &lab->input, 0);
	uv_timer_init(&lab->loop, &lab->timer);
	lab->input.data = lab->timer.data = lab;
	uv_pipe_open(&lab->input, 0);
	uv_read_start((uv_stream_t *)&lab->input, on_alloc, on_read);
	if (lab->every > 0)
		uv_timer_start(&lab->timer, on_timer, lab->every, lab->every);
}

int main(int count, char **arguments)
{
	struct lab lab = {.hosts = 3, .gpus = 2};
	struct rlimit files;
	int result;

	(void)count;
	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && !getenv("KEEP_LIMIT")) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	read_arguments(&lab, arguments + 1);
	uv_loop_init(&lab.loop);
	lab.model = model_new();
	for (size_t i = 0; i < lab.hosts; i++)
		add_host(&lab);
	result = start(&lab);
	if (result == 0)
		listen_to_commands(&lab);
	uv_run(&lab.loop, UV_RUN_DEFAULT);
	uv_loop_close(&lab.loop);
	model_free(lab.model);
	if (result == 0)
		lines_done(&lab.lines);
	return result < 0;
}
