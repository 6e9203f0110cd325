/*
 * table: the model as an aligned text table, for terminals: `nvwebmon list`, and GET / for curl.
 *
 * All text from outside is escaped. Widths count characters as terminals show them (wcwidth).
 */
#pragma once

#include "base/buf.h"
#include "model/model.h"

struct table_options {
	bool color; /* ANSI colours; state is never told by colour alone */
	int width;  /* columns of the terminal; 0: do not cut */
	bool once;  /* the hosts were asked once and will not be again: nothing of ages and next tries */
};

/* Appends to `out` (cap it at what you are ready to send). -ENOBUFS when it does not fit. */
int must_check table_render(const struct model *model, const struct table_options *options, double now, struct buf *out);
