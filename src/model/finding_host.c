/* finding_host: the rules for what is found at a host as a whole. */
#include <math.h>
#include <string.h>

#include "model/finding_rules.h"
#include "model/model.h"

static bool driver_mismatch(const struct host *host, struct tale *ret)
{
	if (host->error.kind != PROBLEM_DRIVER_MISMATCH)
		return false;
	ret->message = xasprintf("the NVIDIA driver was updated, and the old one is still loaded: %s", host->error.message);
	ret->remedy = xstrdup("reboot the host; or, when nobody computes there: `sudo systemctl stop nvidia-persistenced; sudo "
			      "rmmod nvidia_uvm "
			      "nvidia_drm nvidia_modeset nvidia && sudo modprobe nvidia`");
	ret->since = host->error.since;
	return true;
}

bool finding_is_reticence(struct slice process_problem)
{
	return slice_is(process_problem, "Not Supported") || slice_is(process_problem, "N/A");
}

static bool processes_unknown(const struct host *host, struct tale *ret)
{
	struct slice problem = host->sample.process_problem;

	if (!problem.ptr || finding_is_reticence(problem))
		return false;
	ret->message = xasprintf("who computes here is not known, or not all of it: %.*s", SLICE_ARGS(problem));
	ret->remedy = xstrdup("see what `nvidia-smi --query-compute-apps=pid,name --format=csv` says there");
	return true;
}

static bool reboot_required(const struct host *host, struct tale *ret)
{
	if (!host->machine_told || !host->machine.reboot_required)
		return false;
	ret->message = xstrdup("updates wait for a reboot");
	ret->remedy = xstrdup("when nobody computes there: `sudo reboot`; `cat /run/reboot-required.pkgs` tells for what");
	return true;
}

/* How many processes have a PID, and how many of these an owner. */
static size_t count_processes(const struct sample *sample, size_t *ret_owned)
{
	size_t count = 0, owned = 0;

	for (size_t i = 0; i < sample->process_count; i++) {
		count += sample->processes[i].pid >= 0;
		owned += sample->processes[i].pid >= 0 && sample->processes[i].owner.ptr;
	}
	*ret_owned = owned;
	return count;
}

/* One that ended meanwhile has no owner either, so a single one among others says nothing without a hidepid. */
static bool owners_hidden(const struct host *host, struct tale *ret)
{
	int hidepid = host->machine_told ? host->machine.hidepid : -1;
	size_t owned, count = count_processes(&host->sample, &owned);

	if (owned == count || (hidepid <= 0 && owned > 0))
		return false;
	if (hidepid > 0) {
		ret->message = xasprintf("whose %zu of %zu processes are is hidden: /proc is mounted with hidepid=%d",
					 count - owned, count, hidepid);
		ret->remedy = xstrdup("`sudo groupadd -f proc; sudo mount -o remount,hidepid=2,gid=proc /proc` lets a group see "
				      "them, without more rights: the same options belong in /etc/fstab, and the account that "
				      "nvwebmon logs in with in the group, by `sudo gpasswd -a ACCOUNT proc`");
	} else {
		ret->message = xasprintf("whose processes these are is not known: ps tells of none of the %zu", count);
		ret->remedy = xstrdup("`ps -p 1` tells whether there is a ps, and whether nvwebmon logs in to a container: it "
				      "sees the processes of the host only when it logs in to the host");
	}
	return true;
}

