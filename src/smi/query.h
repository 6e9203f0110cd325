/*
 * query: the list of fields that one host is asked for, and where each stands in a row of the answer.
 *
 * It holds our own fields (fields.def) and the configured columns, each field once, `name` last. nvidia-smi refuses a
 * whole query for one field it does not know, and names only the first such field: query_drop() takes that one out, and the
 * next poll asks again. What was dropped holds for one driver version: query_restore() when it changes.
 * Dropping one of our own fields also drops those of our own that came with the same driver version or a later one (`since` in
 * fields.def), unless they are configured columns too: an old driver costs one more round, not one for each field that it has
 * never heard of.
 */
#pragma once

#include "base/caps.h"
#include "smi/sample.h"

struct query;

/* `columns`: field names as configured, in order, at most CAP_COLUMNS; copied. One that is more than letters, digits, "." and "_" is
 * no field of nvidia-smi and counts as dropped from the beginning: it would not get past the far shell. */
struct query *query_new(const char *const *columns, size_t count);
void query_free(struct query *query);

/* The comma-separated list for --query-gpu=. Owned by the query, valid until it changes. */
const char *query_fields(const struct query *query);
/* How many cells a row of the answer has, at most QUERY_FIELDS_MAX. */
size_t query_field_count(const struct query *query);
/* The name that was asked for at a position of the row. */
const char *query_field(const struct query *query, size_t position);
/* Number of configured columns, dropped ones included. */
size_t query_column_count(const struct query *query);
/* Takes out the field of this name (case ignored). False when it is not asked: asking again would not help. */
bool query_drop(struct query *query, struct slice field);
/* All fields again. True when something had been dropped. */
bool query_restore(struct query *query);

/* Position in a row, -1 when dropped. `name` is the GPU's product name, the last position. */
int query_position_of_reading(const struct query *query, enum reading_id id);
int query_position_of_text(const struct query *query, enum text_id id);
int query_position_of_column(const struct query *query, size_t column);
enum identity_id {
#define IDENTITY(id, text) IDENTITY_##id,
#include "smi/fields.def"
	IDENTITY_name,
	IDENTITY_COUNT
};
int query_position_of_identity(const struct query *query, enum identity_id id);

#define QUERY_FIELDS_MAX (READING_COUNT + TEXT_COUNT + IDENTITY_COUNT + CAP_COLUMNS)
