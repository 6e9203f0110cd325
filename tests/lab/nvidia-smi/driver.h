/*
 * driver: what all runs of nvidia-smi on a host share: whether the driver is loaded, and a list of the runs.
 *
 * With persistence mode off the driver is loaded while somebody uses it: who comes first waits `init_ms`, who comes while
 * another nvidia-smi runs (one with -l, for one) does not. Who uses it has a lock on $LAB_DIR/driver.HOST, which the kernel
 * takes away however he ends.
 */
#pragma once

#include "control.h"

/* Waits until the driver is loaded, and keeps it loaded until this program ends. */
void driver_load(const struct control *control);
/* Adds a line to $LAB_DIR/runs/HOST, if a test has made that file. */
void driver_note_run(int count, char **arguments);
