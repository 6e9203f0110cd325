#include "http/conn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/caps.h"
#include "base/log.h"
#include "http/outbox.h"

enum { HEAD_SIZE = 2048 }; /* enough for what browsers send; grows to CAP_REQUEST_HEAD, once */

struct conn {
	struct conns *conns;
	TAILQ_ENTRY(conn) all, idle;
	union socket io;
	enum conn_state state;
	bool loopback;
	bool reading;
	uint64_t deadline; /* ms, as uv_now(); 0: none */

	char *head; /* bytes of requests not answered yet; NULL when idle */
	size_t head_len, head_size;
	struct request_parser parser;
	size_t discarded;

	struct outbox outbox;
	uv_shutdown_t shutdown;
	struct {
		bool stream, gzip, close;
	} after; /* what the reply said of what follows it */
	struct live_reader reader;
};

struct moment conns_now(const struct conns *conns)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (struct moment){.unix_time = (double)time.tv_sec + (double)time.tv_nsec / 1e9, .ms = uv_now(conns->loop)};
}

/* Endings. */

static void give_back_head(struct conn *conn)
{
	free(conn->head);
	conn->head = NULL;
	conn->head_len = conn->head_size = 0;
}

static void on_closed(uv_handle_t *handle)
{
	struct conn *conn = handle->data;
	struct conns *conns = conn->conns;

	outbox_done(&conn->outbox);
	give_back_head(conn);
	free(conn);
	if (--conns->count == 0)
		conns->on_empty(conns->user);
}

static unsigned state_limit(const struct conn *conn, enum conn_state state)
{
	const struct conn_limits *limits = &conn->conns->limits;

	switch (state) {
	case CONN_IDLE:
		return limits->idle;
	case CONN_HEAD:
		return limits->head;
	case CONN_REPLY:
		return limits->write;
	case CONN_LINGER:
		return limits->linger;
	case CONN_EVENTS: /* each event sets its own */
	case CONN_CLOSED:
		break;
	}
	return 0;
}

static void set_deadline(struct conn *conn, unsigned ms)
{
	conn->deadline = ms ? uv_now(conn->conns->loop) + ms : 0;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret);
static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *bytes);

/* A client that waits for our reply is not read from: its kernel holds what it sends meanwhile. */
static void read_or_not(struct conn *conn)
{
	bool reading = conn->state != CONN_REPLY && conn->state != CONN_CLOSED;

	if (reading && !conn->reading)
		uv_read_start(&conn->io.stream, on_alloc, on_read);
	else if (!reading && conn->reading)
		uv_read_stop(&conn->io.stream);
	conn->reading = reading;
}

/* The one place where a state changes, and what depends on it alone. */
static void conn_set_state(struct conn *conn, enum conn_state state)
{
	assert(conn->state != CONN_CLOSED);
	if (conn->state == CONN_IDLE)
		TAILQ_REMOVE(&conn->conns->idle, conn, idle);
	conn->state = state;
	if (state == CONN_IDLE)
		TAILQ_INSERT_TAIL(&conn->conns->idle, conn, idle);
	if (state != CONN_HEAD && state != CONN_REPLY)
		give_back_head(conn);
	set_deadline(conn, state_limit(conn, state));
	read_or_not(conn);
}

static void end(struct conn *conn, bool reset)
{
	if (conn->state == CONN_CLOSED)
		return;
	live_leave(conn->conns->live, &conn->reader);
	TAILQ_REMOVE(&conn->conns->all, conn, all);
	conn_set_state(conn, CONN_CLOSED);
	if (!reset || conn->io.handle.type != UV_TCP || uv_tcp_close_reset(&conn->io.tcp, on_closed) < 0)
		uv_close(&conn->io.handle, on_closed);
}

/* The ending for whoever behaves. */
static void conn_close(struct conn *conn)
{
	end(conn, false);
}

/* The ending for whoever does not: with a reset, for after a plain close the kernel would keep what the client never reads. */
static void conn_drop(struct conn *conn, const char *reason)
{
	if (conn->state != CONN_CLOSED)
		log_debug("http: a connection is dropped: %s", reason);
	end(conn, true);
}

/* Events. */

static struct conn *reader_conn(struct live_reader *reader)
{
	return (struct conn *)(void *)((char *)reader - offsetof(struct conn, reader));
}

static enum live_sent send_event(struct live_reader *reader, struct blob *event)
{
	struct conn *conn = reader_conn(reader);
	int result = outbox_send(&conn->outbox, &conn->io.stream, SLICE_NONE, event);

