/*
 * ssh_errors: why an ssh ended, from its last words.
 *
 * Pure. OpenSSH exits with 255 for every failure of its own; only the text tells them apart. The texts are those of OpenSSH 6.6
 * to 10 (ssh.c, sshconnect.c, sshconnect2.c, packet.c, misc.c, clientloop.c), in English: ssh is not translated, and strerror()
 * texts are matched as glibc and musl word them.
 */
#pragma once

#include "smi/problem.h"

struct ssh_target {
	const char *user; /* NULL: ssh decides */
	const char *address;
	int port; /* 0: ssh decides */
};

struct ssh_error {
	enum problem_kind kind;
	struct slice message; /* the line that tells, within `tail`, or a literal */
	char hint[512];       /* the command that mends it; empty when there is none */
};

/* As ssh takes it: "-p 2222 alice@gpu2". */
void ssh_errors_write_target(const struct ssh_target *target, char *out, size_t size);
/* `tail`: the end of ssh's stderr. Always fills *ret; a text nobody has seen before is PROBLEM_SSH. */
void ssh_errors_classify(struct slice tail, const struct ssh_target *target, struct ssh_error *ret);
