#include "out.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Room for the largest answer there is (64 GPUs as XML). Pages that are never touched cost nothing. */
static char gathered[8 * 1024 * 1024];
static size_t used;
static enum out_manner how = OUT_WHOLE;
static unsigned pause_ms;

void out_set_manner(enum out_manner manner, unsigned pause)
{
	how = manner;
	pause_ms = pause;
}

void out_bytes(const char *bytes, size_t length)
{
	if (length > sizeof(gathered) - used)
		out_flush();
	if (length > sizeof(gathered))
		length = sizeof(gathered);
	memcpy(gathered + used, bytes, length);
	used += length;
}

void out_text(const char *text)
{
	out_bytes(text, strlen(text));
}

__attribute__((format(printf, 1, 0))) static void add_formatted(const char *format, va_list arguments)
{
	char text[8192];
	int length = vsnprintf(text, sizeof(text), format, arguments);
	if (length > 0)
		out_bytes(text, (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1);
}

void out_printf(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add_formatted(format, arguments);
	va_end(arguments);
}

/* A reader who is gone ends us by SIGPIPE; any other failure is ignored, as nvidia-smi does (it exits 0 on a full disk). */
static void write_all(const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(STDOUT_FILENO, bytes, length);
		if (written <= 0)
			return;
		bytes += written;
		length -= (size_t)written;
	}
}

void out_flush(void)
{
	write_all(gathered, used);
	used = 0;
}

static void dribble(void)
{
	struct timespec pause = {pause_ms / 1000, (long)(pause_ms % 1000) * 1000000};
	for (size_t i = 0; i < used; i++) {
		write_all(gathered + i, 1);
		nanosleep(&pause, NULL);
	}
	used = 0;
}

/* Where the last line begins, its own end not counted. */
static size_t last_line(void)
{
	size_t start = used > 0 ? used - 1 : 0;
	while (start > 0 && gathered[start - 1] != '\n')
		start--;
	return start;
}

void out_end(int status)
{
	switch (how) {
	case OUT_WHOLE:
		break;
	case OUT_TRUNCATED:
		used = last_line() + (used - last_line()) / 2;
		break;
	case OUT_NO_NEWLINE:
		if (used > 0 && gathered[used - 1] == '\n')
			used--;
		break;
	case OUT_DRIBBLE:
		dribble();
		break;
	}
	out_flush();
	_exit(status);
}

void out_fail(int status, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	add_formatted(format, arguments);
	va_end(arguments);
	out_text("\n");
	out_end(status);
}
