#include "smi/query.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Our own fields, in the order of the query; then come the columns that are none of them. `name` is asked last, whatever stands before. */
enum field_id {
#define READING(id, query, unit, since) FIELD_##id,
#define TEXT(id, query, since) FIELD_##id,
#define IDENTITY(id, query) FIELD_##id,
#include "smi/fields.def"
	FIELD_name,
	OWN_FIELDS
};

static const char *const own_names[OWN_FIELDS] = {
#define READING(id, query, unit, since) [FIELD_##id] = query,
#define TEXT(id, query, since) [FIELD_##id] = query,
#define IDENTITY(id, query) [FIELD_##id] = query,
#include "smi/fields.def"
	[FIELD_name] = "name",
};

/* The driver that brought each of them. */
static const int own_since[OWN_FIELDS] = {
#define READING(id, query, unit, since) [FIELD_##id] = since,
#define TEXT(id, query, since) [FIELD_##id] = since,
#include "smi/fields.def"
};

static const enum field_id reading_fields[READING_COUNT] = {
#define READING(id, query, unit, since) [READING_##id] = FIELD_##id,
#include "smi/fields.def"
};

static const enum field_id text_fields[TEXT_COUNT] = {
#define TEXT(id, query, since) [TEXT_##id] = FIELD_##id,
#include "smi/fields.def"
};

static const enum field_id identity_fields[IDENTITY_COUNT] = {
#define IDENTITY(id, query) [IDENTITY_##id] = FIELD_##id,
#include "smi/fields.def"
	[IDENTITY_name] = FIELD_name,
};

struct field {
	char *name;
	bool askable; /* a name that nvidia-smi could know */
	bool is_column;
	bool dropped;
	int position; /* in a row, -1 when it is not asked */
};

struct query {
	struct field fields[QUERY_FIELDS_MAX];
	size_t field_count;
	size_t columns[CAP_COLUMNS]; /* their fields */
	size_t column_count;
	size_t asked[QUERY_FIELDS_MAX]; /* the field at each position of a row */
	size_t asked_count;
	struct buf list; /* with its NUL */
};

static bool is_askable(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._";

	return name[0] != '\0' && name[strspn(name, allowed)] == '\0';
}

static size_t add_field(struct query *query, const char *name)
{
	assert(query->field_count < QUERY_FIELDS_MAX);
	query->fields[query->field_count] = (struct field){.name = xstrdup(name), .askable = is_askable(name)};
	return query->field_count++;
}

/* The field of a column: one that is asked already, or a new one. */
static size_t find_or_add(struct query *query, const char *name)
{
	/* Its other name; a second one in the row could hold a comma too. */
	if (strcasecmp(name, "gpu_name") == 0)
		return FIELD_name;
	for (size_t i = 0; i < query->field_count; i++)
		if (strcasecmp(query->fields[i].name, name) == 0)
			return i;
	return add_field(query, name);
}

static void add_column(struct query *query, const char *name)
{
	size_t field = find_or_add(query, name);

	query->fields[field].is_column = true;
	query->columns[query->column_count++] = field;
}

static void list_append(struct buf *list, const char *text, size_t len)
{
	int r = buf_append(list, text, len);

	assert(r == 0);
	(void)r;
}

static void ask(struct query *query, size_t index)
{
	struct field *field = &query->fields[index];

	field->position = -1;
	if (!field->askable || field->dropped)
		return;
	field->position = (int)query->asked_count;
	query->asked[query->asked_count++] = index;
	if (query->list.len > 0)
		list_append(&query->list, ",", 1);
	list_append(&query->list, field->name, strlen(field->name));
}

/* Numbers the fields that are asked, and writes their list. */
static void lay_out(struct query *query)
{
	query->asked_count = 0;
	buf_clear(&query->list);
	for (size_t i = 0; i < query->field_count; i++)
		if (i != FIELD_name)
			ask(query, i);
	ask(query, FIELD_name);
	list_append(&query->list, "", 1);
}

struct query *query_new(const char *const *columns, size_t count)
{
	struct query *query = xcalloc(1, sizeof(*query));

	assert(count <= CAP_COLUMNS);
	buf_init(&query->list, SIZE_MAX);
	for (size_t i = 0; i < OWN_FIELDS; i++)
		add_field(query, own_names[i]);
	for (size_t i = 0; i < count; i++)
		add_column(query, columns[i]);
	lay_out(query);
	return query;
}

void query_free(struct query *query)
{
	if (!query)
		return;
	for (size_t i = 0; i < query->field_count; i++)
		free(query->fields[i].name);
	buf_done(&query->list);
	free(query);
}

const char *query_fields(const struct query *query)
{
	return query->list.data;
}

size_t query_field_count(const struct query *query)
{
	return query->asked_count;
}

const char *query_field(const struct query *query, size_t position)
{
	assert(position < query->asked_count);
	return query->fields[query->asked[position]].name;
}

size_t query_column_count(const struct query *query)
{
	return query->column_count;
}

static bool has_name(const struct field *field, struct slice name)
{
	return strlen(field->name) == name.len && (name.len == 0 || strncasecmp(field->name, name.ptr, name.len) == 0);
}

/* A driver that does not know a field of ours knows none of those that came with it or later. */
static void drop_younger(struct query *query, int since)
{
	for (size_t i = 0; i < OWN_FIELDS; i++)
		if (own_since[i] >= since && !query->fields[i].is_column)
			query->fields[i].dropped = true;
}

bool query_drop(struct query *query, struct slice name)
{
	size_t at = 0;

	while (at < query->field_count && !has_name(&query->fields[at], name))
		at++;
	if (at == query->field_count || !query->fields[at].askable || query->fields[at].dropped)
		return false;
	query->fields[at].dropped = true;
	if (at < OWN_FIELDS && own_since[at] > 0)
		drop_younger(query, own_since[at]);
	lay_out(query);
	return true;
}

bool query_restore(struct query *query)
{
	bool found = false;

	for (size_t i = 0; i < query->field_count; i++) {
		found = found || query->fields[i].dropped;
		query->fields[i].dropped = false;
	}
	if (found)
		lay_out(query);
	return found;
}

int query_position_of_reading(const struct query *query, enum reading_id id)
{
	return query->fields[reading_fields[id]].position;
}

int query_position_of_text(const struct query *query, enum text_id id)
{
	return query->fields[text_fields[id]].position;
}

int query_position_of_identity(const struct query *query, enum identity_id id)
{
	return query->fields[identity_fields[id]].position;
}

int query_position_of_column(const struct query *query, size_t column)
{
	assert(column < query->column_count);
	return query->fields[query->columns[column]].position;
}
