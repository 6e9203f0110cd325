/*
 * probe: what a host is sent: the command line of its child, and the script that the child's shell runs.
 */
#pragma once

#include "config/config.h"

/*
 * argv for a host's child, NULL-terminated: ssh with our options and `exec sh`, or sh alone for this machine. The user's
 * ssh_config counts, except where it would let the far side reach back (agent, forwards, local commands), ask questions, or share a
 * connection whose end is not ours to choose. Free with probe_free_argv().
 */
char **probe_argv(const struct config *config, const struct host_config *host);
void probe_free_argv(char **argv);

/* Appends the script: two lines of ours (time limit, the host's nvidia-smi command), then probe.sh. -ENOBUFS when `out` is too small. */
int must_check probe_script(const struct config *config, const struct host_config *host, struct buf *out);
