/* cgroup, homes: where a process runs, and whose home is mounted there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "proc/cgroup.h"
#include "proc/homes.h"
#include "proc/person.h"
#include "proc/words.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define HEX "c0ffee0123456789abcdef0123456789abcdef0123456789abcdef0123456789"
#define HEX2 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POD "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"
#define POD_ "1b9d6bcd_bbfd_4b2d_9b5d_ab8dfbbd4bed"
#define POD2_ "2c9d6bcd_bbfd_4b2d_9b5d_ab8dfbbd4bed"
#define STATIC_POD "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

static const struct {
	const char *file;
	enum container_runtime runtime;
	const char *container, *pod, *job;
	int64_t slurm, session; /* -1: none */
} cgroups[] = {
	/* No container. */
	{"0::/user.slice/user-1000.slice/session-3.scope", CONTAINER_NONE, "", "", "", -1, 1000},
	{"0::/user.slice/user-0.slice/session-3.scope", CONTAINER_NONE, "", "", "", -1, 0},
	{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/code.scope", CONTAINER_NONE, "", "", "", -1, 1000},
	{"0::/system.slice/docker.service", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/system.slice/containerd.service", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/../../user.slice/user-7.slice/session-1.scope", CONTAINER_NONE, "", "", "", -1, 7},
	{"", CONTAINER_NONE, "", "", "", -1, -1},
	{"nonsense", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::", CONTAINER_NONE, "", "", "", -1, -1},
	/* It only looks like one. */
	{"0::/user.slice/user-1000.slice/docker-notes", CONTAINER_NONE, "", "", "", -1, 1000},
	{"0::/user.slice/user-1000.slice/docker-notes.scope", CONTAINER_NONE, "", "", "", -1, 1000},
	{"0::/docker/notes", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/docker-" HEX, CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/system.slice/docker-c0ffee.scope", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/system.slice/libpod-conmon-" HEX ".scope", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/system.slice/crio-conmon-" HEX ".scope", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/user.slice/user-1000.slice/user@1000.service/app.slice/machine-learning.scope", CONTAINER_NONE, "", "", "", -1,
	 1000},
	{"0::/user.slice/user-1000.slice/user@1000.service/default/notes", CONTAINER_NONE, "", "", "", -1, 1000},
	{"0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/singularity-notes.scope", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/system.slice/podcast.service", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/user.slice/user-x.slice/user-1001.slice", CONTAINER_NONE, "", "", "", -1, -1},
	/* docker */
	{"0::/system.slice/docker-" HEX ".scope", CONTAINER_DOCKER, "c0ffee012345", "", "", -1, -1},
	{"12:devices:/docker/" HEX "\n11:memory:/docker/" HEX "\n1:name=systemd:/docker/" HEX
	 "\n0::/system.slice/containerd.service",
	 CONTAINER_DOCKER, "c0ffee012345", "", "", -1, -1},
	{"12:perf_event:/\n11:memory:/docker/" HEX, CONTAINER_DOCKER, "c0ffee012345", "", "", -1, -1},
	{"0::/lab.slice/docker-" HEX ".scope/init", CONTAINER_DOCKER, "c0ffee012345", "", "", -1, -1},
	{"4:memory:/lab/" HEX, CONTAINER_OTHER, "c0ffee012345", "", "", -1, -1},
	{"0::/system.slice:docker:" HEX, CONTAINER_DOCKER, "c0ffee012345", "", "", -1, -1},
	{"0::/docker/buildkit/0123456789abcdefghijklmno", CONTAINER_DOCKER, "", "", "", -1, -1},
	{"0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" HEX ".scope", CONTAINER_DOCKER, "c0ffee012345", "",
	 "", -1, 1000},
	/* podman, as root and rootless */
	{"0::/machine.slice/libpod-" HEX ".scope", CONTAINER_PODMAN, "c0ffee012345", "", "", -1, -1},
	{"0::/machine.slice/libpod-" HEX ".scope/container", CONTAINER_PODMAN, "c0ffee012345", "", "", -1, -1},
	{"0::/machine.slice/machine-libpod_pod_" HEX2 ".slice/libpod-" HEX ".scope", CONTAINER_PODMAN, "c0ffee012345", "", "", -1,
	 -1},
	{"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" HEX ".scope/container", CONTAINER_PODMAN,
	 "c0ffee012345", "", "", -1, 1000},
	{"8:memory:/libpod_parent/libpod-" HEX, CONTAINER_PODMAN, "c0ffee012345", "", "", -1, -1},
	{"8:memory:/libpod_parent/" HEX2 "/libpod-" HEX, CONTAINER_PODMAN, "c0ffee012345", "", "", -1, -1},
	{"0::/machine.slice/libpod-" HEX ".scope/libpod-payload-" HEX, CONTAINER_PODMAN, "c0ffee012345", "", "", -1, -1},
	/* containerd by itself */
	{"0::/k8s.io/" HEX, CONTAINER_CONTAINERD, "c0ffee012345", "", "", -1, -1},
	{"0::/default/" HEX, CONTAINER_CONTAINERD, "c0ffee012345", "", "", -1, -1},
	{"0::/default/gpu-test", CONTAINER_CONTAINERD, "", "", "", -1, -1},
	{"0::/system.slice/nerdctl-" HEX ".scope", CONTAINER_CONTAINERD, "c0ffee012345", "", "", -1, -1},
	/* Kubernetes: both drivers, containerd and cri-o, all classes of service, pods of the node's own files */
	{"0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" POD_ ".slice/cri-containerd-" HEX ".scope",
	 CONTAINER_CONTAINERD, "c0ffee012345", POD, "", -1, -1},
	{"0::/kubepods.slice/kubepods-pod" POD_ ".slice/cri-containerd-" HEX ".scope", CONTAINER_CONTAINERD, "c0ffee012345", POD,
	 "", -1, -1},
	{"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" POD_ ".slice/crio-" HEX ".scope/container",
	 CONTAINER_CRIO, "c0ffee012345", POD, "", -1, -1},
	{"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" STATIC_POD ".slice/docker-" HEX ".scope",
	 CONTAINER_DOCKER, "c0ffee012345", STATIC_POD, "", -1, -1},
	{"9:devices:/kubepods/burstable/pod" POD "/" HEX, CONTAINER_OTHER, "c0ffee012345", POD, "", -1, -1},
	{"9:devices:/kubepods/pod" POD "/crio-" HEX, CONTAINER_CRIO, "c0ffee012345", POD, "", -1, -1},
	{"9:devices:/kubepods/pod" STATIC_POD "/" HEX, CONTAINER_OTHER, "c0ffee012345", STATIC_POD, "", -1, -1},
	{"0::/system.slice/containerd.service/kubepods-burstable-pod" POD_ ".slice:cri-containerd:" HEX, CONTAINER_CONTAINERD,
	 "c0ffee012345", POD, "", -1, -1},
	{"0::/kubepods/besteffort/pod" POD, CONTAINER_OTHER, "", POD, "", -1, -1},
	{"0::/kubepods/besteffort/pod1b9d6bcd", CONTAINER_NONE, "", "", "", -1, -1},
	/* apptainer */
	{"0::/user.slice/user-1000.slice/user@1000.service/user.slice/apptainer-4242.scope", CONTAINER_APPTAINER, "", "", "", -1,
	 1000},
	{"4:memory:/singularity/4242", CONTAINER_APPTAINER, "", "", "", -1, -1},
	{"0::/system.slice/singularity-4242.scope", CONTAINER_APPTAINER, "", "", "", -1, -1},
	/* Whole systems. Whoever is user 1000 in there is not ours. */
	{"0::/lxc/web", CONTAINER_OTHER, "", "", "", -1, -1},
	{"0::/lxc/101/ns/user.slice/user-1000.slice/session-1.scope", CONTAINER_OTHER, "", "", "", -1, -1},
	{"0::/lxc.payload.web/user.slice/user-1000.slice/session-1.scope", CONTAINER_OTHER, "", "", "", -1, -1},
	{"0::/lxc.monitor.web", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/machine.slice/machine-sid.scope/payload", CONTAINER_OTHER, "", "", "", -1, -1},
	{"0::/machine.slice/systemd-nspawn@sid.service/payload/user.slice/user-1000.slice", CONTAINER_OTHER, "", "", "", -1, -1},
	/* Containers in containers: the innermost, and the outermost pod. */
	{"0::/system.slice/docker-" HEX2 ".scope/docker/" HEX, CONTAINER_DOCKER, "c0ffee012345", "", "", -1, -1},
	{"0::/system.slice/docker-" HEX2 ".scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
	 "kubelet-kubepods-besteffort-pod" POD_ ".slice/cri-containerd-" HEX ".scope",
	 CONTAINER_CONTAINERD, "c0ffee012345", POD, "", -1, -1},
	{"0::/kubepods.slice/kubepods-pod" POD_ ".slice/cri-containerd-" HEX2 ".scope/kubepods.slice/kubepods-pod" POD2_
	 ".slice/cri-containerd-" HEX ".scope",
	 CONTAINER_CONTAINERD, "c0ffee012345", POD, "", -1, -1},
	{"0::/lxc/101/ns/docker/" HEX, CONTAINER_DOCKER, "c0ffee012345", "", "", -1, -1},
	/* Slurm */
	{"11:devices:/slurm/uid_1000/job_123/step_0/task_0\n1:name=systemd:/system.slice/slurmd.service", CONTAINER_NONE, "", "",
	 "123", 1000, -1},
	{"11:devices:/slurm_node1/uid_1000/job_123/step_batch", CONTAINER_NONE, "", "", "123", 1000, -1},
	{"0::/system.slice/slurmstepd.scope/job_123/step_batch/user/task_0", CONTAINER_NONE, "", "", "123", -1, -1},
	{"0::/system.slice/node1_slurmstepd.scope/job_123/step_extern/user/task_0", CONTAINER_NONE, "", "", "123", -1, -1},
	{"0::/system.slice/slurmstepd.scope/job_123_7/step_0", CONTAINER_NONE, "", "", "123_7", -1, -1},
	{"0::/system.slice/slurmstepd.scope/system", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/system.slice/slurmstepd.scope/job_x/step_0", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/system.slice/slurmstepd.scope/job_123456789012345678901234567890/step_0", CONTAINER_NONE, "", "", "", -1, -1},
	{"0::/user.slice/user-1000.slice/slurm/uid_1001/notes", CONTAINER_NONE, "", "", "", -1, 1000},
	{"0::/user.slice/user-1000.slice/job_5", CONTAINER_NONE, "", "", "", -1, 1000},
	{"11:devices:/slurm/uid_99999999999/job_5/step_0", CONTAINER_NONE, "", "", "", -1, -1},
	{"11:devices:/slurm/uid_1000/job_5/step_0/" HEX, CONTAINER_OTHER, "c0ffee012345", "", "5", 1000, -1},
};

static uint32_t uid_of(int64_t uid)
{
	return uid < 0 ? UID_NONE : (uint32_t)uid;
}

static void knows_where_a_process_runs(void **state)
{
	for (size_t i = 0; i < COUNT_OF(cgroups); i++) {
		struct cgroup cgroup;
		cgroup_init(&cgroup);
		for (struct slice rest = slice_of(cgroups[i].file); rest.ptr;)
			cgroup_read(&cgroup, slice_split(rest, '\n', &rest));
		bool same = cgroup.runtime == cgroups[i].runtime && slice_is(slice_of(cgroup.container), cgroups[i].container) &&
			    slice_is(slice_of(cgroup.pod), cgroups[i].pod) && slice_is(slice_of(cgroup.job), cgroups[i].job);
		if (!same || cgroup.slurm != uid_of(cgroups[i].slurm) || cgroup.session != uid_of(cgroups[i].session))
			fail_msg("%s\ncame to runtime %d, container %s, pod %s, job %s, uid %u, session %u", cgroups[i].file,
				 (int)cgroup.runtime, cgroup.container, cgroup.pod, cgroup.job, cgroup.slurm, cgroup.session);
	}
}

#define AT(root, point) "812 799 259:2 " root " " point " rw,relatime - ext4 /dev/nvme0n1p2 rw\n"
#define FROM(root, point, source) "812 799 0:52 " root " " point " rw,relatime shared:7 master:1 - nfs4 " source " rw,vers=4.2\n"

static const struct {
	const char *file, *name;
	bool many;
} mounts[] = {
	{"", "", false},
	{"\n812\n812 799 259:2 /home/alice\n", "", false},
	{AT("/home/alice", "/workspace"), "alice", false},
	{AT("/home/alice/work/my\\040project", "/workspace"), "alice", false},
	{AT("/homes/alice", "/w") AT("/users/alice/x", "/x") AT("/home/alice", "/home/alice"), "alice", false},
	{AT("/@home/alice", "/w"), "alice", false},
	{AT("/nfs/home/alice", "/w"), "alice", false},
	{AT("/data/users/alice", "/w"), "alice", false},
	{AT("/mnt/disk1/home/alice", "/w"), "alice", false},
	{AT("/home/alice", "/a") AT("/home/bob", "/b"), "", true},
	{AT("/home/alice", "/a") AT("/home/bob", "/b") AT("/home/bob", "/c"), "", true},
	{AT("/home/alice", "/a") AT("/home/shared/datasets", "/data"), "alice", false},
	{AT("/home/shared", "/data") AT("/home/docker/volumes/x/_data", "/x"), "", false},
	{AT("/home", "/home"), "", false},
	{AT("/home/", "/home"), "", false},
	{AT("/data/sets", "/data") AT("/scratch/alice", "/scratch"), "", false},
	{AT("/var/lib/home/alice", "/a") AT("/opt/app/users/config", "/b") AT("/a/b/c/home/alice", "/c"), "", false},
	{AT("/tmp/home/alice", "/a") AT("/root/home/alice", "/b"), "", false},
	/* Of a container engine that keeps its files below somebody's home. */
	{AT("/home/alice/docker/containers/0/resolv.conf", "/etc/resolv.conf")
		 AT("/home/alice/docker/containers/0/hosts", "/etc/hosts")
			 AT("/home/alice/docker/containers/0/hostname", "/etc/hostname") AT("/home/alice/docker/containers/0/shm",
											    "/dev/shm")
				 AT("/home/alice/docker/volumes/models/_data", "/models") AT("/home/alice/x", "/run/secrets"),
	 "", false},
	/* No name of an account. */
	{AT("/home/EXAMPLE/alice", "/w"), "", true},
	{AT("/home/-rf", "/w"), "", true},
	{AT("/home/a\\040b", "/w"), "", true},
	{AT("/home/1007", "/w"), "", true},
	{AT("/home/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "/w"), "", true},
	/* The homes are a file system of their own. */
	{FROM("/alice", "/w", "nas:/export/home"), "alice", false},
	{FROM("/alice/x", "/w", "tank/home"), "alice", false},
	{FROM("/alice", "/w", "/dev/mapper/vg-home"), "alice", false},
	{FROM("/sub", "/w", "nas:/export/home/alice"), "alice", false},
	{FROM("/alice", "/w", "nas:/export/data"), "", false},
	{FROM("/alice", "/home/alice", "/dev/sdb1"), "alice", false},
	{FROM("/alice/work", "/home/alice/work", "/dev/sdb1"), "alice", false},
	{FROM("/alice", "/home/bob", "/dev/sdb1"), "", false},
	{FROM("/alice", "/root", "/dev/sdb1"), "", false},
	{FROM("/jovyan", "/home/jovyan", "/dev/sdb1"), "", false},
};

static void knows_whose_home_is_mounted(void **state)
{
	for (size_t i = 0; i < COUNT_OF(mounts); i++) {
		struct homes homes;
		homes_init(&homes);
		for (struct slice rest = slice_of(mounts[i].file); rest.ptr;)
			homes_read(&homes, slice_split(rest, '\n', &rest));
		if (!slice_is(slice_of(homes.name), mounts[i].name) || homes.many != mounts[i].many)
			fail_msg("%s\ncame to \"%s\"%s", mounts[i].file, homes.name, homes.many ? ", and others" : "");
	}
}

static void knows_an_apptainer_by_its_libraries(void **state)
{
	static const struct {
		const char *file;
		bool apptainer;
	} cases[] = {
		{AT("/usr/lib/x86_64-linux-gnu/libcuda.so.550.54.15", "/.singularity.d/libs/libcuda.so.1")
			 AT("/home/alice", "/home/alice"),
		 true},
		{AT("/home/alice", "/home/alice"), false},
		{AT("/home/alice/.singularity.d/libs", "/w"), false},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct origin origin;
		origin_init(&origin);
		for (struct slice rest = slice_of(cases[i].file); rest.ptr;)
			homes_read(&origin.homes, slice_split(rest, '\n', &rest));
		assert_int_equal(origin_runtime(&origin), cases[i].apptainer ? CONTAINER_APPTAINER : CONTAINER_NONE);
		cgroup_read(&origin.cgroup,
			    SLICE_LITERAL("0::/system.slice/docker-"
					  "3f2a9c0b7d113f2a9c0b7d113f2a9c0b7d113f2a9c0b7d113f2a9c0b7d11abcd.scope"));
		assert_int_equal(origin_runtime(&origin), CONTAINER_DOCKER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_where_a_process_runs),
		cmocka_unit_test(knows_whose_home_is_mounted),
		cmocka_unit_test(knows_an_apptainer_by_its_libraries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
