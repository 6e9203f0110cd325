/*
 * tree: a YAML text as nodes that know where they stand.
 *
 * The only file that knows libfyaml. It takes libfyaml's events, not its documents: a document frees itself recursively, compares all
 * keys of a mapping with each other and expands aliases by copying, all three at the mercy of who wrote the file. Here an alias is one
 * more pointer to the same node, so a node may be reached by many ways (never by itself), and an "alias bomb" weighs what its text does.
 */
#pragma once

#include "base/text.h"
#include "config/report.h"

enum node_kind { NODE_EMPTY, NODE_TEXT, NODE_LIST, NODE_MAPPING };

struct node {
	enum node_kind kind;
	unsigned line, column;     /* from 1 */
	struct slice text;         /* of NODE_TEXT */
	const struct node **items; /* of a list; of a mapping key, value, key, value */
	size_t count;              /* of items */
	struct node *older;        /* all nodes of the tree, newest first */
};

struct tree {
	const struct node *root; /* NULL: nothing but blanks and comments */
	struct node *newest;     /* owned: all nodes */
	size_t count;
};

/* 0 and *ret, which the caller frees; or -EINVAL with the reason added to the report. */
int must_check tree_parse(struct slice text, struct report *report, struct tree **ret);
void tree_free(struct tree *tree);
