/*
 * model: all that is known now, of all hosts, in the order of the configuration.
 *
 * The dirty set of a reader is the hosts whose generation is over the last one that it has seen: any number of readers, nothing
 * to clear.
 *
 * One writer (collect/), many readers (view/, http/), one thread. Readers compare generations; they never hold a pointer into a
 * sample across a turn of the loop.
 */
#pragma once

#include "model/host.h"

struct column {
	char *field, *title; /* owned */
};

/* Below what a GPU on which nobody computes counts as free, percent. */
struct free_rule {
	double memory, utilization;
};

struct model {
	uint64_t generation; /* grows with every change; starts at 1 */
	uint64_t layout;     /* generation of the last change of columns, or of which hosts there are */
	double interval;     /* seconds between two samples */
	struct free_rule free_rule;
	bool demo; /* a make-believe lab: the page says so */
	struct column *columns;
	size_t column_count;
	struct host **hosts; /* owned */
	size_t host_count;
	uint64_t next_id;
};

struct model *model_new(void);
void model_free(struct model *model);

/* A new host at the end, state connecting. */
struct host *model_add_host(struct model *model, const struct host_label *label, double now);
void model_remove_host(struct model *model, struct host *host);
/* Puts the hosts in this order; `order` holds each host of the model once. */
void model_reorder(struct model *model, struct host *const *order);
/* NULL when there is none of this name. */
struct host *model_find_host(const struct model *model, struct slice name);
/* Copies. No change when they are as they were. */
void model_set_columns(struct model *model, const struct column *columns, size_t count);
void model_set_interval(struct model *model, double interval);
void model_set_free_rule(struct model *model, const struct free_rule *rule);
void model_set_demo(struct model *model, bool demo);
/* This machine's clock was set: every time that is kept moves by `seconds`, so that ages stay true. */
void model_shift_times(struct model *model, double seconds);
/* For host.c: the host has changed. */
void model_touch(struct host *host);
