/*
 * homes: whose home directory is mounted into a container, from its /proc/PID/mountinfo; see proc(5).
 *
 *	36 35 98:0 /home/alice/work /workspace rw,noatime master:1 - ext4 /dev/sda1 rw
 *	           root             mount point                      fstype source
 *
 * "root" is a path within the file system. So a directory below /home, /homes, /users, /nfs/home, /data/home and the like tells
 * itself; where the homes are a file system of their own, they are known as such by the source ("server:/export/home",
 * "tank/home", "/dev/mapper/vg-home"), or because the mount point says the same name ("/alice/work" at /home/alice/work).
 *
 * An apptainer (singularity) that uses GPUs has NVIDIA's libraries mounted below /.singularity.d; mostly its cgroup is that of
 * whoever started it, and this is all that shows it.
 *
 * Directories that are nobody's in particular (/home/shared) and what a container engine mounts for its own needs do not count.
 */
#pragma once

#include "base/text.h"

struct homes {
	char name[33]; /* of the only one; "" when there is none, or more than one */
	bool many;
	bool apptainer;
};

void homes_init(struct homes *homes);
/* One line of the file. */
void homes_read(struct homes *homes, struct slice line);
