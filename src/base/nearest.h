/*
 * nearest: which known name somebody may have meant.
 *
 *	struct nearest nearest = nearest_to(word);
 *	for (...)
 *		nearest_consider(&nearest, name);
 *	nearest.name is the best of them, NULL when none is near
 */
#pragma once

#include "base/text.h"

struct nearest {
	struct slice word;
	const char *name; /* borrowed from whoever let it be considered */
	size_t distance;  /* a name must be nearer than this */
};

struct nearest nearest_to(struct slice word);
void nearest_consider(struct nearest *nearest, const char *name);
