/*
 * verdict: what is told of one rung. Pure; a part of the ladder.
 */
#pragma once

#include "collect/ladder.h"

/* A rung that was climbed: what was found there, and whether something is missing or broken all the same. */
void verdict_tell(const struct ascent *ascent, enum rung rung, struct rung_verdict *verdict);
/* The rung at which the climb ended: why, and what mends it. */
void verdict_fail(const struct ascent *ascent, struct rung_verdict *verdict);
