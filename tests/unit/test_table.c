/* view/table: invented hosts against the text that people should see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>

#include "invented.h"
#include "view/table.h"
#include "view/width.h"

struct lab {
	struct model *model;
	struct sample sample;
	struct buf out;
	struct table_options options;
};

static int set_up(void **state)
{
	struct lab *lab = xcalloc(1, sizeof(*lab));

	lab->model = model_new();
	sample_init(&lab->sample);
	buf_init(&lab->out, 1 << 20);
	*state = lab;
	return 0;
}

static int tear_down(void **state)
{
	struct lab *lab = *state;

	buf_done(&lab->out);
	sample_done(&lab->sample);
	model_free(lab->model);
	free(lab);
	return 0;
}

/* The table two seconds after NOON. Borrowed until the next call. */
static const char *render(struct lab *lab)
{
	buf_clear(&lab->out);
	assert_int_equal(table_render(lab->model, &lab->options, NOON + 2, &lab->out), 0);
	assert_int_equal(buf_append(&lab->out, "", 1), 0);
	return lab->out.data;
}

static void assert_shows(struct lab *lab, const char *part)
{
	const char *text = render(lab);

	if (!strstr(text, part))
		fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void assert_hides(struct lab *lab, const char *part)
{
	const char *text = render(lab);

	if (strstr(text, part))
		fail_msg("\"%s\" is in:\n%s", part, text);
}

static void use_gpu(struct gpu *gpu, double utilization, double gib, double watts)
{
	gpu->readings[READING_utilization].value = utilization;
	gpu->readings[READING_memory_used].value = gib * GIB;
	gpu->readings[READING_power].value = watts;
}

static void add_healthy(struct lab *lab)
{
	struct host_label label = {
		.name = "node0", .address = "192.0.2.10", .people = "Alice", .kvm = "A1", .comment = "new fans on Friday"};
	struct host *host = model_add_host(lab->model, &label, NOON - 3600);

	use_gpu(invented_gpu(&lab->sample), 97, 71.4, 388.5);
	invented_process(&lab->sample, "alice", "/opt/conda/bin/python3 train.py --epochs 90", 51 * GIB);
	invented_process(&lab->sample, "bob", "./gpu_burn 600", 20.4 * GIB);
	use_gpu(invented_gpu(&lab->sample), 0, 0.4, 52);
	use_gpu(invented_gpu(&lab->sample), 0, 40, 60);
	invented_process(&lab->sample, "carol", "jupyter-lab", 40 * GIB);
	lab->sample.driver = SLICE_LITERAL("550.54.15");
	invented_report(host, &lab->sample);
}

static void add_workstation(struct lab *lab)
{
	struct host *host = invented_host(lab->model, "workstation");
	struct gpu *gpu = invented_gpu(&lab->sample);

	gpu->name = SLICE_LITERAL("NVIDIA GeForce RTX 4090");
	gpu->readings[READING_memory_total].value = 24564 * GIB / 1024;
	gpu->readings[READING_power_limit].value = 450;
	use_gpu(gpu, 3, 8.25, 101.6);
	invented_report(host, &lab->sample);
}

static void add_mig(struct lab *lab)
{
	struct host *host = invented_host(lab->model, "mig");
	struct gpu *gpu = invented_gpu(&lab->sample);

	gpu->readings[READING_utilization].absent = SLICE_LITERAL("N/A");
	gpu->readings[READING_memory_used].value = 12 * GIB;
	struct process *process = invented_process(&lab->sample, NULL, NULL, 0);
	process->memory.absent = SLICE_LITERAL("N/A");
	invented_report(host, &lab->sample);
}

static void add_dying(struct lab *lab)
{
	struct host *host = invented_host(lab->model, "dying");
	struct gpu *gpu = invented_gpu(&lab->sample);

	for (size_t id = 0; id < READING_COUNT; id++)
		gpu->readings[id].absent = SLICE_LITERAL("GPU is lost");
	gpu->problem = SLICE_LITERAL("GPU is lost");
	gpu->index = -1;
	invented_gpu(&lab->sample);
	invented_report(host, &lab->sample);
}

static void add_blind(struct lab *lab)
{
	struct host *host = invented_host(lab->model, "blind");

	invented_gpu(&lab->sample);
	lab->sample.process_problem = SLICE_LITERAL("Insufficient Permissions");
	invented_report(host, &lab->sample);
}

static void add_stale(struct lab *lab)
{
	struct host *host = invented_host(lab->model, "stale");

	invented_gpu(&lab->sample);
	host_set_sample(host, &lab->sample, NULL, 40, NOON - 43);
	sample_clear(&lab->sample);
	host_set_stale(host, NOON - 28);
}

static void add_failed(struct lab *lab)
{
	struct host_label label = {.name = "down", .address = "192.0.2.13", .people = "Bob"};
	struct host *host = model_add_host(lab->model, &label, NOON - 7200);

	invented_gpu(&lab->sample);
	use_gpu(invented_gpu(&lab->sample), 80, 30, 300);
	invented_process(&lab->sample, "dave", "python", 30 * GIB);
	host_set_sample(host, &lab->sample, NULL, 40, NOON - 838);
	sample_clear(&lab->sample);
	host_set_error(host, PROBLEM_AUTH, slice_of("Permission denied (publickey)."), slice_of("ssh-copy-id down"), NOON + 10,
		       NOON - 718);
}

static void add_everything(struct lab *lab)
{
	add_healthy(lab);
	add_workstation(lab);
	add_mig(lab);
	add_dying(lab);
	add_blind(lab);
	add_stale(lab);
	add_failed(lab);
	invented_host(lab->model, "new");
}

/* Line by line, so that a difference is shown where it is. */
static void assert_lines(const char *text, const char *const *expected, size_t count)
{
	struct slice rest = slice_of(text);

	for (size_t i = 0; i < count; i++) {
		struct slice line = slice_split(rest, '\n', &rest);
		if (!slice_is(line, expected[i]))
			fail_msg("line %zu is\n%.*s\nand should be\n%s", i + 1, SLICE_ARGS(line), expected[i]);
	}
	assert_int_equal(rest.len, 0);
}

#define LINES(lines) (lines), sizeof(lines) / sizeof((lines)[0])

static void shows_the_whole_lab(void **state)
{
	static const char *const expected[] = {
		"node0        ok, 2 s ago  driver 550.54.15  Alice  KVM A1  new fans on Friday",
		"  0  A100-SXM4-80GB  97 %  71.4 / 80.0 GiB  31 \u00b0C  388 / 400 W  alice (python3, 51.0 GiB), bob (gpu_burn, "
		"20.4 GiB)",
		"  1  A100-SXM4-80GB   0 %   0.4 / 80.0 GiB  31 \u00b0C   52 / 400 W  free",
		"  2  A100-SXM4-80GB   0 %  40.0 / 80.0 GiB  31 \u00b0C   60 / 400 W  idle: carol (jupyter-lab, 40.0 GiB)",
		"workstation  ok, 2 s ago",
		"  0  RTX 4090         3 %   8.2 / 24.0 GiB  31 \u00b0C  102 / 450 W  memory in use, no process to be seen",
		"mig          ok, 2 s ago",
		"  0  A100-SXM4-80GB     -  12.0 / 80.0 GiB  31 \u00b0C   52 / 400 W  ? (python3)",
		"dying        ok, 2 s ago",
		"  ?  A100-SXM4-80GB     -     - /        -      -    - /     -  trouble: GPU is lost for 2 s",
		"  1  A100-SXM4-80GB   0 %   0.0 / 80.0 GiB  31 \u00b0C   52 / 400 W  free",
		"    error: GPU-0001: GPU is lost",
		"      see why in `sudo dmesg | grep -i -e xid -e nvrm`, then reboot the host; if it comes again, look at its "
		"seat, its "
		"power cables and its cooling",
		"blind        ok, 2 s ago",
		"  0  A100-SXM4-80GB   0 %   0.0 / 80.0 GiB  31 \u00b0C   52 / 400 W  ? (processes not known: Insufficient "
		"Permissions)",
		"    error: who computes here is not known, or not all of it: Insufficient Permissions",
		"      see what `nvidia-smi --query-compute-apps=pid,name --format=csv` says there",
		"stale        stale: last sample 45 s ago",
		"  0  A100-SXM4-80GB   0 %   0.0 / 80.0 GiB  31 \u00b0C   52 / 400 W  last: free",
		"down         error for 12 min  Bob",
		"    auth: Permission denied (publickey).  (next try in 8 s)",
		"    hint: ssh-copy-id down",
		"    last values, 14 min old:",
		"  0  A100-SXM4-80GB   0 %   0.0 / 80.0 GiB  31 \u00b0C   52 / 400 W  last: free",
		"  1  A100-SXM4-80GB  80 %  30.0 / 80.0 GiB  31 \u00b0C  300 / 400 W  last: dave (python, 30.0 GiB)",
		"new          connecting for 60 min",
		"2 GPUs free, 4 busy (1 idle), 1 in trouble, 4 not known on 8 hosts (1 connecting, 1 stale, 1 in error)",
	};
	struct lab *lab = *state;

	add_everything(lab);
	assert_lines(render(lab), LINES(expected));
}

static void an_empty_model_has_no_hosts(void **state)
{
	struct lab *lab = *state;

	assert_string_equal(render(lab), "no hosts\n");
}

static void says_that_it_is_a_demo(void **state)
{
	struct lab *lab = *state;

	model_set_demo(lab->model, true);
	assert_shows(lab, "A demo: these hosts do not exist.\n");
}

static void one_is_not_many(void **state)
{
	struct lab *lab = *state;

	invented_gpu(&lab->sample);
	invented_report(invented_host(lab->model, "node0"), &lab->sample);
	assert_shows(lab, "\n1 GPU free, 0 busy, 0 in trouble on 1 host\n");
}

/* A GPU is only called free when all is known that could say otherwise. */
static void free_is_said_only_when_it_is_known(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");
	static const struct {
		double used;
		const char *memory_absent, *problem, *process_problem;
		const char *shown;
	} cases[] = {
		{3.9 * GIB, NULL, NULL, NULL, "  free\n"},
		{4.0 * GIB, NULL, NULL, NULL, "  idle: memory in use, no process to be seen\n"},
		{0, "N/A", NULL, NULL, "  ? (no process, memory not known)\n"},
		{0, NULL, "GPU requires reset", NULL, "  trouble: GPU requires reset for 2 s\n"},
		{0, NULL, NULL, "cut", "  ? (processes not known: cut)\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gpu *gpu = invented_gpu(&lab->sample);
		gpu->readings[READING_memory_used].value = cases[i].used;
		gpu->readings[READING_memory_used].absent = slice_of(cases[i].memory_absent);
		gpu->problem = slice_of(cases[i].problem);
		lab->sample.process_problem = slice_of(cases[i].process_problem);
		invented_report(host, &lab->sample);
		assert_shows(lab, cases[i].shown);
	}
	invented_gpu(&lab->sample);
	invented_report(host, &lab->sample);
	host_set_stale(host, NOON);
	assert_shows(lab, "  last: free\n0 GPUs free, 0 busy, 0 in trouble, 1 not known on 1 host (1 stale)\n");
}

/* What is at work, or has memory in use, is busy: whether its processes are known or not. */
static void what_is_busy_needs_no_process(void **state)
{
	static const struct {
		double utilization, used;
		const char *memory_absent, *process_problem, *shown, *total;
	} cases[] = {
		{60, 0, NULL, "cut", "  ? (processes not known: cut)\n", "0 GPUs free, 1 busy, "},
		{0, 40 * GIB, NULL, "cut", "  idle: ? (processes not known: cut)\n", "0 GPUs free, 1 busy (1 idle), "},
		{60, 0, NULL, NULL, "  at work, no process to be seen\n", "0 GPUs free, 1 busy, "},
		{5, 0, "N/A", NULL, "  at work, no process to be seen\n", "0 GPUs free, 1 busy, "},
		{60, 40 * GIB, NULL, NULL, "  memory in use, no process to be seen\n", "0 GPUs free, 1 busy, "},
		{4.9, 0, NULL, NULL, "  free\n", "1 GPU free, 0 busy, "},
	};
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct gpu *gpu = invented_gpu(&lab->sample);
		gpu->readings[READING_utilization].value = cases[i].utilization;
		gpu->readings[READING_memory_used].value = cases[i].used;
		gpu->readings[READING_memory_used].absent = slice_of(cases[i].memory_absent);
		lab->sample.process_problem = slice_of(cases[i].process_problem);
		invented_report(host, &lab->sample);
		assert_shows(lab, cases[i].shown);
		assert_shows(lab, cases[i].total);
	}
}

/* Nothing is believed of 100 % but where there is no doubt that the driver was loaded before we asked, or where all else says free. */
static void the_start_of_the_driver_is_no_work(void **state)
{
	static const struct {
		const char *persistence;
		bool keeps_driver;
		double used;
		const char *process_problem, *total;
	} cases[] = {
		{"Disabled", false, 0, NULL, "1 GPU free, 0 busy, "},
		{"Disabled", false, 3.9 * GIB, NULL, "1 GPU free, 0 busy, "},
		{"Disabled", true, 0, NULL, "0 GPUs free, 1 busy, "},
		{"Enabled", false, 0, NULL, "0 GPUs free, 1 busy, "},
		{NULL, false, 0, NULL, "0 GPUs free, 1 busy, "},
		{"Disabled", false, 4 * GIB, NULL, "0 GPUs free, 1 busy, "},
		{"Disabled", false, 0, "cut", "0 GPUs free, 1 busy, "},
	};
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct host_session session = {.keeps_driver = cases[i].keeps_driver};
		host_set_session(host, &session);
		struct gpu *gpu = invented_gpu(&lab->sample);
		gpu->readings[READING_utilization].value = 100;
		gpu->readings[READING_memory_used].value = cases[i].used;
		gpu->texts[TEXT_persistence_mode] = slice_of(cases[i].persistence);
		lab->sample.process_problem = slice_of(cases[i].process_problem);
		invented_report(host, &lab->sample);
		assert_shows(lab, cases[i].total);
	}
	/* Whoever computes there has the driver loaded. */
	invented_gpu(&lab->sample)->readings[READING_utilization].value = 100;
	lab->sample.gpus[0].texts[TEXT_persistence_mode] = SLICE_LITERAL("Disabled");
	invented_process(&lab->sample, "alice", "train", GIB);
	invented_report(host, &lab->sample);
	assert_shows(lab, "0 GPUs free, 1 busy, ");
}

