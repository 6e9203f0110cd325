/*
 * cells: what is known of one GPU as short texts, for a table.
 */
#pragma once

#include "smi/sample.h"

/* The columns of a GPU's line, up to who is on it. */
enum cell {
	CELL_INDEX,
	CELL_MODEL,
	CELL_UTILIZATION,
	CELL_USED,
	CELL_TOTAL,
	CELL_TEMPERATURE,
	CELL_POWER,
	CELL_LIMIT,
	CELL_COUNT,
};

enum { CELL_SIZE = 128, CELL_MODEL_WIDTH = 28, CELL_PROFILE_SIZE = 17 };

/* Terminated, fit for a terminal, of a width of at most CELL_MODEL_WIDTH. */
struct cells {
	char text[CELL_COUNT][CELL_SIZE];
};

/* "-" for what the driver did not tell. */
void cells_fill(struct cells *cells, const struct gpu *gpu);
/* A part of a GPU with MIG on: "  0: 3g.40gb" for its model, and its memory. The other cells are empty. */
void cells_fill_part(struct cells *cells, const struct mig_device *mig);
