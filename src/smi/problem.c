#include "smi/problem.h"

#include <assert.h>

static const char *const names[PROBLEM_COUNT] = {
#define PROBLEM(id, name) [PROBLEM_##id] = name,
#include "smi/problem.def"
};

const char *problem_name(enum problem_kind kind)
{
	assert((unsigned)kind < PROBLEM_COUNT);
	return names[kind];
}
