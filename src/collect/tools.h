/*
 * tools: what a host has for the probe to work with, and what is lost where something is missing.
 *
 * Pure. Reads the section "tools" of the probe, "key value" lines; see src/collect/probe/beside.sh. What it does not tell is not judged.
 */
#pragma once

#include "base/text.h"

enum { TOOLS_LOSSES_MAX = 8 };

/* One thing that is missing. */
struct tools_loss {
	const char *message; /* what it costs: a literal */
	const char *package; /* the package of Debian that has it; NULL */
};

struct tools {
	struct slice shell, nvidia_smi, kernel, user; /* in the section's text; SLICE_NONE: not told */
	int64_t uid, hidepid;                         /* -1: not told */
	bool owners_told;                             /* there is a ps that names them */
	struct tools_loss losses[TOOLS_LOSSES_MAX];
	size_t loss_count;
};

void tools_parse(struct slice section, struct tools *ret);
