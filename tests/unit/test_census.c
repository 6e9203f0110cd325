/* census: who the processes of a host are, from whole answers, sample after sample. */
#include <math.h>

#include "smi_fixture.h"

#include "proc/census.h"

#define HEX "c0ffee0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
#define HEX2 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* /proc/PID/stat: ticks in user mode and in the kernel, start in ticks, pages. The name is the worst there is. */
#define STAT(pid, user, kernel, start, rss)                                                                                      \
#pid "/stat:" #pid " (py thon) (3) S 1 1 1 0 -1 4194560 77 0 1 0 " #user " " #kernel " 5 6 20 0 9 0 " #start             \
	     " 3000000 " #rss " 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 3 0 0\n"
#define BARE(pid) #pid "/cgroup:0::/system.slice/cron.service\n"
#define DOCKER(pid) #pid "/cgroup:0::/system.slice/docker-" HEX ".scope\n"
#define PODMAN(pid) #pid "/cgroup:0::/machine.slice/libpod-" HEX ".scope\n"
#define POD(pid)                                                                                                                 \
#pid "/cgroup:0::/kubepods.slice/kubepods-pod1b9d6bcd_bbfd_4b2d_9b5d_ab8dfbbd4bed.slice/cri-containerd-" HEX ".scope\n"
#define LOGIN(pid, uid) #pid "/loginuid:" #uid "\n"
#define NO_LOGIN(pid) LOGIN(pid, 4294967295)
#define HOME(pid, name) #pid "/mountinfo:812 799 259:2 /home/" name " /w rw,relatime - ext4 /dev/nvme0n1p2 rw\n"
#define UPTIME(seconds) "uptime:" #seconds " 123456.00\n"

struct scene {
	struct census *census;
	struct machine machine;
	struct sample sample;
};

static int set_up(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));

	scene->census = census_new();
	sample_init(&scene->sample);
	machine_init(&scene->machine);
	scene->machine.ticks = 100;
	scene->machine.page = 4096;
	scene->machine.cpus = 4;
	scene->machine.uptime = 900;
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	census_free(scene->census);
	sample_done(&scene->sample);
	free(scene);
	return 0;
}

/* A sample with these processes ("7 8 8 9"), all on one GPU. */
static void begin(struct scene *scene, const char *pids)
{
	struct slice rest = slice_of(pids);

	sample_clear(&scene->sample);
	sample_add_gpu(&scene->sample);
	while (rest.ptr) {
		struct process *process = sample_add_process(&scene->sample);
		process->name = SLICE_LITERAL("python3");
		assert_true(slice_to_int64(slice_split(rest, ' ', &rest), &process->pid));
	}
}

static void take(struct scene *scene, const char *pids, const char *ps, const char *proc)
{
	begin(scene, pids);
	size_t first = fixture_feed(&scene->sample, slice_of(ps), SIZE_MAX);
	size_t second = fixture_feed(&scene->sample, slice_of(proc), SIZE_MAX);
	struct slice ps_text = fixture_slice(&scene->sample, first, second);
	struct slice proc_text = fixture_slice(&scene->sample, second, scene->sample.text.len);
	census_take(scene->census, ps ? ps_text : SLICE_NONE, proc ? proc_text : SLICE_NONE, &scene->machine, &scene->sample);
}

static const struct process *process_at(const struct scene *scene, size_t at)
{
	assert_true(at < scene->sample.process_count);
	return &scene->sample.processes[at];
}

static void expect_slice(struct slice text, const char *expected)
{
	if (!text.ptr && !expected)
		return;
	if (!text.ptr || !expected || !slice_is(text, expected))
		fail_msg("\"%.*s\" instead of \"%s\"", SLICE_ARGS(text), expected ? expected : "(none)");
}

/* NAN: not known. */
static void expect_reading(struct reading reading, double expected)
{
	if (isnan(expected) ? !reading.absent.ptr : reading.absent.ptr || fabs(reading.value - expected) > 1e-6)
		fail_msg("%g (%.*s) instead of %g", reading.value, SLICE_ARGS(reading.absent), expected);
	if (isnan(expected))
		assert_true(reading.value == 0);
}

static void expect_person(const struct process *process, const char *user, const char *inferred)
{
	expect_slice(process->user, user);
	expect_slice(process->inferred, inferred);
}

static void expect_nothing(const struct process *process)
{
	expect_slice(process->owner, NULL);
	expect_person(process, NULL, NULL);
	expect_slice(process->command, NULL);
	expect_slice(process->container, NULL);
	expect_slice(process->pod, NULL);
	expect_slice(process->job, NULL);
	assert_int_equal(process->runtime, CONTAINER_NONE);
	expect_reading(process->elapsed, NAN);
	expect_reading(process->cpu, NAN);
	expect_reading(process->rss, NAN);
}

