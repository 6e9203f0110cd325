/*
 * person: who is behind a process.
 *
 * The owner is, unless it is root, nobody, or a number without a name, or the process runs in a container whose user ids are
 * those of an image: there 1000 is whoever made the image. Then, in this order: who logged in (loginuid: kept through sudo and
 * su), whose Slurm job it is, whose session, whose home is mounted into the container; in a container, who logged in comes
 * last, and not at all where a daemon has made it (docker, containerd, cri-o): it is who started that daemon. That root did is
 * no answer. In a container with none of these, an owner that is a named account is likely the person (docker run -u), "by
 * uid", but not in a pod; root and numbers are not known. Outside of a container the owner stays, be it root. Where /proc does
 * not tell whether there is a container, a named owner stays.
 */
#pragma once

#include "proc/cgroup.h"
#include "proc/homes.h"

/* Where a process comes from: what its files in /proc say, that do not change while it runs. */
struct origin {
	bool told; /* its cgroup */
	struct cgroup cgroup;
	uint32_t loginuid; /* UID_NONE */
	struct homes homes;
};

struct person {
	struct slice name;     /* borrowed from owner or origin; SLICE_NONE: not known, or a user id without its name yet */
	uint32_t uid;          /* UID_NONE: not known by its id */
	struct slice inferred; /* a literal, see struct process; SLICE_NONE: it is the owner for sure, or not known */
};

void origin_init(struct origin *origin);
/* What it runs in, by its cgroup or, for an apptainer without one, by its mounts. The latter changes nobody's account. */
enum container_runtime origin_runtime(const struct origin *origin);
/* `owner`: as ps tells, SLICE_NONE when it does not. */
struct person person_behind(struct slice owner, const struct origin *origin);
