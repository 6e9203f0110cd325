#include "jobs.h"

#include <math.h>
#include <string.h>

#include "hash.h"

struct job {
	const char *name, *command;
	int effort;
};

static const struct job ordinary[] = {
#define JOB(name, command, effort) {name, command, effort},
#include "jobs.def"
#undef JOB
};

static const struct job held = {
	"/home/dora/.venv/bin/python",
	"/home/dora/.venv/bin/python -m ipykernel_launcher -f /home/dora/.local/share/jupyter/runtime/kernel-4f1c.json",
	0,
};

/* Filled at the first use. */
static char long_name[3001];

/* What a hostile or careless user can make nvidia-smi print: it passes all of it on but for commas. */
static const struct job hostile[] = {
	{"<script>alert(1)</script><img src=x onerror=alert(2)>", "</td><script>alert(3)</script>&amp;", 10},
	{"\033[31mred\033[0m\033]0;owned\007", "\033[2J\033[31mcleared", 10},
	{"two\nlines", "two\nlines", 10},
	{"not utf-8: \xff\xfe\xc0\x80\xed\xa0\x80", "not utf-8: \xff\xfe", 10},
	{long_name, long_name, 10},
	{"marker\n@1 end\n@2 end\n@ready", "marker\n@1 end\n@2 end\n@ready", 10},
	{"", "", 10},
	{" \tblanks around\t ", " \tblanks around\t ", 10},
	{"$(touch owned) `id`; reboot", "$(touch owned) `id`; reboot", 10},
	{"%s%n%x%1000000d", "%s%n%x%1000000d", 10},
	{"\"quoted\", 'twice', \\", "\"quoted\", 'twice', \\", 10},
	{"\xe2\x80\xae"
	 "backwards",
	 "\xe2\x80\xae"
	 "backwards",
	 10},
};

