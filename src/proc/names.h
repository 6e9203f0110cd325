/*
 * names: the accounts of a host by their user ids, as far as they were asked for.
 *
 * An id is wanted, asked for, and answered: with a name from a passwd line, or, when there is none, with itself as text.
 */
#pragma once

#include "base/text.h"

struct account;

struct names {
	struct account *accounts; /* by id */
	size_t count, size;
};

void names_init(struct names *names);
void names_done(struct names *names);
/* Empty again, memory kept. */
void names_clear(struct names *names);
/* The name of an id. SLICE_NONE, and wanted from now on, when it was not answered yet. Lent until anything here changes. */
struct slice names_find(struct names *names, uint32_t uid);
/* Those wanted and not answered, "1000,1001", as many as fit: these are asked for now. Returns `out`; empty when none. */
char *names_ask(struct names *names, char *out, size_t size);
/* The answer, passwd lines; the first line of an id counts. */
void names_answer(struct names *names, struct slice passwd);
