/*
 * finding_rules: how each finding of finding.def is seen, and what is said of it. For finding.c alone.
 *
 * A rule goes by what was told, never by what was not: an absent reading, a field that an old driver does not have, a word that
 * nobody knows is no finding.
 */
#pragma once

#include "model/host.h"

/* What a rule says. The texts go to the finding. */
struct tale {
	char *message, *remedy;
	double since; /* 0: since the first sample that shows it */
};

/* True, with *ret filled, when it is so. */
typedef bool (*gpu_rule_fn)(const struct host *host, const struct gpu *gpu, struct tale *ret);
typedef bool (*host_rule_fn)(const struct host *host, struct tale *ret);

/* By enum finding_kind; NULL: nothing of this kind is found at a GPU, or at the host as a whole. Each kind is in one of them, or
 * in both. */
extern const gpu_rule_fn finding_gpu_rules[FINDING_COUNT];
extern const host_rule_fn finding_host_rules[FINDING_COUNT];

/* Whether this GPU is told of as one whose persistence mode is off. */
bool finding_misses_persistence(const struct host *host, const struct gpu *gpu);
/* Some GPUs and drivers never tell of processes: that is how they are, and no trouble. */
bool finding_is_reticence(struct slice process_problem);
