/*
 * messages: nvidia-smi's own error texts, told apart.
 *
 * All of them come on stdout; the exit status alone does not tell (it changed between versions). See docs/nvidia-smi.md.
 */
#pragma once

#include "smi/csv.h"

/*
 * `text`: all that nvidia-smi printed (or the shell, when there is no nvidia-smi); `status`: its exit status, -1 not known.
 * Always fills *ret. The text decides before the status: the first line that is a known message. A message nobody has seen before goes
 * by the status where that is one of those that never changed, else it is NVIDIA_SMI; ret->message is its first non-empty line. No text
 * and a status that is not 0: ret->message is a literal that names the status' meaning. NONE only when the text holds nothing and the
 * status is 0 or not known. Status 124 is timeout(1)'s: NVIDIA_SMI_HANGS.
 */
void messages_classify(struct slice text, int status, struct smi_outcome *ret);

/* Whether a status, as shells tell it, means that timeout(1) or a signal ended nvidia-smi: its answer is not whole. */
bool messages_ended_by_force(int status);

/* Whether a line is one of the messages we know. */
bool messages_is_known(struct slice line);

/* "Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost. ..." in all its spellings: true, with the bus id
 * (SLICE_NONE when it names none), the index (-1 when it names none) and the reason ("GPU is lost"). */
bool messages_device_handle(struct slice line, struct slice *ret_bus_id, int *ret_index, struct slice *ret_reason);

struct remedy {
	const char *command; /* to be run on the host; NULL: none is known */
	const char *remark;  /* what it is for, and what to do then; for people */
};

/* What mends a problem that was met on a host, by what was said of it. The one table of these: for the page and for `nvwebmon check`. */
struct remedy messages_remedy(enum problem_kind kind, struct slice message);
