/*
 * tools: the other programs of a host whose answers a test wants to choose: df, getent, date. What they are asked for beyond
 * that is left to the real ones.
 */
#pragma once

#include "control.h"

/* `df -P -k`, with or without -l and -x TYPE: a root, a boot partition, a tmpfs, and /data as full as the control file says. */
void tool_df(struct control *control, int count, char **arguments) __attribute__((noreturn));
/* `getent passwd 1001 1002...`: the people of the lab. */
void tool_getent(const struct control *control, int count, char **arguments) __attribute__((noreturn));
/* `date +%s`: the clock of the host, which may be ahead. */
void tool_date(const struct control *control, int count, char **arguments) __attribute__((noreturn));
