/*
 * moment: what time it is, as an argument, so that what needs to know it stays pure.
 */
#pragma once

#include <stdint.h>

struct moment {
	double unix_time; /* for people and their clocks; it may jump */
	uint64_t ms;      /* for measuring; it never goes back */
};
