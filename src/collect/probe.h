/*
 * probe: what a host is sent: the command line of its child, and the script that the child's shell runs.
 */
#pragma once

#include "collect/transport.h"
#include "config/config.h"

/*
 * Starts a host's child: ssh with our options and `exec sh`, or sh alone for this machine. The user's ssh_config counts, except where it would
 * let the far side reach back (agent, forwards, local commands), ask questions, or share a connection whose end is not ours to choose. Writes the script to its stdin: two lines of ours (time limit, the host's nvidia-smi command), then probe.sh.
 * Nothing else may be written before it has answered "@ready 1". Errors as transport_start().
 */
int must_check probe_start(uv_loop_t *loop, const struct config *config, const struct host_config *host,
			   const struct transport_events *events, void *user, struct transport **ret);
