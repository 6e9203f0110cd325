/* advice: wherever a climb ends, there is a command to paste, and a remark behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collect/advice.h"

static char *words[] = {(char[]){"ssh"}, (char[]){"-F"}, (char[]){"/my lab/ssh.conf"}, NULL};
static struct config config = {.path = (char[]){"/etc/lab's.yaml"}, .ssh_command = words};
static struct host_config gpu = {.name = (char[]){"gpu"},
				 .address = (char[]){"gpu2"},
				 .nvidia_smi = (char[]){"/opt/smi"},
				 .user = (char[]){"alice"},
				 .line = 3};
static struct host_config local = {
	.name = (char[]){"here"}, .address = (char[]){"here"}, .nvidia_smi = (char[]){"nvidia-smi"}, .local = true};

static struct ascent ascent_to(enum rung rung, enum problem_kind kind, const struct ssh_trace *trace)
{
	return (struct ascent){
		.config = &config, .host_config = &gpu, .trace = trace, .top = rung, .ending = {.kind = kind}, .started = true};
}

/* No remark alone, and nothing of printf's. */
static void expect_command(const struct ascent *ascent)
{
	cleanup_free char *remedy = advise(ascent);

	if (!remedy)
		fail_msg("no remedy at %s for %s", rung_name(ascent->top), problem_name(ascent->ending.kind));
	for (struct slice rest = slice_of(remedy); rest.ptr;) {
		struct slice line = slice_split(rest, '\n', &rest);
		if (line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ' ' || slice_contains(line, "(null)"))
			fail_msg("at %s for %s: %s", rung_name(ascent->top), problem_name(ascent->ending.kind), remedy);
	}
}

static void there_is_a_command_for_every_failure_of_every_rung(void **state)
{
	struct ssh_trace trace, proxied;

	rungs_init(&trace);
	rungs_init(&proxied);
	strcpy(proxied.proxy, "ssh -W gpu2:22 jump");
	for (enum rung rung = RUNG_NAME; rung <= RUNG_GPUS; rung++) {
		for (int kind = PROBLEM_NONE + 1; kind < PROBLEM_COUNT; kind++) {
			struct ascent ascent = ascent_to(rung, (enum problem_kind)kind, &trace);
			expect_command(&ascent);
			ascent.trace = &proxied;
			expect_command(&ascent);
			ascent.remedy = messages_remedy((enum problem_kind)kind, SLICE_NONE);
			expect_command(&ascent);
			ascent.host_config = &local;
			ascent.remedy = (struct remedy){NULL, NULL};
			expect_command(&ascent);
		}
	}
}

static void expect_begins(const struct ascent *ascent, const char *expected)
{
	cleanup_free char *remedy = advise(ascent);

	assert_non_null(remedy);
	if (!slice_starts_with(slice_of(remedy), expected))
		fail_msg("%s\nis not %s", remedy, expected);
}

#define SSH "ssh -F '/my lab/ssh.conf' "
#define PROBE "nvwebmon probe --config '/etc/lab'\\''s.yaml'"

static void a_probe_that_dies_or_is_mute_is_run_by_hand(void **state)
{
	struct ssh_trace trace;
	struct host_config other = gpu;

	rungs_init(&trace);
	struct ascent ascent = ascent_to(RUNG_NVIDIA_SMI, PROBLEM_CLOSED, &trace);
	expect_begins(&ascent, "{ " PROBE " gpu; cat; } | " SSH "-T alice@gpu2 'exec sh'   # ");
	ascent.ending.kind = PROBLEM_TIMEOUT;
	expect_begins(&ascent, "{ " PROBE " gpu; cat; } | " SSH "-T alice@gpu2 'exec sh'   # ");
	/* Of the command line: the file does not know it. */
	other.line = 0;
	ascent.host_config = &other;
	expect_begins(&ascent, "{ " PROBE "; cat; } | ");
	ascent.host_config = &local;
	expect_begins(&ascent, "{ " PROBE "; cat; } | sh   # ");
}

