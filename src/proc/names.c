#include "proc/names.h"

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

void names_init(struct names *names)
{
	*names = (struct names){0};
}

void names_done(struct names *names)
{
	free(names->accounts);
	names_init(names);
}

void names_clear(struct names *names)
{
	names->count = 0;
}

/* Where it is, or would be. */
static size_t place_of(const struct names *names, uint32_t uid)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (names->accounts[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void want(struct names *names, size_t at, uint32_t uid)
{
	if (names->count >= CAP_CENSUS)
		return;
	if (names->count == names->size) {
		names->size = names->size > 0 ? names->size * 2 : 8;
		names->accounts = xrealloc(names->accounts, names->size * sizeof(*names->accounts));
	}
	memmove(&names->accounts[at + 1], &names->accounts[at], (names->count - at) * sizeof(*names->accounts));
	names->accounts[at] = (struct account){.uid = uid};
	names->count++;
}

struct slice names_find(struct names *names, uint32_t uid)
{
	size_t at = place_of(names, uid);

	if (at == names->count || names->accounts[at].uid != uid) {
		want(names, at, uid);
		return SLICE_NONE;
	}
	const char *name = names->accounts[at].name;
	return name[0] ? slice_of(name) : SLICE_NONE;
}

char *names_ask(struct names *names, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < names->count; i++) {
		struct account *account = &names->accounts[i];
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
static void read_passwd(struct names *names, struct slice line)
{
	uint32_t uid;
	struct slice rest;
	struct slice name = slice_trim(slice_split(line, ':', &rest));

	if (!rest.ptr)
		return;
	slice_split(rest, ':', &rest);
	if (!words_uid(slice_split(rest, ':', &rest), &uid) || !rest.ptr || name.len == 0)
		return;
	size_t at = place_of(names, uid);
	if (at < names->count && names->accounts[at].uid == uid && !names->accounts[at].name[0])
		words_copy(name, names->accounts[at].name, sizeof(names->accounts[at].name));
}

void names_answer(struct names *names, struct slice passwd)
{
	for (struct slice rest = passwd; rest.ptr;)
		read_passwd(names, slice_split(rest, '\n', &rest));
	for (size_t i = 0; i < names->count; i++) {
		struct account *account = &names->accounts[i];
		if (account->asked && !account->name[0])
			snprintf(account->name, sizeof(account->name), "%u", account->uid);
	}
}
