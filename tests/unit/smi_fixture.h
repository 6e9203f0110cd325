/*
 * What the tests of src/smi share: text brought into a sample the way a session brings it, and a sample written out as text.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/lines.h"
#include "smi/csv.h"
#include "smi/processes.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The sizes of the pieces in which a text arrives. */
static const size_t fixture_pieces[] = {SIZE_MAX, 1, 7};

static inline void fixture_add_line(void *user, struct slice line, bool cut)
{
	struct buf *text = user;

	(void)cut;
	assert_int_equal(buf_append_slice(text, line), 0);
	assert_int_equal(buf_append(text, "\n", 1), 0);
}

/* Appends `text` to the sample's, through lines, in pieces. Returns where in the sample's text it begins: later text may move it. */
static inline size_t fixture_feed(struct sample *sample, struct slice text, size_t piece)
{
	size_t start = sample->text.len;
	struct lines lines;

	lines_init(&lines, fixture_add_line, &sample->text);
	for (size_t at = 0; at < text.len;) {
		size_t len = text.len - at < piece ? text.len - at : piece;
		lines_feed(&lines, text.ptr + at, len);
		at += len;
	}
	lines_end(&lines);
	lines_done(&lines);
	return start;
}

static inline struct slice fixture_slice(const struct sample *sample, size_t start, size_t end)
{
	return (struct slice){buf_slice(&sample->text).ptr + start, end - start};
}

/* The text alone in the sample. */
static inline struct slice fixture_text(struct sample *sample, const char *text, size_t piece)
{
	sample_clear(sample);
	fixture_feed(sample, slice_of(text), piece);
	return buf_slice(&sample->text);
}

#define dump(out, ...) assert_int_equal(buf_printf((out), __VA_ARGS__), 0)

/* The cells of a row between the fan and the name, of a GPU that is well. */
#define MORE_FIELDS                                                                                                              \
	"clocks.current.sm [MHz], clocks.max.sm [MHz], pcie.link.gen.current, pcie.link.gen.max, pcie.link.width.current, "      \
	"pcie.link.width.max, ecc.errors.corrected.volatile.total, ecc.errors.uncorrected.volatile.total, "                      \
	"clocks_event_reasons.active, pstate, persistence_mode, compute_mode, retired_pages.pending, mig.mode.current, "         \
	"remapped_rows.pending, remapped_rows.failure, gpu_recovery_action"
#define MORE "1410 MHz, 1980 MHz, 4, 5, 8, 16, 3, 0, 0x0000000000000004, P0, Enabled, Default, No, Disabled, No, No, None"

static inline void dump_reading(struct buf *out, const char *name, const struct reading *reading)
{
	if (reading->absent.ptr)
		dump(out, " %s (%.*s)", name, SLICE_ARGS(reading->absent));
	else
		dump(out, " %s %.15g", name, reading->value);
}

static inline void dump_gpu(struct buf *out, const struct sample *sample, const struct gpu *gpu)
{
	static const char *const names[READING_COUNT] = {
#define READING(id, query, unit, since) [READING_##id] = #id,
#include "smi/fields.def"
	};
	static const char *const text_names[TEXT_COUNT] = {
#define TEXT(id, query, since) [TEXT_##id] = #id,
#include "smi/fields.def"
	};

	dump(out, "gpu %d: %.*s, %.*s, %.*s\n", gpu->index, SLICE_ARGS(gpu->uuid), SLICE_ARGS(gpu->bus_id),
	     SLICE_ARGS(gpu->name));
	dump(out, " ");
	for (size_t i = 0; i < READING_COUNT; i++) {
		dump(out, "%s", i == READING_clock ? "\n " : "");
		dump_reading(out, names[i], &gpu->readings[i]);
	}
	dump(out, "\n ");
	for (size_t i = 0; i < TEXT_COUNT; i++)
		dump(out, " %s %s%.*s%s", text_names[i], gpu->texts[i].ptr ? "'" : "none", SLICE_ARGS(gpu->texts[i]),
		     gpu->texts[i].ptr ? "'" : "");
	dump(out, "\n");
	if (gpu->problem.ptr)
		dump(out, "  problem: %.*s\n", SLICE_ARGS(gpu->problem));
	if (gpu->process_problem.ptr)
		dump(out, "  processes: %.*s\n", SLICE_ARGS(gpu->process_problem));
	for (size_t i = 0; gpu->has_cells && i < sample->columns; i++) {
		struct slice cell = sample->cells[gpu->first_cell + i];
		dump(out, "%s%.*s%s", i == 0 ? "  cells: " : " | ", SLICE_ARGS(cell), cell.ptr ? "" : "none");
	}
	if (gpu->has_cells && sample->columns > 0)
		dump(out, "\n");
}

static inline void dump_process(struct buf *out, const struct sample *sample, const struct process *process)
{
	char name[256];

	dump(out, "process %lld on gpu %d: %s,", (long long)process->pid, sample->gpus[process->gpu].index,
	     text_escape(process->name, name, sizeof(name)));
	dump_reading(out, "memory", &process->memory);
	if (process->mig != NO_MIG_DEVICE)
		dump(out, ", part %d", sample->migs[process->mig].index);
	dump(out, "\n");
}

static inline void dump_mig(struct buf *out, const struct sample *sample, const struct mig_device *mig)
{
	dump(out, "part %d of gpu %d: gi %d, ci %d, profile %.*s, %.*s,", mig->index, sample->gpus[mig->gpu].index,
	     mig->gpu_instance, mig->compute_instance, SLICE_ARGS(mig->profile), SLICE_ARGS(mig->uuid));
	dump_reading(out, "memory_total", &mig->memory_total);
	dump_reading(out, "memory_used", &mig->memory_used);
	dump(out, "\n");
}

static inline void dump_sample(struct buf *out, const struct sample *sample)
{
	dump(out, "driver %.*s\n", SLICE_ARGS(sample->driver));
	for (size_t i = 0; i < sample->gpu_count; i++)
		dump_gpu(out, sample, &sample->gpus[i]);
	for (size_t i = 0; i < sample->mig_count; i++)
		dump_mig(out, sample, &sample->migs[i]);
	for (size_t i = 0; i < sample->process_count; i++)
		dump_process(out, sample, &sample->processes[i]);
	if (sample->process_problem.ptr)
		dump(out, "processes: %.*s\n", SLICE_ARGS(sample->process_problem));
	if (sample->gpus_left_out > 0 || sample->processes_left_out > 0)
		dump(out, "left out: %zu gpus, %zu processes\n", sample->gpus_left_out, sample->processes_left_out);
}

static inline void dump_outcome(struct buf *out, const struct smi_outcome *outcome)
{
	if (outcome->problem == PROBLEM_NONE)
		return;
	dump(out, "outcome %s: %.*s\n", problem_name(outcome->problem), SLICE_ARGS(outcome->message));
	if (outcome->unknown_field.ptr)
		dump(out, "unknown field: %.*s\n", SLICE_ARGS(outcome->unknown_field));
	if (outcome->ask_list)
		dump(out, "ask for the list\n");
}
