/*
 * request: what the command line asks for, and nvidia-smi's complaints about it.
 */
#pragma once

#include "control.h"

enum question {
	ASK_TABLE,
	ASK_GPUS,           /* --query-gpu= */
	ASK_APPS,           /* --query-compute-apps= */
	ASK_ACCOUNTED_APPS, /* --query-accounted-apps= */
	ASK_LIST,           /* -L */
	ASK_LOG,            /* -q */
	ASK_HELP_GPUS,      /* --help-query-gpu */
	ASK_VERSION,
	ASK_HELP,
};

struct request {
	enum question question;
	const char *fields; /* of the --query- switch */
	const char *format; /* of --format=; NULL: not given */
	bool header, units;
	bool xml;
	const char *ids; /* of -i; NULL: not given */
	double interval; /* seconds, of -l and -lms; 0: once */
};

/* Ends the program as nvidia-smi does when the command line is wrong; the message and the exit status depend on the driver's age. */
void request_read(const struct control *control, int count, char **arguments, struct request *ret);
