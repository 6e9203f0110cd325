/*
 * terminal: what is at the other end of a standard descriptor.
 */
#pragma once

#include <stdbool.h>

/* Whether to use colours on it: a terminal that has them, and nobody said NO_COLOR. */
bool terminal_has_color(int fd);
/* Its columns; 0: no terminal, or it does not tell. */
int terminal_width(int fd);
