/* model/finding: for each kind a host that has it and hosts that have not; since, hold, and what an error leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <math.h>

#include "invented.h"

struct lab {
	struct model *model;
	struct host *host;
	struct sample sample;
	struct machine machine;
	double now;
};

static int set_up(void **state)
{
	struct lab *lab = xcalloc(1, sizeof(*lab));

	lab->model = model_new();
	lab->host = invented_host(lab->model, "node0");
	sample_init(&lab->sample);
	machine_init(&lab->machine);
	lab->now = NOON;
	model_set_interval(lab->model, 5);
	*state = lab;
	return 0;
}

static int tear_down(void **state)
{
	struct lab *lab = *state;

	sample_done(&lab->sample);
	model_free(lab->model);
	free(lab);
	return 0;
}

/* A GPU in the best of health, which works. */
static struct gpu *add_gpu(struct lab *lab)
{
	static const struct slice texts[TEXT_COUNT] = {
		[TEXT_pstate] = {"P0", 2},
		[TEXT_persistence_mode] = {"Enabled", 7},
		[TEXT_compute_mode] = {"Default", 7},
		[TEXT_retired_pending] = {"No", 2},
		[TEXT_mig_mode] = {"Disabled", 8},
		[TEXT_remap_pending] = {"No", 2},
		[TEXT_remap_failure] = {"No", 2},
		[TEXT_recovery_action] = {"None", 4},
	};
	struct gpu *gpu = invented_gpu(&lab->sample);

	gpu->readings[READING_utilization].value = 97;
	gpu->readings[READING_power].value = 388;
	gpu->readings[READING_pcie_gen].value = gpu->readings[READING_pcie_gen_max].value = 4;
	gpu->readings[READING_pcie_width].value = gpu->readings[READING_pcie_width_max].value = 16;
	gpu->readings[READING_throttle].value = 4; /* at its power limit */
	memcpy(gpu->texts, texts, sizeof(texts));
	return gpu;
}

static void invent_machine(struct lab *lab)
{
	lab->machine.memory_total = 512 * GIB;
	lab->machine.memory_available = 400 * GIB;
	lab->machine.clock_ahead = -0.2;
	lab->machine.hidepid = 0;
	lab->machine.disk = (struct disk){.mount = "/data", .size = 7000 * GIB, .used = 6580 * GIB, .percent = 94};
}

/* The sample comes, `seconds` after the one before. */
static void report_after(struct lab *lab, double seconds)
{
	lab->now += seconds;
	host_set_sample(lab->host, &lab->sample, &lab->machine, 41, lab->now);
	sample_clear(&lab->sample);
}

/* What is told of this kind; NULL when nothing is. */
static const struct finding *told(const struct lab *lab, enum finding_kind kind)
{
	const struct finding_list *list = &lab->host->findings;

	for (size_t i = 0; i < list->count; i++)
		if (list->findings[i].kind == kind && list->findings[i].held)
			return &list->findings[i];
	return NULL;
}

/* The same where it has to be told. The analyzer does not know that cmocka's assertions end the test. */
static const struct finding *must_be_told(const struct lab *lab, enum finding_kind kind)
{
	static const struct finding none = {.message = NULL};
	const struct finding *finding = told(lab, kind);

	assert_non_null(finding);
	return finding ? finding : &none;
}

static size_t count_told(const struct lab *lab)
{
	size_t count = 0;

	for (size_t i = 0; i < lab->host->findings.count; i++)
		count += lab->host->findings.findings[i].held;
	return count;
}

/* That this and nothing else is told, in these words. `remedy` is a part of it. */
static void assert_told(const struct lab *lab, enum finding_kind kind, const char *message, const char *remedy)
{
	const struct finding *finding = must_be_told(lab, kind);

	assert_string_equal(finding->message, message);
	assert_int_equal(count_told(lab), 1);
	if (!remedy) {
		assert_null(finding->remedy);
		return;
	}
	assert_non_null(finding->remedy);
	if (!strstr(finding->remedy, remedy))
		fail_msg("\"%s\" is not in: %s", remedy, finding->remedy);
}

static void assert_nothing_told(const struct lab *lab)
{
	const struct finding_list *list = &lab->host->findings;

	for (size_t i = 0; i < list->count; i++)
		if (list->findings[i].held)
			fail_msg("%s: %s", finding_name(list->findings[i].kind), list->findings[i].message);
}

