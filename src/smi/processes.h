/*
 * processes: what computes on which GPU, from `nvidia-smi --query-compute-apps=... --format=csv,nounits,noheader`.
 *
 * It tells PID, name and memory; whose they are is proc/census.h's work. Names are free text that may hold nearly anything (a comma comes
 * as "?", a newline as itself), so the name stands last, and a line that does not begin with a GPU's UUID belongs to the name before it.
 * So a process can name itself like rows of this answer: what it forges stays on its own host.
 */
#pragma once

#include "smi/csv.h"
#include "smi/sample.h"

/* The field list of the query. */
extern const char processes_fields[];

/*
 * Adds processes to the sample's GPUs, matched by UUID, else by bus id; a row of a GPU that is not here, and rows over the cap, count as
 * left out. `text` must be part of sample->text; `status` is -1 when the end of the answer was not seen: its last row is not believed then.
 *
 * A failed query (status not 0, or prose) sets sample->process_problem: it is not an idle GPU. Rows that came all the same stay. A driver
 * that goes on after a GPU without a handle (from 570) has not failed: with rows, its complaint about that GPU alone is no problem.
 * A GPU whose processes are told as "[Not Supported]", "[Unknown Error]" or the like has a process_problem of its own: an old display
 * card hides nobody who computes beside it. A GPU with a problem as a whole needs no second one.
 */
void processes_parse_apps(struct slice text, int status, struct sample *sample);
