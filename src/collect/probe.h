/*
 * probe: what a host is sent: the command line of its child, and the script that the child's shell runs.
 */
#pragma once

#include "collect/transport.h"
#include "config/config.h"

/*
 * How long a login holds its turn. Logins are paced because their handshakes cost CPU, which is over long before this: what waits longer
 * waits for the network, and a dead host must not keep the turn from a living one.
 */
enum { PROBE_LOGIN_TURN_MS = 2000 };

/* What the probe says when it takes orders. Its first word is that of every version. */
#define PROBE_READY "@ready 2"
#define PROBE_READY_WORD "@ready "

/* How ssh is started: any of these together. */
enum probe_how {
	PROBE_TRACED = 1,  /* it tells of each of its steps on stderr (rungs.h) */
	PROBE_OLD_SSH = 2, /* without the options that it knows from 8.7 on */
};

/*
 * Starts a host's child: ssh with our options and `exec sh`, or sh alone for this machine. The user's ssh_config counts, except
 * where it would let the far side reach back (agent, forwards, local commands), ask questions, share a connection whose end is
 * not ours to choose, or take away our command or our pipes. Writes the script to its stdin, see probe_script(). Nothing else may
 * be written before it has answered PROBE_READY. Errors as transport_start().
 */
int must_check probe_start(uv_loop_t *loop, const struct config *config, const struct host_config *host, unsigned how,
			   const struct transport_events *events, void *user, struct transport **ret);
/* Whether an ssh has ended because it is older than 8.7, before it did anything: it is to be started anew, with PROBE_OLD_SSH. */
bool probe_ssh_is_old(struct slice stderr_tail);
/* What is sent: two lines of ours (time limit, the host's nvidia-smi command), then the files of probe/. On the heap, NUL-terminated. */
char *probe_script(const struct config *config, const struct host_config *host);
