#include "config/tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libfyaml.h>

struct anchor {
	char *name;
	const struct node *node;
};

/* A collection that has begun and not ended. */
struct level {
	struct node *node;
	char *anchor; /* its name; known to aliases only once it has ended, so nothing contains itself */
};

struct builder {
	struct tree *tree;
	struct slice text;
	struct report *report;
	bool failed;
	unsigned documents;
	struct level levels[CAP_CONFIG_DEPTH];
	size_t depth;
	struct anchor anchors[CAP_CONFIG_ANCHORS];
	size_t anchor_count;
};

void tree_free(struct tree *tree)
{
	if (!tree)
		return;
	for (struct node *node = tree->newest, *older; node; node = older) {
		older = node->older;
		free((char *)node->text.ptr);
		free(node->items);
		free(node);
	}
	free(tree);
}

/* ---- What libfyaml would take without a word ---- */

struct place {
	unsigned line, column;
};

static int refuse(struct report *report, struct place at, char *message)
{
	report_add(report, at.line, at.column, message);
	return -EINVAL;
}

/* Why these bytes cannot stand in a configuration; NULL when they can. On the heap. */
static char *explain_bytes(const char *p, size_t len)
{
	unsigned char first = (unsigned char)p[0];

	if (len == 0)
		return xasprintf("byte 0x%02x: the file is not UTF-8 text", first);
	if ((first < ' ' && first != '\t' && first != '\n' && first != '\r') || first == 0x7f)
		return xasprintf("byte 0x%02x: a control character has no place here", first);
	if (first == 0xc2 && (unsigned char)p[1] < 0xa0)
		return xasprintf("U+%04X: a control character has no place here", (unsigned char)p[1]);
	return NULL;
}

/*
 * libfyaml 0.7.12 ends quietly at a NUL or at bytes that are not UTF-8, as if the file ended there, passes over other control
 * characters, and needs time that grows with the square of a tag's length or of the number of directives. So all of this is looked at
 * before it sees the text.
 */
static int check_text(struct slice text, struct report *report)
{
	struct place at = {1, 1};
	unsigned directives = 0;

	for (size_t i = 0, line_start = 0; i < text.len;) {
		size_t len = utf8_length(text.ptr + i, text.len - i);
		char *reason = explain_bytes(text.ptr + i, len);
		if (reason)
			return refuse(report, at, reason);
		if (i - line_start >= CAP_CONFIG_LINE)
			return refuse(report, at, xasprintf("a line of more than %d bytes: break it up", CAP_CONFIG_LINE));
		if (i == line_start && text.ptr[i] == '%' && ++directives > CAP_CONFIG_DIRECTIVES)
			return refuse(report, at, xstrdup("too many lines that begin with %"));
		at.column++;
		if (text.ptr[i] == '\n') {
			at = (struct place){at.line + 1, 1};
			line_start = i + 1;
		}
		i += len;
	}
	return 0;
}

/* ---- From events to nodes ---- */

static void fail(struct builder *builder, struct place at, const char *message)
{
	if (!builder->failed)
		report_add_excerpt(builder->report, builder->text, at.line, at.column, message);
	builder->failed = true;
}

static bool is_quoted(struct fy_token *token)
{
	enum fy_scalar_style style = fy_token_scalar_style(token);

	return style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
}

/* Where an event stands. What is not written at all (the value in "comment:") stands where its key does. */
static struct place place_of(const struct builder *builder, struct fy_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(event);

	if (mark) {
		/* A quoted text is said to begin after its quote; people look for the quote. */
		bool quoted = event->type == FYET_SCALAR && mark->input_pos > 0 && is_quoted(fy_event_get_token(event)) &&
			      strchr("'\"", builder->text.ptr[mark->input_pos - 1]);
		return (struct place){(unsigned)mark->line + 1, (unsigned)mark->column + !quoted};
	}
	if (builder->depth == 0)
		return (struct place){1, 1};
	const struct node *around = builder->levels[builder->depth - 1].node;
	if (around->count > 0)
		around = around->items[around->count - 1];
	return (struct place){around->line, around->column};
}