static void tells_all_of_a_plain_process(void **state)
{
	struct scene *scene = *state;

	take(scene, "7", "      7 alice      90 204800 python3  -c 'a  b' \n",
	     STAT(7, 2000, 500, 81000, 25) "7/cgroup:0::/system.slice/slurmstepd.scope/job_12/step_0/user/task_0\n" LOGIN(7, 1000)
		     UPTIME(900.00));
	const struct process *process = process_at(scene, 0);
	expect_slice(process->owner, "alice");
	expect_person(process, "alice", NULL);
	expect_slice(process->command, "python3  -c 'a  b'");
	expect_slice(process->job, "12");
	assert_int_equal(process->runtime, CONTAINER_NONE);
	expect_slice(process->container, NULL);
	expect_reading(process->elapsed, 90);
	expect_reading(process->rss, 25 * 4096);
	/* 25 s of CPU in 90 s. */
	expect_reading(process->cpu, 100 * 25.0 / 90);
}

/* Everything a probe may say of a process whose PID is 7, and who the person is then. */
static const struct {
	const char *owner, *origin, *passwd; /* passwd NULL: no name is asked for */
	const char *user, *inferred;
} persons[] = {
	/* A plain user, whoever logged in. */
	{"alice", BARE(7) LOGIN(7, 1000), NULL, "alice", NULL},
	{"alice", BARE(7) NO_LOGIN(7), NULL, "alice", NULL},
	{"alice", "", NULL, "alice", NULL},
	/* sudo, su, sudo -u nobody. */
	{"root", BARE(7) LOGIN(7, 1000), "alice:x:1000:1000::/home/alice:/bin/sh\n", "alice", "loginuid"},
	{"bob", BARE(7) LOGIN(7, 1000), NULL, "bob", NULL},
	{"nobody", BARE(7) LOGIN(7, 1000), "alice:x:1000:1000::/home/alice:/bin/sh\n", "alice", "loginuid"},
	/* A daemon, and root who logged in as such. */
	{"root", BARE(7) NO_LOGIN(7), NULL, "root", NULL},
	{"root", BARE(7), NULL, "root", NULL},
	{"root", BARE(7) LOGIN(7, 0), NULL, "root", NULL},
	{"root", "7/cgroup:0::/user.slice/user-0.slice/session-1.scope\n", NULL, "root", NULL},
	{"nobody", BARE(7) NO_LOGIN(7), NULL, "nobody", NULL},
	/* Whether there is a container is not known: root may be anybody. */
	{"root", "", NULL, NULL, NULL},
	{"1007", "", NULL, NULL, NULL},
	/* docker as root: whose home is mounted. */
	{"root", DOCKER(7) NO_LOGIN(7) HOME(7, "alice"), NULL, "alice", "home"},
	{"root", DOCKER(7) NO_LOGIN(7) HOME(7, "alice") HOME(7, "bob"), NULL, NULL, NULL},
	{"root", DOCKER(7) NO_LOGIN(7), NULL, NULL, NULL},
	{"root", DOCKER(7) LOGIN(7, 0), NULL, NULL, NULL},
	/* Who logged in did so to start docker; podman is everybody's own. */
	{"root", DOCKER(7) LOGIN(7, 1000) HOME(7, "bob"), NULL, "bob", "home"},
	{"root", DOCKER(7) LOGIN(7, 1000), NULL, NULL, NULL},
	{"bob", DOCKER(7) LOGIN(7, 1000), NULL, "bob", "uid"},
	{"root", PODMAN(7) LOGIN(7, 1000) HOME(7, "bob"), NULL, "bob", "home"},
	{"root", PODMAN(7) LOGIN(7, 1000), "alice:x:1000:1000::/home/alice:/bin/sh\n", "alice", "loginuid"},
	{"root", PODMAN(7) LOGIN(7, 1000) HOME(7, "bob") HOME(7, "carol"), "alice:x:1000:1000::/home/alice:/bin/sh\n", "alice",
	 "loginuid"},
	/* A home that is mounted says nothing outside of a container. */
	{"root", BARE(7) NO_LOGIN(7) HOME(7, "alice"), NULL, "root", NULL},
	/* docker -u, or an image that runs as user 1000. */
	{"alice", DOCKER(7) NO_LOGIN(7), NULL, "alice", "uid"},
	{"alice", PODMAN(7) NO_LOGIN(7), NULL, "alice", "uid"},
	{"alice", "7/cgroup:0::/lxc/web\n" NO_LOGIN(7), NULL, "alice", "uid"},
	/* An apptainer runs as who called it. */
	{"alice", "7/cgroup:4:memory:/singularity/4242\n" NO_LOGIN(7), NULL, "alice", NULL},
	{"alice", "7/cgroup:4:memory:/singularity/4242\n" LOGIN(7, 1001), NULL, "alice", NULL},
	{"root", "7/cgroup:4:memory:/singularity/4242\n" LOGIN(7, 1000), "alice:x:1000:1000::/home/alice:/bin/sh\n", "alice",
	 "loginuid"},
	{"alice", DOCKER(7) NO_LOGIN(7) HOME(7, "alice"), NULL, "alice", NULL},
	{"alice", DOCKER(7) NO_LOGIN(7) HOME(7, "bob"), NULL, "bob", "home"},
	{"1007", DOCKER(7) NO_LOGIN(7), NULL, NULL, NULL},
	{"nobody", DOCKER(7) NO_LOGIN(7), NULL, NULL, NULL},
	/* userns-remap. */
	{"100000", DOCKER(7) NO_LOGIN(7), NULL, NULL, NULL},
	{"100000", DOCKER(7) NO_LOGIN(7) HOME(7, "alice"), NULL, "alice", "home"},
	/* A deleted account. */
	{"1007", BARE(7) NO_LOGIN(7), NULL, "1007", NULL},
	{"1007", BARE(7) LOGIN(7, 1007), "", "1007", NULL},
	/* Rootless podman. */
	{"alice",
	 "7/cgroup:0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" HEX ".scope/container\n" NO_LOGIN(7),
	 "alice:x:1000:1000::/home/alice:/bin/sh\n", "alice", NULL},
	{"100999",
	 "7/cgroup:0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" HEX ".scope/container\n" NO_LOGIN(7),
	 "alice:x:1000:1000::/home/alice:/bin/sh\n", "alice", "session"},
	/* Slurm: root is squashed, or a prolog runs as root. */
	{"root", "7/cgroup:4:memory:/slurm/uid_1000/job_5/step_0/task_0\n" NO_LOGIN(7),
	 "alice:x:1000:1000::/home/alice:/bin/sh\n", "alice", "slurm"},
	{"nobody", "7/cgroup:4:memory:/slurm/uid_1000/job_5/step_0/task_0\n7/cgroup:0::/user.slice/user-1001.slice/x\n",
	 "alice:x:1000:1000::/home/alice:/bin/sh\n", "alice", "slurm"},
	{"root", "7/cgroup:0::/system.slice/slurmstepd.scope/job_5/step_0\n" NO_LOGIN(7), NULL, "root", NULL},
	/* Kubernetes: nobody on the host chose the user id. */
	{"root", POD(7) NO_LOGIN(7), NULL, NULL, NULL},
	{"ubuntu", POD(7) NO_LOGIN(7), NULL, NULL, NULL},
	{"ubuntu", POD(7) LOGIN(7, 1000), NULL, NULL, NULL},
	{"ubuntu", POD(7) NO_LOGIN(7) HOME(7, "alice"), NULL, "alice", "home"},
	/* A session that root works in. */
	{"root", "7/cgroup:0::/user.slice/user-1000.slice/session-4.scope\n" NO_LOGIN(7),
	 "alice:x:1000:1000::/home/alice:/bin/sh\n", "alice", "session"},
	/* An id without a name, or with one that nobody tells. */
	{"root", BARE(7) LOGIN(7, 1007), "", "1007", "loginuid"},
	{"root", BARE(7) LOGIN(7, 1007), "alice:x:1000:1000::/home/alice:/bin/sh\nnonsense\n:x:1007:\n", "1007", "loginuid"},
	{"root", BARE(7) LOGIN(7, 1007), "first:x:1007:1::/:/bin/sh\nsecond:x:1007:1::/:/bin/sh\n", "first", "loginuid"},
	/* No ps: what /proc tells may do. */
	{"-", BARE(7) LOGIN(7, 1000), "alice:x:1000:1000::/home/alice:/bin/sh\n", "alice", "loginuid"},
	{"-", BARE(7) NO_LOGIN(7), NULL, NULL, NULL},
	/* No number of the kind. */
	{"root", BARE(7) LOGIN(7, -1), NULL, "root", NULL},
	{"root", BARE(7) LOGIN(7, 99999999999), NULL, "root", NULL},
	{"root", BARE(7) "7/loginuid:\n", NULL, "root", NULL},
};

