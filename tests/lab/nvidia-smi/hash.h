/*
 * hash: chance that is the same each time. The lab keeps no state: whatever seems to be remembered is computed anew from the seed, the
 * GPU and the time.
 */
#pragma once

#include <stdint.h>

/* The finalizer of splitmix64: every bit of the input changes half of the output. */
static inline uint64_t hash(uint64_t a, uint64_t b)
{
	uint64_t x = a * 0x9e3779b97f4a7c15u + b + 0x2545f4914f6cdd1du;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static inline uint64_t hash_text(const char *text)
{
	uint64_t x = 5381;
	while (*text != '\0')
		x = hash(x, (unsigned char)*text++);
	return x;
}

/* 0 to 1, 1 excluded. */
static inline double hash_fraction(uint64_t x)
{
	return (double)(x >> 11) / 9007199254740992.0;
}
