#include "tools.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "out.h"
#include "places.h"

__attribute__((noreturn)) static void leave_to(const char *program, char **arguments)
{
	execv(program, arguments);
	exit(127);
}

static void print_disk(const char *device, unsigned long long blocks, unsigned percent, const char *mount)
{
	unsigned long long used = blocks / 100 * percent;
	out_printf("%-16s %12llu %12llu %12llu %7u%% %s\n", device, blocks, used, blocks - used, percent, mount);
}

void tool_df(struct control *control, int count, char **arguments)
{
	for (int i = 1; i < count; i++)
		if (strcmp(arguments[i], "-P") != 0 && strcmp(arguments[i], "-k") != 0 && strcmp(arguments[i], "-l") != 0)
			leave_to("/bin/df", arguments);
	faults_hang(control, "df-hangs");
	out_text("Filesystem         1024-blocks         Used    Available Capacity Mounted on\n");
	print_disk("udev", 263000000, 0, "/dev");
	print_disk("/dev/nvme0n1p2", 960000000, 34, "/");
	print_disk("tmpfs", 263000000, 99, "/dev/shm");
	print_disk("/dev/nvme0n1p1", 523248, 98, "/boot/efi");
	print_disk("/dev/md0", 15000000000, control->disk, "/data");
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
	out_printf("%.0f\n", control_now(control) + control->clock);
	out_end(0);
}