static void some_processes_may_be_missing(void **state)
{
	struct lab *lab = *state;

	invented_gpu(&lab->sample);
	invented_process(&lab->sample, "alice", "train", GIB);
	lab->sample.process_problem = SLICE_LITERAL("a line was cut");
	invented_report(invented_host(lab->model, "node0"), &lab->sample);
	assert_shows(lab, "  idle: alice (train, 1.0 GiB), ? (processes not known: a line was cut)\n");
}

static void what_one_gpu_does_not_tell_is_said_of_it_alone(void **state)
{
	struct lab *lab = *state;

	invented_gpu(&lab->sample);
	invented_gpu(&lab->sample)->process_problem = SLICE_LITERAL("Not Supported");
	invented_report(invented_host(lab->model, "node0"), &lab->sample);
	assert_shows(lab, "  free\n  1  A100-SXM4-80GB  0 %  0.0 / 80.0 GiB  31 \u00b0C  52 / 400 W  ? (processes not known: Not "
			  "Supported)\n1 GPU free, 0 busy, 0 in trouble, 1 not known on 1 host\n");
}

static void says_how_long_ago(void **state)
{
	static const struct {
		double seconds;
		const char *words;
	} cases[] = {{-5, "0 s"},       {0, "0 s"},    {119, "119 s"},   {120, "2 min"},
		     {7199, "119 min"}, {7200, "2 h"}, {172799, "47 h"}, {172800, "2 d"}};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		model_add_host(lab->model, &(struct host_label){.name = "x", .address = "x"}, NOON + 2 - cases[i].seconds);
		cleanup_free char *expected = xasprintf("x  connecting for %s\n", cases[i].words);
		assert_shows(lab, expected);
		model_remove_host(lab->model, lab->model->hosts[0]);
	}
}