static void a_key_is_made_where_ssh_looks_for_it(void **state)
{
	struct ssh_trace trace;

	rungs_init(&trace);
	struct ascent ascent = ascent_to(RUNG_LOGIN, PROBLEM_AUTH, &trace);
	expect_begins(&ascent, "ssh-keygen -t ed25519   # here");
	strcpy(trace.missing_key, "/keys/lab");
	expect_begins(&ascent, "ssh-keygen -t ed25519 -f /keys/lab   # here");
	cleanup_free char *remedy = advise(&ascent);
	assert_non_null(strstr(remedy, "\nssh-copy-id -i /keys/lab.pub -F '/my lab/ssh.conf' alice@gpu2   # "));
}

static void a_second_factor_is_not_a_key_that_is_refused(void **state)
{
	struct ssh_trace trace;

	rungs_init(&trace);
	struct ascent ascent = ascent_to(RUNG_LOGIN, PROBLEM_AUTH, &trace);
	strcpy(trace.allowed, "password");
	expect_begins(&ascent, "sudo grep -rn PubkeyAuthentication /etc/ssh ");
	trace.accepted = true;
	expect_begins(&ascent,
		      "sudoedit /etc/ssh/sshd_config   # on gpu2: it accepts the key, but wants a second factor too (password)");
	/* A key that is accepted, and that ssh cannot use. */
	strcpy(trace.allowed, "publickey,password");
	strcpy(trace.key_file, "/keys/lab");
	expect_begins(&ascent, "ssh-add /keys/lab ");
}

static void what_nvidia_smi_says_is_mended_there(void **state)
{
	struct ssh_trace trace;

	rungs_init(&trace);
	struct ascent ascent = ascent_to(RUNG_NVIDIA_SMI, PROBLEM_DRIVER_MISMATCH, &trace);
	ascent.remedy = messages_remedy(PROBLEM_DRIVER_MISMATCH, SLICE_NONE);
	expect_begins(&ascent, SSH "-t alice@gpu2 'sudo fuser -v /dev/nvidia*'   # the driver");
	ascent.remedy = messages_remedy(PROBLEM_NVIDIA_SMI, SLICE_LITERAL("sudo: a password is required"));
	expect_begins(&ascent, SSH "alice@gpu2 'env nvidia-smi -L'   # does it work without sudo");
	ascent.remedy = messages_remedy(PROBLEM_BAD_OUTPUT, SLICE_NONE);
	expect_begins(&ascent, SSH "alice@gpu2 '/opt/smi | head -n 30'   # ");
}

static void what_was_not_wrong_is_not_mended(void **state)
{
	struct ssh_trace trace;

	rungs_init(&trace);
	struct ascent ascent = ascent_to(RUNG_HOST_KEY, PROBLEM_CLOSED, &trace);
	ascent.interrupted = true;
	assert_null(advise(&ascent));
	ascent = ascent_to(RUNG_NAME, PROBLEM_SSH, &trace);
	ascent.started = false;
	expect_begins(&ascent, "sudo apt install openssh-client ");
}

static void a_finding_becomes_a_command(void **state)
{
	static const struct {
		const char *remedy, *expected;
	} cases[] = {
		{"see why in `sudo dmesg | grep -i xid`, then reboot the host",
		 SSH "-t alice@gpu2 'sudo dmesg | grep -i xid'   # see why in this, then reboot the host"},
		{"`lspci -d 10de:` tells, `dmesg` why", SSH "alice@gpu2 'lspci -d 10de:'   # this tells, `dmesg` why"},
		{"have the GPU replaced", "have the GPU replaced"},
		{"half a `command", "half a `command"},
	};
	struct ssh_trace trace;

	rungs_init(&trace);
	const struct ascent ascent = ascent_to(RUNG_COUNT, PROBLEM_NONE, &trace);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cleanup_free char *command = advise_finding(&ascent, cases[i].remedy);
		assert_string_equal(command, cases[i].expected);
	}
	assert_null(advise_finding(&ascent, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_a_command_for_every_failure_of_every_rung),
		cmocka_unit_test(a_probe_that_dies_or_is_mute_is_run_by_hand),
		cmocka_unit_test(a_key_is_made_where_ssh_looks_for_it),
		cmocka_unit_test(a_second_factor_is_not_a_key_that_is_refused),
		cmocka_unit_test(what_nvidia_smi_says_is_mended_there),
		cmocka_unit_test(what_was_not_wrong_is_not_mended),
		cmocka_unit_test(a_finding_becomes_a_command),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
