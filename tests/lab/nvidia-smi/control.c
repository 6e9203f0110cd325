#include "control.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hash.h"

/* Not one of nvidia-smi's exit codes. */
#define MISUSED 99

static const char *const load_names[LOAD_COUNT] = {"free", "busy", "mixed", "several", "held"};

static const char *const faults[] = {
	"apps-fail",
	"binary",
	"df-hangs",
	"dribble",
	"driver-not-loaded",
	"endless",
	"endless-line",
	"exit-255",
	"garbage",
	"gpu-lost",
	"gpu-lost-cells",
	"gpu-requires-reset",
	"gpu-unknown-error",
	"gpu-vanished",
	"hang",
	"hostile-names",
	"huge",
	"inforom",
	"init-permission",
	"init-unknown",
	"libnvidia-ml-missing",
	"many-processes",
	"mismatch",
	"no-devices",
	"no-newline",
	"no-ps",
	"not-found",
	"ps-hangs",
	"silent",
	"slow",
	"truncated",
	"uninterruptible",
	"unkillable",
	"unknown-field",
};

__attribute__((noreturn)) static void misused(const struct control *control, const char *what, const char *value)
{
	fprintf(stderr, "lab: %s: %s \"%s\" is not known\n", control->path, what, value);
	exit(MISUSED);
}

static enum load load_of(const struct control *control, const char *value)
{
	for (enum load load = 0; load < LOAD_COUNT; load++)
		if (strcmp(load_names[load], value) == 0)
			return load;
	misused(control, "load", value);
}

static void set_fault(struct control *control, const char *value)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (strcmp(faults[i], value) == 0) {
			snprintf(control->fault, sizeof(control->fault), "%s", value);
			return;
		}
	if (value[0] != '\0')
		misused(control, "fault", value);
}

static void set_load(struct control *control, const char *value)
{
	for (unsigned gpu = 0; gpu < MAX_GPUS; gpu++)
		control->load[gpu] = load_of(control, value);
}

static void set_model(struct control *control, const char *value)
{
	control->model = model_find(value);
	if (control->model == NULL)
		misused(control, "model", value);
}

static void set_gpus(struct control *control, const char *value)
{
	control->gpus = (unsigned)strtoul(value, NULL, 10);
	if (control->gpus > MAX_GPUS)
		misused(control, "number of GPUs", value);
}

static void set_containers(struct control *control, const char *value)
{
	static const char *const names[PLACE_COUNT] = {
		[PLACE_SESSION] = "off", [PLACE_DOCKER] = "docker",       [PLACE_PODMAN] = "podman", [PLACE_CONTAINERD] = "k8s",
		[PLACE_CRIO] = "cri-o",  [PLACE_APPTAINER] = "apptainer", [PLACE_MIXED] = "mixed",
	};
	for (enum place place = 0; place < PLACE_COUNT; place++)
		if (names[place] != NULL && strcmp(names[place], value) == 0) {
			control->place = place;
			return;
		}
	misused(control, "containers", value);
}

static void set_slurm(struct control *control, const char *value)
{
	if (strcmp(value, "on") == 0)
		control->place = PLACE_SLURM;
}

static void set_mig(struct control *control, const char *value)
{
	for (unsigned gpu = 0; gpu < MAX_GPUS; gpu++)
		control->mig[gpu] = strcmp(value, "on") == 0 ? MIG_SWITCHED_ON : MIG_SWITCHED_OFF;
}

static void set_driver(struct control *control, const char *value)
{
	snprintf(control->driver, sizeof(control->driver), "%s", value);
	control->major = (unsigned)strtoul(value, NULL, 10);
}

static void set_seed(struct control *control, const char *value)
{
	control->seed = strtoull(value, NULL, 10);
}

/* The keys that need a thought. */
static const struct {
	const char *key;
	void (*set)(struct control *control, const char *value);
} thoughtful[] = {
	{"gpus", set_gpus},   {"model", set_model}, {"driver", set_driver},         {"seed", set_seed},   {"load", set_load},
	{"fault", set_fault}, {"mig", set_mig},     {"containers", set_containers}, {"slurm", set_slurm},
};

enum kind {
	TEXT,
	UNSIGNED,
	NUMBER,
	SWITCH,
};

