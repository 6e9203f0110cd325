/*
 * advice: the commands that mend what stands between us and a host's GPUs.
 *
 * Pure. Exact: with the ssh, user, address and port that the session uses (ssh_line.h), to be pasted. A line each; what follows "#" in a line is said
 * about it. Nothing of what a far host says gets into a command unless rungs.h has found it to be a plain word.
 */
#pragma once

#include "collect/ladder.h"

/* What mends the rung at which the climb ended. On the heap; NULL: nothing is known. */
char *advise(const struct ascent *ascent);
/* The remedy of a finding, which is for people, with the first command that it names as one to be pasted. On the heap; NULL for NULL. */
char *advise_finding(const struct ascent *ascent, const char *remedy);
/* `command` to be run on the host: by itself when the host is this machine, else through ssh. On the heap. */
char *advise_there(const struct ascent *ascent, const char *command);
/* How people call the host: "gpu2", "this machine". */
const char *advise_where(const struct ascent *ascent);
/* The account that is logged in to, "you" when it is not known. */
const char *advise_user(const struct ascent *ascent);
