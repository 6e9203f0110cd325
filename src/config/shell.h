/*
 * shell: whether a command is whole, as a shell reads it.
 *
 * nvidia_smi is put into the middle of a line of the probe: a quote that is not closed would take the rest of the script with it, on each
 * host, and nobody would see why.
 */
#pragma once

#include "base/text.h"

/* What is wrong, NULL when nothing is. Knows quotes, backslashes, comments, and parentheses outside of quotes; not whether the command makes sense. */
const char *must_check shell_check(struct slice command);
