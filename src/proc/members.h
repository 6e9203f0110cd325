/*
 * members: the processes that a census remembers, by PID. Each sample makes a new list of them; those who were in the one before
 * move over with what is known of them. Two lists take turns, so that nothing is allocated when no more processes come than were
 * there before.
 */
#pragma once

#include "proc/person.h"
#include "proc/ps.h"
#include "proc/usage.h"

/* What one sample tells of a process. Its slices lend from the sample's text. */
struct telling {
	unsigned rows; /* lines of ps */
	struct ps_row row;
	bool has_stat;
	struct pidstat stat;
	bool has_cgroup, has_mounts;
};

struct member {
	int64_t pid;
	int64_t start;                      /* -1: never told */
	bool here;                          /* the last sample told its start: what is known is of this very process */
	bool reminded;                      /* it was said already that its telling was missed */
	uint64_t plain_name, plain_command; /* by words_hash(), when nothing was to be masked; 0 */
	struct usage usage;
	struct origin origin;
	struct telling telling; /* by the sample that is being taken; of no use afterwards */
};

struct members {
	struct member *list, *spare; /* list is by PID */
	size_t count, size, spare_size;
	int64_t *pids; /* scratch */
	size_t pid_size;
};

void members_init(struct members *members);
void members_done(struct members *members);
/* Empty again, memory kept. */
void members_clear(struct members *members);
/* They become the processes of the sample with a PID, each once; the first CAP_CENSUS of them by PID. Tellings are empty. */
void members_follow(struct members *members, const struct sample *sample);
/* NULL when it is none. Lent until the next members_follow(). */
struct member *members_find(const struct members *members, int64_t pid);
/* A process of which nothing is known. */
void member_init(struct member *member, int64_t pid);
