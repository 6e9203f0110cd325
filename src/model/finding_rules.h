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

/* By enum finding_kind; NULL is a kind of the other table. Each kind is in one of them. */
extern const gpu_rule_fn finding_gpu_rules[FINDING_COUNT];
extern const host_rule_fn finding_host_rules[FINDING_COUNT];
