/*
 * control: which host this is, and what is to be wrong with it.
 *
 * The file $LAB_DIR/hosts/$LAB_HOST holds lines `key=value`. It is read anew at each run (and while hanging), so that a test
 * mends a host by writing a file. Every key has a default; without a file this is a host of eight A100. The keys stand in
 * ../README.md.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "models.h"

#define MAX_GPUS 64

enum load {
	LOAD_FREE,    /* nobody */
	LOAD_BUSY,    /* one hard-working process on each GPU */
	LOAD_MIXED,   /* some GPUs free, some busy, changing */
	LOAD_SEVERAL, /* up to three people on each GPU */
	LOAD_HELD,    /* memory held for days, nothing computed */
	LOAD_COUNT
};

/* Where the processes of a host run. */
enum place {
	PLACE_SESSION, /* as somebody who logged in started them */
	PLACE_SLURM,
	PLACE_DOCKER,
	PLACE_PODMAN,     /* without root */
	PLACE_CONTAINERD, /* in a pod of Kubernetes, as the next */
	PLACE_CRIO,
	PLACE_APPTAINER,
	PLACE_MIXED, /* some of each; of the host only */
	PLACE_COUNT
};

/* Whether a GPU is cut into instances. */
enum mig_switch { MIG_AS_MODEL, MIG_SWITCHED_ON, MIG_SWITCHED_OFF };

struct control {
	char path[PATH_MAX]; /* of the file; empty without LAB_DIR */
	char host[64];
	unsigned gpus;
	const struct model *model;
	char driver[32];
	unsigned major; /* of the driver: 550 */
	uint64_t seed;
	enum load load[MAX_GPUS];
	bool persistence;
	char name[256]; /* instead of the model's; empty: not given */
	double time;    /* Unix seconds; negative: the clock */
	double slot;    /* seconds between a process and its successor */

	enum mig_switch mig[MAX_GPUS];
	char compute_mode[32];
	unsigned init_ms; /* what nvidia-smi takes longer while the driver is not loaded: see driver.h */
	bool suspended;   /* the kernel has put the GPUs to sleep */

	enum place place;
	unsigned cgroup; /* version */
	bool bind_home;  /* containers have the home of their person mounted */
	bool sudo;       /* processes outside of containers are root's, by sudo */
	bool secrets;    /* command lines hold some */
	char hidepid[16];
	double boot; /* Unix seconds; negative: long ago */
	unsigned cpus;
	unsigned memory; /* percent of the host's that are available */
	unsigned disk;   /* percent of /data that are used */
	double clock;    /* seconds that it is ahead */

	unsigned trouble_gpu;      /* whose the troubles below are */
	char trouble_throttle[24]; /* a mask, added to that of the GPU */
	unsigned trouble_ecc, trouble_ecc_corrected;
	unsigned trouble_pcie_width, trouble_pcie_gen; /* 0: as it should be */
	bool trouble_stuck;                            /* busy at idle power */
	char trouble_recovery[32], trouble_remap_pending[8], trouble_remap_failure[8], trouble_retired[8];

	char fault[32]; /* empty: healthy */
	unsigned fault_gpu;
	double fault_seconds;
	unsigned fault_ms;
	char fault_field[256];
	char fault_reason[128];
	bool fault_rows;
};

/* Reads the file. Ends the program with a message when it is not understood: a test with a misspelt key must not pass. */
void control_read(struct control *control);
bool control_fault_is(const struct control *control, const char *fault);
/* Whether a GPU is cut into instances now. */
bool control_mig(const struct control *control, unsigned gpu);
/* Whether GPU `gpu` is the one with the troubles. */
bool control_troubled(const struct control *control, int gpu);
/* Whether the directory of the lab still exists. True when there never was one. */
bool control_lab_exists(void);
/* Unix seconds: LAB_TIME, else `time=`, else the clock. */
double control_now(const struct control *control);
