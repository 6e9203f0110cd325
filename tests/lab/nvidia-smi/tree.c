#include "tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hash.h"
#include "places.h"

/* Clock ticks a second, and bytes a page. */
#define TICKS 100
#define PAGE 4096
#define DAY 86400.0

struct tree {
	const struct control *control;
	char proc[PATH_MAX], sys[PATH_MAX];
	double boot, now;
};

/* Written over in one piece, and only then cut: a reader finds what was or what is, and never nothing. */
__attribute__((format(printf, 3, 4))) static void put(const char *root, const char *name, const char *format, ...)
{
	char path[PATH_MAX + 64], *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	snprintf(path, sizeof(path), "%s/%s", root, name);
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (file >= 0) {
		if (length > 0 && pwrite(file, text, (size_t)length, 0) == length)
			(void)!ftruncate(file, length);
		close(file);
	}
	free(text);
}

static void make_directories(const char *path)
{
	char part[PATH_MAX];
	for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		mkdir(part, 0755);
	}
	mkdir(path, 0755);
}

/* A machine runs for a quarter of a year, and longer than anything on it. */
static double boot_time(const struct control *control, double now)
{
	double period = 97 * DAY, offset = period * hash_fraction(hash(control->seed, 60));
	return control->boot >= 0 ? control->boot : floor((now + offset) / period) * period - offset - 8 * DAY;
}

static bool open_tree(const struct control *control, double now, struct tree *ret)
{
	const char *lab = getenv("LAB_DIR"), *host = getenv("LAB_HOST");
	if (lab == NULL || host == NULL || access(lab, W_OK) != 0)
		return false;
	ret->control = control;
	snprintf(ret->proc, sizeof(ret->proc), "%s/proc/%s", lab, host);
	snprintf(ret->sys, sizeof(ret->sys), "%s/sys/%s", lab, host);
	make_directories(ret->proc);
	make_directories(ret->sys);
	ret->boot = boot_time(control, now);
	ret->now = now;
	return true;
}

/* "python train.py" is called "python"; the kernel keeps 15 bytes of it, and writes a newline as \\n. */
static void write_comm(const char *name, FILE *file)
{
	const char *slash = strrchr(name, '/');
	const char *base = slash != NULL && slash[1] != '\0' ? slash + 1 : name;
	for (size_t i = 0; i < 15 && base[i] != '\0'; i++)
		if (base[i] == '\n')
			fputs("\\n", file);
		else
			fputc(base[i], file);
}

static void write_stat(const struct tree *tree, const char *directory, const struct process *process)
{
	double ran = fmax(0, tree->now - process->started) * process->cpu * TICKS;
	char *comm = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&comm, &length);
	if (file == NULL)
		return;
	write_comm(process->name, file);
	fclose(file);
	put(directory, "stat",
	    "%d (%s) S 1 %d %d 0 -1 4194304 81234 0 12 0 %.0f %.0f 0 0 20 0 17 0 %.0f 28991029248 %lld 18446744073709551615 1 1 "
	    "0 0 0 0 0 16781312 "
	    "17642 0 0 0 17 3 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
	    process->pid, comm, process->pid, process->pid, floor(ran * 0.9), floor(ran * 0.1),
	    (process->started - tree->boot) * TICKS, process->rss * 1048576LL / PAGE);
	free(comm);
}

/* What never changes is written once. */
static void write_process(const struct tree *tree, const struct process *process)
{
	char directory[PATH_MAX + 16], text[4096];
	snprintf(directory, sizeof(directory), "%s/%d", tree->proc, process->pid);
	if (mkdir(directory, 0755) == 0) {
		put(directory, "cgroup", "%s", places_cgroup(tree->control, process, text, sizeof(text)));
		put(directory, "loginuid", "%s", places_loginuid(process, text, sizeof(text)));
		put(directory, "mountinfo", "%s", places_mountinfo(tree->control, process, text, sizeof(text)));
	}
	write_stat(tree, directory, process);
}

static bool is_there(const struct lab_state *state, int pid)
{
	for (unsigned p = 0; p < state->process_count; p++)
		if (state->processes[p].pid == pid)
			return true;
	return false;
}

static void remove_process(const struct tree *tree, int pid)
{
	static const char *const files[] = {"/stat", "/cgroup", "/loginuid", "/mountinfo", ""};
	char path[PATH_MAX + 32];
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%d%s", tree->proc, pid, files[i]);
		remove(path);
	}
}

/* `all`: the options may have changed, everything is written anew. */
static void write_processes(const struct tree *tree, const struct lab_state *state, bool all)
{
	bool hidden = tree->control->hidepid[0] != '\0';
	DIR *directory = opendir(tree->proc);
	if (directory == NULL)
		return;
	for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
		int pid = atoi(entry->d_name);
		if (pid > 0 && (all || hidden || !is_there(state, pid)))
			remove_process(tree, pid);
	}
	closedir(directory);
	for (unsigned p = 0; p < state->process_count && !hidden; p++)
		write_process(tree, &state->processes[p]);
}

