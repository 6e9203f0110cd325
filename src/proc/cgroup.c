#include "proc/cgroup.h"

#include <string.h>

#include "proc/words.h"

enum { ID_LENGTH = 64, SHORT_ID_LENGTH = 12, UUID_LENGTH = 36, STATIC_POD_LENGTH = 32, BUILD_LENGTH = 25 };

/* A path while it is read, component by component. */
struct walk {
	struct cgroup found;
	struct slice parent; /* the component before; SLICE_NONE at the first one */
	size_t depth;        /* components before */
};

static bool ends_with(struct slice text, const char *suffix)
{
	size_t len = strlen(suffix);

	return text.len >= len && memcmp(text.ptr + text.len - len, suffix, len) == 0;
}

/* What is between prefix and suffix; SLICE_NONE when it does not have them both. */
static struct slice between(struct slice text, const char *prefix, const char *suffix)
{
	size_t before = strlen(prefix), after = strlen(suffix);

	if (text.len < before + after || !slice_starts_with(text, prefix) || !ends_with(text, suffix))
		return SLICE_NONE;
	return (struct slice){text.ptr + before, text.len - before - after};
}

static bool is_name(struct slice text)
{
	return text.len > 0;
}

static bool is_id(struct slice text)
{
	return words_are_hex(text, ID_LENGTH);
}

static bool is_number(struct slice text)
{
	int64_t value;

	return words_count(text, &value);
}

/* The id of a step of `docker build`. */
static bool is_build(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z'))
			return false;
	}
	return text.len == BUILD_LENGTH;
}

/* libvirt's virtual machines are no containers: who computes in them is not among our processes. */
static bool is_machine(struct slice text)
{
	return text.len > 0 && !slice_starts_with(text, "qemu");
}

/* What makes a component a container. The first that fits counts. */
static const struct {
	const char *parent;          /* the component before; NULL: any, or none */
	const char *prefix, *suffix; /* of the component */
	bool (*fits)(struct slice between);
	enum container_runtime runtime;
	bool is_root; /* the parent is the first of all: such a word is too common elsewhere */
} shapes[] = {
	{NULL, "docker-", ".scope", is_id, CONTAINER_DOCKER, false},
	{NULL, "libpod-", ".scope", is_id, CONTAINER_PODMAN, false},
	{NULL, "libpod-", "", is_id, CONTAINER_PODMAN, false},
	{NULL, "libpod-payload-", "", is_id, CONTAINER_PODMAN, false},
	{NULL, "cri-containerd-", ".scope", is_id, CONTAINER_CONTAINERD, false},
	{NULL, "nerdctl-", ".scope", is_id, CONTAINER_CONTAINERD, false},
	{NULL, "crio-", ".scope", is_id, CONTAINER_CRIO, false},
	{NULL, "crio-", "", is_id, CONTAINER_CRIO, false},
	{NULL, "apptainer-", ".scope", is_number, CONTAINER_APPTAINER, false},
	{NULL, "apptainer-", "", is_number, CONTAINER_APPTAINER, false},
	{NULL, "singularity-", ".scope", is_number, CONTAINER_APPTAINER, false},
	{NULL, "singularity-", "", is_number, CONTAINER_APPTAINER, false},
	{NULL, "lxc.payload.", "", is_name, CONTAINER_OTHER, false},
	{"docker", "", "", is_id, CONTAINER_DOCKER, false},
	{"buildkit", "", "", is_build, CONTAINER_DOCKER, false},
	{"k8s.io", "", "", is_id, CONTAINER_CONTAINERD, false},
	{"default", "", "", is_id, CONTAINER_CONTAINERD, false},
	{"default", "", "", is_name, CONTAINER_CONTAINERD, true},
	{"apptainer", "", "", is_number, CONTAINER_APPTAINER, false},
	{"singularity", "", "", is_number, CONTAINER_APPTAINER, false},
	{"machine.slice", "machine-", ".scope", is_machine, CONTAINER_OTHER, true},
	{"machine.slice", "systemd-nspawn@", ".service", is_name, CONTAINER_OTHER, true},
	{"lxc.payload", "", "", is_name, CONTAINER_OTHER, true},
	{"lxc", "", "", is_name, CONTAINER_OTHER, true},
	{NULL, "", "", is_id, CONTAINER_OTHER, false},
};

enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

static void enter(struct walk *walk, enum container_runtime runtime, struct slice id)
{
	walk->found.runtime = runtime;
	words_copy(is_id(id) ? (struct slice){id.ptr, SHORT_ID_LENGTH} : SLICE_NONE, walk->found.container,
		   sizeof(walk->found.container));
}

static bool note_container(struct walk *walk, struct slice component)
{
	for (size_t i = 0; i < SHAPES; i++) {
		struct slice middle = between(component, shapes[i].prefix, shapes[i].suffix);
		bool below = (!shapes[i].parent || slice_is(walk->parent, shapes[i].parent)) &&
			     (!shapes[i].is_root || walk->depth == 1);
		if (below && middle.ptr && shapes[i].fits(middle)) {
			enter(walk, shapes[i].runtime, middle);
			return true;
		}
	}
	return false;
}

