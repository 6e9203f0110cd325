/*
 * table_part: the parts that a text table is made of. For table.c, and the table_*.c that each write one.
 */
#pragma once

#include "view/cells.h"
#include "view/parts.h"
#include "view/sheet.h"
#include "view/table.h"

struct table {
	struct sheet sheet;
	const struct model *model;
	double now;
	bool once; /* nothing of ages, see struct table_options */
	size_t host_width;
	size_t widths[CELL_COUNT];
	size_t uses[USE_COUNT];            /* how many GPUs there are of each */
	bool shows_inferred, shows_parted; /* what a legend has to explain */
};

/* All GPUs, and their parts with MIG on: a line each. Who is on it is by the last values, and says so when the host is not ok. */
void table_print_gpus(struct table *table, const struct host *host);
/* What the host told of itself, on one line; nothing when it told nothing. */
void table_print_machine(struct table *table, const struct host *host);
/* What was found, each with its remedy on a line of its own. The same of many GPUs is told once. */
void table_print_findings(struct table *table, const struct host *host);
