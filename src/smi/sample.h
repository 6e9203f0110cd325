/*
 * sample: what one host said in one frame, understood.
 *
 * A sample owns the text of the frame; every slice in it points into that text (or is a literal), is valid UTF-8, and lives until
 * sample_clear() or sample_done(). Reusing a sample reuses its memory: a host in its steady state allocates nothing per sample.
 */
#pragma once

#include "base/buf.h"
#include "smi/reading.h"

/* No host has more; a larger number is no index. */
#define GPU_INDEX_MAX 65535

enum reading_id {
#define READING(id, query, unit) READING_##id,
#include "smi/fields.def"
	READING_COUNT
};

struct gpu {
	int index; /* nvidia-smi's index, -1 when it did not tell */
	struct slice uuid, bus_id, name;
	struct reading readings[READING_COUNT];
	struct slice problem; /* what is wrong with the GPU as a whole ("GPU is lost"), SLICE_NONE when nothing is */
	size_t first_cell;    /* its configured columns: cells[first_cell ... + columns); none when has_cells is false */
	bool has_cells;
};

struct process {
	size_t gpu;        /* position in sample.gpus */
	int64_t pid;       /* -1 when the driver did not tell */
	struct slice name; /* as nvidia-smi prints it */
	struct slice user; /* SLICE_NONE: not known (ended meanwhile, another PID namespace, no ps) */
	struct slice command;
	struct reading memory;  /* bytes */
	struct reading elapsed; /* seconds */
};

struct sample {
	/* The frame, lines ended by LF, valid UTF-8. There is room for three times CAP_FRAME: cleaning grows text. */
	struct buf text;
	struct gpu *gpus;
	size_t gpu_count, gpu_size;
	struct process *processes; /* in the order of nvidia-smi: by GPU */
	size_t process_count, process_size;
	struct slice *cells; /* the configured columns of all GPUs, row by row; exactly as printed, trimmed */
	size_t cell_count, cell_size;
	size_t columns;      /* cells per GPU */
	struct slice driver; /* driver version, SLICE_NONE when not told */
	/* Why the processes are not known, or not all of them; SLICE_NONE when they are. Those that stand here are true all the same. */
	struct slice process_problem;
	/* Refused: over CAP_GPUS; over CAP_PROCESSES_PER_GPU, or of a GPU that is not here. */
	size_t gpus_left_out, processes_left_out;
	size_t *by_pid; /* scratch of processes_parse_ps(), kept for the next time */
	size_t by_pid_size;
};

void sample_init(struct sample *sample);
void sample_done(struct sample *sample);
/* Empty again, memory kept. */
void sample_clear(struct sample *sample);
/* Exchanges two samples, a few pointers. */
void sample_swap(struct sample *a, struct sample *b);
/* A new element at the end, zeroed; NULL, and counted as left out, when CAP_GPUS (CAP_PROCESSES_PER_GPU for each GPU) is reached.
 * Valid until the next add. */
struct gpu *sample_add_gpu(struct sample *sample);
struct process *sample_add_process(struct sample *sample);
void sample_add_cell(struct sample *sample, struct slice cell);
/* Copies text from elsewhere into the sample's own; all its slices stay valid. -ENOBUFS, and *ret untouched, when it does not fit.
 * SLICE_NONE stays SLICE_NONE. */
int must_check sample_keep(struct sample *sample, struct slice text, struct slice *ret);

/* A GPU of which we know only what is wrong with it: none of its readings is told. */
void gpu_set_problem(struct gpu *gpu, struct slice problem);
/*
 * nvidia-smi counts a lost GPU but does not always tell its index. Fills those (-1) whose place among their neighbours leaves no
 * choice: {0, -1, 2} becomes {0, 1, 2}, {0, -1, 1} and {0, -1, 5} stay.
 */
void gpu_fill_indices(int *indices, size_t count);