/* No text from outside makes a line of its own, or an order to the terminal. */
static void hostile_text_stays_in_its_place(void **state)
{
	static const char evil[] = "x\n\x1b[2Jy\r\xff\xc2\x9b"
				   "z";
	struct lab *lab = *state;
	struct host_label label = {
		.name = evil, .address = "192.0.2.10", .people = evil, .kvm = evil, .group = evil, .comment = evil};
	struct host *host = model_add_host(lab->model, &label, NOON);

	lab->options.color = true;
	invented_gpu(&lab->sample)->name = slice_of(evil);
	invented_process(&lab->sample, evil, evil, GIB);
	invented_gpu(&lab->sample)->problem = slice_of(evil);
	lab->sample.driver = slice_of(evil);
	invented_report(host, &lab->sample);
	host_set_error(host, PROBLEM_SSH, slice_of(evil), slice_of(evil), 0, NOON);

	const char *text = render(lab);
	size_t lines = 0;
	for (const char *at = text; *at; at++) {
		if (*at == '\n')
			lines++;
		else if (*at == '\x1b')
			assert_true(at[1] == '[' && strchr("0123", at[2]) &&
				    strspn(at + 2, "0123456789") == strcspn(at + 2, "m"));
		else
			assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
	}
	/* The host, its error, the hint, the age of the values, two GPUs, what was found and its remedy, the totals. */
	assert_int_equal(lines, 9);
	assert_null(strstr(text, "\xc2\x9b"));
	assert_null(strchr(text, '\xff'));
}

