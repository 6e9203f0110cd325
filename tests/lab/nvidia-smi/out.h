/*
 * out: what the stand-in prints, gathered and then written in the way its fault demands.
 *
 * nvidia-smi prints everything, its errors too, to stdout. Every way of being cut off, late or in pieces is decided in out_end(), so
 * that the rest of the program knows nothing of it.
 */
#pragma once

#include <stddef.h>

enum out_manner {
	OUT_WHOLE,
	OUT_TRUNCATED,  /* stops in the middle of the last line */
	OUT_NO_NEWLINE, /* the last line has no end */
	OUT_DRIBBLE,    /* byte by byte, a pause after each */
};

/* `pause` in milliseconds, for OUT_DRIBBLE. */
void out_set_manner(enum out_manner manner, unsigned pause);
void out_text(const char *text);
void out_bytes(const char *bytes, size_t length);
void out_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Writes what has gathered, whatever the manner. For loops and endless output. */
void out_flush(void);
/* Writes what has gathered in its manner, and ends the program. */
void out_end(int status) __attribute__((noreturn));
/* Prints one line, then ends. */
void out_fail(int status, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));
