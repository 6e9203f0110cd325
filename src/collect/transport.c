#include "collect/transport.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "base/log.h"

enum { TERM_AFTER_MS = 1000, KILL_AFTER_MS = 3000, READ_SIZE = 256 * 1024 };

struct transport {
	uv_process_t process;
	uv_pipe_t in, out, err;
	uv_timer_t patience; /* runs while we wait for a stopped child */
	unsigned open_handles;
	unsigned open_outputs; /* out and err, until each is at its end */
	bool reaped;
	bool unwanted; /* its owner has stopped it, and hears no more of it */
	bool stopping;
	bool term_sent;
	int exit_status, signal;
	struct transport_bytes bytes;
	struct buf stderr_tail;
	struct transport_events events;
	void *user;
};

static void on_handle_closed(uv_handle_t *handle)
{
	struct transport *transport = handle->data;

	if (--transport->open_handles > 0)
		return;
	struct transport_end end = {
		.exit_status = transport->exit_status,
		.signal = transport->signal,
		.stderr_tail = buf_slice(&transport->stderr_tail),
	};
	if (transport->events.on_over)
		transport->events.on_over(transport->user, &end);
	buf_done(&transport->stderr_tail);
	free(transport);
}

static void close_handle(uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, on_handle_closed);
}

/* Over is over only when nothing more can come: outputs at their end, child reaped. */
static void close_when_over(struct transport *transport)
{
	if (!transport->reaped || transport->open_outputs > 0)
		return;
	close_handle((uv_handle_t *)&transport->in);
	close_handle((uv_handle_t *)&transport->process);
	close_handle((uv_handle_t *)&transport->patience);
}

static void signal_group(const struct transport *transport, int signal)
{
	/* The group may outlive its leader: a helper that holds our pipes open. */
	kill(-transport->process.pid, signal);
}

static void close_output(struct transport *transport, uv_stream_t *stream)
{
	if (uv_is_closing((uv_handle_t *)stream))
		return;
	close_handle((uv_handle_t *)stream);
	transport->open_outputs--;
	close_when_over(transport);
}

static void on_patience_over(uv_timer_t *timer)
{
	struct transport *transport = timer->data;

	if (!transport->term_sent) {
		transport->term_sent = true;
		signal_group(transport, SIGTERM);
		return;
	}
	signal_group(transport, SIGKILL);
	/* Whoever still holds the other ends has left our group: not our child any more. */
	close_output(transport, (uv_stream_t *)&transport->out);
	close_output(transport, (uv_stream_t *)&transport->err);
}

static void start_patience(struct transport *transport)
{
	uv_timer_start(&transport->patience, on_patience_over, TERM_AFTER_MS, KILL_AFTER_MS - TERM_AFTER_MS);
}

static void on_child_exit(uv_process_t *process, int64_t exit_status, int signal)
{
	struct transport *transport = process->data;

	transport->reaped = true;
	transport->exit_status = (int)exit_status;
	transport->signal = signal;
	close_when_over(transport);
	/* A grandchild may keep the pipes open after the child: it gets the same patience. */
	if (transport->open_outputs > 0 && !uv_is_active((uv_handle_t *)&transport->patience))
		start_patience(transport);
}

/*
 * One buffer for the reads of all children: what is in it is used up before the callback returns, and there is one thread. It is
 * larger than what a socket holds: libuv reads on, up to 32 times, while buffers come back full, and other hosts would wait
 * behind one that floods us.
 */
static void lend_read_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	static char shared[READ_SIZE];

	*ret = uv_buf_init(shared, sizeof(shared));
}

static void stop(struct transport *transport)
{
	if (transport->stopping)
		return;
	transport->stopping = true;
	close_handle((uv_handle_t *)&transport->in);
	start_patience(transport);
}

static void on_stdout(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes)
{
	struct transport *transport = stream->data;

	if (len < 0) {
		/* Who says nothing any more is of no use: it is ended, if it does not end by itself. */
		stop(transport);
		close_output(transport, stream);
		return;
	}
	transport->bytes.in += (uint64_t)len;
	if (len > 0 && !transport->unwanted)
		transport->events.on_output(transport->user, bytes->base, (size_t)len);
}