	if (result > 0)
		return LIVE_SENT;
	if (result < 0) {
		conn_drop(conn, "it cannot be written to");
		return LIVE_GONE;
	}
	set_deadline(conn, conn->conns->limits.write);
	return LIVE_SENDING;
}

/* A large event may take a slow link longer than the deadline: it is for those who read nothing. */
static void extend_deadline(struct conn *conn)
{
	if (conn->state == CONN_EVENTS && conn->deadline != 0 && outbox_moves(&conn->outbox))
		set_deadline(conn, conn->conns->limits.write);
}

/* A third of the time it has. */
static bool is_stalled(struct live_reader *reader)
{
	struct conn *conn = reader_conn(reader);
	unsigned limit = conn->conns->limits.write;

	extend_deadline(conn);
	return conn->deadline != 0 && conn->deadline <= uv_now(conn->conns->loop) + limit - limit / 3;
}

static void drop_reader(struct live_reader *reader)
{
	conn_drop(reader_conn(reader), "it reads events too slowly");
}

const struct live_ops conn_live_ops = {.send = send_event, .stalled = is_stalled, .drop = drop_reader};

/* Requests and replies. */

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
	(void)shutdown;
	(void)status; /* the client's close, or the deadline, ends it either way */
}

/* Closing at once, with input unread, would make the kernel reset the connection and the client might lose our reply. */
static void linger(struct conn *conn)
{
	conn_set_state(conn, CONN_LINGER);
	if (uv_shutdown(&conn->shutdown, &conn->io.stream, on_shutdown) < 0)
		conn_close(conn);
}

/* The reply is out: what comes next? */
static void reply_is_out(struct conn *conn)
{
	if (conn->after.stream) {
		/* It ends with the connection, whatever the client wanted to happen afterwards. */
		conn_set_state(conn, CONN_EVENTS);
		live_join(conn->conns->live, &conn->reader, conn->after.gzip, conns_now(conn->conns));
	} else if (conn->after.close) {
		linger(conn);
	} else {
		conn_set_state(conn, conn->head_len > 0 ? CONN_HEAD : CONN_IDLE);
	}
}

static const char *date_at(struct conns *conns, struct moment now)
{
	if (conns->date_second != (int64_t)now.unix_time) {
		conns->date_second = (int64_t)now.unix_time;
		http_date(conns->date_second, conns->date);
	}
	return conns->date;
}

static void send_reply(struct conn *conn, const struct reply *reply, bool head_only, int minor, struct moment now)
{
	struct buf *head = &conn->conns->head;
	int result;

	buf_clear(head);
	reply_write_head(reply, minor, date_at(conn->conns, now), head);
	conn->after.stream = reply->stream && !head_only;
	conn->after.gzip = reply->gzip;
	conn->after.close = reply->close || (reply->stream && head_only);
	result = outbox_send(&conn->outbox, &conn->io.stream, buf_slice(head), head_only ? NULL : reply->body);
	if (result > 0)
		reply_is_out(conn);
	else if (result == 0)
		conn_set_state(conn, CONN_REPLY);
	else
		conn_drop(conn, "it cannot be written to");
}

/* Forgets the request that has been answered; a pipelined one moves to the front. */
static void consume(struct conn *conn)
{
	conn->head_len -= conn->parser.consumed;
	memmove(conn->head, conn->head + conn->parser.consumed, conn->head_len);
	request_parser_init(&conn->parser);
}

static void answer(struct conn *conn, const struct request *request)
{
	struct moment now = conns_now(conn->conns);
	bool head_only = request->head;
	int minor = request->minor;
	struct reply reply;

	site_answer(conn->conns->site, request, conn->loopback, now, &reply);
	consume(conn); /* and with it what `request` points to */
	send_reply(conn, &reply, head_only, minor, now);
	reply_done(&reply);
}

static void refuse(struct conn *conn)
{
	struct reply reply;

	site_refuse(&conn->parser, &reply);
	send_reply(conn, &reply, false, 1, conns_now(conn->conns));
	reply_done(&reply);
}

/* Answers what has come, as far as replies go out at once. */
static void serve(struct conn *conn)
{
	struct request request;

	while (conn->state == CONN_HEAD && conn->head_len > 0) {
		switch (request_parser_feed(&conn->parser, conn->head, conn->head_len, &request)) {
		case REQUEST_PARTIAL:
			return;
		case REQUEST_COMPLETE:
			answer(conn, &request);
			break;
		case REQUEST_REFUSED:
			refuse(conn);
			break;
		}
	}
}

