/*
 * usage: the CPU that a process takes, from its clock of ticks and the host's uptime.
 *
 * Either may be wrong, jump, or run backwards (a host that slept, a container's own uptime): then nothing is told until there are
 * two good looks again. Never a negative or an infinite percentage, and never more than all CPUs of the host.
 */
#pragma once

#include "proc/machine.h"
#include "proc/pidstat.h"

struct usage {
	int64_t used;   /* ticks, at the last look that counted */
	double looked;  /* seconds of uptime then; NAN: never */
	double percent; /* of one CPU, since the look before that one, or since the process' start; NAN: not known */
};

void usage_init(struct usage *usage);
/* Looks at `uptime` seconds (NAN: not known). Returns usage->percent as it is then. */
double usage_look(struct usage *usage, const struct pidstat *stat, double uptime, const struct machine *machine);
/* How long the process has been there, in seconds. NAN: not known. */
double usage_age(const struct pidstat *stat, double uptime, const struct machine *machine);
