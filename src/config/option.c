#include "config/option.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/suggest.h"

enum { SHOWN_MAX = 64 };

void reader_init(struct reader *reader, struct report *report)
{
	*reader = (struct reader){.report = report, .merges_left = CAP_CONFIG_MERGES};
}

static size_t enter(struct reader *reader, const char *step)
{
	size_t before = reader->path_len;
	size_t room = sizeof(reader->path) - before;
	int len = snprintf(reader->path + before, room, "%s", step);

	/* Our own names at four levels at most: they fit. */
	assert(len >= 0 && (size_t)len < room);
	reader->path_len += (size_t)len;
	return before;
}

size_t reader_enter_key(struct reader *reader, const char *key)
{
	char step[48];

	snprintf(step, sizeof(step), "%s%s", reader->path_len > 0 ? "." : "", key);
	return enter(reader, step);
}

size_t reader_enter_item(struct reader *reader, size_t index)
{
	char step[32];

	snprintf(step, sizeof(step), "[%zu]", index);
	return enter(reader, step);
}

void reader_leave(struct reader *reader, size_t path_len)
{
	reader->path_len = path_len;
	reader->path[path_len] = '\0';
}

void reader_error(struct reader *reader, const struct node *node, const char *format, ...)
{
	cleanup_free char *message = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		abort();
	va_end(args);
	report_add(reader->report, node ? node->line : 0, node ? node->column : 0,
		   xasprintf("%s%s%s", reader->path, reader->path_len > 0 ? ": " : "", message));
}

char *node_show(const struct node *node, char *out, size_t size)
{
	static const char *const words[] = {[NODE_EMPTY] = "nothing", [NODE_LIST] = "a list", [NODE_MAPPING] = "a mapping"};
	char text[SHOWN_MAX];

	if (node->kind != NODE_TEXT) {
		snprintf(out, size, "%s", words[node->kind]);
		return out;
	}
	text_escape(node->text, text, sizeof(text));
	snprintf(out, size, "\"%s%s\"", text, node->text.len >= sizeof(text) ? "..." : "");
	return out;
}

static void refuse_kind(struct reader *reader, const struct option *option, const struct node *value)
{
	char shown[SHOWN_MAX + 8];

	reader_error(reader, value, "%s is wanted, not %s", option->wanted, node_show(value, shown, sizeof(shown)));
}

/* ---- Mappings ---- */

const struct option *option_find(const struct option_table *table, struct slice name)
{
	for (size_t i = 0; i < table->count; i++)
		if (slice_is(name, table->rows[i].name))
			return &table->rows[i];
	return NULL;
}

static void refuse_key(struct reader *reader, const struct option_table *table, const struct node *key)
{
	char name[40];

	if (key->kind != NODE_TEXT) {
		reader_error(reader, key, "a key has to be a text");
		return;
	}
	const char *nearest = suggest_option(table, key->text);
	size_t before = reader_enter_key(reader, text_escape(key->text, name, sizeof(name)));
	reader_error(reader, key, "unknown key%s%s%s", nearest ? "; did you mean " : "", nearest ? nearest : "",
		     nearest ? "?" : "");
	reader_leave(reader, before);
}

static void read_pair(struct reader *reader, const struct option *option, const struct node *value, void *target)
{
	size_t before = reader_enter_key(reader, option->name);

	if (value->kind != NODE_EMPTY)
		option->read(reader, option, value, target);
	reader_leave(reader, before);
}

/* What is going on in one mapping: lines[] says where each key was given, 0 when not yet. */
struct mapping {
	struct reader *reader;
	const struct option_table *table;
	unsigned lines[OPTION_MAX];
	bool merging; /* what is there already stays */
	void *target;
};

static void on_pair(struct mapping *mapping, const struct node *key, const struct node *value)
{
	const struct option_table *table = mapping->table;
	const struct option *option = key->kind == NODE_TEXT ? option_find(table, key->text) : NULL;

	if (!option) {
		bool passed_over = (table->other && option_find(table->other, key->text)) ||
				   (table->extensions && slice_starts_with(key->text, "x-"));
		if (!passed_over)
			refuse_key(mapping->reader, table, key);
		return;
	}
	unsigned *line = &mapping->lines[option - table->rows];
	if (*line == 0) {
		*line = key->line;
		read_pair(mapping->reader, option, value, mapping->target);
	} else if (!mapping->merging) {
		size_t before = reader_enter_key(mapping->reader, option->name);
		reader_error(mapping->reader, key, "given twice, first in line %u", *line);
		reader_leave(mapping->reader, before);
	}
}

static void merge(struct mapping *mapping, const struct node *source);

/* The pairs themselves first, then what `<<` brings in: what is given here goes before it. */
static void read_pairs(struct mapping *mapping, const struct node *node)
{
	for (size_t i = 0; i + 1 < node->count; i += 2)
		if (!slice_is(node->items[i]->text, "<<"))
			on_pair(mapping, node->items[i], node->items[i + 1]);
	for (size_t i = 0; i + 1 < node->count; i += 2)
		if (slice_is(node->items[i]->text, "<<"))
			merge(mapping, node->items[i + 1]);
}

static void merge(struct mapping *mapping, const struct node *source)
{
	struct reader *reader = mapping->reader;
	bool before = mapping->merging;

	if (source->kind != NODE_MAPPING && source->kind != NODE_LIST) {
		reader_error(reader, source, "<< wants a mapping, or a list of them");
		return;
	}
	/* Merges in merges multiply, and so may what a file of a few lines says: the budget is the whole file's. */
	if (reader->merges_left < source->count) {
		reader_error(reader, source, "<< brings in too much");
		return;
	}
	reader->merges_left -= (unsigned)source->count;
	mapping->merging = true;
	if (source->kind == NODE_MAPPING)
		read_pairs(mapping, source);
	else
		for (size_t i = 0; i < source->count; i++)
			merge(mapping, source->items[i]);
	mapping->merging = before;
}

