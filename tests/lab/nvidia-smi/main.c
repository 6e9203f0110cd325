/*
 * nvidia-smi for the lab: answers as the real one does, about GPUs that do not exist. See ../README.md.
 *
 * Under the name `ps` it tells about the processes on those GPUs, and under others what else a host is asked: see beside().
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "answers.h"
#include "driver.h"
#include "fields.h"
#include "out.h"
#include "ps.h"
#include "tools.h"
#include "tree.h"
#include "xml.h"

static struct lab_state state;

static void answer(const struct control *control, const struct request *request, bool first)
{
	struct selection selection;
	if (request->question == ASK_LIST)
		out_end(answer_list(control, &state));
	selection_read(control, &state, request->ids, &selection);
	if (request->question == ASK_GPUS)
		answer_gpus(control, request, &state, &selection, first && request->header);
	else if (request->question == ASK_LOG)
		xml_print(control, &state, &selection);
	else
		answer_apps(control, request, &state, &selection, first && request->header);
	if (control_fault_is(control, "inforom")) {
		out_printf("WARNING: infoROM is corrupted at gpu %s\n", state.gpus[0].short_bus_id);
		selection.status = 14;
	}
	if (request->interval <= 0)
		out_end(selection.status);
}

static void on_signal(int number)
{
	(void)number;
	_exit(0);
}

/* Round after round, until a signal ends it (with exit status 0, as the real one) or the lab is gone. */
__attribute__((noreturn)) static void answer_for_ever(struct control *control, const struct request *request)
{
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGHUP, on_signal);
	struct timespec pause = {(time_t)request->interval,
				 (long)((request->interval - (double)(time_t)request->interval) * 1e9)};
	for (bool first = true; control_lab_exists(); first = false) {
		gpus_read(control, control_now(control), &state);
		answer(control, request, first);
		out_flush();
		nanosleep(&pause, NULL);
		control_read(control);
	}
	exit(0);
}

/* What needs no GPU. */
static void answer_about_itself(const struct control *control, const struct request *request)
{
	switch (request->question) {
	case ASK_HELP_GPUS:
		fields_print_help(control);
		out_end(0);
	case ASK_VERSION:
		answer_version(control);
		out_end(0);
	case ASK_HELP:
		out_printf("NVIDIA System Management Interface -- v%s\n", control->driver);
		out_end(0);
	case ASK_TABLE:
		fputs("lab: the stand-in has no table\n", stderr);
		exit(99);
	default:
		break;
	}
	if (request->question == ASK_LOG && !request->xml) {
		fputs("lab: the stand-in answers -q only with -x\n", stderr);
		exit(99);
	}
}

/* What it is under other names. Returns under its own. */
static void beside(struct control *control, int count, char **arguments)
{
	const char *slash = strrchr(arguments[0], '/');
	const char *name = slash != NULL ? slash + 1 : arguments[0];
	if (strcmp(name, "ps") == 0)
		ps(control, count, arguments);
	if (strcmp(name, "df") == 0)
		tool_df(control, count, arguments);
	if (strcmp(name, "getent") == 0)
		tool_getent(control, count, arguments);
	if (strcmp(name, "date") == 0)
		tool_date(control, count, arguments);
	if (strcmp(name, "lab-proc") == 0) {
		gpus_read(control, control_now(control), &state);
		tree_write(control, &state, TREE_ALL);
		exit(0);
	}
}

int main(int count, char **arguments)
{
	struct control control;
	struct request request;
	control_read(&control);
	beside(&control, count, arguments);

	driver_note_run(count, arguments);
	driver_load(&control);
	gpus_read(&control, control_now(&control), &state);
	tree_wake(&control, &state);
	faults_at_start(&control, count, arguments);
	request_read(&control, count, arguments, &request);
	faults_of_question(&control, &request);
	answer_about_itself(&control, &request);
	if (request.interval > 0)
		answer_for_ever(&control, &request);
	gpus_read(&control, control_now(&control), &state);
	if (request.question == ASK_APPS)
		tree_write(&control, &state, TREE_PROCESSES);
	answer(&control, &request, true);
}