/* The column at which the last "free" of each line begins. */
static void assert_aligned(struct lab *lab)
{
	struct slice rest = slice_of(render(lab));
	size_t first = 0;

	while (rest.len > 0) {
		struct slice line = slice_split(rest, '\n', &rest);
		const char *word = line.len > 4 ? memmem(line.ptr, line.len, "  free", 6) : NULL;
		if (!word)
			continue;
		size_t column = width_of((struct slice){line.ptr, (size_t)(word - line.ptr)});
		first = first > 0 ? first : column;
		assert_int_equal(column, first);
	}
	assert_true(first > 0);
}

static void columns_are_aligned_whatever_the_script(void **state)
{
	static const char *const models[] = {
		"NVIDIA A100-SXM4-80GB",
		"\xe5\x9b\xbe\xe5\xbd\xa2\xe5\x8d\xa1",
		"Cafe\xcc\x81 4090",
		"",
		"\xff\n",
		"a very long product name that would push everything off the screen",
		"\xe5\x9b\xbe\xe5\x9b\xbe\xe5\x9b\xbe\xe5\x9b\xbe\xe5\x9b\xbe\xe5\x9b\xbe\xe5\x9b"
		"\xbe\xe5\x9b\xbe\xe5\x9b\xbe\xe5\x9b\xbe"
		"\xe5\x9b\xbe\xe5\x9b\xbe\xe5\x9b\xbe\xe5\x9b\xbe\xe5\x9b\xbe\xe5\x9b\xbe\xe5\x9b\xbe"};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		invented_gpu(&lab->sample)->name = slice_of(models[i]);
		invented_report(invented_host(lab->model, models[i]), &lab->sample);
	}
	assert_aligned(lab);
	assert_non_null(strstr(render(lab), "  a very long product name th\u2026  "));
	/* Host names are cut at a whole character, and what follows them is aligned too. */
	const char *text = render(lab);
	assert_non_null(strstr(text, "a very long product name that w\u2026  ok, 2 s ago\n"));
	assert_non_null(strstr(text, "\xe5\x9b\xbe\xe5\xbd\xa2\xe5\x8d\xa1                            ok, 2 s ago\n"));
	assert_non_null(strstr(text, "\xe5\x9b\xbe\u2026   ok, 2 s ago\n"));
}

