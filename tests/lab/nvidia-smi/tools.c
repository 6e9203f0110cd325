#include "tools.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "out.h"
#include "places.h"

#define MAX_TYPES 16

__attribute__((noreturn)) static void leave_to(const char *program, char **arguments)
{
	execv(program, arguments);
	exit(127);
}

/* -x TYPE leaves a type out. False when it is none of the options that we know. */
static bool read_df(int count, char **arguments, const char **left_out, size_t *ret_count)
{
	*ret_count = 0;
	for (int i = 1; i < count; i++) {
		const char *option = arguments[i];
		if (strcmp(option, "-x") == 0 && i + 1 < count && *ret_count < MAX_TYPES)
			left_out[(*ret_count)++] = arguments[++i];
		else if (strcmp(option, "-P") != 0 && strcmp(option, "-k") != 0 && strcmp(option, "-l") != 0)
			return false;
	}
	return true;
}

static void print_disk(const char *device, unsigned long long blocks, unsigned percent, const char *mount)
{
	unsigned long long used = blocks / 100 * percent;
	out_printf("%-16s %12llu %12llu %12llu %7u%% %s\n", device, blocks, used, blocks - used, percent, mount);
}

void tool_df(struct control *control, int count, char **arguments)
{
	const struct {
		const char *type, *device;
		unsigned long long blocks;
		unsigned percent;
		const char *mount;
	} disks[] = {
		{"devtmpfs", "udev", 263000000, 0, "/dev"},
		{"ext4", "/dev/nvme0n1p2", 960000000, 34, "/"},
		{"tmpfs", "tmpfs", 263000000, 99, "/dev/shm"},
		{"vfat", "/dev/nvme0n1p1", 523248, 98, "/boot/efi"},
		{"xfs", "/dev/md0", 15000000000, control->disk, "/data"},
	};
	const char *left_out[MAX_TYPES];
	size_t types = 0;
	if (!read_df(count, arguments, left_out, &types))
		leave_to("/bin/df", arguments);
	faults_hang(control, "df-hangs");
	out_text("Filesystem         1024-blocks         Used    Available Capacity Mounted on\n");
	for (size_t i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
		bool shown = true;
		for (size_t t = 0; t < types; t++)
			shown = shown && strcmp(left_out[t], disks[i].type) != 0;
		if (shown)
			print_disk(disks[i].device, disks[i].blocks, disks[i].percent, disks[i].mount);
	}
	out_end(0);
}

void tool_getent(const struct control *control, int count, char **arguments)
{
	int status = 2;
	if (count < 3 || strcmp(arguments[1], "passwd") != 0)
		leave_to("/usr/bin/getent", arguments);
	for (int i = 2; i < count; i++) {
		const char *user = places_user((unsigned)strtoul(arguments[i], NULL, 10));
		if (user == NULL)
			continue;
		out_printf("%s:x:%u:%u::/home/%s:/bin/bash\n", user, places_uid(user), places_uid(user), user);
		status = 0;
	}
	out_end(status);
}

void tool_date(const struct control *control, int count, char **arguments)
{
	if (count != 2 || strcmp(arguments[1], "+%s") != 0)
		leave_to("/bin/date", arguments);
	out_printf("%.0f\n", floor(control_now(control) + control->clock));
	out_end(0);
}
