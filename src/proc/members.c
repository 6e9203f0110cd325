#include "proc/members.h"

#include <stdlib.h>

#include "base/caps.h"

void members_init(struct members *members)
{
	*members = (struct members){0};
}

void members_done(struct members *members)
{
	free(members->list);
	free(members->spare);
	free(members->pids);
	members_init(members);
}

void members_clear(struct members *members)
{
	members->count = 0;
}

void member_init(struct member *member, int64_t pid)
{
	*member = (struct member){.pid = pid, .start = -1};
	usage_init(&member->usage);
	origin_init(&member->origin);
}

/* Room for so many: doubled when there is not. */
static void *make_room(void *elements, size_t count, size_t *size, size_t element)
{
	if (count <= *size)
		return elements;
	while (*size < count)
		*size = *size > 0 ? *size * 2 : 8;
	return xrealloc(elements, *size * element);
}

static int compare_pids(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* The PIDs of a sample in order, each once, in members->pids. Returns how many. */
static size_t list_pids(struct members *members, const struct sample *sample)
{
	size_t count = 0, kept = 0;

	members->pids = make_room(members->pids, sample->process_count, &members->pid_size, sizeof(*members->pids));
	for (size_t i = 0; i < sample->process_count; i++)
		if (sample->processes[i].pid > 0)
			members->pids[count++] = sample->processes[i].pid;
	if (count > 0)
		qsort(members->pids, count, sizeof(*members->pids), compare_pids);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || members->pids[kept - 1] != members->pids[i])
			members->pids[kept++] = members->pids[i];
	return kept < CAP_CENSUS ? kept : CAP_CENSUS;
}

static void take_turns(struct members *members, size_t count)
{
	struct member *list = members->list;
	size_t size = members->size;

	members->list = members->spare;
	members->size = members->spare_size;
	members->spare = list;
	members->spare_size = size;
	members->count = count;
}

void members_follow(struct members *members, const struct sample *sample)
{
	size_t count = list_pids(members, sample), old = 0;

	members->spare = make_room(members->spare, count, &members->spare_size, sizeof(*members->spare));
	for (size_t i = 0; i < count; i++) {
		struct member *member = &members->spare[i];
		while (old < members->count && members->list[old].pid < members->pids[i])
			old++;
		if (old < members->count && members->list[old].pid == members->pids[i])
			*member = members->list[old];
		else
			member_init(member, members->pids[i]);
		member->here = false;
		member->telling = (struct telling){0};
	}
	take_turns(members, count);
}

struct member *members_find(const struct members *members, int64_t pid)
{
	size_t low = 0, high = members->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (members->list[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < members->count && members->list[low].pid == pid ? &members->list[low] : NULL;
}
