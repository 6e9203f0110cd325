/*
 * parts: who is on which part of the GPUs with MIG on, of one host's last sample.
 *
 * Found in one pass: a search for each part would take 67 million steps for a hostile host of as many parts and processes as the
 * caps allow. Borrows the host; nothing is allocated for one without parts.
 */
#pragma once

#include "view/use.h"

#define NO_PROCESS SIZE_MAX

struct parts {
	const struct sample *sample;
	const struct free_rule *rule;
	size_t *first; /* by part: its first process, NO_PROCESS */
	size_t *next;  /* by process: the next one on the same part, NO_PROCESS */
	bool *astray;  /* by GPU: somebody is on no part that we know, and may be on any */
};

void parts_init(struct parts *parts, const struct host *host);
void parts_done(struct parts *parts);
/* The first part of a GPU, by its position in the sample; the others follow it. sample->mig_count when it has none. */
size_t parts_of(const struct parts *parts, size_t gpu);
/* Whether a process of this GPU has no part's line to stand on; any process, when it has no parts. */
bool parts_astray(const struct parts *parts, size_t gpu);
/* Whether all processes on this part are known, so that none seen is none there. */
bool parts_knows(const struct parts *parts, size_t part);
/* What a part is by the last values: FREE, BUSY or UNKNOWN. Two parts that share memory are not free while one of them uses it. */
enum use parts_use(const struct parts *parts, size_t part);
