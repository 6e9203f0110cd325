/*
 * machine: what a watched host tells of itself, from its /proc: load, memory, uptime; its disks from df.
 *
 * The probe prints a "host" section with each sample, a "key value" line each; see src/collect/probe/host.sh. What is not told (an old
 * kernel, no /proc) is NAN or 0 as said below; a value is never guessed. A struct machine owns nothing and is copied freely.
 */
#pragma once

#include "base/text.h"

struct disk {
	char mount[256];   /* "" when not known; cut at a whole character */
	double size, used; /* bytes */
	double percent;    /* used, as df says it: of what users may fill */
};

struct machine {
	double load[3];          /* of 1, 5, 15 minutes; NAN */
	unsigned cpus;           /* 0: not known */
	double memory_total;     /* bytes; NAN */
	double memory_available; /* without swapping; NAN. MemAvailable or, before Linux 3.14, free + buffers + cached */
	double uptime;           /* seconds; NAN */
	bool reboot_required;    /* its distribution says so */
	int hidepid;             /* what /proc shows of others' processes: 0 all, 1 that they exist, 2 nothing; -1 not known */
	bool has_keeper;         /* a quiet nvidia-smi of the probe keeps the driver loaded */
	double probe_cpu;        /* seconds of CPU that the probe and its children have used since login; NAN */
	unsigned ticks;          /* of process times per second (CLK_TCK); 0: not known */
	unsigned page;           /* bytes of a page; 0: not known */
	double clock_ahead;      /* seconds its clock is ahead of ours; NAN: not known. Not in the section: the session's work */
	double query_ms;         /* what the query of its GPUs took there; NAN: not told. Not in the section either */
	struct disk disk;        /* the fullest one that keeps files; not in the section: from df, now and then */
};

/* Nothing known. */
void machine_init(struct machine *machine);
/* Reads the section; what was known of clock and disk stays. Lines it does not know are passed over. */
void machine_parse(struct slice text, struct machine *machine);
/*
 * The answer of `df -P -k`: sets machine->disk to the fullest file system that keeps files, by percent, then by size. Passed over
 * are those that only look like it: tmpfs, devtmpfs, overlay, squashfs, efivarfs and the like, read-only images (/snap/...), and
 * the boot partitions; when there are only such, the disk is not known. False, and the disk as it was, when no line can be
 * understood.
 */
bool machine_parse_disk(struct slice text, struct machine *machine);
