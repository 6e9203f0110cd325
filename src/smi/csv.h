/*
 * csv: the answer of `nvidia-smi --query-gpu=... --format=csv`, understood.
 *
 * Cells are matched by position: the header shows other names than those asked for. nvidia-smi puts its error messages on stdout
 * too, before, among or instead of the rows. Learned from the outputs of drivers 340 to 610; see docs/nvidia-smi.md.
 */
#pragma once

#include "smi/problem.h"
#include "smi/query.h"
#include "smi/sample.h"

/* What an answer came to. Slices point into the text that was parsed, or are literals. */
struct smi_outcome {
	enum problem_kind problem;  /* NONE: the sample holds what there is */
	struct slice message;       /* what nvidia-smi said, its first telling line; SLICE_NONE when NONE */
	struct slice unknown_field; /* set: drop this field and ask again (problem is NVIDIA_SMI then) */
	bool ask_list;              /* a GPU has no handle and hides its neighbours: ask `-L`, then the healthy ones by index */
};

/*
 * `text` is the whole answer, header line included (it may be missing), and must be part of sample->text (slices are kept);
 * `status` the exit status of nvidia-smi, -1 when the end of the answer was not seen. Adds GPUs and cells to the sample.
 *
 * A cell "[...]" is an absent reading with that reason. A row that is all such cells, or whose identity is, is a GPU with a problem;
 * so is a row of which one cell says that the GPU is lost or requires a reset, or of which utilization, memory used or temperature is an
 * unknown error, or more measurements (these, power and fan) fail than are told. A fan or a power sensor that fails alone is a value that
 * is not told.
 * "Unable to determine the device handle for GPU ..." among good rows (drivers from 570) makes such a GPU too, at its place;
 * alone (drivers up to 555) it sets ask_list. A row of the wrong length, with no other explanation, is BAD_OUTPUT; among good rows it is
 * a GPU with a problem as long as it says which. A comma too many is the product name's, which is asked last for that.
 *
 * The last row of an answer whose end was not seen may be cut in the middle of a number, whether an LF follows it or not:
 * none of its values is believed. In a whole answer only the product name can be cut unnoticed.
 *
 * A problem is only reported when no row could be understood: one broken GPU never hides its neighbours. nvidia-smi that was ended by a
 * signal or by timeout(1) has not told of all GPUs, and is a problem whatever it printed before. With a problem, nothing was added.
 */
void csv_parse_gpus(struct slice text, int status, const struct query *query, struct sample *sample, struct smi_outcome *ret);
