/*
 * sheet: lines of text for a terminal, at the end of a buffer: colours, and an edge at which lines are cut or wrapped.
 *
 * All text from outside goes through sheet_text(), which escapes it. The first append that fails is remembered in `status`.
 */
#pragma once

#include "base/buf.h"

struct sheet {
	struct buf *out;
	bool color;  /* ANSI colours */
	int width;   /* columns of the terminal; 0: lines are as long as they are */
	size_t line; /* where the line begins that is being written */
	int status;  /* 0, or -ENOBUFS */
};

enum color { COLOR_NONE, COLOR_BOLD = 1, COLOR_DIM = 2, COLOR_RED = 31, COLOR_GREEN = 32, COLOR_AMBER = 33 };

/* Our own words, printf's way. */
#define print(sheet, ...) sheet_note((sheet), buf_printf((sheet)->out, __VA_ARGS__))

/* Remembers the first failure. */
void sheet_note(struct sheet *sheet, int r);
/* Nothing for COLOR_NONE. */
void sheet_paint(struct sheet *sheet, enum color color);
void sheet_unpaint(struct sheet *sheet, enum color color);
/* Text from outside, cut to `columns`; 0: whole. */
void sheet_text(struct sheet *sheet, struct slice text, size_t columns);
/* The same as a string of its own; the caller frees it. */
char *sheet_shown(struct slice text, size_t columns);
/* "42 s", "14 min", "3 h", "2 d": as exact as one wants to know it. */
void sheet_span(struct sheet *sheet, double seconds);
/* Cuts the line to the terminal and ends it. */
void sheet_end_line(struct sheet *sheet);
/* The rest of a line, and its end: goes on in lines that begin with `indent` blanks where the terminal is too narrow, broken at
 * blanks. */
void sheet_wrap(struct sheet *sheet, struct slice text, size_t indent);
