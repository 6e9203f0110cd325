/*
 * output: whether what a command has printed has arrived.
 */
#pragma once

/* `status`, or EXIT_NOT_WELL, and the reason on stderr, when not all of the standard output could be written: a full disk, a closed pipe. */
int output_status(int status);
