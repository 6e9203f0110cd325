#include "http/server.h"

#include <assert.h>
#include <stdlib.h>

#include "base/caps.h"
#include "http/conn.h"
#include "http/listen.h"

enum {
	SWEEP_MS = 1000,
	HEAD_MS = 10000,
	IDLE_MS = 30000,
	WRITE_MS = 30000,
	LINGER_MS = 2000,
};

/* The root of this room. Owns everything in it; the loop and the model are the caller's. */
struct http_server {
	uv_loop_t *loop;
	struct deflater *deflater;
	struct rendering *rendering;
	struct live *live;
	struct site *site;
	struct conns conns;
	struct listener *listeners;
	size_t listener_count;
	uv_timer_t sweep;
	uv_prepare_t turn; /* once in each turn of the loop, before it waits */
	uv_timer_t later;  /* ends a wait when live wants it to */
	uv_idle_t at_once; /* keeps the loop from waiting at all */
	uint64_t wake;     /* what `later` is set to; 0: not set */
	size_t handles;    /* of the server itself, not closed yet */
	bool closing;
	void (*on_closed)(void *user);
	void *user;
};

/* The end. */

static void free_server(struct http_server *server)
{
	for (size_t i = 0; i < server->listener_count; i++)
		listener_done(&server->listeners[i]);
	free(server->listeners);
	conns_done(&server->conns);
	site_free(server->site);
	live_free(server->live);
	rendering_free(server->rendering);
	deflater_free(server->deflater);
	free(server);
}

static void free_when_closed(struct http_server *server)
{
	void (*on_closed)(void *user) = server->on_closed;
	void *user = server->user;

	if (!server->closing || server->handles > 0 || server->conns.count > 0)
		return;
	free_server(server);
	if (on_closed)
		on_closed(user);
}

static void on_no_connection(void *user)
{
	free_when_closed(user);
}

static void on_handle_closed(uv_handle_t *handle)
{
	struct http_server *server = handle->data;

	server->handles--;
	free_when_closed(server);
}

static void close_handle(uv_handle_t *handle)
{
	uv_close(handle, on_handle_closed);
}

void http_server_close(struct http_server *server, void (*on_closed)(void *user), void *user)
{
	server->closing = true;
	server->on_closed = on_closed;
	server->user = user;
	conns_close(&server->conns);
	for (size_t i = 0; i < server->listener_count; i++)
		close_handle(&server->listeners[i].io.handle);
	close_handle((uv_handle_t *)&server->sweep);
	close_handle((uv_handle_t *)&server->turn);
	close_handle((uv_handle_t *)&server->later);
	close_handle((uv_handle_t *)&server->at_once);
}

/* Events from the loop. */

static void on_connection(uv_stream_t *stream, int status)
{
	struct http_server *server = stream->data;

	if (status == 0)
		conns_accept(&server->conns, (struct listener *)(void *)stream);
}

static void on_sweep(uv_timer_t *timer)
{
	struct http_server *server = timer->data;

	conns_sweep(&server->conns);
}

/* Nothing to do: that the loop woke up is all that was wanted. */
static void on_later(uv_timer_t *timer)
{
	struct http_server *server = timer->data;

	server->wake = 0;
}

static void on_at_once(uv_idle_t *idle)
{
	(void)idle;
}

/* The next turn begins in `ms`, or before; negative: when something happens. */
static void wait_at_most(struct http_server *server, int ms)
{
	uint64_t wake = ms > 0 ? uv_now(server->loop) + (uint64_t)ms : 0;

	if (ms == 0)
		uv_idle_start(&server->at_once, on_at_once);
	else
		uv_idle_stop(&server->at_once);
	if (wake == server->wake)
		return;
	server->wake = wake;
	if (wake != 0)
		uv_timer_start(&server->later, on_later, (uint64_t)ms, 0);
	else
		uv_timer_stop(&server->later);
}

static void on_turn(uv_prepare_t *prepare)
{
	struct http_server *server = prepare->data;

	wait_at_most(server, live_turn(server->live, conns_now(&server->conns)));
}

/* The beginning. */

static unsigned or_default(unsigned value, unsigned otherwise)
{
	return value ? value : otherwise;
}

static void start_handles(struct http_server *server, unsigned sweep_ms)
{
	server->handles = 4;
	server->sweep.data = server->turn.data = server->later.data = server->at_once.data = server;
	uv_timer_init(server->loop, &server->sweep);
	uv_prepare_init(server->loop, &server->turn);
	uv_timer_init(server->loop, &server->later);
	uv_idle_init(server->loop, &server->at_once);
	uv_timer_start(&server->sweep, on_sweep, sweep_ms, sweep_ms);
	uv_prepare_start(&server->turn, on_turn);
}

static uint64_t random_nonce(void)
{
	uint64_t nonce;

	if (uv_random(NULL, NULL, &nonce, sizeof(nonce), 0, NULL) < 0)
		abort(); /* a kernel without randomness */
	return nonce;
}

static struct http_server *make_server(uv_loop_t *loop, const struct model *model, const struct http_options *options)
{
	struct http_server *server = xcalloc(1, sizeof(*server));
	const struct http_limits *given = &options->limits;
	struct conn_limits limits = {
		.head = or_default(given->head, HEAD_MS),
		.idle = or_default(given->idle, IDLE_MS),
		.write = or_default(given->write, WRITE_MS),
		.linger = or_default(given->linger, LINGER_MS),
		.connections = given->connections ? given->connections : CAP_CONNECTIONS,
	};

	server->loop = loop;
	server->deflater = deflater_new();
	server->rendering = rendering_new(model);
	server->live = live_new(model, server->rendering, server->deflater, &conn_live_ops,
				given->readers ? given->readers : CAP_EVENT_READERS);
	server->site = site_new(model, server->rendering, server->deflater, server->live, random_nonce());
	conns_init(&server->conns, loop, server->site, server->live, &limits);
	server->conns.on_empty = on_no_connection;
	server->conns.user = server;
	start_handles(server, or_default(given->sweep, SWEEP_MS));
	http_server_set_names(server, options->names, options->name_count);
	return server;
}

static int start_listener(struct http_server *server, struct bound *bound, struct buf *error)
{
	struct listener *listener = &server->listeners[server->listener_count++];
	int result;

	server->handles++;
	listener->io.handle.data = server;
	result = listener_start(listener, server->loop, bound, on_connection);
	if (result < 0)
		(void)!buf_printf(error, "%s: %s", listener->bound.url, uv_strerror(result));
	return result;
}

int http_server_new(uv_loop_t *loop, const struct model *model, const struct http_options *options, struct http_server **ret,
		    struct buf *error)
{
	struct sockets sockets = {0};
	struct http_server *server;
	int result = sockets_open(options->listen, options->listen_count, &sockets, error);

	if (result < 0)
		return result;
	server = make_server(loop, model, options);
	server->listeners = xcalloc(sockets.count + 1, sizeof(*server->listeners));
	for (size_t i = 0; i < sockets.count && result == 0; i++)
		result = start_listener(server, &sockets.list[i], error);
	sockets_close(&sockets); /* those that were not started */
	if (result < 0) {
		http_server_close(server, NULL, NULL);
		return result;
	}
	*ret = server;
	return 0;
}

void http_server_set_names(struct http_server *server, const char *const *names, size_t count)
{
	site_set_names(server->site, names, count);
}

const char *http_server_url(const struct http_server *server, size_t index)
{
	return index < server->listener_count ? server->listeners[index].bound.url : NULL;
}