/* Keeps the end of what was said: the last line of an ssh is the one that tells. */
static void keep_tail(struct buf *tail, const char *bytes, size_t len)
{
	if (len > tail->cap) {
		bytes += len - tail->cap;
		len = tail->cap;
	}
	if (tail->len + len > tail->cap) {
		size_t surplus = tail->len + len - tail->cap;
		memmove(tail->data, tail->data + surplus, tail->len - surplus);
		tail->len -= surplus;
	}
	int r = buf_append(tail, bytes, len);
	assert(r == 0);
}

static void on_stderr(uv_stream_t *stream, ssize_t len, const uv_buf_t *bytes)
{
	struct transport *transport = stream->data;

	if (len < 0)
		close_output(transport, stream);
	if (len <= 0)
		return;
	transport->bytes.in += (uint64_t)len;
	keep_tail(&transport->stderr_tail, bytes->base, (size_t)len);
	if (!transport->unwanted)
		transport->events.on_stderr(transport->user, bytes->base, (size_t)len);
}

static void init_handles(struct transport *transport, uv_loop_t *loop)
{
	uv_pipe_init(loop, &transport->in, 0);
	uv_pipe_init(loop, &transport->out, 0);
	uv_pipe_init(loop, &transport->err, 0);
	uv_timer_init(loop, &transport->patience);
	transport->in.data = transport->out.data = transport->err.data = transport;
	transport->patience.data = transport->process.data = transport;
	transport->open_handles = 5;
	transport->open_outputs = 2;
}

static int spawn(struct transport *transport, uv_loop_t *loop, char *const argv[])
{
	uv_stdio_container_t stdio[] = {
		{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&transport->in},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&transport->out},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&transport->err},
	};
	uv_process_options_t options = {
		.exit_cb = on_child_exit,
		.file = argv[0],
		.args = (char **)argv,
		.flags = UV_PROCESS_DETACHED,
		.stdio_count = 3,
		.stdio = stdio,
	};
	return uv_spawn(loop, &transport->process, &options);
}

int transport_start(uv_loop_t *loop, char *const argv[], const struct transport_events *events, void *user,
		    struct transport **ret)
{
	struct transport *transport = xcalloc(1, sizeof(*transport));

	buf_init(&transport->stderr_tail, CAP_STDERR_TAIL);
	init_handles(transport, loop);
	int r = spawn(transport, loop, argv);
	if (r < 0) {
		/* No events yet: the handles close quietly. */
		transport->reaped = true;
		close_output(transport, (uv_stream_t *)&transport->out);
		close_output(transport, (uv_stream_t *)&transport->err);
		return r;
	}
	transport->events = *events;
	transport->user = user;
	uv_read_start((uv_stream_t *)&transport->out, lend_read_buffer, on_stdout);
	uv_read_start((uv_stream_t *)&transport->err, lend_read_buffer, on_stderr);
	*ret = transport;
	return 0;
}

static void on_written(uv_write_t *request, int status)
{
	/* A broken pipe here is followed by the end of the child, which is what counts. */
	free(request);
}

void transport_write(struct transport *transport, struct slice bytes)
{
	if (transport->stopping || uv_is_closing((uv_handle_t *)&transport->in))
		return;
	struct {
		uv_write_t request;
		char bytes[];
	} *write = xmalloc(sizeof(*write) + bytes.len);
	memcpy(write->bytes, bytes.ptr, bytes.len);
	uv_buf_t buffer = uv_buf_init(write->bytes, (unsigned)bytes.len);
	if (uv_write(&write->request, (uv_stream_t *)&transport->in, &buffer, 1, on_written) < 0)
		free(write);
	else
		transport->bytes.out += bytes.len;
}

struct transport_bytes transport_bytes(const struct transport *transport)
{
	return transport->bytes;
}

void transport_stop(struct transport *transport)
{
	transport->unwanted = true;
	stop(transport);
}
