/*
 * accounts: the accounts of a host by their user ids, as far as they were asked for.
 *
 * An id is wanted, asked for, and answered: with a name from a passwd line, or, when there is none, with itself as text.
 */
#pragma once

#include "base/text.h"

struct account;

struct accounts {
	struct account *all; /* by id */
	size_t count, size;
};

void accounts_init(struct accounts *accounts);
void accounts_done(struct accounts *accounts);
/* Empty again, memory kept. */
void accounts_clear(struct accounts *accounts);
/* The name of an id. SLICE_NONE, and wanted from now on, when it was not answered yet. Lent until anything here changes. */
struct slice accounts_find(struct accounts *accounts, uint32_t uid);
/* Those wanted and not answered, "1000,1001", as many as fit: these are asked for now. Returns `out`; empty when none. */
char *accounts_ask(struct accounts *accounts, char *out, size_t size);
/* The answer, passwd lines; the first line of an id counts. */
void accounts_answer(struct accounts *accounts, struct slice passwd);