/* Long enough for all that has to have been so for a time. */
static void report_for_long(struct lab *lab, void (*fill)(struct lab *lab))
{
	for (int i = 0; i < 3; i++) {
		fill(lab);
		report_after(lab, 300);
	}
}

static void fill_healthy(struct lab *lab)
{
	for (int i = 0; i < 8; i++)
		add_gpu(lab);
	invented_process(&lab->sample, "alice", "train", GIB);
	invent_machine(lab);
}

/* A reason wherever a value could stand: an old driver, a laptop, a virtual GPU. */
static void fill_silent(struct lab *lab)
{
	static const char *const reasons[] = {NULL, "N/A", "Not Supported", "Requested functionality has been deprecated",
					      "ERR!"};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct gpu *gpu = add_gpu(lab);
		for (int id = 0; id < READING_COUNT; id++)
			gpu->readings[id] = reading_absent(SLICE_LITERAL("N/A"));
		for (int id = 0; id < TEXT_COUNT; id++)
			gpu->texts[id] = slice_of(reasons[i]);
	}
	lab->sample.process_problem = SLICE_LITERAL("Not Supported");
	machine_init(&lab->machine);
}

static void fill_cut(struct lab *lab)
{
	struct gpu *gpu = add_gpu(lab);

	gpu->texts[TEXT_mig_mode] = SLICE_LITERAL("Enabled");
	gpu->readings[READING_utilization] = reading_absent(SLICE_LITERAL("N/A"));
	gpu->readings[READING_power].value = 60;
}

/* Everything at rest: the link is slow then, the power low, and "idle" is among the reasons for a low clock. */
static void fill_resting(struct lab *lab)
{
	struct gpu *gpu = add_gpu(lab);

	gpu->readings[READING_utilization].value = 0;
	gpu->readings[READING_power].value = 20;
	gpu->readings[READING_pcie_gen].value = 1;
	gpu->readings[READING_throttle].value = 1;
	gpu->texts[TEXT_pstate] = SLICE_LITERAL("P8");
	gpu = add_gpu(lab);
	gpu_set_problem(gpu, SLICE_NONE);
	for (int id = 0; id < READING_COUNT; id++)
		gpu->readings[id] = reading_absent(SLICE_LITERAL("asleep"));
	gpu->asleep = true;
}

static void fill_laptop(struct lab *lab)
{
	struct gpu *gpu = add_gpu(lab);

	gpu->name = SLICE_LITERAL("NVIDIA GeForce RTX 4070 Laptop GPU");
	gpu->texts[TEXT_persistence_mode] = SLICE_LITERAL("Disabled");
	gpu->readings[READING_power_limit] = reading_absent(SLICE_LITERAL("N/A"));
	gpu->readings[READING_utilization].value = 100;
	gpu->readings[READING_power].value = 20;
	gpu->readings[READING_pcie_width].value = 8;
}

/* The driver is kept by its display, whatever the mode: a question is answered at once. */
static void fill_desktop(struct lab *lab)
{
	struct gpu *gpu = add_gpu(lab);

	gpu->name = SLICE_LITERAL("NVIDIA GeForce RTX 4090");
	gpu->texts[TEXT_persistence_mode] = SLICE_LITERAL("Disabled");
}

/* The second slot of a mainboard; most virtual machines. */
static void fill_half_of_the_lanes(struct lab *lab)
{
	add_gpu(lab)->readings[READING_pcie_width].value = 8;
}

/* An H100 with an ordinary job that is no heavy one. */
static void fill_light_job(struct lab *lab)
{
	struct gpu *gpu = add_gpu(lab);

	gpu->readings[READING_utilization].value = 100;
	gpu->readings[READING_power].value = 205;
	gpu->readings[READING_power_limit].value = 700;
	invented_process(&lab->sample, "alice", "train", GIB);
}

/* What never tells of its processes beside what does. */
static void fill_reticent(struct lab *lab)
{
	add_gpu(lab)->process_problem = SLICE_LITERAL("Not Supported");
	add_gpu(lab)->process_problem = SLICE_LITERAL("N/A");
	add_gpu(lab);
}

static void a_healthy_host_has_none(void **state)
{
	static void (*const fills[])(struct lab * lab) = {
		fill_healthy,           fill_silent,    fill_cut,      fill_resting, fill_laptop, fill_desktop,
		fill_half_of_the_lanes, fill_light_job, fill_reticent,
	};

	for (size_t i = 0; i < sizeof(fills) / sizeof(fills[0]); i++) {
		report_for_long(*state, fills[i]);
		assert_nothing_told(*state);
	}
}