static void knows_the_person_behind_a_process(void **state)
{
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT_OF(persons); i++) {
		char missing[64];
		census_forget(scene->census);
		cleanup_free char *ps = xasprintf("7 %s 90 1000 python3\n", persons[i].owner);
		cleanup_free char *proc = xasprintf("%s%s%s", STAT(7, 1, 1, 81000, 1), persons[i].origin, UPTIME(900.00));
		take(scene, "7", ps, proc);
		census_missing_names(scene->census, missing, sizeof(missing));
		if (!persons[i].passwd != !missing[0])
			fail_msg("row %zu: asked for \"%s\"", i, missing);
		if (persons[i].passwd) {
			expect_person(process_at(scene, 0), NULL, NULL);
			census_take_names(scene->census, slice_of(persons[i].passwd), &scene->sample);
		}
		const struct process *process = process_at(scene, 0);
		if (!slice_equal(process->user, slice_of(persons[i].user)) || !process->user.ptr != !persons[i].user)
			fail_msg("row %zu: %.*s instead of %s", i, SLICE_ARGS(process->user), persons[i].user);
		expect_slice(process->inferred, persons[i].inferred);
		expect_slice(process->owner, strcmp(persons[i].owner, "-") != 0 ? persons[i].owner : NULL);
		assert_string_equal(census_missing_names(scene->census, missing, sizeof(missing)), "");
	}
}

