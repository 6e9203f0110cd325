/*
 * clocks: whether time went on without us, or was changed under our feet.
 *
 * Three clocks, compared with how they stood at the last look: the wall clock, which somebody may set; the monotonic one, which
 * stands still while this machine is suspended; and the boot one, which does not. Whoever looks often enough learns what
 * happened, and blames no host for it. But for clocks_read() pure.
 */
#pragma once

#include <stdbool.h>

enum { CLOCKS_LOOK_MS = 2000 }; /* how often to look, at least */

/* Seconds. */
struct clocks {
	double wall, monotonic, boot;
};

/* Seconds; 0: it did not happen. What is shorter than 2 s (being stopped: 3 s) goes unnoticed: it does no harm. */
struct clocks_news {
	double set;       /* the wall clock was set, by so much: forward, or back if negative */
	double suspended; /* this machine slept */
	double stopped;   /* this process did not run, while its machine did */
};

struct clocks clocks_read(void);
/* What happened between two readings, of which the second came when it was due, or too late. False: nothing. */
bool clocks_compare(const struct clocks *last, const struct clocks *now, struct clocks_news *ret);
/* Unix seconds. */
double clocks_wall(void);