static void a_lost_gpu(void **state)
{
	struct lab *lab = *state;

	add_gpu(lab)->problem = SLICE_LITERAL("GPU is lost");
	report_after(lab, 0);
	assert_told(lab, FINDING_GPU_PROBLEM, "GPU is lost", "dmesg | grep -i -e xid");
	assert_true(must_be_told(lab, FINDING_GPU_PROBLEM)->since == NOON);
	/* Other words for it, the same trouble. */
	add_gpu(lab)->problem = SLICE_LITERAL("GPU requires reset");
	report_after(lab, 5);
	assert_told(lab, FINDING_GPU_PROBLEM, "GPU requires reset", "`sudo nvidia-smi -r -i 0`");
	assert_true(must_be_told(lab, FINDING_GPU_PROBLEM)->since == NOON);
	add_gpu(lab);
	report_after(lab, 5);
	assert_nothing_told(lab);
}

static void a_missing_gpu(void **state)
{
	struct lab *lab = *state;

	add_gpu(lab);
	report_after(lab, 0);
	gpu_set_problem(add_gpu(lab), SLICE_LITERAL("missing"));
	report_after(lab, 5);
	assert_told(lab, FINDING_GPU_MISSING, "it was there before, and nvidia-smi does not list it any more", "lspci -d 10de:");
	assert_true(must_be_told(lab, FINDING_GPU_MISSING)->since == NOON + 5);
	assert_null(told(lab, FINDING_GPU_PROBLEM));
	add_gpu(lab);
	report_after(lab, 5);
	assert_nothing_told(lab);
}

static void errors_of_memory(void **state)
{
	struct lab *lab = *state;

	add_gpu(lab)->readings[READING_ecc_uncorrected].value = 2;
	report_after(lab, 0);
	assert_told(lab, FINDING_ECC_UNCORRECTED, "2 memory errors that ECC could not correct, since the driver was loaded",
		    "nvidia-smi -r -i 0");
	add_gpu(lab)->texts[TEXT_remap_failure] = SLICE_LITERAL("Yes");
	report_after(lab, 5);
	assert_told(lab, FINDING_REMAP_FAILURE, "broken rows of its memory could not be replaced: there are no spare ones left",
		    "replaced");
	add_gpu(lab)->texts[TEXT_remap_pending] = SLICE_LITERAL("Yes");
	report_after(lab, 5);
	assert_told(lab, FINDING_REMAP_PENDING, "broken rows of its memory wait to be replaced", "nvidia-smi -r -i 0");
	add_gpu(lab)->texts[TEXT_retired_pending] = SLICE_LITERAL("Yes");
	report_after(lab, 5);
	assert_told(lab, FINDING_REMAP_PENDING, "broken pages of its memory wait to be replaced", "nvidia-smi -r -i 0");
	/* Those that ECC has corrected are what it is for. */
	add_gpu(lab)->readings[READING_ecc_corrected].value = 1000;
	report_after(lab, 5);
	assert_nothing_told(lab);
}

static void what_the_driver_asks_for(void **state)
{
	static const struct {
		const char *action, *remedy;
	} cases[] = {{"Reset", "nvidia-smi -r -i 0"},
		     {"Reboot", "sudo reboot"},
		     {"Drain P2P", "start nothing new"},
		     {"Drain and Reset", "nvidia-smi -r -i 0"}};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		add_gpu(lab)->texts[TEXT_recovery_action] = slice_of(cases[i].action);
		report_after(lab, 5);
		cleanup_free char *message = xasprintf("the driver asks for: %s", cases[i].action);
		assert_told(lab, FINDING_RECOVERY, message, cases[i].remedy);
	}
}

static void add_stuck(struct lab *lab, double utilization, double watts)
{
	struct gpu *gpu = add_gpu(lab);

	gpu->readings[READING_utilization].value = utilization;
	gpu->readings[READING_power].value = watts;
}