/* The keys whose value is just stored. */
static const struct {
	const char *key;
	enum kind kind;
	size_t offset, size;
} plain[] = {
#define PLAIN(key, kind)                                                                                                         \
	{                                                                                                                        \
#key, kind, offsetof(struct control, key), sizeof(((struct control *)NULL)->key)                                 \
	}
	PLAIN(name, TEXT),
	PLAIN(persistence, SWITCH),
	PLAIN(time, NUMBER),
	PLAIN(slot, NUMBER),
	PLAIN(fault_gpu, UNSIGNED),
	PLAIN(fault_ms, UNSIGNED),
	PLAIN(fault_field, TEXT),
	PLAIN(fault_seconds, NUMBER),
	PLAIN(fault_rows, SWITCH),
	PLAIN(fault_reason, TEXT),
	PLAIN(compute_mode, TEXT),
	PLAIN(init_ms, UNSIGNED),
	PLAIN(suspended, SWITCH),
	PLAIN(cgroup, UNSIGNED),
	PLAIN(bind_home, SWITCH),
	PLAIN(sudo, SWITCH),
	PLAIN(secrets, SWITCH),
	PLAIN(hidepid, TEXT),
	PLAIN(boot, NUMBER),
	PLAIN(cpus, UNSIGNED),
	PLAIN(memory, UNSIGNED),
	PLAIN(disk, UNSIGNED),
	PLAIN(clock, NUMBER),
	PLAIN(trouble_gpu, UNSIGNED),
	PLAIN(trouble_throttle, TEXT),
	PLAIN(trouble_ecc, UNSIGNED),
	PLAIN(trouble_ecc_corrected, UNSIGNED),
	PLAIN(trouble_pcie_width, UNSIGNED),
	PLAIN(trouble_pcie_gen, UNSIGNED),
	PLAIN(trouble_stuck, SWITCH),
	PLAIN(trouble_recovery, TEXT),
	PLAIN(trouble_remap_pending, TEXT),
	PLAIN(trouble_remap_failure, TEXT),
	PLAIN(trouble_retired, TEXT),
#undef PLAIN
};

static void store(void *place, enum kind kind, size_t size, const char *value)
{
	switch (kind) {
	case TEXT:
		snprintf(place, size, "%s", value);
		break;
	case UNSIGNED:
		*(unsigned *)place = (unsigned)strtoul(value, NULL, 10);
		break;
	case NUMBER:
		*(double *)place = strtod(value, NULL);
		break;
	case SWITCH:
		*(bool *)place = strcmp(value, "on") == 0;
		break;
	}
}

static void set(struct control *control, const char *key, const char *value)
{
	for (size_t i = 0; i < sizeof(thoughtful) / sizeof(thoughtful[0]); i++)
		if (strcmp(thoughtful[i].key, key) == 0) {
			thoughtful[i].set(control, value);
			return;
		}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (strcmp(plain[i].key, key) == 0) {
			store((char *)control + plain[i].offset, plain[i].kind, plain[i].size, value);
			return;
		}
	if (strncmp(key, "load_", 5) == 0)
		control->load[strtoul(key + 5, NULL, 10) % MAX_GPUS] = load_of(control, value);
	else if (strncmp(key, "mig_", 4) == 0)
		control->mig[strtoul(key + 4, NULL, 10) % MAX_GPUS] =
			strcmp(value, "on") == 0 ? MIG_SWITCHED_ON : MIG_SWITCHED_OFF;
	else
		misused(control, "key", key);
}

static void parse(struct control *control, char *text)
{
	char *rest = NULL;
	for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		char *equals = strchr(line, '=');
		if (line[0] == '#')
			continue;
		if (equals == NULL)
			misused(control, "line", line);
		*equals = '\0';
		set(control, line, equals + 1);
	}
}

/* A host whose file sets no seed differs from its neighbours all the same. */
static void set_defaults(struct control *control, const char *host)
{
	memset(control, 0, sizeof(*control));
	snprintf(control->host, sizeof(control->host), "%s", host);
	control->gpus = 8;
	control->model = model_find("a100-80");
	set_driver(control, "550.54.15");
	control->seed = hash_text(host);
	set_load(control, "mixed");
	control->persistence = true;
	control->time = -1;
	control->slot = 2400;
	control->fault_seconds = 5;
	control->fault_ms = 1;
	snprintf(control->fault_field, sizeof(control->fault_field), "fan.speed");
	snprintf(control->fault_reason, sizeof(control->fault_reason), "GPU is lost");
	control->fault_rows = true;
	snprintf(control->compute_mode, sizeof(control->compute_mode), "Default");
	control->cgroup = 2;
	control->bind_home = true;
	control->boot = -1;
	control->cpus = 64;
	control->memory = 70;
	control->disk = 61;
}

void control_read(struct control *control)
{
	const char *lab = getenv("LAB_DIR"), *host = getenv("LAB_HOST");
	set_defaults(control, host != NULL ? host : "");
	if (lab == NULL || host == NULL)
		return;

	snprintf(control->path, sizeof(control->path), "%s/hosts/%s", lab, host);
	int file = open(control->path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return;
	char text[4096];
	ssize_t length = read(file, text, sizeof(text) - 1);
	close(file);
	text[length > 0 ? length : 0] = '\0';
	parse(control, text);
	if (control_fault_is(control, "huge"))
		control->gpus = MAX_GPUS;
}

bool control_fault_is(const struct control *control, const char *fault)
{
	return strcmp(control->fault, fault) == 0;
}

bool control_mig(const struct control *control, unsigned gpu)
{
	unsigned traits = control->model->traits;
	if (control->mig[gpu] == MIG_AS_MODEL)
		return traits & MIG_ON;
	return control->mig[gpu] == MIG_SWITCHED_ON && traits & MIG_ABLE;
}

bool control_troubled(const struct control *control, int gpu)
{
	return control->trouble_gpu == (unsigned)gpu;
}

bool control_lab_exists(void)
{
	const char *lab = getenv("LAB_DIR");
	return lab == NULL || access(lab, F_OK) == 0;
}

double control_now(const struct control *control)
{
	const char *fixed = getenv("LAB_TIME");
	if (fixed != NULL)
		return strtod(fixed, NULL);
	if (control->time >= 0)
		return control->time;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
