/* The columns of the table view: fields of nvidia-smi --help-query-gpu, with their headings. */
#include "config/draft.h"

#include <stdlib.h>
#include <string.h>

enum { FIELD_MAX = 64 };

/* It goes into a command line of the far side, so nothing else is let through. */
static bool is_field(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len <= FIELD_MAX && text[0] != '.' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") == len;
}

bool columns_add(struct config *config, char *field, char *title)
{
	bool ok = is_field(field);

	if (!ok) {
		free(field);
		free(title);
		return false;
	}
	config->columns = xrealloc(config->columns, (config->column_count + 1) * sizeof(*config->columns));
	config->columns[config->column_count++] = (struct column_config){field, title ? title : xstrdup(field)};
	return true;
}

void columns_set_default(struct config *config)
{
	static const struct {
		const char *field, *title;
	} columns[] = {
		{"timestamp", "Timestamp"},
		{"index", "Index"},
		{"pci.bus_id", "BUS ID"},
		{"name", "Name"},
		{"temperature.gpu", "Temperature"},
		{"memory.total", "Total Memory"},
		{"memory.used", "Used Memory"},
		{"memory.free", "Free Memory"},
		{"utilization.gpu", "Volatile Utilization"},
	};

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		columns_add(config, xstrdup(columns[i].field), xstrdup(columns[i].title));
}

#define COLUMN_FIELD(name) offsetof(struct column_config, name)

static const struct option column_rows[] = {
	{.name = "field",
	 .read = read_text,
	 .offset = COLUMN_FIELD(field),
	 .max = FIELD_MAX,
	 .wanted = "a field of nvidia-smi",
	 .text = "The field, as `nvidia-smi --help-query-gpu` names it"},
	{.name = "title",
	 .read = read_text,
	 .offset = COLUMN_FIELD(title),
	 .max = 128,
	 .wanted = "a heading",
	 .text = "The column's heading. Without it: the field's name"},
};
const struct option_table native_column_options = {.rows = column_rows, .count = sizeof(column_rows) / sizeof(column_rows[0])};

static void read_column(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	struct column_config column = {NULL, NULL};
	unsigned errors_before = reader->report->count;

	if (value->kind == NODE_MAPPING)
		option_read_mapping(reader, &native_column_options, value, &column);
	else
		column.field = slice_dup(read_line(reader, option, value));
	if (!column.field) {
		if (reader->report->count == errors_before)
			reader_error(reader, value, "field is missing");
		free(column.title);
		return;
	}
	char shown[80];
	struct node field = {.kind = NODE_TEXT, .text = slice_of(column.field)};
	node_show(&field, shown, sizeof(shown));
	if (!columns_add(&((struct draft *)draft)->config, column.field, column.title))
		reader_error(reader, value, "%s cannot be a field of nvidia-smi", shown);
}

void columns_read(struct reader *reader, const struct option *option, const struct node *value, void *draft)
{
	read_items(reader, option, value, read_column, draft);
}
