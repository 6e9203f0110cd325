#include "http/live.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/caps.h"

enum {
	READERS_PER_TURN = 100, /* the loop has other things to do */
	COMMENT_MS = 15000,     /* after so much silence a comment, for proxies that close what is silent */
};

TAILQ_HEAD(live_readers, live_reader);

struct event {
	struct blob *plain, *part; /* part: for those who take gzip; NULL when nobody does */
};

/* Owned by the server. Every reader is in one of the three lists. */
struct live {
	const struct model *model;
	struct rendering *rendering;
	struct deflater *deflater;
	const struct live_ops *ops;
	struct live_readers waiting; /* there is something for them, and they can take it */
	struct live_readers sending; /* an event is on its way */
	struct live_readers resting; /* they have everything */
	size_t readers, max_readers;
	const struct blob **kept; /* room for one of each reader; see drop_hoarders() */

	struct event ring[CAP_EVENTS_KEPT]; /* event number n is ring[n % CAP_EVENTS_KEPT] */
	uint64_t oldest, next;              /* numbers of the oldest event kept, and of the one to come */
	size_t bytes;                       /* plain, in the ring */

	struct event snapshot; /* for those who need one before the next event; blobs NULL: not rendered */
	size_t whole;          /* bytes of the last snapshot */
	uint64_t generation;   /* of the model, at the last event */
	uint64_t layout;
	uint64_t told;     /* the newest generation in any event or snapshot */
	uint64_t event_ms; /* when that was */
};

struct live *live_new(const struct model *model, struct rendering *rendering, struct deflater *deflater,
		      const struct live_ops *ops, size_t max_readers)
{
	struct live *live = xcalloc(1, sizeof(*live));

	live->model = model;
	live->rendering = rendering;
	live->deflater = deflater;
	live->ops = ops;
	live->max_readers = max_readers;
	live->kept = xcalloc(max_readers, sizeof(struct blob *));
	TAILQ_INIT(&live->waiting);
	TAILQ_INIT(&live->sending);
	TAILQ_INIT(&live->resting);
	return live;
}

static void event_done(struct event *event)
{
	blob_unref(event->plain);
	blob_unref(event->part);
	*event = (struct event){0};
}

static void forget_oldest(struct live *live)
{
	struct event *event = &live->ring[live->oldest++ % CAP_EVENTS_KEPT];

	live->bytes -= event->plain->len;
	event_done(event);
}

static void forget_events(struct live *live)
{
	while (live->oldest < live->next)
		forget_oldest(live);
	event_done(&live->snapshot);
}

void live_free(struct live *live)
{
	if (!live)
		return;
	forget_events(live);
	free(live->kept);
	free(live);
}

bool live_is_full(const struct live *live)
{
	return live->readers >= live->max_readers;
}

uint64_t live_generation(const struct live *live)
{
	return live->told;
}

/* JSON as we write it has no line break, so one data line holds all of it. */
static struct blob *event_text(struct live *live, const char *heading, struct slice json)
{
	struct buf text;
	struct blob *blob;

	live->told = live->model->generation;
	buf_init(&text, json.len + 256);
	if (buf_printf(&text, "%s\nid: %" PRIu64 "\ndata: ", heading, live->told) < 0 || buf_append_slice(&text, json) < 0 ||
	    buf_append(&text, "\n\n", 2) < 0)
		abort(); /* the room was counted */
	blob = blob_new(text.data, text.len);
	buf_done(&text);
	return blob;
}

static struct blob *snapshot_text(struct live *live, struct moment now)
{
	struct blob *json = rendering_snapshot(live->rendering, now.unix_time);
	struct blob *text = event_text(live, "retry: 2000\nevent: snapshot", blob_slice(json));

	blob_unref(json);
	live->whole = text->len;
	return text;
}

static struct blob *changes_text(struct live *live)
{
	struct blob *json = rendering_changes(live->rendering, live->generation);
	struct blob *text = event_text(live, "event: hosts", blob_slice(json));

	blob_unref(json);
	return text;
}

/* The form of the event this reader takes, made when the first one asks. */
static struct blob *form_for(struct live *live, const struct live_reader *reader, struct event *event)
{
	if (!reader->gzip)
		return event->plain;
	if (!event->part)
		event->part = deflater_part(live->deflater, blob_slice(event->plain));
	return event->part;
}

static void move(struct live_reader *reader, struct live_readers *to)
{
	if (reader->in)
		TAILQ_REMOVE(reader->in, reader, entry);
	reader->in = to;
	if (to)
		TAILQ_INSERT_TAIL(to, reader, entry);
}

/* All who need it between two events share one snapshot: what has changed since it was made comes with the next event anyway. */
static void give_snapshot(struct live *live, struct live_reader *reader, struct moment now)
{
	if (!live->snapshot.plain)
		live->snapshot.plain = snapshot_text(live, now);
	blob_unref(reader->first);
	reader->first = blob_ref(form_for(live, reader, &live->snapshot));
	reader->next = live->next;
}

