/*
 * roster: which GPUs a host has had, so that one that vanishes without a word is missed.
 */
#pragma once

#include "smi/sample.h"

/* What the problem of a GPU says that was there and is not told of any more. */
#define ROSTER_MISSING "missing"

/*
 * Adds to a good sample the GPUs that `before` (the host's last good one; may be NULL) had and this one has not: by gpu_is_same().
 * They keep UUID, bus id and name, and their index unless another GPU has it now; they stand in index order, without cells; their
 * problem is ROSTER_MISSING. A GPU that does not tell who it is, only what is wrong with it, is taken for one of them. A host of which
 * not one GPU is the same is another machine: nothing is missed; nor is a GPU at whose bus id another one stands now, which was not here
 * before: that is its replacement. What was already missing stays so until it is back. Text is copied
 * into the sample's own; processes and parts keep their GPU.
 */
void roster_add_missing(const struct sample *before, struct sample *sample);