static struct slice token_text(struct fy_token *token)
{
	struct slice text = SLICE_NONE;

	if (token)
		text.ptr = fy_token_get_text(token, &text.len);
	return text;
}

static bool is_null(struct fy_token *token, struct slice text)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	if (!token || fy_token_scalar_style(token) != FYSS_PLAIN)
		return !token;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_is(text, words[i]))
			return true;
	return false;
}

static struct node *new_node(struct builder *builder, enum node_kind kind, struct place at)
{
	struct tree *tree = builder->tree;
	struct node *node = xcalloc(1, sizeof(*node));

	*node = (struct node){.kind = kind, .line = at.line, .column = at.column, .older = tree->newest};
	tree->newest = node;
	if (++tree->count > CAP_CONFIG_NODES)
		fail(builder, at, "too much in one file");
	return node;
}

/* Puts a node where the text has come to: into the collection around it. */
static void place_node(struct builder *builder, const struct node *node)
{
	if (builder->depth == 0) {
		builder->tree->root = node;
		return;
	}
	struct node *around = builder->levels[builder->depth - 1].node;
	/* Full when the count is a power of two: doubled then. */
	if ((around->count & (around->count - 1)) == 0)
		around->items = xrealloc(around->items, (around->count ? around->count * 2 : 1) * sizeof(struct node *));
	around->items[around->count++] = node;
}

static void add_anchor(struct builder *builder, char *name, const struct node *node)
{
	if (!name)
		return;
	if (builder->anchor_count == CAP_CONFIG_ANCHORS) {
		fail(builder, (struct place){node->line, node->column}, "too many anchors");
		free(name);
		return;
	}
	builder->anchors[builder->anchor_count++] = (struct anchor){name, node};
}

static void on_alias(struct builder *builder, struct fy_event *event, struct place at)
{
	struct slice name = token_text(fy_event_get_token(event));

	/* From the newest: an anchor may be given again. */
	for (size_t i = builder->anchor_count; i-- > 0;) {
		if (slice_is(name, builder->anchors[i].name)) {
			place_node(builder, builder->anchors[i].node);
			return;
		}
	}
	fail(builder, at, "no anchor of this name before here");
}

static void on_scalar(struct builder *builder, struct fy_event *event, struct place at)
{
	struct fy_token *token = fy_event_get_token(event);
	struct slice text = token_text(token);
	bool empty = is_null(token, text);
	struct node *node = new_node(builder, empty ? NODE_EMPTY : NODE_TEXT, at);

	if (!empty)
		node->text = (struct slice){slice_dup(text.ptr ? text : SLICE_LITERAL("")), text.len};
	place_node(builder, node);
	add_anchor(builder, slice_dup(token_text(fy_event_get_anchor_token(event))), node);
}

static void on_start(struct builder *builder, struct fy_event *event, enum node_kind kind, struct place at)
{
	if (builder->depth == CAP_CONFIG_DEPTH) {
		fail(builder, at, "too many lists or mappings in each other");
		return;
	}
	struct node *node = new_node(builder, kind, at);
	place_node(builder, node);
	builder->levels[builder->depth++] = (struct level){node, slice_dup(token_text(fy_event_get_anchor_token(event)))};
}

static void on_end(struct builder *builder)
{
	struct level *level = &builder->levels[--builder->depth];

	add_anchor(builder, level->anchor, level->node);
	level->anchor = NULL;
}

