/*
 * frame: one answer of the probe, put together from lines.
 *
 *	@ID begin
 *	@ID gpus          a section: its name (an answer has at most FRAME_SECTIONS),
 *	...               what was printed,
 *	@ID status 0      and the exit status
 *	...
 *	@ID end
 *
 * "@ID more" comes from a host that is slow, before its answers: it gets on.
 * "@ID alive" and "@ID gone", the answers to a ping, may come at any place; "gone" completes the frame as it is.
 *
 * Pure. Lines that are no well-formed UTF-8 are mended here (U+FFFD for each bad byte), so that everything above this
 * room can take text for text. Grammar: src/collect/probe/orders.sh.
 */
#pragma once

#include "base/buf.h"

enum { FRAME_SECTIONS = 8, FRAME_ID_MAX = 32, FRAME_STEPS_MAX = 16 };

enum frame_state {
	FRAME_EMPTY,     /* not begun */
	FRAME_OPEN,      /* begun, not ended */
	FRAME_COMPLETE,  /* everything between its marker lines */
	FRAME_TOO_LARGE, /* went over CAP_FRAME: whatever comes is dropped */
};

struct frame_section {
	char name[16];
	size_t start, end; /* offsets in the text */
	int status;        /* exit status, -1 while not told */
};

struct frame {
	enum frame_state state;
	char id[FRAME_ID_MAX];
	struct buf *text; /* borrowed; where the lines go */
	size_t received;  /* bytes of the frame so far, as they came */
	struct frame_section sections[FRAME_SECTIONS];
	size_t section_count;
	bool in_section;
	bool given_away; /* the text belongs to somebody else now */
	unsigned steps;  /* signs that the far side gets on: sections that are over, and "@ID more"; FRAME_STEPS_MAX at most */
	bool alive;      /* "@ID alive" came: the far shell answers, whatever nvidia-smi does */
	bool gone;       /* "@ID gone" came: what made this frame was killed, and its end will never come */
};

/* Expects the frame of this ID from now on; `text` (cleared here) takes its lines. */
void frame_expect(struct frame *frame, const char *id, struct buf *text);
/* So many bytes have come, whatever lines they will make: to be called before their lines are added. Returns the state after it. */
enum frame_state frame_receive(struct frame *frame, size_t len);
/* A ping is on its way: forgets the last answer, and makes room for the next one. */
void frame_await_alive(struct frame *frame);
/* One line, without its LF. Lines that belong to no frame or to another one are passed over. Returns the state after it. */
enum frame_state frame_add_line(struct frame *frame, struct slice line);
/* The text of a section, *ret_status its exit status. SLICE_NONE when the frame has no such section. */
struct slice frame_section(const struct frame *frame, const char *name, int *ret_status);
/* The text is wanted for something else: what still comes is dropped, but for the end of the frame. */
void frame_give_away(struct frame *frame);
