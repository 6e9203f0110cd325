/*
 * processes: who computes on which GPU, from two answers.
 *
 * `nvidia-smi --query-compute-apps=gpu_uuid,gpu_bus_id,pid,used_memory,process_name --format=csv,nounits,noheader` tells pid, name and memory;
 * `ps -o pid=,user=,etimes=,args=` tells user, running time and command line. Names are free text that may hold nearly anything (a comma
 * comes as "?", a newline as itself), so the name stands last, and a line that does not begin with a GPU's UUID belongs to the name before it.
 * So a process can name itself like rows of this answer: what it forges stays on its own host.
 */
#pragma once

#include "smi/csv.h"
#include "smi/sample.h"

/* The field list of the query above. */
extern const char processes_fields[];

/*
 * Adds processes to the sample's GPUs, matched by UUID, else by bus id; a row of a GPU that is not here, and rows over the cap, count as
 * left out. `text` must be part of sample->text; `status` is -1 when the end of the answer was not seen: its last row is not believed then.
 *
 * A failed query (status not 0, or prose) sets sample->process_problem: it is not an idle GPU. Rows that came all the same stay. A driver
 * that goes on after a GPU without a handle (from 570) has not failed: with rows, its complaint about that GPU alone is no problem.
 * A GPU whose processes are told as "[Not Supported]" or the like sets it too, unless the GPU has a problem of its own.
 */
void processes_parse_apps(struct slice text, int status, struct sample *sample);
/* Fills user, elapsed and command of all the processes with a PID; the first line of a PID counts. What ps does not list stays
 * unknown. `text` must be part of sample->text. Lines: blanks, pid, user (a number when it has no name), elapsed seconds, command line. */
void processes_parse_ps(struct slice text, struct sample *sample);
