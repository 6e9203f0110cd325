/*
 * check_report: what `nvwebmon check` has found, for people and for programs (docs/check.md).
 */
#pragma once

#include "base/buf.h"
#include "collect/ladder.h"

/* One host that has been tried. */
struct checked {
	const struct host *host;
	const struct ladder *ladder;
	bool local;
	double seconds; /* in all */
};

struct report_style {
	bool color;
	bool in_full; /* every rung of every host; else of those that are not well */
};

/* The whole text; `out` needs no cap. */
void report_text(const struct checked *hosts, size_t count, const struct report_style *style, struct buf *out);
/* One JSON object. */
void report_json(const struct checked *hosts, size_t count, struct buf *out);