static void a_stuck_gpu(void **state)
{
	struct lab *lab = *state;

	for (int i = 0; i < 10; i++) {
		add_stuck(lab, 100, 59);
		report_after(lab, i > 0 ? 30 : 0);
		assert_nothing_told(lab);
	}
	add_stuck(lab, 100, 59);
	report_after(lab, 30);
	assert_told(lab, FINDING_STUCK, "probably stuck: 100 % busy with 59 of 400 W", "xid");
	assert_true(must_be_told(lab, FINDING_STUCK)->since == NOON);
	add_stuck(lab, 100, 60);
	report_after(lab, 5);
	assert_nothing_told(lab);
	add_stuck(lab, 98, 40);
	report_after(lab, 300);
	assert_int_equal(lab->host->findings.count, 0);
	/* It begins anew. */
	add_stuck(lab, 100, 40);
	report_after(lab, 5);
	assert_nothing_told(lab);
	assert_true(lab->host->findings.findings[0].since == lab->now);
}

/* When the driver starts for our question and nobody is there, its start is what the GPU was busy with. */
static void a_start_of_the_driver_is_not_stuck(void **state)
{
	static const struct {
		bool off, keeps, computes, stuck;
	} cases[] = {
		{true, false, false, false},
		{true, false, true, true},
		{true, true, false, true},
		{false, false, false, true},
	};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct host_session session = {.keeps_driver = cases[i].keeps};
		host_set_session(lab->host, &session);
		for (int twice = 0; twice < 2; twice++) {
			/* Somebody computes on the other one in any case. */
			add_gpu(lab);
			invented_process(&lab->sample, "bob", "train", GIB);
			add_stuck(lab, 100, 40);
			if (cases[i].off)
				lab->sample.gpus[1].texts[TEXT_persistence_mode] = SLICE_LITERAL("Disabled");
			if (cases[i].computes)
				invented_process(&lab->sample, "alice", "train", GIB);
			report_after(lab, 300);
		}
		assert_true(!told(lab, FINDING_STUCK) == !cases[i].stuck);
		report_after(lab, 5);
	}
}

static void a_throttled_gpu(void **state)
{
	static const struct {
		unsigned mask;
		const char *message, *remedy;
	} cases[] = {
		{0x40, "too hot: slowed down by its hardware (93 \u00b0C)", "fans"},
		{0x20 | 0x4, "too hot: slowed down by the driver (93 \u00b0C)", "fans"},
		{0x80, "not enough power: the power supply asked it to slow down (93 \u00b0C)", "power supply"},
		{0x48, "slowed down by its hardware; too hot: slowed down by its hardware (93 \u00b0C)", "fans"},
	};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int twice = 0; twice < 2; twice++) {
			struct gpu *gpu = add_gpu(lab);
			gpu->readings[READING_throttle].value = cases[i].mask;
			gpu->readings[READING_temperature].value = 93;
			report_after(lab, 10);
			if (i == 0 && twice == 0)
				assert_nothing_told(lab);
		}
		assert_told(lab, FINDING_THROTTLED, cases[i].message, cases[i].remedy);
	}
	/* Idle, at its power limit, as somebody has set it; a bit that nobody has named; what is no mask. */
	const double fine[] = {0, 1, 2, 4, 0x117, 0x10000, -1, NAN, INFINITY, 0x1p60};
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		add_gpu(lab)->readings[READING_throttle].value = fine[i];
		report_after(lab, 60);
		assert_nothing_told(lab);
	}
}

static void a_slow_link(void **state)
{
	struct lab *lab = *state;

	for (int i = 0; i < 2; i++) {
		add_gpu(lab)->readings[READING_pcie_width].value = 4;
		report_after(lab, 30);
	}
	assert_told(lab, FINDING_PCIE_SLOW, "its PCIe link has 4 of 16 lanes", "seat");
	add_gpu(lab)->readings[READING_pcie_gen].value = 1;
	report_after(lab, 5);
	assert_told(lab, FINDING_PCIE_SLOW, "its PCIe link runs at generation 1 of 4 while it works", "BIOS");
	assert_null(strstr(must_be_told(lab, FINDING_PCIE_SLOW)->remedy, "seat"));
	static const struct {
		double utilization;
		const char *pstate;
	} resting[] = {{49, "P0"}, {97, "P5"}, {97, NULL}, {0, "P8"}};
	for (size_t i = 0; i < sizeof(resting) / sizeof(resting[0]); i++) {
		struct gpu *gpu = add_gpu(lab);
		gpu->readings[READING_pcie_gen].value = 1;
		gpu->readings[READING_utilization].value = resting[i].utilization;
		gpu->texts[TEXT_pstate] = slice_of(resting[i].pstate);
		report_after(lab, 60);
		assert_nothing_told(lab);
	}
}