static void asks_for_a_name_once(void **state)
{
#define SUDO(pid, uid) STAT(pid, 1, 1, 81000, 1) BARE(pid) LOGIN(pid, uid)
	static const char proc[] = SUDO(7, 1000) SUDO(8, 1001) SUDO(9, 1000) UPTIME(900.00);
	static const char ps[] = "7 root 1 1 a\n8 root 1 1 b\n9 root 1 1 c\n";
	struct scene *scene = *state;
	char missing[64], narrow[10];

	take(scene, "7 8 9", ps, proc);
	assert_string_equal(census_missing_names(scene->census, missing, sizeof(missing)), "1000,1001");
	/* No answer has come: still missing. As many as fit are asked for, and only these have no name then. */
	assert_string_equal(census_missing_names(scene->census, narrow, sizeof(narrow)), "1000,1001");
	census_forget(scene->census);
	take(scene, "7 8 9", ps, proc);
	assert_string_equal(census_missing_names(scene->census, narrow, 9), "1000");
	census_take_names(scene->census, SLICE_NONE, &scene->sample);
	expect_person(process_at(scene, 0), "1000", "loginuid");
	expect_person(process_at(scene, 1), NULL, NULL);
	expect_person(process_at(scene, 2), "1000", "loginuid");
	assert_string_equal(census_missing_names(scene->census, missing, sizeof(missing)), "1001");
	size_t len = scene->sample.text.len;
	census_take_names(scene->census, SLICE_LITERAL("bob:x:1001:1::/:/bin/sh\n"), &scene->sample);
	expect_person(process_at(scene, 1), "bob", "loginuid");
	/* Those who were known are not filled in again. */
	assert_int_equal(scene->sample.text.len, len + strlen("bob"));
	/* Known from now on; what was told once is remembered. */
	take(scene, "7 8 9", ps, STAT(7, 1, 1, 81000, 1) STAT(8, 1, 1, 81000, 1) UPTIME(901.00));
	expect_person(process_at(scene, 1), "bob", "loginuid");
	assert_string_equal(census_missing_names(scene->census, missing, sizeof(missing)), "");
	/* The third has ended. */
	expect_person(process_at(scene, 2), NULL, NULL);
	census_forget(scene->census);
	take(scene, "7", ps, SUDO(7, 1000) UPTIME(900.00));
	assert_string_equal(census_missing_names(scene->census, missing, sizeof(missing)), "1000");
#undef SUDO
}

static void remembers_what_was_told_once(void **state)
{
	struct scene *scene = *state;

	take(scene, "7 7", "7 root 90 1 x\n",
	     STAT(7, 0, 0, 81000, 1) "7/cgroup:9:devices:/kubepods/burstable/pod1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed/" HEX
				     "\n" NO_LOGIN(7) HOME(7, "alice") UPTIME(900.00));
	for (int i = 0; i < 3; i++) {
		for (size_t row = 0; row < 2; row++) {
			const struct process *process = process_at(scene, row);
			expect_person(process, "alice", "home");
			assert_int_equal(process->runtime, CONTAINER_OTHER);
			expect_slice(process->container, "c0ffee012345");
			expect_slice(process->pod, "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed");
		}
		take(scene, "7 7", "7 root 90 1 x\n", STAT(7, 0, 0, 81000, 1) UPTIME(900.00));
	}
	assert_false(census_missed_telling(scene->census));
	/* Told again, it replaces what was told. */
	take(scene, "7", "7 root 90 1 x\n", STAT(7, 0, 0, 81000, 1) DOCKER(7) HOME(7, "bob") UPTIME(900.00));
	expect_person(process_at(scene, 0), "bob", "home");
	assert_int_equal(process_at(scene, 0)->runtime, CONTAINER_DOCKER);
	expect_slice(process_at(scene, 0)->pod, NULL);
	/* Gone for one sample, forgotten for ever. */
	take(scene, "8", "8 root 90 1 x\n", STAT(8, 0, 0, 81000, 1) DOCKER(8) UPTIME(900.00));
	take(scene, "7 8", "7 root 90 1 x\n8 root 90 1 x\n", STAT(7, 0, 0, 81000, 1) STAT(8, 0, 0, 81000, 1) UPTIME(900.00));
	expect_person(process_at(scene, 0), NULL, NULL);
	assert_int_equal(process_at(scene, 0)->runtime, CONTAINER_NONE);
	assert_int_equal(process_at(scene, 1)->runtime, CONTAINER_DOCKER);
}

