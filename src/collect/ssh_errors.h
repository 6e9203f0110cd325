/*
 * ssh_errors: why an ssh ended, from its last words.
 *
 * Pure. OpenSSH exits with 255 for every failure of its own; only the text tells them apart. The texts are those of OpenSSH 6.6
 * to 10 (ssh.c, sshconnect.c, sshconnect2.c, packet.c, misc.c, clientloop.c), in English: ssh is not translated, and strerror()
 * texts are matched as glibc and musl word them.
 */
#pragma once

#include "collect/ssh_line.h"

struct ssh_error {
	enum problem_kind kind;
	struct slice message; /* the line that tells, within `tail`, or a literal */
	char hint
		[1024]; /* the command that mends it, with the words of the target; empty when there is none, or it does not fit */
};

/* `tail`: the end of ssh's stderr. Always fills *ret; a text nobody has seen before is PROBLEM_SSH. */
void ssh_errors_classify(struct slice tail, const struct ssh_target *target, struct ssh_error *ret);
