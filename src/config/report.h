/*
 * report: the errors of one configuration, gathered with their places and written in the order of the file.
 *
 * An error without a place (line 0) comes from the command line and stands first. Of several errors at one place the first is
 * written: the others follow from it. At most CAP_CONFIG_ERRORS are kept; the rest is counted.
 */
#pragma once

#include <stdarg.h>

#include "base/buf.h"
#include "base/caps.h"

struct report_entry {
	unsigned line, column; /* from 1; 0: no place */
	unsigned order;        /* in which it was found */
	char *message;         /* owned; without the place, may have more than one line */
};

struct report {
	const char *file; /* borrowed */
	struct report_entry entries[CAP_CONFIG_ERRORS];
	unsigned count; /* all that were found, also those not kept */
};

void report_init(struct report *report, const char *file);
void report_done(struct report *report);
/* Takes `message`, which is on the heap. */
void report_add(struct report *report, unsigned line, unsigned column, char *message);
/* The same, with the line of `text` in question below it, and a caret under the column. */
void report_add_excerpt(struct report *report, struct slice text, unsigned line, unsigned column, const char *message);
/* "FILE:LINE:COLUMN: MESSAGE" and LF for each, sorted. A buffer that is full keeps whole errors and gets no more. */
void report_write(struct report *report, struct buf *out);
