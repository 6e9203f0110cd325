/*
 * throttle: why a GPU does not run at full clock, in words: the bits of clocks_throttle_reasons.active (NVML's
 * nvmlClocksThrottleReasons).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum throttle_kind {
	THROTTLE_NORMAL,  /* idle, or as somebody has set it, or at its power limit */
	THROTTLE_TROUBLE, /* too hot, or not enough power comes in */
};

struct throttle_reason {
	uint64_t bit;
	const char *name; /* of the HTTP interface: "sw-power-cap" */
	const char *text; /* for people: "at its power limit" */
	enum throttle_kind kind;
};

/* By rising bit, the last one has the name NULL. */
extern const struct throttle_reason throttle_reasons[];
