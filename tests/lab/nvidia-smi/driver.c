#include "driver.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int open_lock(void)
{
	char path[PATH_MAX];
	const char *lab = getenv("LAB_DIR"), *host = getenv("LAB_HOST");
	if (lab == NULL || host == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/driver.%s", lab, host);
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
}

void driver_load(const struct control *control)
{
	if (control->persistence || control->init_ms == 0)
		return;
	int file = open_lock();
	struct flock alone = {.l_type = F_WRLCK}, shared = {.l_type = F_RDLCK};
	bool loaded = file >= 0 && fcntl(file, F_GETLK, &alone) == 0 && alone.l_type != F_UNLCK;
	struct timespec pause = {control->init_ms / 1000, (long)(control->init_ms % 1000) * 1000000};
	if (!loaded)
		nanosleep(&pause, NULL);
	if (file >= 0)
		fcntl(file, F_SETLK, &shared);
}

void driver_note_run(int count, char **arguments)
{
	char path[PATH_MAX], line[4096] = "";
	const char *lab = getenv("LAB_DIR"), *host = getenv("LAB_HOST");
	if (lab == NULL || host == NULL)
		return;
	snprintf(path, sizeof(path), "%s/runs/%s", lab, host);
	int file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	if (file < 0)
		return;
	size_t used = 0;
	for (int i = 1; i < count && used < sizeof(line) - 1; i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s", i > 1 ? " " : "", arguments[i]);
	dprintf(file, "%s\n", line);
	close(file);
}
