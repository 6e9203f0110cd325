/*
 * places: what the kernel of the host tells about a process: who logged in, in whose session, container or Slurm job it runs.
 */
#pragma once

#include <stddef.h>

#include "jobs.h"

/* The number of a user of the lab; 0: root. */
unsigned places_uid(const char *user);
/* The name of a number, NULL when nobody has it. */
const char *places_user(unsigned uid);

/* The content of /proc/PID/cgroup, loginuid and mountinfo. Returns `out`. */
char *places_cgroup(const struct control *control, const struct process *process, char *out, size_t size);
char *places_loginuid(const struct process *process, char *out, size_t size);
char *places_mountinfo(const struct control *control, const struct process *process, char *out, size_t size);
