#include "places.h"

#include <stdio.h>
#include <string.h>

#include "hash.h"

static const struct {
	const char *name;
	unsigned uid;
} people[] = {
	{"root", 0},    {"alice", 1001}, {"bob", 1002},    {"chen", 1003},
	{"dora", 1004}, {"erik", 1005},  {"fatima", 1006}, {"svc-inference-very-long-name", 998},
};

#define PEOPLE (sizeof(people) / sizeof(people[0]))

unsigned places_uid(const char *user)
{
	for (size_t i = 0; i < PEOPLE; i++)
		if (strcmp(people[i].name, user) == 0)
			return people[i].uid;
	return 0;
}

const char *places_user(unsigned uid)
{
	for (size_t i = 0; i < PEOPLE; i++)
		if (people[i].uid == uid)
			return people[i].name;
	return NULL;
}

struct ids {
	char container[65], pod[37], pod_unit[37]; /* the last as systemd writes it, with _ */
	unsigned uid, session, job;
};

static void make_ids(const struct process *process, struct ids *ret)
{
	uint64_t chance = process->chance;
	for (unsigned i = 0; i < 4; i++)
		snprintf(ret->container + (size_t)16 * i, 17, "%016llx", (unsigned long long)hash(chance, 40 + i));
	uint64_t a = hash(chance, 50), b = hash(chance, 51);
	snprintf(ret->pod, sizeof(ret->pod), "%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff,
		 (unsigned)a & 0xffff, (unsigned)(b >> 48), (unsigned long long)b & 0xffffffffffff);
	for (size_t i = 0; i < sizeof(ret->pod); i++)
		ret->pod_unit[i] = ret->pod[i] == '-' ? '_' : ret->pod[i];
	ret->uid = places_uid(process->user);
	ret->session = 1 + (unsigned)(hash(chance, 52) % 900);
	ret->job = 4000 + (unsigned)(hash(chance, 53) % 5000);
}

static void unified(const struct process *process, const struct ids *ids, char *out, size_t size)
{
	switch (process->place) {
	case PLACE_DOCKER:
		snprintf(out, size, "/system.slice/docker-%s.scope", ids->container);
		break;
	case PLACE_PODMAN:
		snprintf(out, size, "/user.slice/user-%u.slice/user@%u.service/user.slice/libpod-%s.scope/container", ids->uid,
			 ids->uid, ids->container);
		break;
	case PLACE_CONTAINERD:
	case PLACE_CRIO:
		snprintf(out, size, "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod%s.slice/%s-%s.scope",
			 ids->pod_unit, process->place == PLACE_CRIO ? "crio" : "cri-containerd", ids->container);
		break;
	case PLACE_SLURM:
		snprintf(out, size, "/system.slice/slurmstepd.scope/job_%u/step_0/user/task_0", ids->job);
		break;
	default:
		snprintf(out, size, "/user.slice/user-%u.slice/session-%u.scope", ids->uid, ids->session);
		break;
	}
}

/* Version 1, where each controller has a tree of its own and most tools were not yet friends of systemd. */
static void divided(const struct process *process, const struct ids *ids, char *out, size_t size)
{
	switch (process->place) {
	case PLACE_DOCKER:
		snprintf(out, size, "/docker/%s", ids->container);
		break;
	case PLACE_CONTAINERD:
	case PLACE_CRIO:
		snprintf(out, size, "/kubepods/burstable/pod%s/%s%s", ids->pod, process->place == PLACE_CRIO ? "crio-" : "",
			 ids->container);
		break;
	case PLACE_SLURM:
		snprintf(out, size, "/slurm/uid_%u/job_%u/step_0/task_0", ids->uid, ids->job);
		break;
	default:
		unified(process, ids, out, size);
		break;
	}
}

char *places_cgroup(const struct control *control, const struct process *process, char *out, size_t size)
{
	struct ids ids;
	char path[512];
	make_ids(process, &ids);
	if (control->cgroup == 1) {
		divided(process, &ids, path, sizeof(path));
		snprintf(out, size, "12:devices:%s\n5:memory:%s\n1:name=systemd:%s\n", path, path, path);
	} else {
		unified(process, &ids, path, sizeof(path));
		snprintf(out, size, "0::%s\n", path);
	}
	return out;
}

/* What no login has started has none: a number with all bits set. */
char *places_loginuid(const struct process *process, char *out, size_t size)
{
	bool by_daemon = process->place != PLACE_SESSION && process->place != PLACE_PODMAN && process->place != PLACE_APPTAINER;
	snprintf(out, size, "%u", by_daemon ? 0xffffffffu : places_uid(process->user));
	return out;
}

char *places_mountinfo(const struct control *control, const struct process *process, char *out, size_t size)
{
	const char *user = process->user;
	size_t used = (size_t)snprintf(out, size,
				       "2301 1998 0:412 / / rw,relatime - overlay overlay rw\n"
				       "2302 2301 0:415 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw\n");
	bool contained = process->place != PLACE_SESSION && process->place != PLACE_SLURM;
	if (contained && process->place != PLACE_APPTAINER)
		used += (size_t)snprintf(
			out + used, size - used,
			"2310 2301 259:2 /var/lib/containers/%08x/hosts /etc/hosts rw,relatime - ext4 /dev/nvme0n1p2 rw\n",
			(unsigned)process->chance);
	if (process->place == PLACE_APPTAINER)
		used += (size_t)snprintf(
			out + used, size - used,
			"2310 2301 259:2 /usr/lib/x86_64-linux-gnu/libcuda.so.%s /.singularity.d/libs/libcuda.so.1 "
			"ro,nosuid,nodev,relatime - ext4 /dev/nvme0n1p2 rw\n",
			control->driver);
	if (contained && control->bind_home && strcmp(user, "root") != 0)
		snprintf(out + used, size - used, "2311 2301 8:17 /home/%s %s%s rw,relatime - ext4 /dev/sdb1 rw\n", user,
			 process->place == PLACE_APPTAINER ? "/home/" : "/workspace",
			 process->place == PLACE_APPTAINER ? user : "");
	return out;
}