static void another_process_with_the_same_pid_is_another_process(void **state)
{
	struct scene *scene = *state;

	take(scene, "7", "7 root 90 1 x\n", STAT(7, 9000, 0, 81000, 1) DOCKER(7) NO_LOGIN(7) HOME(7, "alice") UPTIME(900.00));
	expect_person(process_at(scene, 0), "alice", "home");
	take(scene, "7", "7 root 1 1 y\n", STAT(7, 100, 0, 90100, 1) UPTIME(905.00));
	expect_person(process_at(scene, 0), NULL, NULL);
	assert_int_equal(process_at(scene, 0)->runtime, CONTAINER_NONE);
	expect_slice(process_at(scene, 0)->container, NULL);
	/* One second in four since its start: not compared with the other's. */
	expect_reading(process_at(scene, 0)->cpu, 25);
	/* The far shell thinks that it has told of PID 7: said once. */
	assert_true(census_missed_telling(scene->census));
	take(scene, "7", "7 root 2 1 y\n", STAT(7, 100, 0, 90100, 1) UPTIME(906.00));
	assert_false(census_missed_telling(scene->census));
	take(scene, "7", "7 root 3 1 y\n", STAT(7, 100, 0, 90100, 1) BARE(7) UPTIME(907.00));
	assert_false(census_missed_telling(scene->census));
	expect_person(process_at(scene, 0), "root", NULL);
}

static void says_nothing_of_what_it_cannot_tell_from_another(void **state)
{
	struct scene *scene = *state;

	take(scene, "7", "7 alice 90 1 x\n", STAT(7, 1, 1, 81000, 1) DOCKER(7) NO_LOGIN(7) UPTIME(900.00));
	assert_int_equal(process_at(scene, 0)->runtime, CONTAINER_DOCKER);
	/* Nobody tells whether it is the same, or whose cgroup that is; then it is. */
	take(scene, "7", "7 alice 90 1 x\n", BARE(7) UPTIME(901.00));
	assert_int_equal(process_at(scene, 0)->runtime, CONTAINER_NONE);
	expect_slice(process_at(scene, 0)->container, NULL);
	expect_person(process_at(scene, 0), "alice", NULL);
	assert_false(census_missed_telling(scene->census));
	take(scene, "7", "7 alice 90 1 x\n", STAT(7, 1, 1, 81000, 1) UPTIME(902.00));
	assert_int_equal(process_at(scene, 0)->runtime, CONTAINER_DOCKER);
	/* Told before its start was: by whom is not known. */
	census_forget(scene->census);
	take(scene, "7", "", DOCKER(7) UPTIME(900.00));
	take(scene, "7", "", STAT(7, 1, 1, 81000, 1) UPTIME(900.00));
	assert_int_equal(process_at(scene, 0)->runtime, CONTAINER_NONE);
	assert_true(census_missed_telling(scene->census));
}

static void hidden_processes_stay_unknown(void **state)
{
	static const struct {
		const char *ps, *proc;
	} answers[] = {
		{NULL, NULL},
		{"", ""},
		{"\n", "\n" UPTIME(900.00)},
		{"error: unsupported option\n7\n7 bob\n7 bob 1\n-7 bob 1 1 x\nx7 bob 1 1 x\n7 the user 1 1 x\n99999999999 bob 1 "
		 "1 x\n",
		 "grep: 7/stat: No such file or directory\n7/stat:\n7/stat:7 (python3) S 1 2\n/stat:7\n7\n7/\n7/stat\n"},
		{"- - - - -\n7 - - - -\n", "7/cgroup:0::/docker/" HEX "\n7/loginuid:1000\n" UPTIME(900.00)},
		{"8 bob 1 1 x\n70 bob 1 1 x\n", STAT(8, 1, 1, 1, 1) STAT(77, 1, 1, 1, 1) UPTIME(900.00)},
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		take(scene, "7 -1", answers[i].ps, answers[i].proc);
		expect_nothing(process_at(scene, 0));
		expect_nothing(process_at(scene, 1));
	}
}

/* Its PID is one of another namespace, or has been given to another process meanwhile. */
static void who_has_the_pid_of_one_not_found_is_somebody_else(void **state)
{
	struct scene *scene = *state;
	char missing[64];

	begin(scene, "7 7");
	scene->sample.processes[0].name = SLICE_LITERAL("[Not Found]");
	size_t first = fixture_feed(&scene->sample, SLICE_LITERAL("7 root 90 1000 sshd: alice\n"), SIZE_MAX);
	size_t second =
		fixture_feed(&scene->sample,
			     SLICE_LITERAL(STAT(7, 1, 1, 81000, 1) DOCKER(7) HOME(7, "bob") PODMAN(7) UPTIME(900.00)), SIZE_MAX);
	census_take(scene->census, fixture_slice(&scene->sample, first, second),
		    fixture_slice(&scene->sample, second, scene->sample.text.len), &scene->machine, &scene->sample);
	expect_nothing(process_at(scene, 0));
	expect_slice(process_at(scene, 0)->name, "[Not Found]");
	expect_person(process_at(scene, 1), "bob", "home");
	/* Nor by a name that comes later. */
	census_forget(scene->census);
	begin(scene, "7");
	scene->sample.processes[0].name = SLICE_LITERAL("[Not Found]");
	first = fixture_feed(&scene->sample, SLICE_LITERAL(STAT(7, 1, 1, 81000, 1) BARE(7) LOGIN(7, 1000) UPTIME(900.00)),
			     SIZE_MAX);
	census_take(scene->census, SLICE_NONE, fixture_slice(&scene->sample, first, scene->sample.text.len), &scene->machine,
		    &scene->sample);
	assert_string_equal(census_missing_names(scene->census, missing, sizeof(missing)), "");
	census_take_names(scene->census, SLICE_LITERAL("alice:x:1000:1000::/home/alice:/bin/sh\n"), &scene->sample);
	expect_nothing(process_at(scene, 0));
}