static void names_the_program(void **state)
{
	static const struct {
		const char *command, *program;
	} cases[] = {
		{"/usr/bin/python3 /home/a/train.py", "python3"},
		{"./gpu_burn", "gpu_burn"},
		{"VLLM::EngineCore", "VLLM::EngineCore"},
		{"  python", "python"},
		{"odd/", "odd/"},
		{"", "python3"}, /* nvidia-smi's own name for it */
		{NULL, "python3"},
		{"a-program-with-a-name-that-does-not-end", "a-program-with-a-name-that-does\u2026"},
	};
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		invented_gpu(&lab->sample);
		invented_process(&lab->sample, "alice", cases[i].command, GIB);
		invented_report(host, &lab->sample);
		cleanup_free char *expected = xasprintf("  idle: alice (%s, 1.0 GiB)\n", cases[i].program);
		assert_shows(lab, expected);
	}
}

/* nvidia-smi's excuse is no name; a command that looks like one is. */
static void a_reason_is_no_program(void **state)
{
	static const struct {
		const char *name, *command, *program;
	} cases[] = {
		{"[Insufficient Permissions]", NULL, "?"},
		{"[Not Found]", "", "?"},
		{"[Not Found]", "[odd] --fast", "[odd]"},
	};
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		invented_gpu(&lab->sample);
		invented_process(&lab->sample, NULL, cases[i].command, GIB)->name = slice_of(cases[i].name);
		invented_report(host, &lab->sample);
		cleanup_free char *expected = xasprintf("  idle: ? (%s, 1.0 GiB)\n", cases[i].program);
		assert_shows(lab, expected);
	}
}

static void absurd_numbers_do_not_widen_the_table(void **state)
{
	struct lab *lab = *state;
	struct gpu *gpu = invented_gpu(&lab->sample);

	for (size_t id = 0; id < READING_COUNT; id++)
		gpu->readings[id].value = id % 2 ? 1e300 : -INFINITY;
	invented_report(invented_host(lab->model, "node0"), &lab->sample);
	assert_shows(lab, "  0  A100-SXM4-80GB  -  - / -  -  - / -  ");
}

static void cuts_at_the_edge_of_the_terminal(void **state)
{
	struct lab *lab = *state;

	add_everything(lab);
	for (lab->options.width = 1; lab->options.width < 130; lab->options.width++) {
		for (int color = 0; color < 2; color++) {
			lab->options.color = color;
			struct slice rest = slice_of(render(lab));
			while (rest.len > 0) {
				struct slice line = slice_split(rest, '\n', &rest);
				assert_true(width_of(line) <= (size_t)lab->options.width);
				assert_false(color && slice_contains(line, "\u2026") && !slice_contains(line, "\x1b[0m"));
			}
		}
	}
	lab->options = (struct table_options){.width = 80};
	assert_shows(lab, "\n  0  A100-SXM4-80GB  97 %  71.4 / 80.0 GiB  31 \u00b0C  388 / 400 W  alice (python3,\u2026\n");
	assert_shows(lab, "  52 / 400 W  free\n");
}

static void colors_only_when_asked_and_never_alone(void **state)
{
	struct lab *lab = *state;

	add_everything(lab);
	assert_hides(lab, "\x1b");
	cleanup_free char *plain = xstrdup(render(lab));
	lab->options.color = true;
	assert_shows(lab, "\x1b[32mfree\x1b[0m\n");
	assert_shows(lab, "\x1b[33midle: carol (jupyter-lab, 40.0 GiB)\x1b[0m\n");
	assert_shows(lab, "\x1b[31mtrouble: GPU is lost for 2 s\x1b[0m\n");
	assert_shows(lab, "\x1b[31merror for 12 min\x1b[0m");

	/* Without its colours it is the same text. */
	char *to = lab->out.data;
	for (const char *from = render(lab); *from; from++) {
		if (*from == '\x1b')
			from = strchr(from, 'm');
		else
			*to++ = *from;
	}
	*to = '\0';
	assert_string_equal(lab->out.data, plain);
}

