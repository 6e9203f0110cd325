#include "faults.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "hash.h"
#include "out.h"

static void wait_seconds(double seconds)
{
	struct timespec pause = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
	nanosleep(&pause, NULL);
}

static bool asks_for_list(int count, char **arguments)
{
	for (int i = 1; i < count; i++)
		if (strcmp(arguments[i], "-L") == 0 || strcmp(arguments[i], "--list-gpus") == 0)
			return true;
	return false;
}

static void say_mismatch(const struct control *control)
{
	int status = control->major < 450 ? 231 : control->major < 535 ? 255 : 18;
	const char *minor = strchr(control->driver, '.');
	int digits = minor != NULL ? (int)(minor - control->driver) + 1 + (int)strcspn(minor + 1, ".") : 0;
	out_text("Failed to initialize NVML: Driver/library version mismatch\n");
	if (control->major >= 535)
		out_printf("NVML library version: %.*s\n", digits, control->driver);
	out_end(status);
}

/* The messages that come whatever was asked. */
static void refuse_all(const struct control *control, bool list)
{
	if (control_fault_is(control, "driver-not-loaded"))
		out_fail(
			9,
			"NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest "
			"NVIDIA driver is installed and running.\n");
	if (control_fault_is(control, "mismatch"))
		say_mismatch(control);
	if (control_fault_is(control, "libnvidia-ml-missing"))
		out_fail(12, "NVIDIA-SMI couldn't find libnvidia-ml.so library in your system. Please make sure that the NVIDIA "
			     "Display "
			     "Driver is properly installed and present in your system.\nPlease also try adding directory that "
			     "contains "
			     "libnvidia-ml.so to your system PATH.");
	if (control_fault_is(control, "init-permission"))
		out_fail(4, "Failed to initialize NVML: Insufficient Permissions");
	if (control_fault_is(control, "init-unknown"))
		out_fail(255, "Failed to initialize NVML: Unknown Error");
	if (control_fault_is(control, "exit-255"))
		out_fail(255, "The flux capacitor of the NVIDIA driver is out of tune (0x2a).");
	if (control_fault_is(control, "no-devices") && list)
		out_fail(0, "No devices found.");
	if (control_fault_is(control, "no-devices") || control->gpus == 0)
		out_fail(6, "No devices were found");
}

/* What the shell says; there is no nvidia-smi to say it. */
static void be_missing(const struct control *control)
{
	if (!control_fault_is(control, "not-found"))
		return;
	fputs("sh: 1: nvidia-smi: not found\n", stderr);
	exit(127);
}

/* A test that dies must leave nothing behind. */
void faults_hang(struct control *control, const char *fault)
{
	while (control_fault_is(control, fault)) {
		wait_seconds(0.2);
		if (!control_lab_exists())
			exit(0);
		control_read(control);
	}
}

static void print_garbage(uint64_t seed, bool printable)
{
	char bytes[4096];
	for (size_t i = 0; i < sizeof(bytes); i++) {
		unsigned char byte = (unsigned char)hash(seed, i);
		bytes[i] = (char)(!printable ? byte : byte % 60 == 0 ? '\n' : ' ' + byte % 95);
	}
	out_bytes(bytes, sizeof(bytes));
	out_end(0);
}

__attribute__((noreturn)) static void print_for_ever(bool lines)
{
	char chunk[65536];
	memset(chunk, 'x', sizeof(chunk));
	for (size_t i = 79; lines && i < sizeof(chunk); i += 80)
		chunk[i] = '\n';
	while (control_lab_exists()) {
		out_bytes(chunk, sizeof(chunk));
		out_flush();
	}
	exit(0);
}

/* What came in the meantime has its effect when the wait is over. */
static void on_late_signal(int number)
{
	signal(number, SIG_DFL);
	raise(number);
}

/*
 * As behind a driver that hangs: in state D, deaf to all but KILL. Who has forked by vfork() waits so for the child, which
 * shares our memory, and looks for the end of the fault. A signal that would end us at once is as good as KILL there, so there
 * are handlers.
 */
static void hang_uninterruptible(struct control *control)
{
	signal(SIGTERM, on_late_signal);
	signal(SIGHUP, on_late_signal);
	signal(SIGINT, on_late_signal);
	pid_t child = vfork();
	if (child != 0)
		return;
	prctl(PR_SET_NAME, "lab-holds-it");
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	close(STDIN_FILENO);
	faults_hang(control, "uninterruptible");
	_exit(0);
}

static void misbehave(struct control *control)
{
	if (control_fault_is(control, "hang"))
		faults_hang(control, "hang");
	if (control_fault_is(control, "unkillable")) {
		signal(SIGTERM, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
		signal(SIGINT, SIG_DFL);
		faults_hang(control, "unkillable");
		signal(SIGTERM, SIG_DFL);
	}
	if (control_fault_is(control, "uninterruptible")) {
		hang_uninterruptible(control);
		if (!control_lab_exists())
			exit(0);
	}
	if (control_fault_is(control, "slow"))
		wait_seconds(control->fault_seconds);
	if (control_fault_is(control, "silent"))
		out_end(0);
	if (control_fault_is(control, "garbage"))
		print_garbage(control->seed, true);
	if (control_fault_is(control, "binary"))
		print_garbage(control->seed, false);
	if (control_fault_is(control, "endless"))
		print_for_ever(true);
	if (control_fault_is(control, "endless-line"))
		print_for_ever(false);
}

static void set_manner(const struct control *control)
{
	if (control_fault_is(control, "truncated"))
		out_set_manner(OUT_TRUNCATED, 0);
	if (control_fault_is(control, "no-newline"))
		out_set_manner(OUT_NO_NEWLINE, 0);
	if (control_fault_is(control, "dribble"))
		out_set_manner(OUT_DRIBBLE, control->fault_ms);
}

void faults_at_start(struct control *control, int count, char **arguments)
{
	be_missing(control);
	misbehave(control);
	refuse_all(control, asks_for_list(count, arguments));
	set_manner(control);
}

void faults_of_question(const struct control *control, const struct request *request)
{
	if (control_fault_is(control, "apps-fail") && request->question == ASK_APPS)
		out_fail(255, "Failed to initialize NVML: Unknown Error");
}

bool faults_one_hides_all(const struct control *control)
{
	return control->major < 556;
}

const char *faults_long_reason(const struct gpu *gpu)
{
	return strcmp(gpu->reason, "GPU is lost") == 0 ? "GPU is lost.  Reboot the system to recover this GPU" : gpu->reason;
}

int faults_no_handle_status(const struct gpu *gpu)
{
	return strcmp(gpu->reason, "GPU is lost") == 0 ? 15 : 255;
}

/* The list (-L) kept its spelling through all versions; the queries changed theirs twice. */
void faults_print_no_handle(const struct control *control, const struct gpu *gpu, enum handle_spelling spelling)
{
	const char *reason = faults_long_reason(gpu), *bus_id = gpu->short_bus_id;
	out_text("Unable to determine the device handle for ");
	if (spelling == HANDLE_IN_LIST)
		out_printf("gpu %s: %s\n", bus_id, reason);
	else if (!faults_one_hides_all(control))
		out_printf("GPU%d: %s: %s\n", gpu->index, bus_id, reason);
	else
		out_printf("GPU%s%s: %s\n", control->major < 525 ? " " : "", bus_id, reason);
}