static void a_pid_that_ps_tells_twice_is_forged(void **state)
{
	struct scene *scene = *state;

	take(scene, "7 8", "7 mallory 5 1 evil\n8 root 1 1 nothing to see\n8 alice 90 1 python3\n", NULL);
	expect_slice(process_at(scene, 0)->owner, "mallory");
	expect_nothing(process_at(scene, 1));
}

static void reads_columns_that_ps_does_not_know(void **state)
{
	struct scene *scene = *state;

	scene->machine.page = 0;
	take(scene, "7 8 9", "7 alice - - -\n8 - 5 100 x\n   9 bob 6 -\n", UPTIME(900.00));
	expect_slice(process_at(scene, 0)->owner, "alice");
	expect_slice(process_at(scene, 0)->command, NULL);
	expect_reading(process_at(scene, 0)->elapsed, NAN);
	expect_reading(process_at(scene, 0)->rss, NAN);
	expect_slice(process_at(scene, 1)->owner, NULL);
	expect_person(process_at(scene, 1), NULL, NULL);
	expect_slice(process_at(scene, 1)->command, "x");
	expect_reading(process_at(scene, 1)->elapsed, 5);
	expect_reading(process_at(scene, 1)->rss, 102400);
	expect_slice(process_at(scene, 2)->command, NULL);
	expect_reading(process_at(scene, 2)->elapsed, 6);
}

static void reads_names_that_look_like_the_rest_of_the_line(void **state)
{
#define FIELDS " S 1 1 1 0 -1 0 7 0 1 0 1000 500 5 6 20 0 9 0 80000 3000000 25 9\n"
	static const char *const stats[] = {
		"7/stat:7 (a b) S 1 ()" FIELDS,
		"7/stat:7 ()" FIELDS,
		"7/stat:7 (one\n7/stat:two)" FIELDS,
		"7/stat:7 (one\n7/stat:7 (two)" FIELDS,
		"7/stat:7 (x) S 1 2 3\n7/stat:\n7/stat:8 (y) R)" FIELDS,
		"7/stat:7 (uptime:5 \xef\xbf\xbd)" FIELDS,
	};
#undef FIELDS
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT_OF(stats); i++) {
		cleanup_free char *proc = xasprintf("%s%s", stats[i], UPTIME(900.00));
		census_forget(scene->census);
		take(scene, "7", NULL, proc);
		expect_reading(process_at(scene, 0)->cpu, 15);
		expect_reading(process_at(scene, 0)->rss, 25 * 4096);
		expect_reading(process_at(scene, 0)->elapsed, 100);
	}
}

static void cpu_is_the_difference_between_two_samples(void **state)
{
	struct scene *scene = *state;

	take(scene, "7", NULL, STAT(7, 1000, 500, 80000, 25) UPTIME(900.00));
	expect_reading(process_at(scene, 0)->cpu, 15);
	take(scene, "7", NULL, STAT(7, 1300, 600, 80000, 25) UPTIME(902.00));
	expect_reading(process_at(scene, 0)->cpu, 200);
	take(scene, "7", NULL, STAT(7, 1300, 600, 80000, 25) UPTIME(904.00));
	expect_reading(process_at(scene, 0)->cpu, 0);
	/* A second round of one sample: too short a time to measure. */
	take(scene, "7", NULL, STAT(7, 1350, 600, 80000, 25) UPTIME(904.10));
	expect_reading(process_at(scene, 0)->cpu, 0);
	take(scene, "7", NULL, STAT(7, 1400, 600, 80000, 25) UPTIME(905.00));
	expect_reading(process_at(scene, 0)->cpu, 100);
	/* Never more than there is. */
	take(scene, "7", NULL, STAT(7, 9400, 600, 80000, 25) UPTIME(906.00));
	expect_reading(process_at(scene, 0)->cpu, 400);
}