static void persistence_mode_off(void **state)
{
	static const struct {
		bool keeps;
		double ms;
		const char *message, *remedy; /* NULL: nothing is told */
	} steps[] = {
		{true, 30, "persistence mode is off; nvwebmon keeps the driver loaded meanwhile", "`keep_driver_loaded: never`"},
		{false, 2130, "persistence mode is off: the driver starts anew for whoever comes first; a query takes 2.1 s",
		 "`sudo nvidia-smi -pm 1`"},
		{false, 700, "persistence mode is off: the driver starts anew for whoever comes first; a query takes 700 ms",
		 "`sudo nvidia-smi -pm 1`"},
		{true, 30,
		 "persistence mode is off; nvwebmon keeps the driver loaded meanwhile (without that a query took 700 ms)",
		 "`sudo nvidia-smi -pm 1`"},
		{false, 499, NULL, NULL},
		{false, 41, NULL, NULL},
	};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct host_session session = {.keeps_driver = steps[i].keeps};
		host_set_session(lab->host, &session);
		add_gpu(lab)->texts[TEXT_persistence_mode] = SLICE_LITERAL("Disabled");
		host_set_sample(lab->host, &lab->sample, NULL, steps[i].ms, NOON + (double)i);
		sample_clear(&lab->sample);
		if (!steps[i].message) {
			assert_nothing_told(lab);
			continue;
		}
		assert_told(lab, FINDING_PERSISTENCE_OFF, steps[i].message, steps[i].remedy);
		assert_true(must_be_told(lab, FINDING_PERSISTENCE_OFF)->since == NOON);
	}
}

/* That we keep the driver loaded is told in any case: where persistence mode is on, not told, right to be off, or of no use. */
static void a_driver_that_we_keep(void **state)
{
	static const struct {
		const char *name, *mode;
		double cold_ms;
	} cases[] = {
		{"NVIDIA A100-SXM4-80GB", "Enabled", 2000},
		{"NVIDIA A100-SXM4-80GB", NULL, 2000},
		{"NVIDIA GeForce RTX 4070 Laptop GPU", "Disabled", 2000},
		{"NVIDIA GeForce RTX 4090", "Disabled", 41},
	};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int kept = 0; kept < 2; kept++) {
			struct host_session session = {.keeps_driver = kept};
			struct gpu *gpu = add_gpu(lab);
			gpu->name = slice_of(cases[i].name);
			gpu->texts[TEXT_persistence_mode] = slice_of(cases[i].mode);
			host_set_session(lab->host, &session);
			host_set_sample(lab->host, &lab->sample, NULL, kept ? 30 : cases[i].cold_ms, NOON);
			sample_clear(&lab->sample);
			assert_int_equal(count_told(lab), kept);
		}
		assert_told(lab, FINDING_DRIVER_KEPT,
			    "nvwebmon keeps the driver loaded: a quiet `nvidia-smi -l` of its runs there",
			    "`keep_driver_loaded: never`");
	}
	assert_string_equal(severity_name(finding_severity(FINDING_DRIVER_KEPT)), "note");
}

static void processes_that_are_not_known(void **state)
{
	struct lab *lab = *state;

	add_gpu(lab);
	lab->sample.process_problem = SLICE_LITERAL("Insufficient Permissions");
	report_after(lab, 0);
	assert_told(lab, FINDING_PROCESSES_UNKNOWN, "who computes here is not known, or not all of it: Insufficient Permissions",
		    "--query-compute-apps");
}

static void processes_of_one_gpu_that_are_not_known(void **state)
{
	struct lab *lab = *state;

	add_gpu(lab);
	add_gpu(lab)->process_problem = SLICE_LITERAL("Unknown Error");
	report_after(lab, 0);
	assert_told(lab, FINDING_PROCESSES_UNKNOWN, "who computes on it is not known: Unknown Error",
		    "`nvidia-smi -i 1 --query-compute-apps=");
	assert_int_equal(must_be_told(lab, FINDING_PROCESSES_UNKNOWN)->gpu_index, 1);
	/* One that is broken says so. */
	struct gpu *gpu = add_gpu(lab);
	gpu->process_problem = SLICE_LITERAL("Unknown Error");
	gpu->problem = SLICE_LITERAL("GPU is lost");
	report_after(lab, 5);
	assert_told(lab, FINDING_GPU_PROBLEM, "GPU is lost", "dmesg");
	/* Of the host first, then of its GPUs. */
	add_gpu(lab)->process_problem = SLICE_LITERAL("Unknown Error");
	lab->sample.process_problem = SLICE_LITERAL("Insufficient Permissions");
	report_after(lab, 5);
	assert_int_equal(count_told(lab), 2);
	assert_false(lab->host->findings.findings[0].of_gpu);
	assert_true(lab->host->findings.findings[1].of_gpu);
}

