#include "config/report.h"

#include <stdlib.h>
#include <string.h>

enum { EXCERPT_MAX = 100 }; /* characters of a line that are shown */

void report_init(struct report *report, const char *file)
{
	*report = (struct report){.file = file};
}

void report_done(struct report *report)
{
	unsigned kept = report->count < CAP_CONFIG_ERRORS ? report->count : CAP_CONFIG_ERRORS;

	for (unsigned i = 0; i < kept; i++)
		free(report->entries[i].message);
	report->count = 0;
}

void report_add(struct report *report, unsigned line, unsigned column, char *message)
{
	if (report->count < CAP_CONFIG_ERRORS)
		report->entries[report->count] = (struct report_entry){line, column, report->count, message};
	else
		free(message);
	report->count++;
}

static struct slice find_line(struct slice text, unsigned number)
{
	struct slice rest = text, line = SLICE_NONE;

	for (unsigned i = 0; i < number && rest.ptr; i++)
		line = slice_split(rest, '\n', &rest);
	return line;
}

/* The first characters of a line, ready for a terminal: a tab becomes one blank, so that the caret stays where it belongs. */
static char *copy_excerpt(struct slice line)
{
	char *excerpt = xmalloc(line.len + 1);
	size_t at = 0;

	for (unsigned shown = 0; at < line.len && shown < EXCERPT_MAX; shown++) {
		size_t len = utf8_length(line.ptr + at, line.len - at);
		if (len == 0 || line.ptr[at] == '\r')
			break;
		memcpy(excerpt + at, line.ptr + at, len);
		if (excerpt[at] == '\t')
			excerpt[at] = ' ';
		at += len;
	}
	excerpt[at] = '\0';
	return excerpt;
}

void report_add_excerpt(struct report *report, struct slice text, unsigned line, unsigned column, const char *message)
{
	cleanup_free char *excerpt = copy_excerpt(find_line(text, line));

	if (*excerpt == '\0' || column == 0 || column > EXCERPT_MAX)
		report_add(report, line, column, xstrdup(message));
	else
		report_add(report, line, column, xasprintf("%s\n  %s\n  %*s^", message, excerpt, (int)column - 1, ""));
}

static int compare(const void *pointer_a, const void *pointer_b)
{
	const struct report_entry *a = pointer_a, *b = pointer_b;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static int write_entry(const struct report *report, const struct report_entry *entry, struct buf *out)
{
	if (entry->line == 0)
		return buf_printf(out, "%s\n", entry->message);
	return buf_printf(out, "%s:%u:%u: %s\n", report->file, entry->line, entry->column, entry->message);
}

void report_write(struct report *report, struct buf *out)
{
	unsigned kept = report->count < CAP_CONFIG_ERRORS ? report->count : CAP_CONFIG_ERRORS;
	const struct report_entry *before = NULL;

	qsort(report->entries, kept, sizeof(report->entries[0]), compare);
	for (unsigned i = 0; i < kept; i++) {
		const struct report_entry *entry = &report->entries[i];
		bool same_place = before && entry->line > 0 && entry->line == before->line && entry->column == before->column;
		if (!same_place && write_entry(report, entry, out) < 0)
			return;
		before = entry;
	}
	if (report->count > kept && buf_printf(out, "%s: %u more errors\n", report->file, report->count - kept) < 0)
		return;
}
