/*
 * sample: what one host said in one frame, understood.
 *
 * A sample owns the text of the frame; every slice in it points into that text (or is a literal), is valid UTF-8, and lives until
 * sample_clear() or sample_done(). Reusing a sample reuses its memory: a host in its steady state allocates nothing per sample.
 */
#pragma once

#include "base/buf.h"

/* A number that the driver told, or why it did not. Unknown is not zero. */
struct reading {
	double value;        /* in the unit of fields.def, MiB already turned into bytes */
	struct slice absent; /* ptr NULL: value holds. Else the driver's reason without brackets: "N/A", "GPU is lost", "Not Supported" */
};

enum reading_id {
#define READING(id, query, unit) READING_##id,
#include "smi/fields.def"
	READING_COUNT
};

struct gpu {
	int index; /* nvidia-smi's index, -1 when it did not tell */
	struct slice uuid, bus_id, name;
	struct reading readings[READING_COUNT];
	struct slice problem;   /* what is wrong with the GPU as a whole ("GPU is lost"), SLICE_NONE when nothing is */
	size_t first_cell;      /* its configured columns: cells[first_cell ... + columns); none when has_cells is false */
	bool has_cells;
};

struct process {
	size_t gpu;          /* position in sample.gpus */
	int64_t pid;         /* -1 when the driver did not tell */
	struct slice name;   /* as nvidia-smi prints it */
	struct slice user;   /* SLICE_NONE: not known (ended meanwhile, another PID namespace, no ps) */
	struct slice command;
	struct reading memory;  /* bytes */
	struct reading elapsed; /* seconds */
};

struct sample {
	struct buf text; /* the frame, lines ended by LF, valid UTF-8; capped at CAP_FRAME (a sample has room for 3 x that: cleaning grows text) */
	struct gpu *gpus;
	size_t gpu_count, gpu_size;
	struct process *processes; /* in the order of nvidia-smi: by GPU */
	size_t process_count, process_size;
	struct slice *cells; /* the configured columns of all GPUs, row by row; exactly as printed, trimmed */
	size_t cell_count, cell_size;
	size_t columns;              /* cells per GPU */
	struct slice driver;         /* driver version, SLICE_NONE when not told */
	struct slice process_problem; /* why the processes are not known; SLICE_NONE when they are */
};

void sample_init(struct sample *sample);
void sample_done(struct sample *sample);
/* Empty again, memory kept. */
void sample_clear(struct sample *sample);
/* Exchanges two samples, a few pointers. */
void sample_swap(struct sample *a, struct sample *b);
/* A new element at the end, zeroed; NULL when CAP_GPUS (or the cap on processes) is reached. Valid until the next add. */
struct gpu *sample_add_gpu(struct sample *sample);
struct process *sample_add_process(struct sample *sample);
void sample_add_cell(struct sample *sample, struct slice cell);
