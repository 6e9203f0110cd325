#include "proc/machine.h"

#include <math.h>
#include <string.h>

#include "proc/pidstat.h"
#include "proc/words.h"

/* A section while it is read: what takes more than one line. */
struct report {
	struct machine *machine;
	double free, buffers, cached; /* bytes; NAN */
	int64_t probe_ticks;          /* -1 */
};

static void clear_disk(struct disk *disk)
{
	*disk = (struct disk){.size = NAN, .used = NAN, .percent = NAN};
}

void machine_init(struct machine *machine)
{
	*machine = (struct machine){
		.load = {NAN, NAN, NAN},
		.memory_total = NAN,
		.memory_available = NAN,
		.uptime = NAN,
		.hidepid = -1,
		.probe_cpu = NAN,
		.clock_ahead = NAN,
		.query_ms = NAN,
	};
	clear_disk(&machine->disk);
}

/* "16384 kB" as bytes. */
static double read_kb(struct slice text)
{
	struct slice unit;
	double value = words_amount(slice_split(text, ' ', &unit));

	return slice_is(unit, "kB") ? value * 1024 : NAN;
}

/* 0 when it is over what can be. */
static unsigned read_count(struct slice text, int64_t max)
{
	int64_t value;

	return words_count(text, &value) && value <= max ? (unsigned)value : 0;
}

static void read_load(struct report *report, struct slice value)
{
	for (int i = 0; i < 3; i++)
		report->machine->load[i] = words_amount(slice_split(value, ' ', &value));
}

static void read_uptime(struct report *report, struct slice value)
{
	report->machine->uptime = words_amount(slice_split(value, ' ', &value));
}

static void read_cpus(struct report *report, struct slice value)
{
	report->machine->cpus = read_count(value, 65536);
}

static void read_ticks(struct report *report, struct slice value)
{
	report->machine->ticks = read_count(value, 1000000);
}

static void read_page(struct report *report, struct slice value)
{
	report->machine->page = read_count(value, 1 << 30);
}

static void read_total(struct report *report, struct slice value)
{
	report->machine->memory_total = read_kb(value);
}

static void read_available(struct report *report, struct slice value)
{
	report->machine->memory_available = read_kb(value);
}

static void read_free(struct report *report, struct slice value)
{
	report->free = read_kb(value);
}

static void read_buffers(struct report *report, struct slice value)
{
	report->buffers = read_kb(value);
}

static void read_cached(struct report *report, struct slice value)
{
	report->cached = read_kb(value);
}

static void read_self(struct report *report, struct slice value)
{
	struct pidstat stat;

	if (pidstat_parse(value, &stat))
		report->probe_ticks = stat.used + stat.used_children;
}

static void read_reboot(struct report *report, struct slice value)
{
	report->machine->reboot_required = slice_is(value, "yes");
}

static void read_keeper(struct report *report, struct slice value)
{
	report->machine->has_keeper = slice_is(value, "yes");
}

/* By number or, from Linux 5.8, by name. "ptraceable" hides from us what "invisible" hides. */
static void read_hidepid(struct report *report, struct slice value)
{
	static const struct {
		const char *name;
		int hidepid;
	} names[] = {{"0", 0}, {"off", 0}, {"1", 1}, {"noaccess", 1}, {"2", 2}, {"invisible", 2}, {"4", 2}, {"ptraceable", 2}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (slice_is(value, names[i].name))
			report->machine->hidepid = names[i].hidepid;
}

static const struct {
	const char *key;
	void (*read)(struct report *report, struct slice value);
} keys[] = {
	{"load", read_load},        {"uptime", read_uptime},   {"cpus", read_cpus},     {"ticks", read_ticks},
	{"page", read_page},        {"MemTotal:", read_total}, {"MemFree:", read_free}, {"MemAvailable:", read_available},
	{"Buffers:", read_buffers}, {"Cached:", read_cached},  {"self", read_self},     {"reboot", read_reboot},
	{"hidepid", read_hidepid},  {"keeper", read_keeper},
};

static void read_line(struct report *report, struct slice line)
{
	struct slice value;
	struct slice key = slice_split(line, ' ', &value);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (slice_is(key, keys[i].key))
			keys[i].read(report, slice_trim(value));
}

void machine_parse(struct slice text, struct machine *machine)
{
	struct report report = {machine, NAN, NAN, NAN, -1};
	struct machine before = *machine;

	machine_init(machine);
	machine->clock_ahead = before.clock_ahead;
	machine->disk = before.disk;
	for (struct slice rest = text; rest.ptr;)
		read_line(&report, slice_trim(slice_split(rest, '\n', &rest)));
	if (isnan(machine->memory_available))
		machine->memory_available = report.free + report.buffers + report.cached;
	if (report.probe_ticks >= 0 && machine->ticks > 0)
		machine->probe_cpu = (double)report.probe_ticks / machine->ticks;
}
