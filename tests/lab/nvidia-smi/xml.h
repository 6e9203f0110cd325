/*
 * xml: the answer of `nvidia-smi -q -x`.
 *
 * Its shape changed with the drivers: DTD v6 (340), v9 (384), v10 (410), v11 (450), v12 (525), v13 (590); the power block and the clock
 * reasons changed their names in 535, the power draw its own in 556.
 */
#pragma once

#include "selection.h"

void xml_print(const struct control *control, const struct lab_state *state, const struct selection *selection);