/* What waited is out. */
static void on_out(void *user, int status)
{
	struct conn *conn = user;

	if (conn->state == CONN_CLOSED)
		return;
	if (status < 0) {
		conn_drop(conn, "it cannot be written to");
		return;
	}
	if (conn->state == CONN_EVENTS) {
		set_deadline(conn, 0);
		live_sent(conn->conns->live, &conn->reader);
	} else {
		reply_is_out(conn);
		serve(conn);
	}
}

/* Reading. */

static bool discards(const struct conn *conn)
{
	return conn->state == CONN_EVENTS || conn->state == CONN_LINGER;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret)
{
	struct conn *conn = handle->data;

	(void)suggested;
	if (discards(conn)) {
		*ret = uv_buf_init(conn->conns->discard, sizeof(conn->conns->discard));
		return;
	}
	if (conn->head_len == conn->head_size) {
		conn->head_size = conn->head ? CAP_REQUEST_HEAD : HEAD_SIZE;
		conn->head = xrealloc(conn->head, conn->head_size);
	}
	*ret = uv_buf_init(conn->head + conn->head_len, (unsigned)(conn->head_size - conn->head_len));
}

static void on_discarded(struct conn *conn, size_t len)
{
	conn->discarded += len;
	if (conn->discarded > CAP_DISCARD)
		conn_drop(conn, "it keeps sending");
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *bytes)
{
	struct conn *conn = stream->data;

	(void)bytes;
	if (count < 0) {
		conn_close(conn);
	} else if (discards(conn)) {
		on_discarded(conn, (size_t)count);
	} else if (count > 0) {
		conn->head_len += (size_t)count;
		if (conn->state == CONN_IDLE)
			conn_set_state(conn, CONN_HEAD);
		serve(conn);
	}
}

/* The set. */

void conns_init(struct conns *conns, uv_loop_t *loop, struct site *site, struct live *live, const struct conn_limits *limits)
{
	*conns = (struct conns){.loop = loop, .site = site, .live = live, .limits = *limits};
	TAILQ_INIT(&conns->all);
	TAILQ_INIT(&conns->idle);
	buf_init(&conns->head, REPLY_HEAD_MAX);
}

void conns_done(struct conns *conns)
{
	assert(conns->count == 0);
	buf_done(&conns->head);
}

/* Room for one more, if need be at the cost of whoever has been idle longest. */
static bool make_room(struct conns *conns)
{
	struct conn *idle = TAILQ_FIRST(&conns->idle);
	bool room = conns->count <= conns->limits.connections || idle;

	if (!room && !conns->full)
		log_warning("http: all %zu connections are busy; new ones are refused", conns->limits.connections);
	conns->full = conns->full || !room;
	if (conns->count > conns->limits.connections && idle)
		conn_close(idle);
	return room;
}

static void refuse_connection(struct conn *conn)
{
	struct reply reply;

	site_overload(&reply, "connections");
	send_reply(conn, &reply, false, 1, conns_now(conn->conns));
	reply_done(&reply);
}

void conns_accept(struct conns *conns, struct listener *listener)
{
	struct conn *conn = xcalloc(1, sizeof(*conn));
	bool room;

	conn->conns = conns;
	conn->loopback = listener->bound.loopback;
	conn->outbox.on_out = on_out;
	conn->outbox.user = conn;
	request_parser_init(&conn->parser);
	conns->count++;
	room = make_room(conns);
	TAILQ_INSERT_TAIL(&conns->all, conn, all);
	TAILQ_INSERT_TAIL(&conns->idle, conn, idle);
	conn->io.handle.data = conn;
	if (listener_accept(listener, &conn->io) < 0)
		conn_close(conn);
	else if (room)
		conn_set_state(conn, CONN_IDLE);
	else if (conns->count <= conns->limits.connections + CAP_REFUSALS)
		refuse_connection(conn);
	else
		conn_drop(conn, "there is no room even to say so");
}

static void end_overdue(struct conn *conn)
{
	switch (conn->state) {
	case CONN_HEAD:
		conn_drop(conn, "its request does not come to an end");
		break;
	case CONN_REPLY:
	case CONN_EVENTS:
		conn_drop(conn, "it does not read");
		break;
	default:
		conn_close(conn);
	}
}

void conns_sweep(struct conns *conns)
{
	uint64_t now = uv_now(conns->loop);
	struct conn *conn, *following;

	if (conns->count < conns->limits.connections)
		conns->full = false;
	for (conn = TAILQ_FIRST(&conns->all); conn; conn = following) {
		following = TAILQ_NEXT(conn, all);
		extend_deadline(conn);
		if (conn->deadline != 0 && conn->deadline <= now)
			end_overdue(conn);
	}
}

void conns_close(struct conns *conns)
{
	struct conn *conn;

	while ((conn = TAILQ_FIRST(&conns->all)))
		conn_close(conn);
}
