/*
 * interview: what one host is asked, and what its answers come to.
 *
 * Pure: text in, orders out. It keeps what was learned about the host between polls: which fields its driver does not know, which
 * of its GPUs are lost, how its GPUs are cut by MIG, who its processes are. A sample may take several rounds, each an order with a frame for
 * its answer:
 *
 *	poll     always first: the host itself, GPUs, processes and their owners
 *	list     a lost GPU hides its neighbours: which are well? The next poll asks for those by index
 *	mig      GPUs with MIG on have changed: what are their parts, who is on which
 *	names    accounts that so far are numbers
 *
 * An unknown field is dropped and the rest asked again. When one of the last two fails, the sample is taken without what it was for. Beside
 * the samples there is the aside: what may hang for reasons of its own (df on a dead disk) is asked between two samples, and nobody
 * waits for it. What the answers of a round come to is the work of interview_judge.c; the orders are explained in probe/orders.sh.
 */
#pragma once

#include "collect/frame.h"
#include "collect/told.h"
#include "smi/messages.h"
#include "config/config.h"
#include "proc/census.h"
#include "proc/machine.h"
#include "smi/csv.h"
#include "smi/list.h"
#include "smi/mig.h"

enum interview_round { ROUND_POLL, ROUND_LIST, ROUND_MIG, ROUND_NAMES };

/* When the far side keeps its driver loaded: the words of the order. */
enum interview_keeper { KEEPER_OFF, KEEPER_AUTO, KEEPER_ALWAYS };

struct interview {
	enum interview_round next;  /* what is to be asked */
	char what[1024];            /* of whom: GPU indices of ROUND_MIG, user ids of ROUND_NAMES */
	enum interview_round round; /* what the frame under way answers */
	bool query_changed;         /* it answers an old query */
	bool spent;                 /* its sample was taken before its end */
	unsigned rounds;            /* of this sample */
	unsigned lists;             /* of these, with -L */
	struct frame frame;
	struct buf text;      /* of all rounds but the poll, whose text is the sample's */
	struct sample sample; /* the one being made */

	struct query *query;
	char driver[64];  /* the version that the query's dropped fields hold for */
	bool send_fields; /* the far side does not know our query yet */

	struct gpu_list list;
	char only[512]; /* the healthy indices, "" for all */
	bool send_only;
	unsigned samples_with_only; /* since the last look at all GPUs */
	double interval;            /* seconds between two samples */

	struct mig_report *mig;
	bool mig_asked;   /* for this sample */
	unsigned mig_age; /* samples since it was asked */
	bool mig_failed;  /* it was asked in vain: not again at once */

	struct machine machine;
	struct census *census;
	struct told told;
	bool names_asked; /* for this sample */

	enum keep_driver keep;
	enum interview_keeper keeper;      /* as it should be */
	enum interview_keeper keeper_sent; /* as the far side knows it */
	bool slept;                        /* a GPU has been seen suspended in this session */
	double took_ms;                    /* the sample under way; NAN */
	unsigned slow_samples;             /* in a row, without a keeper */

	struct frame aside;
	struct buf aside_text;
	char message[128]; /* of a problem */
};

enum interview_verdict {
	INTERVIEW_SAMPLE,    /* interview->sample is whole: take it */
	INTERVIEW_ASK_AGAIN, /* one more round, at once */
	INTERVIEW_PROBLEM,   /* no sample, because of *ret */
};

struct interview_problem {
	enum problem_kind kind;
	struct slice message; /* in the frame's text or a literal: valid until the next round */
	struct remedy remedy; /* its command is NULL when none is known */
};

void interview_init(struct interview *interview, const struct column_config *columns, size_t count);
void interview_done(struct interview *interview);
/* A new child: it knows nothing of what was ordered before. */
void interview_restart(struct interview *interview);
/*
 * Whether the host is to keep its driver loaded between samples: keep_driver_loaded of the configuration. Ordered with the next poll.
 * KEEP_AUTO: where persistence mode is off and queries take 500 ms or more, twice in a row; but not where a GPU is of a laptop, was seen
 * suspended (of that the probe knows more), or awaits a repair, which a keeper would stop.
 */
void interview_set_keep(struct interview *interview, enum keep_driver keep);
/*
 * Seconds between two samples; 5 without this call. What is not asked with each sample is bounded by them: the parts of MIG are asked for
 * once a minute at least, and after a failure not sooner; with some GPUs lost, all are asked again after 12 samples or a minute,
 * whichever is longer, but after 10 minutes at the latest. Where samples are rarer than that, with each of them.
 */
void interview_set_interval(struct interview *interview, double seconds);
/* Other columns from now on; an answer under way will be asked for again. */
void interview_set_columns(struct interview *interview, const struct column_config *columns, size_t count);

/* Appends the order lines of the next round, and expects its frame. `id`: unguessable, [0-9a-f], under FRAME_ID_MAX. */
int must_check interview_ask(struct interview *interview, const char *id, struct buf *out);
/* So many bytes from the far side, before their lines. */
enum frame_state interview_receive(struct interview *interview, size_t len);
/* One line from the far side. */
enum frame_state interview_hear(struct interview *interview, struct slice line);
/* How long the sample under way has taken so far; said before interview_judge(). Its keeper is chosen by that where the host does not
 * tell how long its query took. */
void interview_note_time(struct interview *interview, double ms);
/* The frame is complete: what it comes to. `before`: the host's last good sample, for the names of lost GPUs. */
enum interview_verdict interview_judge(struct interview *interview, const struct sample *before, struct interview_problem *ret);
/*
 * The frame is overdue and its end may never come. When it holds the GPUs and only what comes after them is missing (a ps that hangs on a
 * process), or when it is the frame of a later round, interview->sample is made of what there is, and true is returned: take it. The
 * frame goes on being expected; at its end interview_judge() asks for a new sample.
 */
bool interview_judge_partial(struct interview *interview, const struct sample *before);
/* Whom we are waiting for: "nvidia-smi", "ps", "getent". A literal. */
const char *interview_awaited(const struct interview *interview);

/* Appends the order of the aside (disk, clock), and expects its frame. It may be asked when no sample is under way; the next
 * interview_ask() gives it up. */
int must_check interview_ask_aside(struct interview *interview, const char *id, struct buf *out);
/* One line between two samples. FRAME_COMPLETE: the aside is whole, and `now` (our Unix seconds) was compared with the host's clock. */
enum frame_state interview_hear_aside(struct interview *interview, struct slice line, double now);

/* What the host told of itself with the last sample, and in the last aside. */
const struct machine *interview_machine(const struct interview *interview);
