/*
 * ps: a line of `ps -o pid=,user=,etimes=,rss=,args=`. "-" stands for what the far host's ps cannot tell.
 *
 * The first four columns hold no blanks. A line of another shape is not believed as a whole: an account with a blank in its name
 * would move all columns, and a command line with a newline in it may go on with what looks like a line of another process
 * (busybox prints it as it is).
 */
#pragma once

#include "base/text.h"

struct ps_row {
	int64_t pid;
	struct slice owner;   /* SLICE_NONE: not told */
	struct slice command; /* SLICE_NONE: not told, or empty */
	double elapsed;       /* seconds; NAN */
	double rss;           /* bytes; NAN */
};

/* False, and *ret untouched, when it is no such line. */
bool ps_parse(struct slice line, struct ps_row *ret);