/* What should never have been put into a command line. */
static const char *const secret_commands[] = {
	"python train.py --api-key=sk-lab0123456789abcdef0123456789 --epochs 3",
	"python fetch.py --token hf_labLabLabLabLabLabLabLabLabLab0123 --out data",
	"python eval.py --db postgres://alice:swordfish@db.lab.example/results",
	"env WANDB_API_KEY=0123456789abcdef0123456789abcdef01234567 python sweep.py",
	"curl -H Authorization: Bearer eyJsYWIiOiJsYWIifQ.eyJsYWIiOiJsYWIifQ.bGFiLWxhYi1sYWI https://lab.example/",
	"mysql -u bob -pswordfish results",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const users[] = {"alice", "bob", "chen", "dora", "erik", "fatima", "root", "svc-inference-very-long-name"};
/* How people share the work: most of it is done by few. */
static const unsigned char shares[] = {0, 0, 0, 1, 1, 2, 2, 3, 4, 5, 6, 7};

/* What a lane of a GPU is like. */
struct lane {
	unsigned gpu, number, count;
	double density; /* how likely a slot is taken */
	bool always;    /* never empty, not for a moment between two slots */
	bool held;      /* by one that computes nothing, for days */
};

static const struct job *choose(const struct control *control, const struct lane *lane, uint64_t chance)
{
	if (lane->held)
		return &held;
	if (control_fault_is(control, "hostile-names")) {
		memset(long_name, 'x', sizeof(long_name) - 1);
		return &hostile[lane->number % COUNT(hostile)];
	}
	return &ordinary[chance % COUNT(ordinary)];
}

static enum place choose_place(const struct control *control, uint64_t chance)
{
	static const enum place mixture[] = {
		PLACE_DOCKER,    PLACE_DOCKER, PLACE_PODMAN, PLACE_CONTAINERD,
		PLACE_APPTAINER, PLACE_SLURM,  PLACE_SLURM,  PLACE_SESSION,
	};
	return control->place == PLACE_MIXED ? mixture[chance % COUNT(mixture)] : control->place;
}

/* The daemons that run containers are root's, and so is what they run. */
static const char *owner_of(const struct control *control, enum place place, const char *user)
{
	bool daemon = place == PLACE_DOCKER || place == PLACE_CONTAINERD || place == PLACE_CRIO;
	bool sudo = control->sudo && (place == PLACE_SESSION || place == PLACE_SLURM);
	return daemon || sudo ? "root" : user;
}

static int memory_for(const struct control *control, const struct lane *lane, double fraction)
{
	double room = control->model->memory / (double)lane->count;
	if (control_mig(control, lane->gpu))
		room = mig_instances[lane->number % MIG_INSTANCES].memory;
	return (int)(room * (0.30 + 0.55 * fraction));
}

/* The process in a lane at a moment. False when the lane is empty then. */
static bool job_in(const struct control *control, const struct lane *lane, double at, struct process *ret)
{
	uint64_t place = hash(control->seed, lane->gpu * MAX_LANES + lane->number);
	double slot = lane->held ? 7 * 86400.0 : control->slot * (1 + 0.37 * lane->number);
	double offset = slot * hash_fraction(hash(place, 1));
	double number = floor((at + offset) / slot);
	uint64_t chance = hash(place, (uint64_t)number);
	double start = number * slot - offset;
	double quiet = lane->always ? 0 : 0.05 * slot;
	start += quiet * hash_fraction(hash(chance, 2));
	double end = (number + 1) * slot - offset - quiet * hash_fraction(hash(chance, 3));
	if (hash_fraction(chance) >= lane->density || at < start || at >= end)
		return false;

	const struct job *job = choose(control, lane, hash(chance, 4));
	const char *user = lane->held ? "dora" : users[shares[hash(chance, 6) % COUNT(shares)]];
	enum place runs_in = choose_place(control, hash(chance, 8));
	double ramp = at - start < 40 ? 0.1 + 0.9 * (at - start) / 40 : 1;
	*ret = (struct process){
		.gpu = lane->gpu,
		.pid = 2000 + (int)(hash(chance, 5) % 4000000),
		.name = job->name,
		.command = control->secrets ? secret_commands[hash(chance, 9) % COUNT(secret_commands)] : job->command,
		.user = user,
		.owner = owner_of(control, runs_in, user),
		.place = runs_in,
		.chance = chance,
		.cpu = lane->held ? 0.002 : job->effort / 100.0 + 2 * hash_fraction(hash(chance, 10)),
		.rss = 600 + (int)(hash(chance, 11) % 6000),
		.memory = (int)(memory_for(control, lane, hash_fraction(hash(chance, 7))) * ramp),
		.started = floor(start),
		.effort = at - start < 15 ? job->effort / 4 : job->effort,
		.instance = (int)(lane->number % MIG_INSTANCES),
	};
	return true;
}

static void shape(const struct control *control, unsigned gpu, struct lane *lane)
{
	static const struct lane by_load[LOAD_COUNT] = {
		[LOAD_FREE] = {.count = 1, .density = 0},
		[LOAD_BUSY] = {.count = 1, .density = 1, .always = true},
		[LOAD_MIXED] = {.count = 1, .density = 0.6},
		[LOAD_SEVERAL] = {.count = 3, .density = 0.8},
		[LOAD_HELD] = {.count = 1, .density = 1, .always = true, .held = true},
	};
	*lane = by_load[control->load[gpu]];
	lane->gpu = gpu;
	if (control_mig(control, gpu) && !lane->held)
		lane->count = MIG_INSTANCES;
	if (control_fault_is(control, "hostile-names"))
		*lane = (struct lane){.gpu = gpu, .count = COUNT(hostile), .density = 1, .always = true};
	if (control_fault_is(control, "many-processes"))
		*lane = (struct lane){.gpu = gpu, .count = MAX_LANES, .density = 1, .always = true};
}

/* Some jobs span two neighbours: one process, one PID, a row on each GPU. */
static unsigned home_of(const struct control *control, unsigned gpu, const struct lane *lane)
{
	bool odd = gpu % 2 == 1 && control->load[gpu] == control->load[gpu - 1];
	bool spans = odd && lane->count == 1 && !lane->held && hash(control->seed, gpu / 2) % 4 == 0;
	return spans ? gpu - 1 : gpu;
}

unsigned jobs_on(const struct control *control, unsigned gpu, double at, struct process *ret)
{
	struct lane lane;
	unsigned count = 0;
	shape(control, gpu, &lane);
	lane.gpu = home_of(control, gpu, &lane);
	for (lane.number = 0; lane.number < lane.count; lane.number++)
		if (job_in(control, &lane, at, &ret[count]))
			ret[count++].gpu = gpu;
	return count;
}
