/*
 * option: the keys of a configuration as rows of tables, and what reads a mapping by such a table.
 *
 * A row is all there is to know about a key: how its value is read and where to, what is accepted, what holds without it, and a text
 * for people. docs/configuration.md shows the same rows; a unit test compares them.
 */
#pragma once

#include "config/report.h"
#include "config/tree.h"

enum { OPTION_MAX = 16 }; /* rows of a table */

/* On the way through a tree: where errors go, and the path to what is being read. */
struct reader {
	struct report *report;
	char path[160]; /* "hosts[2].port" */
	size_t path_len;
	unsigned merges_left; /* pairs that << may still bring in */
};

struct option;

/* Reads `value` into `target`, or reports why not. Empty values do not come here: they count as not given. */
typedef void (*option_read_fn)(struct reader *reader, const struct option *option, const struct node *value, void *target);

struct option {
	const char *name;
	option_read_fn read;
	size_t offset;       /* of the field in `target`, for the plain readers below */
	double min, max;     /* of a number; max of a text: bytes */
	const char *wanted;  /* "a number of seconds" */
	const char *initial; /* what holds without it, as it would stand in a file; NULL: nothing */
	const char *text;    /* for people */
	size_t items;        /* of a list, at most; min and max are then those of an item */
};

struct option_table {
	const struct option *rows;
	size_t count;
	const struct option_table *other; /* keys of the other style: reported once elsewhere, passed over here; may be NULL */
	bool extensions;                  /* keys that begin with x- are passed over */
};

void reader_init(struct reader *reader, struct report *report);
/* Appends ".key" or "[index]" to the path; returns what reader_leave() needs to take it off again. */
size_t must_check reader_enter_key(struct reader *reader, const char *key);
size_t must_check reader_enter_item(struct reader *reader, size_t index);
void reader_leave(struct reader *reader, size_t path_len);
/* "PATH: message" at the node; NULL for an error without a place. */
void reader_error(struct reader *reader, const struct node *node, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The value as it is shown in an error: quoted, escaped, cut; or "a list", "a mapping", "nothing". Returns out. */
char *node_show(const struct node *node, char *out, size_t size);

const struct option *option_find(const struct option_table *table, struct slice name);
/* Reads each pair of a mapping by its row. Whatever else `node` is, is an error. `<<` brings in what is not given. */
void option_read_mapping(struct reader *reader, const struct option_table *table, const struct node *node, void *target);
/* Reads the row's `initial`, as if it stood in the file, for every row that has one. */
void option_read_initial(struct reader *reader, const struct option_table *table, void *target);
/* Reads a text that stands in no file. */
void option_read_text(struct reader *reader, const struct option *option, const char *text, void *target);

/*
 * Plain readers: of one value, into the field at the row's offset. A field may be read twice (an initial value, then a given one).
 */
void read_text(struct reader *reader, const struct option *option, const struct node *value, void *target);   /* char * */
void read_flag(struct reader *reader, const struct option *option, const struct node *value, void *target);   /* bool */
void read_number(struct reader *reader, const struct option *option, const struct node *value, void *target); /* double */
void read_whole(struct reader *reader, const struct option *option, const struct node *value, void *target);  /* unsigned */
void read_port(struct reader *reader, const struct option *option, const struct node *value, void *target);   /* int */

/* The text of a value without blanks around it, checked against the row: SLICE_NONE, and reported, when it is none. */
struct slice read_line(struct reader *reader, const struct option *option, const struct node *value);

typedef void (*item_read_fn)(struct reader *reader, const struct option *option, const struct node *item, void *target);
/* Calls `read_item` for each item of a list, or for a single value. Empty items are errors. */
void read_items(struct reader *reader, const struct option *option, const struct node *value, item_read_fn read_item,
		void *target);

/* Adds a text, which it takes, to a growing array. */
void append_text(char ***array, size_t *count, char *text);
void free_texts(char **array, size_t count);