static void on_event(struct builder *builder, struct fy_event *event)
{
	struct place at = place_of(builder, event);

	/* Reading a tag costs libfyaml the square of its length, and none says anything that a configuration needs. */
	if (fy_event_get_tag_token(event))
		fail(builder, at, "a tag (!...) has no meaning here; quote the value if it begins with !");

	switch (event->type) {
	case FYET_DOCUMENT_START:
		if (++builder->documents > 1)
			fail(builder, at, "a second document; a file is one configuration");
		return;
	case FYET_SCALAR:
		on_scalar(builder, event, at);
		return;
	case FYET_ALIAS:
		on_alias(builder, event, at);
		return;
	case FYET_SEQUENCE_START:
		on_start(builder, event, NODE_LIST, at);
		return;
	case FYET_MAPPING_START:
		on_start(builder, event, NODE_MAPPING, at);
		return;
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END:
		on_end(builder);
		return;
	default:
		return;
	}
}

/* ---- The parser ---- */

/* The parser has stopped. What it said, if it said anything. */
static void fail_by_diag(struct builder *builder, struct fy_diag *diag)
{
	struct fy_diag_error *error;
	void *before = NULL;

	while ((error = fy_diag_errors_iterate(diag, &before))) {
		struct place at = {error->line > 0 ? (unsigned)error->line : 1, error->column > 0 ? (unsigned)error->column : 1};
		if (error->type == FYET_ERROR)
			fail(builder, at, error->msg);
	}
	fail(builder, (struct place){1, 1}, "this is not YAML");
}

static void run_parser(struct builder *builder, struct fy_parser *parser, struct fy_diag *diag)
{
	struct fy_event *event;
	size_t reached = 0;

	while (!builder->failed && (event = fy_parser_parse(parser))) {
		const struct fy_mark *mark = event->type == FYET_STREAM_END ? fy_event_start_mark(event) : NULL;
		if (mark)
			reached = mark->input_pos;
		on_event(builder, event);
		fy_parser_event_free(parser, event);
	}
	if (builder->failed)
		return;
	/* An end before the text's end would mean that a part of the file counts for nothing. */
	if (fy_parser_get_stream_error(parser) || reached != builder->text.len)
		fail_by_diag(builder, diag);
}

static struct fy_diag *new_diag(void)
{
	struct fy_diag_cfg config;

	fy_diag_cfg_default(&config);
	config.fp = NULL;
	config.colorize = false;
	struct fy_diag *diag = fy_diag_create(&config);
	if (diag)
		fy_diag_set_collect_errors(diag, true);
	return diag;
}

static void builder_done(struct builder *builder)
{
	for (size_t i = 0; i < builder->depth; i++)
		free(builder->levels[i].anchor);
	for (size_t i = 0; i < builder->anchor_count; i++)
		free(builder->anchors[i].name);
}

static void parse(struct builder *builder)
{
	struct fy_diag *diag = new_diag();
	struct fy_parser *parser = NULL;

	if (diag)
		parser = fy_parser_create(&(struct fy_parse_cfg){.flags = FYPCF_QUIET | FYPCF_JSON_NONE, .diag = diag});
	if (parser && fy_parser_set_string(parser, builder->text.ptr, builder->text.len) == 0)
		run_parser(builder, parser, diag);
	else
		fail(builder, (struct place){1, 1}, "libfyaml has no memory");
	fy_parser_destroy(parser);
	fy_diag_destroy(diag);
}

int tree_parse(struct slice text, struct report *report, struct tree **ret)
{
	/* Editors on Windows put a byte order mark there. */
	if (slice_starts_with(text, "\xef\xbb\xbf"))
		text = (struct slice){text.ptr + 3, text.len - 3};
	int r = check_text(text, report);
	if (r < 0)
		return r;

	struct tree *tree = xcalloc(1, sizeof(*tree));
	struct builder *builder = xcalloc(1, sizeof(*builder));
	*builder = (struct builder){.tree = tree, .text = text, .report = report};
	if (text.len > 0)
		parse(builder);
	bool failed = builder->failed;
	builder_done(builder);
	free(builder);
	if (failed) {
		tree_free(tree);
		return -EINVAL;
	}
	*ret = tree;
	return 0;
}
