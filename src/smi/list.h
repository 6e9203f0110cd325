/*
 * list: the answer of `nvidia-smi -L`: which GPUs there are, which of them are lost.
 *
 * Asked only when a lost GPU hides the others: -L goes on after it. The list owns its text.
 */
#pragma once

#include "base/caps.h"
#include "smi/bus_id.h"
#include "smi/sample.h"

struct list_entry {
	int index; /* of a lost GPU: its place in the list, -1 when its neighbours leave none */
	bool lost;
	struct slice name, uuid;     /* SLICE_NONE of a lost GPU */
	struct slice bus_id, reason; /* only of a lost GPU */
};

struct gpu_list {
	struct buf text;
	struct list_entry entries[CAP_GPUS];
	size_t count;
	size_t left_out; /* GPUs over CAP_GPUS */
};

void list_init(struct gpu_list *list);
void list_done(struct gpu_list *list);
/* What a line of -L has in "(UUID: ...)"; SLICE_NONE without it. */
struct slice list_uuid(struct slice line);
/* Replaces the list by what `text` says. False when it names no GPU at all. MIG lines are passed over. */
bool list_parse(struct gpu_list *list, struct slice text);
/* "0,2,3": the healthy ones, for nvidia-smi -i. Returns `out`; empty when there is none. */
char *list_healthy(const struct gpu_list *list, char *out, size_t size);
/* Adds the lost GPUs to a sample that was asked for the healthy ones, in index order, without cells; processes keep their GPU.
 * What they are called comes from `before`, the last sample that knew them (may be NULL), as in list_recall(). Copies all text into
 * the sample's own. */
void list_add_lost(const struct gpu_list *list, const struct sample *before, struct sample *sample);
/* A GPU with a problem often does not tell who it is any more. Gives it the index, UUID, bus id and name that `before` (may be NULL)
 * knew of the GPU with its bus id, else UUID, else (when it told neither) index; nothing that another GPU of the sample has. */
void list_recall(const struct sample *before, struct sample *sample);