/* Whether a path can stand in a command that somebody is going to paste. */
static bool is_harmless(const char *path)
{
	return path[strspn(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-")] == '\0';
}

static bool disk_full(const struct host *host, struct tale *ret)
{
	const struct disk *disk = &host->machine.disk;

	if (!host->machine_told || !disk->mount[0] || !(disk->percent >= 95))
		return false;
	ret->message = xasprintf("%s is %.0f %% full: %.1f of %.1f GiB", disk->mount, disk->percent, disk->used / 0x1p30,
				 disk->size / 0x1p30);
	ret->remedy = xasprintf("see what is large: `sudo du -xh --max-depth=2 %s | sort -h | tail -n 30`",
				is_harmless(disk->mount) ? disk->mount : "DIRECTORY");
	return true;
}

static bool memory_full(const struct host *host, struct tale *ret)
{
	double total = host->machine.memory_total, available = host->machine.memory_available;

	if (!host->machine_told || !(total > 0) || !(available < total * 0.03))
		return false;
	ret->message = xasprintf("only %.1f of %.1f GiB of memory are left: the kernel is about to end processes",
				 available / 0x1p30, total / 0x1p30);
	ret->remedy = xstrdup("see who has it: `ps -eo user,pid,rss,args --sort=-rss | head`");
	return true;
}

static bool clock_off(const struct host *host, struct tale *ret)
{
	double ahead = host->machine.clock_ahead;

	if (!host->machine_told || !(fabs(ahead) > 30))
		return false;
	ret->message = xasprintf("its clock is %.0f s %s that of the machine that nvwebmon runs on", fabs(ahead),
				 ahead > 0 ? "ahead of" : "behind");
	ret->remedy =
		xstrdup("`timedatectl` tells on both whether the clock is kept in step; `sudo timedatectl set-ntp true` sees to "
			"it");
	return true;
}

/* What we do on a host is not to be a surprise to its people. Where persistence mode is missed, it is told there. */
static bool driver_kept(const struct host *host, struct tale *ret)
{
	if (!host->session.keeps_driver)
		return false;
	for (size_t i = 0; i < host->sample.gpu_count; i++)
		if (finding_misses_persistence(host, &host->sample.gpus[i]))
			return false;
	ret->message = xstrdup("nvwebmon keeps the driver loaded: a quiet `nvidia-smi -l` of its runs there");
	ret->remedy = xstrdup("it lets go of the driver with `keep_driver_loaded: never` in its configuration");
	return true;
}

/* Where nvidia-smi alone is quicker than that, it is not to blame. */
static bool slow(const struct host *host, struct tale *ret)
{
	double sample = host->sample_ms / 1000, query = host->query_ms / 1000, interval = host->model->interval;

	if (!(interval > 0) || !(sample > interval))
		return false;
	if (query > interval) {
		ret->message =
			xasprintf("a query takes %.1f s, longer than the interval of %g s: it is asked as often as it can answer",
				  query, interval);
		ret->remedy =
			xstrdup("mostly this is persistence mode that is off, or a GPU in trouble: see `time nvidia-smi` there");
		return true;
	}
	ret->message = xasprintf("a sample takes %.1f s, longer than the interval of %g s, but its query only %.2f s", sample,
				 interval, query);
	ret->remedy = xstrdup("see what the rest of it waits for: `time ps -A` there, or the network on the way");
	return true;
}

static bool left_out(const struct host *host, struct tale *ret)
{
	const struct sample *sample = &host->sample;

	if (sample->gpus_left_out == 0 && sample->processes_left_out == 0)
		return false;
	ret->message = xasprintf("more than is shown: %zu GPUs and %zu processes are left out", sample->gpus_left_out,
				 sample->processes_left_out);
	return true;
}

const host_rule_fn finding_host_rules[FINDING_COUNT] = {
	[FINDING_DRIVER_MISMATCH] = driver_mismatch,
	[FINDING_PROCESSES_UNKNOWN] = processes_unknown,
	[FINDING_REBOOT_REQUIRED] = reboot_required,
	[FINDING_OWNERS_HIDDEN] = owners_hidden,
	[FINDING_DISK_FULL] = disk_full,
	[FINDING_MEMORY_FULL] = memory_full,
	[FINDING_CLOCK_OFF] = clock_off,
	[FINDING_DRIVER_KEPT] = driver_kept,
	[FINDING_SLOW] = slow,
	[FINDING_LEFT_OUT] = left_out,
};
