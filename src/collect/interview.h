/*
 * interview: what one host is asked, and what its answers come to.
 *
 * Pure: text in, orders out. It keeps what was learned about the host between polls: which fields its driver does not know, and which
 * of its GPUs are lost. A sample may take several rounds: an unknown field is dropped and the rest asked again; a lost GPU that hides its
 * neighbours is found with `-L`, and the healthy ones asked by index.
 */
#pragma once

#include "collect/frame.h"
#include "config/config.h"
#include "smi/csv.h"
#include "smi/list.h"

struct interview {
	struct query *query;
	char driver[64];  /* the version that the query's dropped fields hold for */
	bool send_fields; /* the far side does not know our query yet */
	struct gpu_list list;
	char only[512]; /* the healthy indices, "" for all */
	bool send_only;
	bool want_list;             /* the next round is `-L` */
	bool asked_list;            /* the frame under way is one of `-L` */
	bool query_changed;         /* the frame under way answers an old query */
	unsigned rounds;            /* of this sample */
	unsigned lists;             /* of these, with -L */
	unsigned samples_with_only; /* since the last look at all GPUs */
	struct frame frame;
	struct sample sample; /* the one being made */
};

enum interview_verdict {
	INTERVIEW_SAMPLE,    /* interview->sample is whole: take it */
	INTERVIEW_ASK_AGAIN, /* one more round, at once */
	INTERVIEW_PROBLEM,   /* no sample, because of *ret */
};

struct interview_problem {
	enum problem_kind kind;
	struct slice message; /* in the frame's text or a literal: valid until the next round */
	const char *hint;     /* NULL: none */
};

void interview_init(struct interview *interview, const struct column_config *columns, size_t count);
void interview_done(struct interview *interview);
/* A new child: it knows nothing of what was ordered before. */
void interview_restart(struct interview *interview);
/* Other columns from now on; an answer under way will be asked for again. */
void interview_set_columns(struct interview *interview, const struct column_config *columns, size_t count);

/* Appends the order lines of the next round, and expects its frame. `id`: unguessable, [0-9a-f], under FRAME_ID_MAX. */
int must_check interview_ask(struct interview *interview, const char *id, struct buf *out);
/* So many bytes from the far side, before their lines. */
enum frame_state interview_receive(struct interview *interview, size_t len);
/* One line from the far side. */
enum frame_state interview_hear(struct interview *interview, struct slice line);
/* The frame is complete: what it comes to. `before`: the host's last good sample, for the names of lost GPUs. */
enum interview_verdict interview_judge(struct interview *interview, const struct sample *before, struct interview_problem *ret);
