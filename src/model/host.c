#include "model/host.h"

#include <stdlib.h>

#include "model/model.h"

const char *host_state_name(enum host_state state)
{
	static const char *const names[] = {
		[HOST_CONNECTING] = "connecting",
		[HOST_OK] = "ok",
		[HOST_STALE] = "stale",
		[HOST_ERROR] = "error",
	};
	return names[state];
}

/* Every change of state is made here. */
static void set_state(struct host *host, enum host_state state, double now)
{
	if (host->state == state)
		return;
	host->state = state;
	host->since = now;
}

void host_set_label(struct host *host, const struct host_label *label)
{
	bool changed = text_set(&host->name, slice_of(label->name));

	changed |= text_set(&host->address, slice_of(label->address));
	changed |= text_set(&host->people, slice_of(label->people));
	changed |= text_set(&host->kvm, slice_of(label->kvm));
	changed |= text_set(&host->comment, slice_of(label->comment));
	if (changed)
		model_touch(host);
}

static void clear_error(struct host *host)
{
	host->error.kind = PROBLEM_NONE;
	host->error.since = 0;
	host->error.next_try = 0;
	text_set(&host->error.message, SLICE_NONE);
	text_set(&host->error.hint, SLICE_NONE);
}

void host_set_sample(struct host *host, struct sample *sample, double sample_ms, double now)
{
	sample_swap(&host->sample, sample);
	host->sampled = now;
	host->sample_ms = sample_ms;
	clear_error(host);
	set_state(host, HOST_OK, now);
	model_touch(host);
}

void host_set_error(struct host *host, enum problem_kind kind, struct slice message, struct slice hint, double next_try,
		    double now)
{
	if (host->error.kind != kind)
		host->error.since = now;
	host->error.kind = kind;
	text_set(&host->error.message, message);
	text_set(&host->error.hint, hint);
	host->error.next_try = next_try;
	set_state(host, HOST_ERROR, now);
	model_touch(host);
}

void host_set_next_try(struct host *host, double next_try)
{
	if (host->error.kind == PROBLEM_NONE || host->error.next_try == next_try)
		return;
	host->error.next_try = next_try;
	model_touch(host);
}

void host_set_stale(struct host *host, double now)
{
	if (host->state != HOST_OK)
		return;
	set_state(host, HOST_STALE, now);
	model_touch(host);
}

void host_forget_cells(struct host *host)
{
	for (size_t i = 0; i < host->sample.gpu_count; i++)
		host->sample.gpus[i].has_cells = false;
	host->sample.cell_count = 0;
	host->sample.columns = 0;
	model_touch(host);
}
