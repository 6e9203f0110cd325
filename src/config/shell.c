#include "config/shell.h"

#include <string.h>

struct reading {
	char quote; /* ' or ", 0 outside of quotes */
	bool escaped, in_backquotes;
	unsigned parentheses;
};

static bool begins_word(struct slice command, size_t at)
{
	return at == 0 || strchr(" \t;&|(", command.ptr[at - 1]);
}

static void read_quoted(struct reading *reading, char c)
{
	if (c == reading->quote)
		reading->quote = 0;
	else if (reading->quote == '"' && c == '\\')
		reading->escaped = true;
	else if (reading->quote == '"' && c == '`')
		reading->in_backquotes = !reading->in_backquotes;
}

/* What is wrong with a character outside of quotes; NULL: nothing. */
static const char *read_plain(struct reading *reading, char c)
{
	if (c == '\'' || c == '"')
		reading->quote = c;
	else if (c == '\\')
		reading->escaped = true;
	else if (c == '`')
		reading->in_backquotes = !reading->in_backquotes;
	else if (c == '(')
		reading->parentheses++;
	else if (c == ')' && reading->parentheses-- == 0)
		return "a parenthesis closes that was not opened";
	return NULL;
}

const char *shell_check(struct slice command)
{
	struct reading reading = {0};
	const char *problem = NULL;

	for (size_t i = 0; i < command.len && !problem; i++) {
		char c = command.ptr[i];
		if (reading.escaped)
			reading.escaped = false;
		else if (reading.quote)
			read_quoted(&reading, c);
		else if (c == '#' && begins_word(command, i))
			return "\"#\" begins a comment for the shell";
		else
			problem = read_plain(&reading, c);
	}
	if (problem)
		return problem;
	if (reading.quote || reading.in_backquotes)
		return "a quote is not closed";
	if (reading.escaped)
		return "nothing comes after the last backslash";
	return reading.parentheses > 0 ? "a parenthesis is not closed" : NULL;
}
