/*
 * asking: what a session and a climb do alike when they ask a far shell: the order, the time that it has, and who is to blame when
 * nothing comes.
 */
#pragma once

#include "collect/interview.h"
#include "collect/transport.h"

/*
 * A sample takes several steps, and each may take as long as nvidia-smi may: the deadline begins anew with every round, and with each
 * sign (frame.steps) that the far side has come further. This is how long after the time limit over there an answer may come in.
 */
enum { ASKING_GRACE_MS = 2000 };

/* For the next frame: 64 bits that nobody can guess, in hexadecimal. */
void asking_write_id(char id[static FRAME_ID_MAX]);
/* Sends what `ask` has to ask (interview_ask, interview_ask_aside). */
void asking_send(struct transport *transport, struct interview *interview,
		 int (*ask)(struct interview *interview, const char *id, struct buf *out));
/* Asks whether the far shell is still there. Its answer does not count for the size of the frame, however often it comes. */
void asking_ping(struct transport *transport, struct interview *interview);

struct hanging {
	enum problem_kind kind;
	const char *who; /* "nvidia-smi", "ps" */
	struct remedy remedy;
};

/* Who it is that does not come back, when the far shell answers and the frame does not end. */
struct hanging asking_find_hanging(const struct interview *interview);