static void who_looks_once_is_told_no_ages(void **state)
{
	struct lab *lab = *state;

	lab->options.once = true;
	add_healthy(lab);
	add_failed(lab);
	assert_shows(lab, "node0  ok  driver 550.54.15  Alice");
	assert_shows(lab, "down   error  Bob\n    auth: Permission denied (publickey).\n");
	add_dying(lab);
	assert_shows(lab, "  trouble: GPU is lost\n");
}

static struct machine invented_machine(void)
{
	struct machine machine;

	machine_init(&machine);
	machine.load[0] = 12.34;
	machine.cpus = 64;
	machine.memory_total = 512 * GIB;
	machine.memory_available = 400 * GIB;
	machine.uptime = 12 * 86400 + 7;
	strcpy(machine.disk.mount, "/data");
	machine.disk.percent = 91.4;
	return machine;
}

static void a_machine_on_one_line(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");
	struct machine machine = invented_machine();

	host_set_sample(host, &lab->sample, &machine, 41, NOON);
	assert_shows(lab, "ago\n    load 12.3 on 64 CPUs  memory 112.0 / 512.0 GiB  /data 91 % full  up 12 d\n");
	/* What is not told is not there; of a machine that told nothing there is no line. */
	machine_init(&machine);
	machine.cpus = 1;
	machine.memory_total = 8 * GIB;
	host_set_sample(host, &lab->sample, &machine, 41, NOON);
	assert_shows(lab, "ago\n    1 CPU  memory 8.0 GiB\n");
	machine_init(&machine);
	host_set_sample(host, &lab->sample, &machine, 41, NOON);
	assert_shows(lab, "ago\n0 GPUs free");
	host_set_sample(host, &lab->sample, NULL, 41, NOON);
	assert_shows(lab, "ago\n0 GPUs free");
	machine = invented_machine();
	strcpy(machine.disk.mount, "/\x1b[2J");
	host_set_sample(host, &lab->sample, &machine, 41, NOON);
	assert_shows(lab, "  /\\x1b[2J 91 % full");
}

static void add_part(struct lab *lab, int index, const char *profile, double total, double used)
{
	struct mig_device *mig = sample_add_mig(&lab->sample);

	mig->gpu = lab->sample.gpu_count - 1;
	mig->index = index;
	mig->profile = slice_of(profile);
	mig->memory_total = (struct reading){.value = total * GIB};
	mig->memory_used = (struct reading){.value = used * GIB};
}

static void fill_parts(struct lab *lab)
{
	struct gpu *gpu = invented_gpu(&lab->sample);

	gpu->texts[TEXT_mig_mode] = SLICE_LITERAL("Enabled");
	gpu->readings[READING_utilization].absent = SLICE_LITERAL("N/A");
	gpu->readings[READING_memory_used].value = 12 * GIB;
	add_part(lab, 0, "3g.40gb", 39.5, 11.9);
	add_part(lab, 1, "2g.20gb", 19.5, 0);
	add_part(lab, 2, "1g.10gb+me", 9.5, 2);
	add_part(lab, -1, NULL, 9.5, 0);
	lab->sample.migs[3].memory_used.absent = SLICE_LITERAL("N/A");
	struct process *process = invented_process(&lab->sample, "alice", "python3 train.py", 11.5 * GIB);
	process->mig = 0;
	process->inferred = SLICE_LITERAL("loginuid");
	process->runtime = CONTAINER_DOCKER;
	process->container = SLICE_LITERAL("3f2a9c0b7d11");
	process->job = SLICE_LITERAL("7");
	invented_gpu(&lab->sample);
	invented_process(&lab->sample, NULL, "vllm", GIB)->runtime = CONTAINER_OTHER;
}

