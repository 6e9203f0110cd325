/*
 * ps: the ps of the lab, which knows the processes on the invented GPUs.
 */
#pragma once

#include "control.h"

/*
 * `ps --cols 4096 -o pid= -o user:32= -o etimes= -o rss= -o args= -q 1,2,3`, columns in any order, never cut. Anything else, and those that are
 * not the lab's, are left to the real ps.
 */
void ps(struct control *control, int count, char **arguments) __attribute__((noreturn));
