/*
 * pidstat: a line of /proc/PID/stat; see proc(5).
 *
 * The name of the process stands in it as it is, in parentheses: it may hold blanks, ")" and newlines, so that the file may come
 * as several lines. What follows the last ")" of the last of them is what counts: a name has no room (15 bytes) to look like
 * that.
 */
#pragma once

#include "base/text.h"

struct pidstat {
	int64_t used;          /* ticks of CPU, in user mode and in the kernel */
	int64_t used_children; /* of its children that it has waited for */
	int64_t start;         /* ticks after the host's start: with the PID, this tells a process from all others */
	int64_t rss;           /* pages */
};

/* False, and *ret untouched, for a line that holds only a piece of the name, or was cut. */
bool pidstat_parse(struct slice line, struct pidstat *ret);
