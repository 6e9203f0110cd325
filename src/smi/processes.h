/*
 * processes: who computes on which GPU, from two answers.
 *
 * `nvidia-smi --query-compute-apps=gpu_uuid,gpu_bus_id,pid,used_memory,process_name --format=csv,nounits,noheader` tells pid, name and memory;
 * `ps -o pid=,user=,etimes=,args=` tells user, running time and command line. Names are free text that may hold nearly anything (a comma
 * comes as "?", a newline as itself), so the name stands last, and a line that does not begin with a GPU's UUID belongs to the name before it.
 */
#pragma once

#include "smi/csv.h"
#include "smi/sample.h"

/* The field list of the query above. */
extern const char processes_fields[];

/* Adds processes to the sample's GPUs, matched by UUID, else by bus id. A failed query (status not 0, or prose) sets sample->process_problem:
 * it is not an idle GPU. `text` must be part of sample->text. */
void processes_parse_apps(struct slice text, int status, struct sample *sample);
/* Fills user, elapsed and command of the processes by PID. What ps does not list stays unknown. `text` must be part of sample->text.
 * Lines: blanks, pid, user, elapsed seconds, command line (rest). */
void processes_parse_ps(struct slice text, struct sample *sample);