static void add_owned(struct lab *lab, const char *owner, int64_t pid)
{
	struct process *process = invented_process(&lab->sample, owner, "train", GIB);

	process->pid = pid;
}

static void owners_that_are_hidden(void **state)
{
	struct lab *lab = *state;

	for (int i = 0; i < 2; i++) {
		add_gpu(lab);
		add_owned(lab, "alice", 1);
		add_owned(lab, NULL, 2);
		lab->machine.hidepid = 2;
		report_after(lab, 30);
	}
	assert_told(lab, FINDING_OWNERS_HIDDEN, "whose 1 of 2 processes are is hidden: /proc is mounted with hidepid=2",
		    "gid=proc");
	/* One without an owner among others has ended meanwhile. */
	for (int i = 0; i < 2; i++) {
		add_gpu(lab);
		add_owned(lab, "alice", 1);
		add_owned(lab, NULL, 2);
		lab->machine.hidepid = 0;
		report_after(lab, 30);
	}
	assert_nothing_told(lab);
	/* A process without a PID is in another namespace: ps was not even asked. */
	for (int i = 0; i < 2; i++) {
		add_gpu(lab);
		add_owned(lab, NULL, -1);
		report_after(lab, 30);
	}
	assert_nothing_told(lab);
	for (int i = 0; i < 2; i++) {
		add_gpu(lab);
		add_owned(lab, NULL, 1);
		report_after(lab, 30);
	}
	assert_told(lab, FINDING_OWNERS_HIDDEN, "whose processes these are is not known: ps tells of none of the 1",
		    "`ps -p 1` tells whether");
}

static void what_the_machine_tells(void **state)
{
	struct lab *lab = *state;

	invent_machine(lab);
	lab->machine.reboot_required = true;
	report_after(lab, 5);
	assert_told(lab, FINDING_REBOOT_REQUIRED, "updates wait for a reboot", "sudo reboot");

	lab->machine.reboot_required = false;
	lab->machine.clock_ahead = 45.3;
	report_after(lab, 5);
	assert_told(lab, FINDING_CLOCK_OFF, "its clock is 45 s ahead of that of the machine that nvwebmon runs on",
		    "timedatectl");
	lab->machine.clock_ahead = -3600;
	report_after(lab, 5);
	assert_told(lab, FINDING_CLOCK_OFF, "its clock is 3600 s behind that of the machine that nvwebmon runs on",
		    "timedatectl");

	invent_machine(lab);
	for (int i = 0; i < 2; i++) {
		lab->machine.memory_available = 15 * GIB;
		report_after(lab, 30);
		assert_int_equal(count_told(lab), i);
	}
	assert_told(lab, FINDING_MEMORY_FULL, "only 15.0 of 512.0 GiB of memory are left: the kernel is about to end processes",
		    "ps ");

	/* Not told with the next sample: nothing of it stays. */
	host_set_sample(lab->host, &lab->sample, NULL, 41, lab->now + 5);
	assert_nothing_told(lab);
}

/* A command that somebody pastes holds nothing that the far host made up. */
static void a_full_disk(void **state)
{
	struct lab *lab = *state;

	invent_machine(lab);
	lab->machine.disk.percent = 95;
	report_after(lab, 5);
	assert_told(lab, FINDING_DISK_FULL, "/data is 95 % full: 6580.0 of 7000.0 GiB", "--max-depth=2 /data |");
	strcpy(lab->machine.disk.mount, "/x`reboot`");
	report_after(lab, 5);
	assert_told(lab, FINDING_DISK_FULL, "/x`reboot` is 95 % full: 6580.0 of 7000.0 GiB", "--max-depth=2 DIRECTORY |");
	assert_null(strstr(must_be_told(lab, FINDING_DISK_FULL)->remedy, "reboot"));
}