void live_join(struct live *live, struct live_reader *reader, bool gzip, struct moment now)
{
	if (live->readers == 0) {
		live->generation = live->model->generation;
		live->layout = live->model->layout;
		live->event_ms = now.ms;
	}
	*reader = (struct live_reader){.gzip = gzip};
	give_snapshot(live, reader, now);
	live->readers++;
	move(reader, &live->waiting);
}

void live_leave(struct live *live, struct live_reader *reader)
{
	if (!reader->in)
		return;
	move(reader, NULL);
	blob_unref(reader->first);
	blob_unref(reader->sending);
	reader->first = reader->sending = NULL;
	if (--live->readers == 0)
		forget_events(live);
}

void live_sent(struct live *live, struct live_reader *reader)
{
	blob_unref(reader->sending);
	reader->sending = NULL;
	move(reader, reader->next < live->next ? &live->waiting : &live->resting);
}

static bool is_lapped(const struct live *live, const struct live_reader *reader)
{
	return reader->next < live->oldest;
}

static size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* The newest event always stays, however large it is. Who misses more than the whole is better sent the whole. */
static void trim_ring(struct live *live)
{
	while (live->bytes > max_size(CAP_EVENT_BACKLOG, live->whole) && live->oldest + 1 < live->next)
		forget_oldest(live);
}

static void drop_stalled(struct live *live)
{
	struct live_reader *reader, *following;

	for (reader = TAILQ_FIRST(&live->sending); reader; reader = following) {
		following = TAILQ_NEXT(reader, entry);
		if (is_lapped(live, reader) && live->ops->stalled(reader))
			live->ops->drop(reader);
	}
}

static bool is_kept(const struct live *live, size_t count, const struct blob *blob)
{
	for (size_t i = count; i-- > 0;) /* who began at the same time is likely to be sent the same */
		if (live->kept[i] == blob)
			return true;
	return false;
}

/* Counts what is on its way, each blob once, beginning with what was sent last; for those before there may be no room left. */
static void drop_hoarders(struct live *live)
{
	size_t room = max_size(CAP_EVENTS_SENDING, 2 * live->whole), count = 0;
	struct live_reader *reader, *before;

	for (reader = TAILQ_LAST(&live->sending, live_readers); reader; reader = before) {
		before = TAILQ_PREV(reader, live_readers, entry);
		if (is_kept(live, count, reader->sending))
			continue;
		if (reader->sending->len > room) {
			live->ops->drop(reader);
			continue;
		}
		room -= reader->sending->len;
		live->kept[count++] = reader->sending;
	}
}

static void publish(struct live *live, struct blob *text, struct moment now)
{
	struct live_reader *reader;

	if (live->next - live->oldest == CAP_EVENTS_KEPT)
		forget_oldest(live);
	live->ring[live->next++ % CAP_EVENTS_KEPT] = (struct event){.plain = text};
	live->bytes += text->len;
	event_done(&live->snapshot);
	live->event_ms = now.ms;
	trim_ring(live);
	drop_stalled(live);
	drop_hoarders(live);
	TAILQ_FOREACH(reader, &live->resting, entry)
	reader->in = &live->waiting;
	TAILQ_CONCAT(&live->waiting, &live->resting, entry);
}

/* Makes the next event if it is time for one. Returns in how many ms it may be. */
static int make_event(struct live *live, struct moment now)
{
	uint64_t silence = now.ms - live->event_ms;
	bool changed = live->generation != live->model->generation;
	uint64_t due = changed ? LIVE_EVENT_MS : COMMENT_MS;

	if (silence < due)
		return (int)(due - silence);
	if (!changed)
		publish(live, blob_new(":\n\n", 3), now);
	else if (live->layout != live->model->layout)
		publish(live, snapshot_text(live, now), now);
	else
		publish(live, changes_text(live), now);
	live->generation = live->model->generation;
	live->layout = live->model->layout;
	return COMMENT_MS;
}

/* What the reader gets now; a reference. From here on it waits for the one after it. */
static struct blob *take_next(struct live *live, struct live_reader *reader, struct moment now)
{
	struct blob *event;

	if (is_lapped(live, reader))
		give_snapshot(live, reader, now);
	event = reader->first;
	reader->first = NULL;
	return event ? event : blob_ref(form_for(live, reader, &live->ring[reader->next++ % CAP_EVENTS_KEPT]));
}

static void send_next(struct live *live, struct live_reader *reader, struct moment now)
{
	struct blob *event = take_next(live, reader, now);

	move(reader, &live->sending);
	reader->sending = blob_ref(event);
	if (live->ops->send(reader, event) == LIVE_SENT)
		live_sent(live, reader);
	blob_unref(event);
}

int live_turn(struct live *live, struct moment now)
{
	struct live_reader *reader;
	int wait;

	if (live->readers == 0)
		return -1;
	wait = make_event(live, now);
	for (int i = 0; i < READERS_PER_TURN && (reader = TAILQ_FIRST(&live->waiting)); i++)
		send_next(live, reader, now);
	return TAILQ_EMPTY(&live->waiting) ? wait : 0;
}
