/*
 * secret_tool: programs whose secrets no name gives away: options of one letter, which are harmless with other programs, and
 * plain arguments of a command. For secrets.c.
 */
#pragma once

#include "base/text.h"

/* How the secret comes. */
enum secret_form {
	SECRET_EITHER,   /* -pX, -p X, --user=X */
	SECRET_ATTACHED, /* -pX; -p alone asks for it */
	SECRET_APART,    /* -k X; a longer word that begins so is another option */
	SECRET_ARGUMENT, /* X, the first argument of the command */
};

struct secret_tool {
	const char *name;
	const char *option;  /* NULL for an argument */
	const char *command; /* of the program, that it belongs to; NULL: to any */
	enum secret_form form;
	char separator; /* what stands before it in the value; 0: all of the value is secret */
};

/* The first row of a program; NULL when there is none. */
const struct secret_tool *secret_tool_of(struct slice name);
/* The next row of the same program; NULL behind the last one. */
const struct secret_tool *secret_tool_next(const struct secret_tool *tool);
