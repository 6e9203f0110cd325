/*
 * mig_report: what is in a report of mig.h. Only for mig.c, which owns it, and mig_xml.c, which fills it.
 *
 * Texts are short and stand in the report itself; one that is longer than any that nvidia-smi prints is not told.
 */
#pragma once

#include "smi/mig.h"

struct mig_amount {
	double value;    /* bytes */
	char absent[64]; /* why there is none; "" value holds */
};

struct mig_part {
	int index, gpu_instance, compute_instance; /* -1: not told */
	char profile[32], uuid[96];                /* "": not told */
	struct mig_amount total, used;
};

struct mig_user {
	int64_t pid;
	int gpu_instance, compute_instance; /* -1: not told */
};

struct mig_gpu {
	char uuid[96], bus_id[32]; /* "": not told */
	struct mig_part *parts;    /* owned; at most CAP_MIG_DEVICES */
	size_t part_count, part_size;
	struct mig_user *users; /* owned; at most CAP_PROCESSES_PER_GPU */
	size_t user_count, user_size;
};

struct mig_report {
	struct mig_gpu *gpus; /* owned; at most CAP_GPUS. Those from gpu_count to gpu_size keep their memory */
	size_t gpu_count, gpu_size;
	bool noted;
	uint64_t note; /* of what the sample showed for which it was asked */
};

/* NULL over the cap. Valid until the next add. */
struct mig_gpu *mig_report_add_gpu(struct mig_report *report);
struct mig_part *mig_report_add_part(struct mig_gpu *gpu);
struct mig_user *mig_report_add_user(struct mig_gpu *gpu);
/* Copies a text of at most size - 1 bytes; a longer one leaves `out` empty. */
void mig_report_copy(char *out, size_t size, struct slice text);
struct mig_amount mig_amount_of(struct reading reading);

/* Reads all documents in the text. A GPU that is told twice is there twice; the first is the one that counts. */
void mig_xml_read(struct slice xml, struct mig_report *report);