static void a_slow_query(void **state)
{
	struct lab *lab = *state;

	for (int i = 0; i < 2; i++) {
		add_gpu(lab);
		host_set_sample(lab->host, &lab->sample, NULL, 6100, NOON + 60 * i);
		sample_clear(&lab->sample);
		assert_int_equal(count_told(lab), i);
	}
	assert_told(lab, FINDING_SLOW,
		    "a query takes 6.1 s, longer than the interval of 5 s: it is asked as often as it can answer", "nvidia-smi");
}

/* Slow is what comes after nvidia-smi: it is not blamed, and its driver is well. */
static void a_slow_sample_with_a_fast_query(void **state)
{
	struct lab *lab = *state;

	invent_machine(lab);
	lab->machine.query_ms = 40;
	for (int i = 0; i < 2; i++) {
		add_gpu(lab)->texts[TEXT_persistence_mode] = SLICE_LITERAL("Disabled");
		host_set_sample(lab->host, &lab->sample, &lab->machine, 6100, NOON + 60 * i);
		sample_clear(&lab->sample);
	}
	assert_true(lab->host->sample_ms == 6100 && lab->host->cold_ms == 40);
	assert_int_equal(count_told(lab), 1);
	assert_told(lab, FINDING_SLOW, "a sample takes 6.1 s, longer than the interval of 5 s, but its query only 0.04 s",
		    "`time ps -A`");
	lab->machine.query_ms = 5900;
	add_gpu(lab);
	host_set_sample(lab->host, &lab->sample, &lab->machine, 6100, NOON + 120);
	sample_clear(&lab->sample);
	assert_told(lab, FINDING_SLOW,
		    "a query takes 5.9 s, longer than the interval of 5 s: it is asked as often as it can answer", "nvidia-smi");
}

static void what_is_left_out(void **state)
{
	struct lab *lab = *state;

	add_gpu(lab);
	lab->sample.gpus_left_out = 3;
	report_after(lab, 0);
	assert_told(lab, FINDING_LEFT_OUT, "more than is shown: 3 GPUs and 0 processes are left out", NULL);
}

/* An updated driver is an error: what was told with the last sample stays beside it. */
static void an_error_keeps_what_was_told(void **state)
{
	struct lab *lab = *state;

	invent_machine(lab);
	lab->machine.reboot_required = true;
	add_stuck(lab, 100, 40);
	report_after(lab, 0);
	assert_int_equal(lab->host->findings.count, 2);

	host_set_error(lab->host, PROBLEM_DRIVER_MISMATCH, slice_of("Driver/library version mismatch"), SLICE_NONE, 0, NOON + 5);
	assert_int_equal(lab->host->findings.count, 2);
	const struct finding *finding = must_be_told(lab, FINDING_DRIVER_MISMATCH);
	assert_true(finding->since == NOON + 5);
	assert_string_equal(finding->message, "the NVIDIA driver was updated, and the old one is still loaded: "
					      "Driver/library version mismatch");
	assert_non_null(strstr(finding->remedy, "rmmod nvidia_uvm"));
	assert_true(must_be_told(lab, FINDING_REBOOT_REQUIRED)->since == NOON);

	host_set_error(lab->host, PROBLEM_CLOSED, slice_of("closed"), SLICE_NONE, 0, NOON + 10);
	assert_null(told(lab, FINDING_DRIVER_MISMATCH));
	assert_non_null(told(lab, FINDING_REBOOT_REQUIRED));

	/* What it was in the meantime nobody knows: what was not told yet begins anew. */
	add_stuck(lab, 100, 40);
	report_after(lab, 3600);
	assert_null(told(lab, FINDING_STUCK));
	assert_true(must_be_told(lab, FINDING_REBOOT_REQUIRED)->since == NOON);
}

/* Not the index: that may change, and two GPUs may change places. */
static void since_belongs_to_the_gpu(void **state)
{
	static const char *const orders[][2] = {{"GPU-a", "GPU-b"}, {"GPU-b", "GPU-a"}};
	struct lab *lab = *state;

	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < 2; j++) {
			struct gpu *gpu = add_gpu(lab);
			gpu->uuid = slice_of(orders[i][j]);
			if (slice_is(gpu->uuid, "GPU-a") || i > 0)
				gpu->readings[READING_ecc_uncorrected].value = 1;
		}
		report_after(lab, 5);
	}
	const struct finding_list *list = &lab->host->findings;
	assert_int_equal(list->count, 2);
	assert_true(strcmp(list->findings[0].gpu, "GPU-b") == 0 && list->findings[0].gpu_index == 0);
	assert_true(list->findings[0].since == NOON + 10);
	assert_true(strcmp(list->findings[1].gpu, "GPU-a") == 0 && list->findings[1].gpu_index == 1);
	assert_true(list->findings[1].since == NOON + 5);
}

