/*
 * cgroup: what a process' /proc/PID/cgroup tells of where it runs: container, Kubernetes pod, Slurm job, login session.
 *
 * A line is "ID:CONTROLLERS:PATH": up to twelve of them for cgroup v1, one ("0::PATH") for v2. The paths are made by container
 * engines, systemd and Slurm; those known here:
 *
 *	/docker/<64 hex>                             docker, cgroupfs driver; "docker" may be another word (--cgroup-parent)
 *	/system.slice/docker-<64 hex>.scope          docker, systemd driver
 *	/machine.slice/libpod-<64 hex>.scope         podman; below user.slice when rootless, or libpod_parent
 *	/k8s.io/<64 hex>, /default/NAME              containerd by namespace; nerdctl-<64 hex>.scope
 *	/kubepods/burstable/pod<uid>/<64 hex>        Kubernetes, cgroupfs driver
 *	/kubepods.slice/kubepods-burstable-pod<uid with "_">.slice/cri-containerd-<64 hex>.scope, or crio-
 *	.../apptainer-<pid>.scope, /singularity/<pid>
 *	/lxc/NAME, /lxc.payload.NAME, /machine.slice/machine-NAME.scope
 *	/slurm/uid_1000/job_123/step_0/task_0        Slurm, v1; "slurm_NODE" where a host has several slurmd
 *	/system.slice/slurmstepd.scope/job_123/step_batch/user/task_0
 *	/user.slice/user-1000.slice/session-3.scope  who logged in
 *
 * Only the right shape counts: a process in a cgroup called "docker-notes" is in no container. Where containers stand in each
 * other, the innermost one is the container, and the outermost pod is the pod. User ids are only taken from the beginning of a
 * path: behind a container they are the container's own, and deeper down users may name cgroups as they like.
 */
#pragma once

#include "smi/sample.h"

struct cgroup {
	enum container_runtime runtime;
	char container[13];      /* the beginning of its id, "" when it has none */
	char pod[37];            /* "" */
	char job[24];            /* "" */
	uint32_t slurm, session; /* user ids; UID_NONE */
};

/* In no container, of no job and no session. */
void cgroup_init(struct cgroup *cgroup);
/* One line of the file. What a line before it told stays. */
void cgroup_read(struct cgroup *cgroup, struct slice line);