static void a_clock_that_jumps_makes_no_wrong_number(void **state)
{
	struct scene *scene = *state;

	take(scene, "7", NULL, STAT(7, 1000, 500, 80000, 25) UPTIME(900.00));
	/* Back. */
	take(scene, "7", NULL, STAT(7, 1100, 500, 80000, 25) UPTIME(850.00));
	expect_reading(process_at(scene, 0)->cpu, NAN);
	expect_reading(process_at(scene, 0)->elapsed, 50);
	take(scene, "7", NULL, STAT(7, 1200, 500, 80000, 25) UPTIME(851.00));
	expect_reading(process_at(scene, 0)->cpu, 100);
	/* Ticks run back. */
	take(scene, "7", NULL, STAT(7, 5, 5, 80000, 25) UPTIME(852.00));
	expect_reading(process_at(scene, 0)->cpu, NAN);
	take(scene, "7", NULL, STAT(7, 105, 5, 80000, 25) UPTIME(853.00));
	expect_reading(process_at(scene, 0)->cpu, 100);
	/* Before its start. */
	census_forget(scene->census);
	take(scene, "7", NULL, STAT(7, 1000, 500, 80000, 25) UPTIME(700.00));
	expect_reading(process_at(scene, 0)->cpu, NAN);
	expect_reading(process_at(scene, 0)->elapsed, NAN);
	/* Not told at all: the probe's earlier look does, if there was one. */
	scene->machine.uptime = 701;
	take(scene, "7", NULL, STAT(7, 1100, 500, 80000, 25));
	expect_reading(process_at(scene, 0)->cpu, 100);
	scene->machine.uptime = NAN;
	take(scene, "7", NULL, STAT(7, 1200, 500, 80000, 25));
	expect_reading(process_at(scene, 0)->cpu, NAN);
	scene->machine.ticks = 0;
	take(scene, "7", NULL, STAT(7, 1200, 500, 80000, 25) UPTIME(900.00));
	expect_reading(process_at(scene, 0)->cpu, NAN);
	expect_reading(process_at(scene, 0)->elapsed, NAN);
}

static void does_not_believe_absurd_ages(void **state)
{
	struct scene *scene = *state;

	take(scene, "7 8 9", "7 a 4294967000 1 x\n8 a 4294967000 1 x\n9 a -5 1 x\n", STAT(7, 1, 1, 80000, 1) UPTIME(900.00));
	expect_reading(process_at(scene, 0)->elapsed, 100);
	expect_reading(process_at(scene, 1)->elapsed, NAN);
	expect_nothing(process_at(scene, 2));
}

static void does_not_believe_the_end_of_a_section_that_was_cut(void **state)
{
	struct scene *scene = *state;

	/* 1000, in fact. */
	take(scene, "7", "7 root 9 1 x\n", STAT(7, 1, 1, 81000, 1) BARE(7) "7/loginuid:100\n\n");
	expect_person(process_at(scene, 0), "root", NULL);
	census_forget(scene->census);
	take(scene, "7", "7 root 9 1 x\n", STAT(7, 1, 1, 81000, 1) "7/loginuid:1000\n7/cgroup:0::/system.slice/do");
	expect_person(process_at(scene, 0), NULL, NULL);
	/* A number of stat that may be cut is not believed either. */
	census_forget(scene->census);
	take(scene, "7", "7 root 9 7 x\n", "7/stat:7 (a) R 1 1 1 0 -1 0 7 0 1 0 1000 500 5 6 20 0 9 0 80000 3000000 25");
	expect_reading(process_at(scene, 0)->rss, 7168);
	expect_reading(process_at(scene, 0)->cpu, NAN);
}

static void masks_secrets_in_commands_and_names(void **state)
{
	static const char name[] = "server --token=tell-nobody\nsecond line";
	struct scene *scene = *state;
	struct slice kept;

	begin(scene, "7 -1 7");
	assert_int_equal(sample_keep(&scene->sample, slice_of(name), &kept), 0);
	scene->sample.processes[0].name = kept;
	assert_int_equal(sample_keep(&scene->sample, slice_of(name), &kept), 0);
	scene->sample.processes[1].name = kept;
	size_t first =
		fixture_feed(&scene->sample, SLICE_LITERAL("7 alice 1 1 python3 --token=tell-nobody --port 5\n"), SIZE_MAX);
	census_take(scene->census, fixture_slice(&scene->sample, first, scene->sample.text.len), SLICE_NONE, &scene->machine,
		    &scene->sample);
	for (size_t i = 0; i < 3; i += 2)
		expect_slice(process_at(scene, i)->command, "python3 --token=*** --port 5");
	for (size_t i = 0; i < 2; i++) {
		assert_true(slice_starts_with(process_at(scene, i)->name, "server --token=***"));
		assert_false(slice_contains(process_at(scene, i)->name, "nobody"));
	}
	expect_slice(process_at(scene, 2)->name, "python3");
}

