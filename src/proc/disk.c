/* The part of machine.h that reads df. */
#include <math.h>
#include <string.h>

#include "proc/machine.h"
#include "proc/words.h"

/* A line of df: "/dev/sda1 1024-blocks used available 91% /mount point". */
struct df_row {
	struct slice device, mount;
	double size, used; /* KiB; NAN for "-" */
	double percent;    /* NAN for "-" */
};

/* A ZiB: no file system is larger. */
#define KIB_MAX 0x1p60

enum cell_id { CELL_SIZE, CELL_USED, CELL_AVAILABLE, CELL_PERCENT, CELLS };

/* False for what is no cell. NAN for "-". */
static bool read_cell(struct slice text, double *ret)
{
	if (slice_is(text, "-")) {
		*ret = NAN;
		return true;
	}
	return slice_to_double(text, ret);
}

static bool read_percent(struct slice text, double *ret)
{
	if (text.len > 1 && text.ptr[text.len - 1] == '%')
		text.len--;
	return read_cell(text, ret) && !(*ret < 0) && !(*ret > 100);
}

/* The four cells and the mount point, when they begin here. */
static bool read_cells(struct slice rest, struct df_row *ret)
{
	double cells[CELLS];

	for (int i = 0; i < CELLS; i++) {
		if (!rest.ptr)
			return false;
		struct slice word = words_take(&rest);
		if (i == CELL_PERCENT ? !read_percent(word, &cells[i]) : !read_cell(word, &cells[i]))
			return false;
	}
	ret->mount = slice_trim(rest);
	ret->size = cells[CELL_SIZE];
	ret->used = cells[CELL_USED];
	ret->percent = cells[CELL_PERCENT];
	return slice_starts_with(ret->mount, "/");
}

/* Devices and mount points may hold blanks: the cells begin where four words in a row are cells, and a path follows them. */
static bool read_row(struct slice line, struct df_row *ret)
{
	struct slice rest = line;

	words_take(&rest);
	while (rest.ptr) {
		if (read_cells(rest, ret)) {
			ret->device = slice_trim((struct slice){line.ptr, (size_t)(rest.ptr - line.ptr)});
			return true;
		}
		words_take(&rest);
	}
	return false;
}

/* Whether it is `place`, or below it. */
static bool is_below(struct slice path, const char *place)
{
	size_t len = strlen(place);

	return slice_starts_with(path, place) && (path.len == len || path.ptr[len] == '/');
}

/* Whether files that users write are kept there. */
static bool keeps_files(const struct df_row *row)
{
	static const char *const devices[] = {"tmpfs",   "devtmpfs",    "udev",          "dev",      "none",      "shm",
					      "run",     "ramfs",       "rootfs",        "overlay",  "overlayfs", "squashfs",
					      "erofs",   "composefs",   "aufs",          "efivarfs", "hugetlbfs", "cgroup",
					      "cgroup2", "cgroup_root", "fuse-overlayfs"};
	static const char *const device_places[] = {"/dev/loop", "/dev/sr", "/dev/zram", "/dev/fuse"};
	static const char *const places[] = {"/boot",
					     "/efi",
					     "/dev",
					     "/proc",
					     "/sys",
					     "/run",
					     "/snap",
					     "/var/lib/snapd/snap",
					     "/var/lib/docker",
					     "/var/lib/containers/storage/overlay",
					     "/var/lib/kubelet",
					     "/nix/store",
					     "/usr/lib/wsl",
					     "/mnt/wsl",
					     "/mnt/wslg",
					     "/init"};

	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (slice_is(row->device, devices[i]))
			return false;
	for (size_t i = 0; i < sizeof(device_places) / sizeof(device_places[0]); i++)
		if (slice_starts_with(row->device, device_places[i]))
			return false;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (is_below(row->mount, places[i]))
			return false;
	return row->size > 0 && row->size <= KIB_MAX && row->used >= 0 && row->used <= row->size && !isnan(row->percent);
}

static bool is_fuller(const struct df_row *row, const struct disk *than)
{
	if (!than->mount[0] || row->percent > than->percent)
		return true;
	return row->percent == than->percent && row->size * 1024 > than->size;
}

bool machine_parse_disk(struct slice text, struct machine *machine)
{
	struct disk fullest = {.size = NAN, .used = NAN, .percent = NAN};
	bool understood = false;
	struct df_row row;

	for (struct slice rest = text; rest.ptr;) {
		if (!read_row(slice_split(rest, '\n', &rest), &row))
			continue;
		understood = true;
		if (!keeps_files(&row) || !is_fuller(&row, &fullest))
			continue;
		fullest.size = row.size * 1024;
		fullest.used = row.used * 1024;
		fullest.percent = row.percent;
		words_copy(row.mount, fullest.mount, sizeof(fullest.mount));
	}
	if (understood)
		machine->disk = fullest;
	return understood;
}
