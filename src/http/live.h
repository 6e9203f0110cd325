/*
 * live: the stream of events for everybody who looks. Pure: the caller brings the time, and sends.
 *
 * Each event is rendered once, into a blob, and kept in a ring of the last few. A reader is a cursor into the ring, with at most
 * one event on its way. One that has fallen out of the ring is lapped: if its socket still takes bytes it gets a new snapshot
 * when what is on its way is out, and if not it is dropped.
 *
 *      oldest        a slow reader's cursor           next
 *        v                     v                       v
 *        [ event | event | event | event | ... | event |     at most CAP_EVENT_BACKLOG bytes,
 *                                                               or as many as a snapshot has
 *
 * What is on its way stays in memory until its slowest reader has it, in the ring or not. All of that, each blob counted once, is at
 * most CAP_EVENTS_SENDING bytes, or two snapshots' if that is more: beyond it those who have been at it longest are dropped.
 *
 * With no reader there are no events, and nothing is rendered.
 */
#pragma once

#include <sys/queue.h>

#include "http/gzip.h"
#include "http/moment.h"
#include "view/json.h"

/* At most one event in this time. */
#define LIVE_EVENT_MS 250u

enum live_sent {
	LIVE_SENT,    /* all of it is with the kernel */
	LIVE_SENDING, /* live_sent() will tell */
	LIVE_GONE,    /* it failed; the reader has left */
};

/* One who looks; embedded in its connection. */
struct live_reader {
	TAILQ_ENTRY(live_reader) entry;
	struct live_readers *in; /* the list it is in; NULL: none, it has left */
	uint64_t next;           /* the number of the event it gets next, after what is on its way */
	struct blob *first;      /* what it gets before that: the snapshot; NULL: it got it */
	struct blob *sending;    /* what is on its way; NULL: nothing */
	bool gzip;
};

/* What live needs done by the owner of the readers. */
struct live_ops {
	/* Sends one event. It borrows the blob, and takes a reference of its own for what it cannot send at once. */
	enum live_sent (*send)(struct live_reader *reader, struct blob *event);
	/* Whether the socket has not taken a byte of what is on its way for some seconds. */
	bool (*stalled)(struct live_reader *reader);
	/* The reader holds up too much. It must have left (live_leave) on return. */
	void (*drop)(struct live_reader *reader);
};

struct live;

/* All are borrowed; `max_readers` is the cap. */
struct live *live_new(const struct model *model, struct rendering *rendering, struct deflater *deflater,
		      const struct live_ops *ops, size_t max_readers);
void live_free(struct live *live);
bool live_is_full(const struct live *live);
/* The generation that readers have been told last; 0: none. */
uint64_t live_generation(const struct live *live);

/* A reader whose response head has gone out. Its snapshot is sent at one of the next turns. */
void live_join(struct live *live, struct live_reader *reader, bool gzip, struct moment now);
/* Harmless when it has left already. */
void live_leave(struct live *live, struct live_reader *reader);
/* What was LIVE_SENDING is with the kernel now. */
void live_sent(struct live *live, struct live_reader *reader);

/*
 * To be called once in each turn of the loop: makes an event when it is time for one, and sends to some of those who wait.
 * Returns in how many ms it wants to be called again: 0 for at once, negative for when there is a change or a reader.
 */
int live_turn(struct live *live, struct moment now);