static void parts_stand_below_their_gpu(void **state)
{
	static const char *const expected[] = {
		"node0  ok, 2 s ago",
		"  0  A100-SXM4-80GB   MIG  12.0 / 80.0 GiB  31 \u00b0C  52 / 400 W  1 of 4 parts free",
		"       0: 3g.40gb          11.9 / 39.5 GiB                     ~alice (python3, 11.5 GiB, docker:3f2a9c, job 7)",
		"       1: 2g.20gb           0.0 / 19.5 GiB                     free",
		"       2: 1g.10gb+me        2.0 /  9.5 GiB                     memory in use, no process to be seen",
		"       ?: -                   - /  9.5 GiB                     ?",
		"  1  A100-SXM4-80GB   0 %   0.0 / 80.0 GiB  31 \u00b0C  52 / 400 W  idle: ? (vllm, 1.0 GiB, container)",
		"MIG: cut into parts; utilization is not told under MIG",
		"~name: not the account that runs it, but who is most likely behind it",
		"0 GPUs free, 2 busy (1 idle), 0 in trouble on 1 host",
	};
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	fill_parts(lab);
	invented_report(host, &lab->sample);
	assert_lines(render(lab), LINES(expected));

	/* One that is on no part that we know may be on any. */
	fill_parts(lab);
	lab->sample.processes[0].mig = NO_MIG_DEVICE;
	lab->sample.processes[0].inferred = SLICE_NONE;
	invented_report(host, &lab->sample);
	assert_shows(lab, "  0 of 4 parts free; alice (python3, 11.5 GiB, docker:3f2a9c, job 7)\n");
	assert_shows(lab, " / 19.5 GiB                     ?\n");
	assert_hides(lab, "~");
	/* Whoever has a line below is not told twice. */
	fill_parts(lab);
	lab->sample.gpus[0].problem = SLICE_LITERAL("GPU requires reset");
	invented_report(host, &lab->sample);
	assert_shows(
		lab,
		"  trouble: GPU requires reset for 2 s\n       0: 3g.40gb          11.9 / 39.5 GiB                     ~alice");
	fill_parts(lab);
	lab->sample.process_problem = SLICE_LITERAL("cut");
	invented_report(host, &lab->sample);
	assert_shows(lab, "  0 of 4 parts free; ? (processes not known: cut)\n");
	assert_shows(lab, " / 19.5 GiB                     ?\n");
}

static void a_gpu_that_is_cut_is_free_when_all_of_it_is(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	invented_gpu(&lab->sample)->texts[TEXT_mig_mode] = SLICE_LITERAL("Enabled");
	add_part(lab, 0, "7g.80gb", 79.5, 0);
	invented_report(host, &lab->sample);
	assert_shows(lab, "  1 of 1 part free\n");
	assert_shows(lab, "\n1 GPU free, 0 busy");
}

/* A program finds no device there. */
static void a_gpu_with_mig_on_and_no_part_is_not_free(void **state)
{
	static const char *const shown[] = {"  MIG is on, and its parts are not told\n", "  MIG is on, and no part is made\n"};
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	for (int i = 0; i < 4; i++) {
		struct gpu *gpu = invented_gpu(&lab->sample);
		gpu->texts[TEXT_mig_mode] = SLICE_LITERAL("Enabled");
		gpu->mig_told = i % 2;
		gpu->readings[READING_memory_used].value = i < 2 ? 0 : 40 * GIB;
		invented_report(host, &lab->sample);
		assert_shows(lab, shown[i % 2]);
		assert_shows(lab, "\n0 GPUs free, 0 busy, 0 in trouble, 1 not known on 1 host\n");
	}
	invented_gpu(&lab->sample)->texts[TEXT_mig_mode] = SLICE_LITERAL("Enabled");
	invented_process(&lab->sample, "alice", "train", GIB);
	invented_report(host, &lab->sample);
	assert_shows(lab, "  MIG is on, and its parts are not told; alice (train, 1.0 GiB)\n");
	assert_shows(lab, "\n0 GPUs free, 1 busy");
	invented_gpu(&lab->sample)->texts[TEXT_mig_mode] = SLICE_LITERAL("Enabled");
	lab->sample.process_problem = SLICE_LITERAL("cut");
	invented_report(host, &lab->sample);
	assert_shows(lab, "  MIG is on, and its parts are not told; ? (processes not known: cut)\n");
}

static void the_missing_and_the_sleeping(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	for (int i = 0; i < 2; i++) {
		gpu_set_problem(invented_gpu(&lab->sample), SLICE_LITERAL("missing"));
		struct gpu *gpu = invented_gpu(&lab->sample);
		gpu->uuid = SLICE_LITERAL("GPU-0002");
		gpu_set_problem(gpu, SLICE_NONE);
		for (size_t id = 0; id < READING_COUNT; id++)
			gpu->readings[id].absent = SLICE_LITERAL("asleep");
		gpu->asleep = true;
		host_set_sample(host, &lab->sample, NULL, 41, NOON - 600 * (1 - i));
		sample_clear(&lab->sample);
	}
	assert_shows(lab, "  0  A100-SXM4-80GB  -  - / -  -  - / -  trouble: missing for 10 min\n"
			  "  1  A100-SXM4-80GB  -  - / -  -  - / -  asleep: suspended by the kernel, and not woken to be asked\n"
			  "    error: GPU 0: it was there before, and nvidia-smi does not list it any more\n");
	assert_shows(lab, "\n0 GPUs free, 0 busy, 1 in trouble, 1 not known on 1 host\n");
}

