/*
 * invented: hosts and samples for the tests of view/. Nothing of it was ever measured.
 */
#pragma once

#include "model/model.h"

#define NOON 1790000000.0 /* the time of the invented samples */
#define GIB (1024.0 * 1024 * 1024)

/* A new host of this name at 192.0.2.25, connecting since an hour. */
struct host *invented_host(struct model *model, const char *name);
/* An idle A100 of 80 GiB, at the next place. */
struct gpu *invented_gpu(struct sample *sample);
/* A process on the last GPU. */
struct process *invented_process(struct sample *sample, const char *user, const char *command, double memory);
/* Gives the sample to the host, at NOON; the sample is empty afterwards. */
void invented_report(struct host *host, struct sample *sample);
