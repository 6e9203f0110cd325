/*
 * fields: the questions of --query-gpu: which names a driver version knows, and what a GPU answers.
 *
 * The header shows a field's own name whatever alias was asked for; a value that cannot be told is "[N/A]" ("[Not Supported]" before
 * driver 418); a broken GPU answers "[GPU is lost]" and the like.
 */
#pragma once

#include "control.h"
#include "gpus.h"

struct field;

/* By name or alias, as the host's driver knows it. NULL when it does not. */
const struct field *field_find(const struct control *control, const char *name);
/* "memory.used [MiB]". */
void field_print_header(const struct field *field);
/* "1024 MiB", or "1024" without `units`. */
void field_print_value(const struct control *control, const struct field *field, const struct gpu *gpu, double now, bool units);
/* What --help-query-gpu says, for the host's driver. */
void fields_print_help(const struct control *control);
/* "2026/07/14 09:00:27.792", local time, as CSV shows it. */
void field_print_timestamp(double now);
/* What stands for a value that cannot be told: "[N/A]". */
const char *field_absent(const struct control *control);
