/*
 * problem: what can be wrong with a host, by name. The names are part of the HTTP interface.
 */
#pragma once

#include "base/text.h"

enum problem_kind {
#define PROBLEM(id, name) PROBLEM_##id,
#include "smi/problem.def"
	PROBLEM_COUNT
};

/* "host-key" for PROBLEM_HOST_KEY. PROBLEM_NONE has no name: NULL. */
const char *problem_name(enum problem_kind kind);
