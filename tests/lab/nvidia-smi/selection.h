/*
 * selection: which GPUs are asked for (-i), and what becomes of it when one of them has fallen off the bus.
 */
#pragma once

#include "faults.h"

struct selection {
	bool chosen[MAX_GPUS]; /* by index; a GPU that is silently left out is not chosen */
	int status;            /* what the program is to exit with */
};

/*
 * Reads `ids` (NULL: all). Ends the program with "No devices were found" when nothing is left, or, with drivers up to 555, with the error of a
 * GPU without handle that is chosen, or that stands in the way of finding another by UUID.
 */
void selection_read(const struct control *control, const struct lab_state *state, const char *ids, struct selection *ret);