/* GPUs by their place in `off` that have persistence mode off. */
static void report_persistence(struct lab *lab, struct host *host, const char *off)
{
	static char uuids[16][32];

	for (size_t i = 0; off[i]; i++) {
		snprintf(uuids[i], sizeof(uuids[i]), "GPU-%zu", i);
		struct gpu *gpu = invented_gpu(&lab->sample);
		gpu->uuid = slice_of(uuids[i]);
		gpu->texts[TEXT_persistence_mode] = off[i] == 'x' ? SLICE_LITERAL("Disabled") : SLICE_LITERAL("Enabled");
	}
	/* As slow as a driver that starts for the question. */
	host_set_sample(host, &lab->sample, NULL, 2100, NOON);
	sample_clear(&lab->sample);
}

static void the_same_of_many_gpus_is_told_once(void **state)
{
	static const struct {
		const char *off, *subject;
	} cases[] = {{"x", "GPU 0"},
		     {".x.", "GPU 1"},
		     {"xx", "GPUs 0-1"},
		     {"xxxxxxxx", "GPUs 0-7"},
		     {"x.x", "GPUs 0, 2"},
		     {"x.xxx.x", "GPUs 0, 2-4, 6"},
		     {"xx.xx", "GPUs 0-1, 3-4"}};
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		report_persistence(lab, host, cases[i].off);
		cleanup_free char *expected = xasprintf("    warning: %s: persistence mode is off: ", cases[i].subject);
		assert_shows(lab, expected);
		assert_null(strstr(strstr(lab->out.data, "warning") + 1, "warning"));
	}
}

/* Messages and remedies are whole: they go on in the next line. */
static void findings_are_wrapped(void **state)
{
	static const char *const expected[] = {
		"    warning: GPU 0: persistence mode is off: the driver starts anew for",
		"      whoever comes first; a query takes 2.1 s",
		"      `sudo nvidia-smi -pm 1`, or for good: `sudo systemctl enable --now",
		"      nvidia-persistenced`",
		"1 GPU free, 0 busy, 0 in trouble on 1 host",
	};
	struct lab *lab = *state;

	lab->options = (struct table_options){.width = 76, .color = false};
	report_persistence(lab, invented_host(lab->model, "node0"), "x");
	assert_lines(strstr(render(lab), "    warning"), LINES(expected));
	lab->options.width = 20;
	assert_shows(lab, "\n    warning: GPU 0:\u2026\n");
}

static void an_error_is_told_once(void **state)
{
	struct lab *lab = *state;
	struct host *host = invented_host(lab->model, "node0");

	host_set_error(host, PROBLEM_DRIVER_MISMATCH, slice_of("Driver/library version mismatch"), slice_of("reboot"), 0, NOON);
	assert_shows(lab,
		     "node0  error for 2 s\n    driver-mismatch: Driver/library version mismatch\n    hint: reboot\n0 GPUs free");
}

static void all_or_nothing_fits(void **state)
{
	struct lab *lab = *state;
	struct buf small;

	add_everything(lab);
	size_t needed = strlen(render(lab));
	buf_init(&small, needed);
	assert_int_equal(table_render(lab->model, &lab->options, NOON + 2, &small), 0);
	assert_int_equal(small.len, needed);
	buf_clear(&small);
	assert_int_equal(buf_append(&small, "x", 1), 0);
	assert_int_equal(table_render(lab->model, &lab->options, NOON + 2, &small), -ENOBUFS);
	assert_int_equal(small.len, 1);
	buf_done(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shows_the_whole_lab, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_empty_model_has_no_hosts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_that_it_is_a_demo, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_is_not_many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(free_is_said_only_when_it_is_known, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_busy_needs_no_process, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_start_of_the_driver_is_no_work, set_up, tear_down),
		cmocka_unit_test_setup_teardown(some_processes_may_be_missing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_one_gpu_does_not_tell_is_said_of_it_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_how_long_ago, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hostile_text_stays_in_its_place, set_up, tear_down),
		cmocka_unit_test_setup_teardown(columns_are_aligned_whatever_the_script, set_up, tear_down),
		cmocka_unit_test_setup_teardown(names_the_program, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reason_is_no_program, set_up, tear_down),
		cmocka_unit_test_setup_teardown(absurd_numbers_do_not_widen_the_table, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cuts_at_the_edge_of_the_terminal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(colors_only_when_asked_and_never_alone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_looks_once_is_told_no_ages, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_machine_on_one_line, set_up, tear_down),
		cmocka_unit_test_setup_teardown(parts_stand_below_their_gpu, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_gpu_that_is_cut_is_free_when_all_of_it_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_gpu_with_mig_on_and_no_part_is_not_free, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_missing_and_the_sleeping, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_same_of_many_gpus_is_told_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(findings_are_wrapped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_error_is_told_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(all_or_nothing_fits, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
