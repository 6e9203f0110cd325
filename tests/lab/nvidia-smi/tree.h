/*
 * tree: what the host tells of itself, as files: $LAB_DIR/proc/$LAB_HOST for its /proc, $LAB_DIR/sys/$LAB_HOST for its /sys. The
 * probe is told to look there (NVWEBMON_PROC, NVWEBMON_SYS).
 *
 * Written by `lab-proc` when a host is made or changed, and again by each query of processes, before nvidia-smi tells their
 * PIDs: so the files are about just those, and `uptime` is the moment that their CPU times are of.
 */
#pragma once

#include "gpus.h"

enum tree_scope {
	TREE_PROCESSES, /* and load and uptime: what moves */
	TREE_ALL,
};

/* Writes it for the host and the processes of `state`. Nothing without LAB_DIR. */
void tree_write(const struct control *control, const struct lab_state *state, enum tree_scope scope);
/* nvidia-smi is being run: that wakes GPUs which the kernel has put to sleep. */
void tree_wake(const struct control *control, const struct lab_state *state);
