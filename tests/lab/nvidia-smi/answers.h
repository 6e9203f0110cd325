/*
 * answers: the answers of nvidia-smi but for the XML one.
 */
#pragma once

#include "selection.h"

/* --query-gpu: rows of the chosen GPUs, the header first when `header`. */
void answer_gpus(const struct control *control, const struct request *request, const struct lab_state *state,
		 const struct selection *selection, bool header);
/* --query-compute-apps, and --query-accounted-apps, which lists nothing: accounting is off. */
void answer_apps(const struct control *control, const struct request *request, const struct lab_state *state,
		 const struct selection *selection, bool header);
/* -L. Returns the exit status. */
int answer_list(const struct control *control, const struct lab_state *state);
void answer_version(const struct control *control);
