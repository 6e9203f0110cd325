#include "proc/usage.h"

#include <math.h>

/* CPU time over a shorter span would be mostly its rounding to ticks. */
#define SPAN_MIN 0.5

void usage_init(struct usage *usage)
{
	*usage = (struct usage){.looked = NAN, .percent = NAN};
}

double usage_age(const struct pidstat *stat, double uptime, const struct machine *machine)
{
	double age = machine->ticks > 0 ? uptime - (double)stat->start / machine->ticks : NAN;

	return age >= 0 ? age : NAN;
}

/* No more than there is; a machine may lose CPUs. */
static double bound(double percent, const struct machine *machine)
{
	double all = 100.0 * machine->cpus;

	return machine->cpus > 0 && percent > all ? all : percent;
}

static double percent(int64_t used, double span, const struct machine *machine)
{
	return bound(100 * ((double)used / machine->ticks) / span, machine);
}

double usage_look(struct usage *usage, const struct pidstat *stat, double uptime, const struct machine *machine)
{
	bool first = isnan(usage->looked);
	double span = first ? usage_age(stat, uptime, machine) : uptime - usage->looked;
	int64_t used = first ? stat->used : stat->used - usage->used;

	if (!first && span >= 0 && span < SPAN_MIN)
		return usage->percent = bound(usage->percent, machine);
	usage->percent = used >= 0 && span >= SPAN_MIN && machine->ticks > 0 ? percent(used, span, machine) : NAN;
	usage->used = stat->used;
	usage->looked = uptime;
	return usage->percent;
}
