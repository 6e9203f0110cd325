#include "proc/person.h"

#include "proc/words.h"

static const struct person nobody = {.uid = UID_NONE};

void origin_init(struct origin *origin)
{
	*origin = (struct origin){.loginuid = UID_NONE};
	cgroup_init(&origin->cgroup);
	homes_init(&origin->homes);
}

enum container_runtime origin_runtime(const struct origin *origin)
{
	if (origin->cgroup.runtime == CONTAINER_NONE && origin->homes.apptainer)
		return CONTAINER_APPTAINER;
	return origin->cgroup.runtime;
}

/* An account that may stand for a person. */
static bool is_personal(struct slice owner)
{
	uint32_t uid;

	return owner.ptr && !words_uid(owner, &uid) && !slice_is(owner, "root") && !slice_is(owner, "nobody");
}

static struct person by_uid(uint32_t uid, struct slice inferred)
{
	return (struct person){.uid = uid, .inferred = inferred};
}

static bool is_person(uint32_t uid)
{
	return uid != UID_NONE && uid != 0;
}

/* Whether a daemon made the container: then who logged in did so to start the daemon, maybe months ago. */
static bool is_of_daemon(const struct cgroup *cgroup)
{
	enum container_runtime runtime = cgroup->runtime;

	return cgroup->pod[0] || runtime == CONTAINER_DOCKER || runtime == CONTAINER_CONTAINERD || runtime == CONTAINER_CRIO;
}

/* In a container the home that somebody has mounted says more than who logged in where its engine was started. */
static struct person infer(const struct origin *origin)
{
	const struct cgroup *cgroup = &origin->cgroup;
	bool in_container = cgroup->runtime != CONTAINER_NONE;

	if (!in_container && is_person(origin->loginuid))
		return by_uid(origin->loginuid, SLICE_LITERAL("loginuid"));
	if (is_person(cgroup->slurm))
		return by_uid(cgroup->slurm, SLICE_LITERAL("slurm"));
	if (is_person(cgroup->session))
		return by_uid(cgroup->session, SLICE_LITERAL("session"));
	if (in_container && origin->homes.name[0])
		return (struct person){slice_of(origin->homes.name), UID_NONE, SLICE_LITERAL("home")};
	if (is_person(origin->loginuid) && !is_of_daemon(cgroup))
		return by_uid(origin->loginuid, SLICE_LITERAL("loginuid"));
	return nobody;
}

/* Whether its user ids were chosen by whoever made an image. An apptainer runs as who called it. */
static bool has_ids_of_image(const struct cgroup *cgroup)
{
	return cgroup->runtime != CONTAINER_NONE && cgroup->runtime != CONTAINER_APPTAINER;
}

/* Nothing but the owner is known. */
static struct person take_owner(struct slice owner, const struct origin *origin)
{
	const struct cgroup *cgroup = &origin->cgroup;

	if (!has_ids_of_image(cgroup)) {
		bool told = is_personal(owner) || (origin->told && cgroup->runtime == CONTAINER_NONE);
		return told ? (struct person){owner, UID_NONE, SLICE_NONE} : nobody;
	}
	if (cgroup->pod[0] || !is_personal(owner))
		return nobody;
	return (struct person){owner, UID_NONE, SLICE_LITERAL("uid")};
}

struct person person_behind(struct slice owner, const struct origin *origin)
{
	if (is_personal(owner) && !has_ids_of_image(&origin->cgroup))
		return take_owner(owner, origin);
	struct person inferred = infer(origin);
	return inferred.inferred.ptr ? inferred : take_owner(owner, origin);
}