/* A UUID, with "_" for "-" in systemd's slices, or the hash of a pod that the node's own files define. */
static bool is_pod_uid(struct slice text)
{
	static const char pattern[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (text.len != UUID_LENGTH)
		return words_are_hex(text, STATIC_POD_LENGTH);
	for (size_t i = 0; i < UUID_LENGTH; i++) {
		struct slice c = {text.ptr + i, 1};
		if (pattern[i] == '-' ? !slice_is(c, "-") && !slice_is(c, "_") : !words_are_hex(c, 1))
			return false;
	}
	return true;
}

/* "pod<uid>", or "kubepods-burstable-pod<uid>.slice" with anything before the "kubepods". SLICE_NONE when it is neither. */
static struct slice pod_of(struct slice component)
{
	static const size_t lengths[] = {UUID_LENGTH, STATIC_POD_LENGTH};
	struct slice name = between(component, "", ".slice");
	struct slice whole = name.ptr && slice_contains(name, "kubepods") ? name : component;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		if (whole.len < lengths[i] + strlen("pod"))
			continue;
		size_t before = whole.len - lengths[i];
		struct slice uid = {whole.ptr + before, lengths[i]}, prefix = {whole.ptr, before};
		if (is_pod_uid(uid) && (name.ptr ? ends_with(prefix, "-pod") : slice_is(prefix, "pod")))
			return uid;
	}
	return SLICE_NONE;
}

static void note_pod(struct walk *walk, struct slice component)
{
	struct slice uid = walk->found.pod[0] ? SLICE_NONE : pod_of(component);

	if (!uid.ptr)
		return;
	words_copy(uid, walk->found.pod, sizeof(walk->found.pod));
	for (char *c = walk->found.pod; *c; c++)
		if (*c == '_')
			*c = '-';
}

/* "123"; "123_4" and "123+1" are how Slurm shows a part of an array or of a heterogeneous job. */
static bool is_job(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!memchr("0123456789_+", text.ptr[i], 12))
			return false;
	return text.len > 0 && text.len < sizeof(((struct cgroup *)NULL)->job) && text.ptr[0] >= '0' && text.ptr[0] <= '9';
}

static bool is_slurm_user(struct slice component, uint32_t *ret)
{
	return words_uid(between(component, "uid_", ""), ret);
}

static bool is_slurm_daemon(struct slice component)
{
	return slice_is(component, "slurmstepd.scope") || ends_with(component, "_slurmstepd.scope");
}

static void note_slurm(struct walk *walk, struct slice component)
{
	struct slice job = between(component, "job_", "");
	uint32_t uid;

	if (walk->depth == 1 && (slice_is(walk->parent, "slurm") || slice_starts_with(walk->parent, "slurm_")))
		is_slurm_user(component, &walk->found.slurm);
	if (is_job(job) && (is_slurm_user(walk->parent, &uid) || is_slurm_daemon(walk->parent)))
		words_copy(job, walk->found.job, sizeof(walk->found.job));
}

/* Below /user.slice alone: what is deeper, users may name as they like. */
static void note_session(struct walk *walk, struct slice component)
{
	if (walk->depth == 1 && slice_is(walk->parent, "user.slice"))
		words_uid(between(component, "user-", ".slice"), &walk->found.session);
}

/*
 * "system.slice:docker:<64 hex>" and "kubepods-burstable-pod<uid>.slice:cri-containerd:<64 hex>": one component where engine and
 * runtime do not agree about the driver. Read as its parts.
 */
static void note_mixed(struct walk *walk, struct slice component)
{
	struct slice rest, id;
	struct slice slice = slice_split(component, ':', &rest);
	struct slice engine = slice_split(rest, ':', &id);
	enum container_runtime runtime = CONTAINER_OTHER;

	if (!is_id(id))
		return;
	for (size_t i = 0; i < SHAPES; i++)
		if (engine.len > 0 && slice_equal(engine, between(slice_of(shapes[i].prefix), "", "-")))
			runtime = shapes[i].runtime;
	note_pod(walk, slice);
	enter(walk, runtime, id);
}

static void read_path(struct walk *walk, struct slice path)
{
	while (path.ptr) {
		struct slice component = slice_split(path, '/', &path);
		/* ".." when the reader stands deeper than the process. */
		if (component.len == 0 || slice_is(component, ".."))
			continue;
		note_session(walk, component);
		note_slurm(walk, component);
		note_pod(walk, component);
		if (!note_container(walk, component))
			note_mixed(walk, component);
		walk->parent = component;
		walk->depth++;
	}
}

/* What the lines before did not tell. */
static void merge(struct cgroup *cgroup, const struct cgroup *found)
{
	if (cgroup->runtime == CONTAINER_NONE || (!cgroup->container[0] && found->container[0])) {
		cgroup->runtime = found->runtime;
		memcpy(cgroup->container, found->container, sizeof(cgroup->container));
	}
	if (!cgroup->pod[0])
		memcpy(cgroup->pod, found->pod, sizeof(cgroup->pod));
	if (!cgroup->job[0])
		memcpy(cgroup->job, found->job, sizeof(cgroup->job));
	if (cgroup->slurm == UID_NONE)
		cgroup->slurm = found->slurm;
	if (cgroup->session == UID_NONE)
		cgroup->session = found->session;
	if (cgroup->pod[0] && cgroup->runtime == CONTAINER_NONE)
		cgroup->runtime = CONTAINER_OTHER;
}

void cgroup_init(struct cgroup *cgroup)
{
	*cgroup = (struct cgroup){.runtime = CONTAINER_NONE, .slurm = UID_NONE, .session = UID_NONE};
}

void cgroup_read(struct cgroup *cgroup, struct slice line)
{
	struct slice rest = slice_trim(line);
	struct walk walk = {.parent = SLICE_NONE};

	slice_split(rest, ':', &rest);
	if (rest.ptr)
		slice_split(rest, ':', &rest);
	if (!slice_starts_with(rest, "/"))
		return;
	cgroup_init(&walk.found);
	read_path(&walk, rest);
	merge(cgroup, &walk.found);
}
