/*
 * messages: nvidia-smi's own error texts, told apart.
 *
 * All of them come on stdout; the exit status alone does not tell (it changed between versions). See docs/nvidia-smi.md.
 */
#pragma once

#include "smi/csv.h"

/*
 * `text`: all that nvidia-smi printed (or the shell, when there is no nvidia-smi); `status`: its exit status, -1 not known.
 * Always fills *ret; problem is NVIDIA_SMI with the first non-empty line for a message nobody has seen before, and NONE only when the text
 * holds no message and status is 0. Status 124 is timeout(1)'s: NVIDIA_SMI_HANGS.
 */
void messages_classify(struct slice text, int status, struct smi_outcome *ret);

/* "Unable to determine the device handle for GPU 0000:02:00.0: GPU is lost. ..." in all its spellings: true, with the bus id
 * (SLICE_NONE when it names none), the index (-1 when it names none) and the reason ("GPU is lost"). */
bool messages_device_handle(struct slice line, struct slice *ret_bus_id, int *ret_index, struct slice *ret_reason);

/* The command or step that mends a problem of nvidia-smi, for people. NULL when we know none. */
const char *messages_hint(enum problem_kind kind);
