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
#define READING(id, query, unit, since) READING_##id,
#include "smi/fields.def"
	READING_COUNT
};

enum text_id {
#define TEXT(id, query, since) TEXT_##id,
#include "smi/fields.def"
	TEXT_COUNT
};

struct gpu {
	int index; /* nvidia-smi's index, -1 when it did not tell */
	struct slice uuid, bus_id, name;
	struct reading readings[READING_COUNT];
	struct slice texts[TEXT_COUNT]; /* as printed, SLICE_NONE for what is not told */
	struct slice problem; /* what is wrong with the GPU as a whole ("GPU is lost", "missing"), SLICE_NONE when nothing is */
	/* Why this GPU's processes are not known, though those of others are; SLICE_NONE when they are, or the GPU has a problem. */
	struct slice process_problem;
	double problem_since; /* Unix seconds; filled in by the model, which remembers. 0: no problem */
	double idle_since; /* likewise: since when it has been at rest while somebody has it. 0: it works, is nobody's, or does not tell */
	bool mig_told;     /* its parts are those in sample.migs, be it none */
	bool asleep;       /* suspended by the kernel, and left alone: nothing is told, and nobody computes */
	size_t first_cell; /* its configured columns: cells[first_cell ... + columns); none when has_cells is false */
	bool has_cells;
};

/* A part of a GPU with MIG on: one compute instance. Parts of one GPU instance share its memory: the sum would count it twice. */
struct mig_device {
	size_t gpu;                                /* position in sample.gpus */
	int index, gpu_instance, compute_instance; /* -1: not told */
	struct slice profile;                      /* "3g.40gb"; SLICE_NONE: not told */
	struct slice uuid;
	struct reading memory_total, memory_used; /* bytes; of its GPU instance */
};

#define NO_MIG_DEVICE SIZE_MAX

/* What a process runs in, by its cgroup. The names are part of the HTTP interface. */
enum container_runtime {
	CONTAINER_NONE,
	CONTAINER_DOCKER,
	CONTAINER_PODMAN,
	CONTAINER_CONTAINERD,
	CONTAINER_CRIO,
	CONTAINER_APPTAINER,
	CONTAINER_OTHER
};

struct process {
	size_t gpu;        /* position in sample.gpus */
	size_t mig;        /* position in sample.migs, NO_MIG_DEVICE when it is on none, or that is not told */
	int64_t pid;       /* -1 when the driver did not tell */
	struct slice name; /* as nvidia-smi prints it, secrets masked */
	/* The account, as ps tells; SLICE_NONE: not known (ended meanwhile, another PID namespace, hidepid, no ps). */
	struct slice owner;
	/* The person: the owner, or who is behind a container or behind root; SLICE_NONE: not known. */
	struct slice user;
	/* How the person was concluded: "loginuid", "session", "slurm", "home"; "uid": the owner, as far as a container's user ids
	 * say. SLICE_NONE: it is the owner. */
	struct slice inferred;
	struct slice command;   /* secrets masked */
	struct reading memory;  /* bytes */
	struct reading elapsed; /* seconds */
	struct reading cpu;     /* percent of one CPU since the sample before, or since its start when there was none */
	struct reading rss;     /* resident memory of the host, bytes */
	enum container_runtime runtime;
	struct slice container; /* its id, 12 characters as docker ps shows it; SLICE_NONE */
	struct slice pod;       /* the UID of its Kubernetes pod; SLICE_NONE */
	struct slice job;       /* of Slurm; SLICE_NONE */
};

struct sample {
	/* The frame, lines ended by LF, valid UTF-8. There is room for three times CAP_FRAME: cleaning grows text. */
	struct buf text;
	struct gpu *gpus;
	size_t gpu_count, gpu_size;
	struct process *processes; /* in the order of nvidia-smi: by GPU */
	size_t process_count, process_size;
	struct mig_device *migs; /* by GPU, in their order there */
	size_t mig_count, mig_size;
	struct slice *cells; /* the configured columns of all GPUs, row by row; exactly as printed, trimmed */
	size_t cell_count, cell_size;
	size_t columns;      /* cells per GPU */
	struct slice driver; /* driver version, SLICE_NONE when not told */
	/* Why the processes are not known on any GPU, or not all of them; SLICE_NONE when they are. Those that stand here are true all the
	 * same. What one GPU alone does not tell is in struct gpu. */
	struct slice process_problem;
	/* Refused: over CAP_GPUS; over CAP_PROCESSES_PER_GPU, or of a GPU that is not here. */
	size_t gpus_left_out, processes_left_out;
};

void sample_init(struct sample *sample);
void sample_done(struct sample *sample);
/* Empty again, memory kept. */
void sample_clear(struct sample *sample);
/* Exchanges two samples, a few pointers. */
void sample_swap(struct sample *a, struct sample *b);
/* A new element at the end, zeroed, its readings not known and on no part of a GPU; NULL, and counted as left out, when CAP_GPUS
 * (CAP_PROCESSES_PER_GPU for each GPU) is reached. Valid until the next add. */
struct gpu *sample_add_gpu(struct sample *sample);
struct process *sample_add_process(struct sample *sample);
/* Nothing known of it, of GPU 0. NULL over CAP_MIG_DEVICES for each GPU. */
struct mig_device *sample_add_mig(struct sample *sample);
void sample_add_cell(struct sample *sample, struct slice cell);
/* Moves the last GPU to a place among the others, which make room; processes and parts keep their GPU. */
void sample_place_last_gpu(struct sample *sample, size_t place);
/* Copies text from elsewhere into the sample's own; all its slices stay valid. -ENOBUFS, and *ret untouched, when it does not fit.
 * SLICE_NONE stays SLICE_NONE. */
int must_check sample_keep(struct sample *sample, struct slice text, struct slice *ret);
/* The same for a field that stays as it is when the text does not fit. */
void sample_keep_in(struct sample *sample, struct slice text, struct slice *field);

/* Whether any process on the GPU at this position is known. */
bool sample_has_process(const struct sample *sample, size_t gpu);

/* Whether MIG is on: such a GPU's utilization is not told, and its memory is told by instance. */
bool gpu_has_mig(const struct gpu *gpu);
/* By its name ("... Laptop GPU", "... with Max-Q Design", "Quadro P1000 Mobile", "MX450", "960M"): made to be switched off when idle. */
bool gpu_is_of_laptop(const struct gpu *gpu);
/* Whether something is wrong with it that a reset or another repair mends, for which nobody may hold its driver. */
bool gpu_awaits_repair(const struct gpu *gpu);
/* Whether two GPUs are the same: by UUID where both tell it, else by bus id, else by index. */
bool gpu_is_same(const struct gpu *a, const struct gpu *b);
/* A GPU of which we know only what is wrong with it: none of its readings is told. */
void gpu_set_problem(struct gpu *gpu, struct slice problem);
/*
 * nvidia-smi counts a lost GPU but does not always tell its index. Fills those (-1) whose place among their neighbours leaves no
 * choice: {0, -1, 2} becomes {0, 1, 2}, {0, -1, 1} and {0, -1, 5} stay.
 */
void gpu_fill_indices(int *indices, size_t count);