/* A text of one piece for each CPU. NULL without memory. */
static char *text_of_cpus(unsigned cpus, const char *head, const char *before, const char *after)
{
	char *text = NULL;
	size_t length = 0;
	FILE *file = open_memstream(&text, &length);
	if (file == NULL)
		return NULL;
	fputs(head, file);
	for (unsigned i = 0; i < cpus; i++)
		fprintf(file, "%s%u%s", before, i, after);
	fclose(file);
	return text;
}

static void write_cpus(const struct tree *tree)
{
	unsigned cpus = tree->control->cpus;
	char directory[PATH_MAX + 32], range[32];
	char *stat = text_of_cpus(cpus, "cpu  1000 0 1000 9000 0 0 0 0 0 0\n", "cpu", " 10 0 10 90 0 0 0 0 0 0\n");
	char *info = text_of_cpus(cpus, "", "processor\t: ", "\nmodel name\t: Lab CPU\n\n");
	put(tree->proc, "stat", "%sbtime %.0f\n", stat != NULL ? stat : "", tree->boot);
	put(tree->proc, "cpuinfo", "%s", info != NULL ? info : "");
	free(stat);
	free(info);
	snprintf(directory, sizeof(directory), "%s/devices/system/cpu", tree->sys);
	make_directories(directory);
	snprintf(range, sizeof(range), cpus > 1 ? "0-%u" : "0", cpus - 1);
	put(directory, "online", "%s\n", range);
}

static void write_mounts(const struct tree *tree)
{
	const char *hidepid = tree->control->hidepid;
	put(tree->proc, "mounts",
	    "/dev/nvme0n1p2 / ext4 rw,relatime 0 0\n"
	    "proc /proc proc rw,nosuid,nodev,noexec,relatime%s%s 0 0\n"
	    "/dev/md0 /data xfs rw,relatime 0 0\n",
	    hidepid[0] != '\0' ? ",hidepid=" : "", hidepid);
}

static void write_load(const struct tree *tree, const struct lab_state *state)
{
	double load = 0.2;
	for (unsigned p = 0; p < state->process_count; p++)
		load += state->processes[p].cpu;
	put(tree->proc, "loadavg", "%.2f %.2f %.2f %u/%u 31337\n", load, load * 0.97, load * 0.9, 1 + (unsigned)load,
	    900 + state->process_count);
	put(tree->proc, "uptime", "%.2f %.2f\n", tree->now - tree->boot, (tree->now - tree->boot) * tree->control->cpus * 0.8);
}

static void write_memory(const struct tree *tree)
{
	unsigned long long total = 64ull * 1024 * 1024 * (tree->control->gpus > 0 ? tree->control->gpus : 1);
	unsigned long long available = total / 100 * tree->control->memory;
	put(tree->proc, "meminfo",
	    "MemTotal:       %llu kB\nMemFree:        %llu kB\nMemAvailable:   %llu kB\nBuffers:        %llu kB\nCached:         "
	    "%llu kB\n"
	    "SwapCached:     0 kB\nActive:         %llu kB\n",
	    total, available / 4, available, available / 100, available / 2, total / 10);
}

static void write_device(const struct tree *tree, const char *bus_id, const char *vendor, const char *class, const char *status)
{
	char directory[PATH_MAX + 64];
	snprintf(directory, sizeof(directory), "%s/bus/pci/devices/%s", tree->sys, bus_id);
	make_directories(directory);
	put(directory, "vendor", "%s\n", vendor);
	put(directory, "class", "%s\n", class);
	snprintf(directory, sizeof(directory), "%s/bus/pci/devices/%s/power", tree->sys, bus_id);
	make_directories(directory);
	put(directory, "runtime_status", "%s\n", status);
}

/* GPUs of NVIDIA, and neighbours on the bus that are none. */
static void write_devices(const struct tree *tree, const struct lab_state *state, const char *status)
{
	write_device(tree, "0000:00:02.0", "0x8086", "0x030000", "active");
	for (unsigned i = 0; i < state->count; i++) {
		const struct gpu *gpu = &state->gpus[i];
		char sound[sizeof(gpu->short_bus_id)], name[sizeof(gpu->short_bus_id)];
		snprintf(name, sizeof(name), "%s", gpu->short_bus_id);
		for (char *c = name; *c != '\0'; c++)
			if (*c >= 'A' && *c <= 'F')
				*c = (char)(*c - 'A' + 'a');
		write_device(tree, name, "0x10de", tree->control->model->traits & DISPLAY ? "0x030000" : "0x030200", status);
		snprintf(sound, sizeof(sound), "%.*s1", (int)strlen(name) - 1, name);
		if (tree->control->model->traits & DISPLAY)
			write_device(tree, sound, "0x10de", "0x040300", "active");
	}
}

void tree_write(const struct control *control, const struct lab_state *state, enum tree_scope scope)
{
	struct tree tree;
	if (!open_tree(control, state->now, &tree))
		return;
	write_processes(&tree, state, scope == TREE_ALL);
	write_load(&tree, state);
	if (scope == TREE_PROCESSES)
		return;
	write_cpus(&tree);
	write_mounts(&tree);
	write_memory(&tree);
	write_devices(&tree, state, control->suspended ? "suspended" : "active");
}

void tree_wake(const struct control *control, const struct lab_state *state)
{
	struct tree tree;
	if (control->suspended && open_tree(control, state->now, &tree))
		write_devices(&tree, state, "active");
}
