#include "ps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "gpus.h"
#include "out.h"

#define MAX_COLUMNS 8

enum column { COLUMN_PID, COLUMN_USER, COLUMN_ELAPSED, COLUMN_RSS, COLUMN_COMMAND, COLUMN_NAMES };

/* What to print, and about whom. */
struct listing {
	enum column columns[MAX_COLUMNS];
	int widths[MAX_COLUMNS];
	size_t count;
	const char *pids;
};

static struct lab_state state;

/* "user:32=" */
static bool read_column(struct listing *listing, const char *text)
{
	static const char *const names[COLUMN_NAMES] = {"pid", "user", "etimes", "rss", "args"};
	static const int widths[COLUMN_NAMES] = {7, 8, 7, 5, 0};
	size_t length = strcspn(text, ":=");
	for (enum column column = 0; column < COLUMN_NAMES; column++) {
		if (strlen(names[column]) != length || strncmp(names[column], text, length) != 0)
			continue;
		if (listing->count == MAX_COLUMNS)
			return false;
		listing->columns[listing->count] = column;
		listing->widths[listing->count++] = text[length] == ':' ? atoi(text + length + 1) : widths[column];
		return strchr(text, '=') != NULL;
	}
	return false;
}

static bool read_columns(struct listing *listing, const char *text)
{
	char list[256] = "", *rest = NULL;
	strncpy(list, text, sizeof(list) - 1);
	for (char *name = strtok_r(list, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest))
		if (!read_column(listing, name))
			return false;
	return true;
}

static bool read_arguments(struct listing *listing, int count, char **arguments)
{
	for (int i = 1; i < count; i++) {
		bool has_value = i + 1 < count;
		if (strcmp(arguments[i], "-ww") == 0 || strcmp(arguments[i], "-w") == 0)
			continue;
		if ((strcmp(arguments[i], "-q") == 0 || strcmp(arguments[i], "-p") == 0) && has_value)
			listing->pids = arguments[++i];
		else if (strcmp(arguments[i], "--cols") == 0 && has_value)
			i++;
		else if (strcmp(arguments[i], "-o") == 0 && has_value) {
			if (!read_columns(listing, arguments[++i]))
				return false;
		} else
			return false;
	}
	return listing->pids != NULL && listing->count > 0;
}

static bool is_asked(const struct listing *listing, int pid)
{
	char *end = NULL;
	for (const char *next = listing->pids; *next != '\0'; next = *end == '\0' ? end : end + 1)
		if (strtol(next, &end, 10) == pid)
			return true;
		else if (end == next)
			return false;
	return false;
}

/* As procps does: a line stays a line, and what cannot be shown is a question mark. */
static void print_harmless(const char *text)
{
	for (; *text != '\0'; text++) {
		char shown = *text == '\n' || *text == '\t' ? ' ' : *text < ' ' || *text == 0x7f ? '?' : *text;
		out_bytes(&shown, 1);
	}
}

static void print_process(const struct listing *listing, const struct process *process)
{
	for (size_t i = 0; i < listing->count; i++) {
		int width = i + 1 < listing->count ? listing->widths[i] : 0;
		out_text(i > 0 ? " " : "");
		switch (listing->columns[i]) {
		case COLUMN_PID:
			out_printf("%*d", listing->widths[i], process->pid);
			break;
		case COLUMN_USER:
			out_printf("%-*s", width, process->owner);
			break;
		case COLUMN_ELAPSED:
			out_printf("%*.0f", listing->widths[i], state.now - process->started);
			break;
		case COLUMN_RSS:
			out_printf("%*d", listing->widths[i], process->rss * 1024);
			break;
		default:
			print_harmless(process->command);
			break;
		}
	}
	out_text("\n");
}

static int by_pid(const void *a, const void *b)
{
	const struct process *left = a, *right = b;
	return (left->pid > right->pid) - (left->pid < right->pid);
}

/* Whether any of those that are asked for is of the lab, and to be seen. */
static bool knows(const struct control *control, const struct listing *listing)
{
	/* What /proc hides ps cannot tell. */
	for (unsigned i = 0; i < state.process_count && control->hidepid[0] == '\0'; i++)
		if (is_asked(listing, state.processes[i].pid))
			return true;
	return false;
}

static void list(const struct listing *listing)
{
	int last = 0;
	qsort(state.processes, state.process_count, sizeof(state.processes[0]), by_pid);
	for (unsigned i = 0; i < state.process_count; i++) {
		const struct process *process = &state.processes[i];
		if (process->pid == last || !is_asked(listing, process->pid))
			continue;
		print_process(listing, process);
		last = process->pid;
	}
}

void ps(struct control *control, int count, char **arguments)
{
	struct listing listing = {.count = 0};
	if (control_fault_is(control, "no-ps")) {
		fputs("sh: 1: ps: not found\n", stderr);
		exit(127);
	}
	gpus_read(control, control_now(control), &state);
	if (!read_arguments(&listing, count, arguments) || !knows(control, &listing)) {
		execv("/bin/ps", arguments);
		exit(127);
	}
	faults_hang(control, "ps-hangs");
	list(&listing);
	out_end(0);
}