void option_read_mapping(struct reader *reader, const struct option_table *table, const struct node *node, void *target)
{
	struct mapping mapping = {.reader = reader, .table = table, .target = target};
	char shown[SHOWN_MAX + 8];

	assert(table->count <= OPTION_MAX);
	if (node->kind == NODE_MAPPING)
		read_pairs(&mapping, node);
	else
		reader_error(reader, node, "a mapping (\"key: value\") is wanted, not %s", node_show(node, shown, sizeof(shown)));
}

void option_read_text(struct reader *reader, const struct option *option, const char *text, void *target)
{
	struct node node = {.kind = NODE_TEXT, .text = slice_of(text)};

	option->read(reader, option, &node, target);
}

void option_read_initial(struct reader *reader, const struct option_table *table, void *target)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].initial)
			option_read_text(reader, &table->rows[i], table->rows[i].initial, target);
}

/* ---- Values ---- */

static void *field_of(const struct option *option, void *target)
{
	return (char *)target + option->offset;
}

/* Escapes in double quotes can make characters that the text of a file is not allowed to have. */
static bool is_printable(struct slice text)
{
	for (size_t i = 0, len; i < text.len; i += len) {
		const unsigned char *p = (const unsigned char *)text.ptr + i;
		len = utf8_length(text.ptr + i, text.len - i);
		if (len == 0 || *p < ' ' || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
			return false;
	}
	return true;
}

struct slice read_line(struct reader *reader, const struct option *option, const struct node *value)
{
	struct slice text = slice_trim(value->text);

	if (value->kind != NODE_TEXT) {
		refuse_kind(reader, option, value);
		return SLICE_NONE;
	}
	if (!is_printable(text)) {
		reader_error(reader, value, "%s in one line is wanted, without control characters", option->wanted);
		return SLICE_NONE;
	}
	if ((double)text.len > option->max) {
		reader_error(reader, value, "%zu bytes long, over %.0f", text.len, option->max);
		return SLICE_NONE;
	}
	return text;
}

void read_text(struct reader *reader, const struct option *option, const struct node *value, void *target)
{
	struct slice text = read_line(reader, option, value);

	/* Empty in quotes is as good as not given. */
	if (text.len > 0)
		text_set(field_of(option, target), text);
}

void read_flag(struct reader *reader, const struct option *option, const struct node *value, void *target)
{
	/* As in YAML 1.1, which the original's parser speaks, in any case. */
	static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "n", "y"};

	for (size_t i = 0; value->kind == NODE_TEXT && i < sizeof(words) / sizeof(words[0]); i++) {
		if (value->text.len == strlen(words[i]) && strncasecmp(value->text.ptr, words[i], value->text.len) == 0) {
			*(bool *)field_of(option, target) = i % 2 == 1;
			return;
		}
	}
	refuse_kind(reader, option, value);
}

/* A number in the row's range, or NAN and a report. */
static double number_of(struct reader *reader, const struct option *option, const struct node *value)
{
	struct slice text = slice_trim(value->text);
	double number = NAN;

	if (value->kind != NODE_TEXT || !slice_to_double(text, &number)) {
		refuse_kind(reader, option, value);
		return NAN;
	}
	if (number < option->min || number > option->max) {
		bool over = number > option->max;
		reader_error(reader, value, "%.*s is %s %.0f", SLICE_ARGS(text), over ? "over" : "under",
			     over ? option->max : option->min);
		return NAN;
	}
	return number;
}

void read_number(struct reader *reader, const struct option *option, const struct node *value, void *target)
{
	double number = number_of(reader, option, value);

	if (!isnan(number))
		*(double *)field_of(option, target) = number;
}

/* A whole number, or -1 and a report. */
static int whole_of(struct reader *reader, const struct option *option, const struct node *value)
{
	double number = number_of(reader, option, value);

	if (isnan(number))
		return -1;
	if (floor(number) == number)
		return (int)number;
	refuse_kind(reader, option, value);
	return -1;
}

void read_whole(struct reader *reader, const struct option *option, const struct node *value, void *target)
{
	int number = whole_of(reader, option, value);

	if (number >= 0)
		*(unsigned *)field_of(option, target) = (unsigned)number;
}

void read_port(struct reader *reader, const struct option *option, const struct node *value, void *target)
{
	int number = whole_of(reader, option, value);

	if (number >= 0)
		*(int *)field_of(option, target) = number;
}

/* ---- Lists ---- */

void read_items(struct reader *reader, const struct option *option, const struct node *value, item_read_fn read_item,
		void *target)
{
	if (value->kind != NODE_LIST) {
		read_item(reader, option, value, target);
		return;
	}
	for (size_t i = 0; i < value->count; i++) {
		const struct node *item = value->items[i];
		if (i == option->items) {
			reader_error(reader, item, "more than %zu", option->items);
			return;
		}
		size_t before = reader_enter_item(reader, i);
		if (item->kind == NODE_EMPTY)
			reader_error(reader, item, "empty");
		else
			read_item(reader, option, item, target);
		reader_leave(reader, before);
	}
}

void append_text(char ***array, size_t *count, char *text)
{
	*array = xrealloc(*array, (*count + 1) * sizeof(**array));
	(*array)[(*count)++] = text;
}

void free_texts(char **array, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(array[i]);
	free(array);
}