static void masks_each_time_and_each_text(void **state)
{
	static const struct {
		const char *ps, *command;
	} samples[] = {
		{"7 alice 1 1 train --port 5\n", "train --port 5"},
		{"7 alice 1 1 train --port 5\n", "train --port 5"},
		{"7 alice 1 1 train --token=tell-nobody\n", "train --token=***"},
		{"7 alice 1 1 train --token=tell-nobody\n", "train --token=***"},
		{"7 alice 1 1 train --token=***\n", "train --token=***"},
		{"7 alice 1 1 train --token=tell-nobody\n", "train --token=***"},
		{"7 alice 1 1 train --token=abc\n", "train --token=***"},
		{"7 alice 1 1 train --token=abc\n", "train --token=***"},
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		take(scene, "7", samples[i].ps, NULL);
		expect_slice(process_at(scene, 0)->command, samples[i].command);
	}
}

static void cuts_names_and_commands_at_a_whole_character(void **state)
{
	struct scene *scene = *state;
	struct slice kept;
	struct buf text;

	buf_init(&text, 1 << 16);
	for (int i = 0; i < 2000; i++)
		dump(&text, "\xe2\x82\xac");
	begin(scene, "7");
	assert_int_equal(sample_keep(&scene->sample, buf_slice(&text), &kept), 0);
	scene->sample.processes[0].name = kept;
	census_take(scene->census, SLICE_NONE, SLICE_NONE, &scene->machine, &scene->sample);
	assert_int_equal(process_at(scene, 0)->name.len, CAP_COMMAND - 1);

	/* An owner of which no system knows. */
	buf_clear(&text);
	dump(&text, "7 %0100d 1 1 x\n", 7);
	assert_int_equal(buf_append(&text, "", 1), 0);
	take(scene, "7", text.data, NULL);
	expect_slice(process_at(scene, 0)->owner, NULL);
	buf_done(&text);
}

static void takes_more_processes_than_it_remembers(void **state)
{
	enum { COUNT = CAP_CENSUS + 10 };
	struct scene *scene = *state;
	struct buf ps;

	buf_init(&ps, 1 << 20);
	sample_clear(&scene->sample);
	for (size_t i = 0; i < CAP_GPUS; i++)
		sample_add_gpu(&scene->sample);
	for (int pid = COUNT; pid >= 1; pid--) {
		sample_add_process(&scene->sample)->pid = pid;
		dump(&ps, "%d alice 1 1 x\n", pid);
	}
	size_t start = fixture_feed(&scene->sample, buf_slice(&ps), SIZE_MAX);
	census_take(scene->census, fixture_slice(&scene->sample, start, scene->sample.text.len), SLICE_NONE, &scene->machine,
		    &scene->sample);
	size_t known = 0;
	for (size_t i = 0; i < COUNT; i++)
		known += process_at(scene, i)->user.ptr != NULL;
	assert_int_equal(known, CAP_CENSUS);
	expect_person(process_at(scene, COUNT - 1), "alice", NULL);
	buf_done(&ps);
}

static void answers_may_come_in_any_order(void **state)
{
	struct scene *scene = *state;

	take(scene, "9 7 8", "8 bob 1 1 b\n9 carol 1 1 c\n7 root 1 1 a\n",
	     HOME(7, "alice") NO_LOGIN(7) DOCKER(7) STAT(8, 1, 1, 81000, 1) STAT(7, 1, 1, 81000, 1) BARE(8)
		     STAT(9, 1, 1, 81000, 1) BARE(9) UPTIME(900.00));
	expect_person(process_at(scene, 0), "carol", NULL);
	expect_person(process_at(scene, 1), "alice", "home");
	expect_person(process_at(scene, 2), "bob", NULL);
}

static void is_freed_half_built(void **state)
{
	census_free(NULL);
	census_free(census_new());
}

int main(void)
{
#define with_scene(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		with_scene(tells_all_of_a_plain_process),
		with_scene(knows_the_person_behind_a_process),
		with_scene(asks_for_a_name_once),
		with_scene(remembers_what_was_told_once),
		with_scene(another_process_with_the_same_pid_is_another_process),
		with_scene(says_nothing_of_what_it_cannot_tell_from_another),
		with_scene(hidden_processes_stay_unknown),
		with_scene(who_has_the_pid_of_one_not_found_is_somebody_else),
		with_scene(a_pid_that_ps_tells_twice_is_forged),
		with_scene(reads_columns_that_ps_does_not_know),
		with_scene(reads_names_that_look_like_the_rest_of_the_line),
		with_scene(cpu_is_the_difference_between_two_samples),
		with_scene(a_clock_that_jumps_makes_no_wrong_number),
		with_scene(does_not_believe_absurd_ages),
		with_scene(does_not_believe_the_end_of_a_section_that_was_cut),
		with_scene(masks_secrets_in_commands_and_names),
		with_scene(masks_each_time_and_each_text),
		with_scene(cuts_names_and_commands_at_a_whole_character),
		with_scene(takes_more_processes_than_it_remembers),
		with_scene(answers_may_come_in_any_order),
		cmocka_unit_test(is_freed_half_built),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