/* The values of a GPU that has a problem are not to be trusted; what the driver says of its memory is. */
static void a_broken_gpu_is_not_found_slow(void **state)
{
	struct lab *lab = *state;

	for (int i = 0; i < 3; i++) {
		struct gpu *gpu = add_gpu(lab);
		gpu->problem = SLICE_LITERAL("GPU requires reset");
		gpu->readings[READING_pcie_width].value = 1;
		gpu->readings[READING_power].value = 1;
		gpu->readings[READING_utilization].value = 100;
		gpu->texts[TEXT_persistence_mode] = SLICE_LITERAL("Disabled");
		gpu->texts[TEXT_recovery_action] = SLICE_LITERAL("Reset");
		report_after(lab, 300);
	}
	assert_int_equal(count_told(lab), 2);
	assert_non_null(told(lab, FINDING_GPU_PROBLEM));
	assert_non_null(told(lab, FINDING_RECOVERY));
}

static void worst_first_and_never_too_many(void **state)
{
	struct lab *lab = *state;

	for (int i = 0; i < (int)CAP_GPUS; i++) {
		struct gpu *gpu = add_gpu(lab);
		gpu->uuid = SLICE_NONE;
		gpu->bus_id = SLICE_NONE;
		gpu->texts[TEXT_persistence_mode] = SLICE_LITERAL("Disabled");
		gpu->texts[TEXT_recovery_action] = SLICE_LITERAL("Reboot");
		gpu->texts[TEXT_remap_failure] = gpu->texts[TEXT_remap_pending] = SLICE_LITERAL("Yes");
		gpu->readings[READING_ecc_uncorrected].value = 1;
	}
	report_after(lab, 0);
	const struct finding_list *list = &lab->host->findings;
	assert_int_equal(list->count, CAP_FINDINGS);
	for (size_t i = 1; i < list->count; i++) {
		assert_true(finding_severity(list->findings[i - 1].kind) <= finding_severity(list->findings[i].kind));
		assert_true(list->findings[i - 1].kind < list->findings[i].kind ||
			    list->findings[i - 1].gpu_index < list->findings[i].gpu_index);
	}
}

static void a_finding_names_its_gpu(void **state)
{
	static const struct {
		struct finding finding;
		const char *subject;
	} cases[] = {
		{{.of_gpu = true, .gpu_index = 3, .gpu = "GPU-a"}, "GPU 3"},
		{{.of_gpu = true, .gpu_index = -1, .gpu = "GPU-a"}, "GPU-a"},
		{{.of_gpu = true, .gpu_index = -1, .gpu = "00000000:07:00.0"}, "GPU 00000000:07:00.0"},
		{{.of_gpu = true, .gpu_index = -1}, "a GPU"},
		{{.gpu_index = -1}, ""},
	};
	char subject[128];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(finding_subject(&cases[i].finding, subject, sizeof(subject)), cases[i].subject);
	assert_string_equal(finding_name(FINDING_PERSISTENCE_OFF), "persistence-off");
	assert_string_equal(severity_name(finding_severity(FINDING_PERSISTENCE_OFF)), "warning");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_healthy_host_has_none),
		TEST(a_lost_gpu),
		TEST(a_missing_gpu),
		TEST(errors_of_memory),
		TEST(what_the_driver_asks_for),
		TEST(a_stuck_gpu),
		TEST(a_start_of_the_driver_is_not_stuck),
		TEST(a_throttled_gpu),
		TEST(a_slow_link),
		TEST(persistence_mode_off),
		TEST(a_driver_that_we_keep),
		TEST(processes_that_are_not_known),
		TEST(processes_of_one_gpu_that_are_not_known),
		TEST(owners_that_are_hidden),
		TEST(what_the_machine_tells),
		TEST(a_full_disk),
		TEST(a_slow_query),
		TEST(a_slow_sample_with_a_fast_query),
		TEST(what_is_left_out),
		TEST(an_error_keeps_what_was_told),
		TEST(since_belongs_to_the_gpu),
		TEST(a_broken_gpu_is_not_found_slow),
		TEST(worst_first_and_never_too_many),
		TEST(a_finding_names_its_gpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
