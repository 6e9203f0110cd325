/*
 * models: what a graphics card of the lab can do, by the name a control file gives it.
 */
#pragma once

enum trait {
	ECC = 1,       /* error-correcting memory */
	HBM = 2,       /* tells the temperature of its memory */
	MIG_ABLE = 4,  /* knows multi-instance mode */
	MIG_ON = 8,    /* and is in it */
	FAN = 16,      /* has a fan of its own */
	DISPLAY = 32,  /* a desktop's card: an X server may run on it; no serial number */
	TERSE = 64,    /* an old GeForce that tells little: no utilization, no power */
	UNIFIED = 128, /* shares the memory of the machine, so it has none to tell */
};

struct model {
	const char *id, *name;
	int memory;                 /* MiB */
	double limit, idle;         /* W */
	int graphics, memory_clock; /* MHz */
	const char *capability;
	int generation;
	const char *device;
	unsigned traits;
};

/* NULL when there is no such model. */
const struct model *model_find(const char *id);

/* One of the instances that a card in multi-instance mode is cut into. */
struct mig_instance {
	const char *profile;
	int gpu_instance, compute_instance;
	int memory;  /* MiB */
	int engines; /* multiprocessors */
};

#define MIG_INSTANCES 4
extern const struct mig_instance mig_instances[MIG_INSTANCES];
