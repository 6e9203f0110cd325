#include "proc/accounts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "proc/words.h"

struct account {
	uint32_t uid;
	bool asked;
	char name[65]; /* "": not answered */
};

void accounts_init(struct accounts *accounts)
{
	*accounts = (struct accounts){0};
}

void accounts_done(struct accounts *accounts)
{
	free(accounts->all);
	accounts_init(accounts);
}

void accounts_clear(struct accounts *accounts)
{
	accounts->count = 0;
}

/* Where it is, or would be. */
static size_t place_of(const struct accounts *accounts, uint32_t uid)
{
	size_t low = 0, high = accounts->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (accounts->all[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void want(struct accounts *accounts, size_t at, uint32_t uid)
{
	if (accounts->count >= CAP_CENSUS)
		return;
	if (accounts->count == accounts->size) {
		accounts->size = accounts->size > 0 ? accounts->size * 2 : 8;
		accounts->all = xrealloc(accounts->all, accounts->size * sizeof(*accounts->all));
	}
	memmove(&accounts->all[at + 1], &accounts->all[at], (accounts->count - at) * sizeof(*accounts->all));
	accounts->all[at] = (struct account){.uid = uid};
	accounts->count++;
}

struct slice accounts_find(struct accounts *accounts, uint32_t uid)
{
	size_t at = place_of(accounts, uid);

	if (at == accounts->count || accounts->all[at].uid != uid) {
		want(accounts, at, uid);
		return SLICE_NONE;
	}
	const char *name = accounts->all[at].name;
	return name[0] ? slice_of(name) : SLICE_NONE;
}

char *accounts_ask(struct accounts *accounts, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < accounts->count; i++) {
		struct account *account = &accounts->all[i];
		char item[16];
		if (account->name[0])
			continue;
		int need = snprintf(item, sizeof(item), "%s%u", len > 0 ? "," : "", account->uid);
		if (len + (size_t)need >= size)
			break;
		memcpy(out + len, item, (size_t)need + 1);
		len += (size_t)need;
		account->asked = true;
	}
	return out;
}

/* "alice:x:1000:1000:Alice:/home/alice:/bin/bash" */
static void read_passwd(struct accounts *accounts, struct slice line)
{
	uint32_t uid;
	struct slice rest;
	struct slice name = slice_trim(slice_split(line, ':', &rest));

	if (!rest.ptr)
		return;
	slice_split(rest, ':', &rest);
	if (!words_uid(slice_split(rest, ':', &rest), &uid) || !rest.ptr || name.len == 0)
		return;
	size_t at = place_of(accounts, uid);
	if (at < accounts->count && accounts->all[at].uid == uid && !accounts->all[at].name[0])
		words_copy(name, accounts->all[at].name, sizeof(accounts->all[at].name));
}

void accounts_answer(struct accounts *accounts, struct slice passwd)
{
	for (struct slice rest = passwd; rest.ptr;)
		read_passwd(accounts, slice_split(rest, '\n', &rest));
	for (size_t i = 0; i < accounts->count; i++) {
		struct account *account = &accounts->all[i];
		if (account->asked && !account->name[0])
			snprintf(account->name, sizeof(account->name), "%u", account->uid);
	}
}
