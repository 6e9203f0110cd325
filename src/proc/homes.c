#include "proc/homes.h"

#include <string.h>

#include "proc/words.h"

/* A mount, as far as it matters. */
struct mount {
	struct slice root, point, source;
};

static bool is_among(struct slice word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_is(word, words[i]))
			return true;
	return false;
}

#define is_one_of(word, words) is_among((word), (words), sizeof(words) / sizeof((words)[0]))

static bool read_mount(struct slice line, struct mount *ret)
{
	struct slice rest = line, word;

	for (int i = 0; i < 3; i++)
		words_take(&rest);
	ret->root = words_take(&rest);
	ret->point = words_take(&rest);
	do
		word = words_take(&rest);
	while (rest.ptr && !slice_is(word, "-"));
	words_take(&rest);
	ret->source = words_take(&rest);
	return slice_starts_with(ret->root, "/") && slice_starts_with(ret->point, "/");
}

/* Mounted for every container, from wherever the engine keeps its files: that may be below somebody's home. */
static bool is_engines(const struct mount *mount)
{
	static const char *const points[] = {"/etc/resolv.conf", "/etc/hostname", "/etc/hosts", "/dev/shm",
					     "/dev/termination-log"};
	static const char *const places[] = {"/run/", "/dev/", "/proc/", "/sys/"};

	if (is_one_of(mount->point, points) || slice_contains(mount->root, "/volumes/"))
		return true;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (slice_starts_with(mount->point, places[i]))
			return true;
	return false;
}

static bool is_homes(struct slice component)
{
	static const char *const words[] = {"home", "homes", "@home"};

	return is_one_of(component, words);
}

/*
 * The directory of homes in a path: what follows it is *rest. /home, /nfs/home, /mnt/disk1/home, /users, /data/users, but nothing
 * below the directories of the system, where such a word means something else.
 */
static bool enter_homes(struct slice path, struct slice *rest)
{
	static const char *const system[] = {"var", "usr", "opt", "etc", "tmp", "run", "root", "lib", "proc", "sys"};

	for (int depth = 0; depth < 3 && path.ptr;) {
		struct slice component = slice_split(path, '/', &path);
		if (component.len == 0)
			continue;
		if (is_homes(component) || (depth < 2 && slice_is(component, "users"))) {
			*rest = path;
			return true;
		}
		if (depth == 0 && is_one_of(component, system))
			return false;
		depth++;
	}
	return false;
}

static struct slice first_component(struct slice path)
{
	while (slice_starts_with(path, "/"))
		path = (struct slice){path.ptr + 1, path.len - 1};
	struct slice component = slice_split(path, '/', &path);
	return component.len > 0 ? component : SLICE_NONE;
}

/* The first component behind the directory of homes. SLICE_NONE when there is none of both. */
static struct slice home_in(struct slice path)
{
	struct slice rest;

	return enter_homes(path, &rest) ? first_component(rest) : SLICE_NONE;
}

/* "server:/export/home", "tank/home", "/dev/mapper/vg-home": all that is in there is homes. */
static bool is_source_of_homes(struct slice source)
{
	const char *slash = source.len > 0 ? memrchr(source.ptr, '/', source.len) : NULL;

	if (!slash)
		return false;
	struct slice last = {slash + 1, (size_t)(source.ptr + source.len - slash - 1)};
	if (is_homes(last) || slice_is(last, "users"))
		return true;
	return last.len > 5 && memcmp(last.ptr + last.len - 5, "-home", 5) == 0;
}

/* The path on the server, "/home/alice" of "server:/home/alice". */
static struct slice path_on_server(struct slice source)
{
	const char *found = source.len > 0 ? memmem(source.ptr, source.len, ":/", 2) : NULL;

	return found ? (struct slice){found + 1, (size_t)(source.ptr + source.len - found - 1)} : SLICE_NONE;
}

/* The directory that is somebody's home. SLICE_NONE when nothing says that it is. */
static struct slice home_of(const struct mount *mount)
{
	struct slice name = home_in(mount->root);

	if (name.ptr)
		return name;
	name = home_in(path_on_server(mount->source));
	if (name.ptr)
		return name;
	name = first_component(mount->root);
	bool agree = name.ptr && slice_equal(name, home_in(mount->point));
	return agree || is_source_of_homes(mount->source) ? name : SLICE_NONE;
}

/* Of a group, of an image, of the system. */
static bool is_nobodys(struct slice name)
{
	static const char *const names[] = {
		"shared",     "share",      "public",   "common", "data",      "dataset", "datasets",   "models",
		"scratch",    "project",    "projects", "groups", "group",     "lab",     "users",      "user",
		"students",   "staff",      "guest",    "guests", "docker",    "podman",  "containers", "linuxbrew",
		"lost+found", "backup",     "tmp",      "work",   "workspace", "app",     "node",       "jovyan",
		"coder",      "vscode",     "runner",   "ubuntu", "admin",     "dev",     "developer",  "conda",
		"anaconda3",  "miniconda3", "cache",    "local",  "software",  "apps",    "opt",        "root"};

	return is_one_of(name, names);
}

/* As accounts are called. "ALICE" is none: below such a directory are the homes of a domain. */
static bool is_account(struct slice name)
{
	bool has_lower = false;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool lower = c >= 'a' && c <= 'z', digit = c >= '0' && c <= '9', upper = c >= 'A' && c <= 'Z';
		if (!lower && !digit && !upper && (i == 0 || !strchr("-._@", c)))
			return false;
		has_lower |= lower;
	}
	return has_lower && name.len < sizeof(((struct homes *)NULL)->name);
}

void homes_init(struct homes *homes)
{
	*homes = (struct homes){0};
}

void homes_read(struct homes *homes, struct slice line)
{
	struct mount mount;

	if (!read_mount(slice_trim(line), &mount))
		return;
	homes->apptainer |= slice_starts_with(mount.point, "/.singularity.d/");
	if (is_engines(&mount))
		return;
	struct slice name = home_of(&mount);
	if (!name.ptr || is_nobodys(name) || (homes->name[0] && slice_is(name, homes->name)))
		return;
	if (!is_account(name) || homes->name[0])
		homes->many = true;
	words_copy(homes->many ? SLICE_NONE : name, homes->name, sizeof(homes->name));
}
