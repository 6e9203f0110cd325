/*
 * reading: one value of an answer, as a number or as the reason why there is none.
 *
 * With its unit or without ("24576 MiB", "24576"). "[...]" is nvidia-smi's way to say why it has no value; a few tokens come
 * without brackets ("N/A", "ERR!"). Whatever is no number is taken for such a reason: unknown is never zero.
 */
#pragma once

#include "base/text.h"

/* A number that the driver told, or why it did not. */
struct reading {
	double value; /* in the unit of fields.def, MiB already turned into bytes */
	struct slice
		absent; /* ptr NULL: value holds. Else the driver's reason without brackets: "N/A", "GPU is lost", "Not Supported" */
};

/* MASK: "0x0000000000000004"; those of nvidia-smi stay far below 2^53, so that a double holds them. */
enum unit { UNIT_PERCENT, UNIT_MIB, UNIT_CELSIUS, UNIT_WATT, UNIT_SECOND, UNIT_MHZ, UNIT_COUNT, UNIT_MASK };

/* The cell of one value. An empty one is absent, "no value". */
struct reading reading_parse(struct slice cell, enum unit unit);
struct reading reading_absent(struct slice reason);

/* "GPU is lost" of "[GPU is lost]". SLICE_NONE when the cell does not begin with a bracket. */
struct slice reading_reason(struct slice cell);
/* Whether a reason speaks of one value only, so that the GPU may be well: it has no such sensor, or does not tell us. */
bool reason_is_plain(struct slice reason);
