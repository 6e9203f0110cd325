#include "collect/tools.h"

#include <string.h>

/* What is lost with a tool, by the value that the probe has found for it. */
static const struct {
	const char *key, *value;
	struct tools_loss loss;
} losses[] = {
	{"timeout", "no", {"without timeout, a nvidia-smi that hangs is not ended on the host", "coreutils"}},
	{"ps", "no", {"without ps, it is not known whose the processes are, nor what they run", "procps"}},
	{"ps", "busybox", {"this ps (BusyBox) does not tell all of a process", "procps"}},
	{"grep", "no", {"without grep, CPU time, containers and Slurm jobs of processes are not known", "grep"}},
	{"df", "no", {"without df, how full the disks are is not known", "coreutils"}},
	{"getent", "no", {"without getent, accounts that are not in /etc/passwd have no names", "libc-bin"}},
};

static void add_losses(struct tools *tools, struct slice key, struct slice value)
{
	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++)
		if (slice_is(key, losses[i].key) && slice_is(value, losses[i].value) && tools->loss_count < TOOLS_LOSSES_MAX)
			tools->losses[tools->loss_count++] = losses[i].loss;
}

static void take_line(struct tools *tools, struct slice key, struct slice value)
{
	if (slice_is(key, "shell"))
		tools->shell = value;
	else if (slice_is(key, "nvidia-smi"))
		tools->nvidia_smi = value;
	else if (slice_is(key, "kernel"))
		tools->kernel = value;
	else if (slice_is(key, "user"))
		tools->user = value;
	else if (slice_is(key, "uid"))
		slice_to_int64(value, &tools->uid);
	else if (slice_is(key, "hidepid"))
		slice_to_int64(value, &tools->hidepid);
	else if (slice_is(key, "ps"))
		tools->owners_told = !slice_is(value, "no");
	add_losses(tools, key, value);
}

void tools_parse(struct slice section, struct tools *ret)
{
	struct slice value;

	*ret = (struct tools){.uid = -1, .hidepid = -1};
	for (struct slice rest = section; rest.ptr;) {
		struct slice line = slice_trim(slice_split(rest, '\n', &rest));
		struct slice key = slice_split(line, ' ', &value);
		value = slice_trim(value);
		if (value.len > 0)
			take_line(ret, key, value);
	}
}
