#include "base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Under PIPE_BUF: such a write is whole, and does not wait once poll(2) has said that there is room. */
enum { LINE_MAX_BYTES = 2048 };

static enum log_level threshold = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
	threshold = level;
}

/* JOURNAL_STREAM holds "device:inode" of the journal's socket; it only counts when that is our stderr (systemd.exec(5)). */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2 || fstat(2, &st) < 0)
		return false;
	return st.st_dev == device && st.st_ino == inode;
}

/* A pipe that nobody reads, a terminal that is held: a line is not worth the wait of all else. With POLLOUT a line fits. */
static bool stderr_takes_a_line(void)
{
	struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};

	return poll(&ready, 1, 0) != 0;
}

static void write_line(enum log_level level, const char *text)
{
	char line[LINE_MAX_BYTES];

	int len = stderr_is_journal() ? snprintf(line, sizeof(line) - 1, "<%d>%s", level, text)
				      : snprintf(line, sizeof(line) - 1, "nvwebmon: %s", text);
	size_t used = (size_t)len < sizeof(line) - 1 ? (size_t)len : sizeof(line) - 2;
	line[used] = '\n';
	/* One write, so that lines of several processes on one stderr do not mix. */
	ssize_t written = write(STDERR_FILENO, line, used + 1);
	(void)written;
}

void log_line(enum log_level level, const char *format, ...)
{
	static unsigned long lost;
	va_list arguments;
	char text[LINE_MAX_BYTES];

	if (level > threshold)
		return;
	if (!stderr_takes_a_line()) {
		lost++;
		return;
	}
	if (lost > 0) {
		snprintf(text, sizeof(text), "%lu lines were lost: nobody read them", lost);
		lost = 0;
		write_line(LOG_LEVEL_WARNING, text);
	}
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	write_line(level, text);
}
