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

static struct person infer(const struct origin *origin)
{
	bool in_container = origin->cgroup.runtime != CONTAINER_NONE;

	if (is_person(origin->loginuid))
		return by_uid(origin->loginuid, SLICE_LITERAL("loginuid"));
	if (is_person(origin->cgroup.slurm))
		return by_uid(origin->cgroup.slurm, SLICE_LITERAL("slurm"));
	if (is_person(origin->cgroup.session))
		return by_uid(origin->cgroup.session, SLICE_LITERAL("session"));
	if (in_container && origin->homes.name[0])
		return (struct person){slice_of(origin->homes.name), UID_NONE, SLICE_LITERAL("home")};
	return nobody;
}

struct person person_behind(struct slice owner, const struct origin *origin)
{
	bool personal = is_personal(owner), in_container = origin->cgroup.runtime != CONTAINER_NONE;
	struct person owner_is = {owner, UID_NONE, SLICE_NONE};

	if (personal && !in_container)
		return owner_is;
	struct person inferred = infer(origin);
	if (inferred.inferred.ptr)
		return inferred;
	return personal || (origin->told && !in_container) ? owner_is : nobody;
}
