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
	changed |= text_set(&host->group, slice_of(label->group));
	changed |= text_set(&host->comment, slice_of(label->comment));
	changed |= host->port != label->port;
	host->port = label->port;
	if (changed)
		model_touch(host);
}

/* The one that stands, if one does, is remembered as the last one. */
static void end_error(struct host *host, double now)
{
	if (host->error.kind == PROBLEM_NONE)
		return;
	free(host->last_error.message);
	host->last_error.kind = host->error.kind;
	host->last_error.message = host->error.message;
	host->last_error.since = host->error.since;
	host->last_error.until = now;
	host->error.kind = PROBLEM_NONE;
	host->error.message = NULL;
	host->error.since = 0;
	host->error.next_try = 0;
	text_set(&host->error.hint, SLICE_NONE);
}

static void begin_error(struct host *host, enum problem_kind kind, double now)
{
	if (host->error.kind == kind)
		return;
	end_error(host, now);
	host->error.kind = kind;
	host->error.since = now;
}

/* A GPU that is not well has been so since the first sample that said so, whatever its trouble was called then. */
static double trouble_since(const struct sample *before, const struct gpu *gpu, double now)
{
	for (size_t i = 0; i < before->gpu_count; i++)
		if (before->gpus[i].problem_since > 0 && gpu_is_same(&before->gpus[i], gpu))
			return before->gpus[i].problem_since;
	return now;
}

static void date_troubles(const struct sample *before, struct sample *sample, double now)
{
	for (size_t i = 0; i < sample->gpu_count; i++) {
		struct gpu *gpu = &sample->gpus[i];
		gpu->problem_since = gpu->problem.ptr ? trouble_since(before, gpu, now) : 0;
	}
}

/* Whether somebody has it: a process is on it, or something in its memory. */
static bool is_taken(const struct sample *sample, size_t position, const struct free_rule *rule)
{
	const struct reading *used = &sample->gpus[position].readings[READING_memory_used];
	const struct reading *total = &sample->gpus[position].readings[READING_memory_total];

	if (sample_has_process(sample, position))
		return true;
	return !used->absent.ptr && !total->absent.ptr && used->value >= total->value * rule->memory / 100 && total->value > 0;
}

/* A GPU at rest has been so since the first sample of an unbroken run that said so. */
static double rest_since(const struct sample *before, const struct gpu *gpu, double now)
{
	for (size_t i = 0; i < before->gpu_count; i++)
		if (before->gpus[i].idle_since > 0 && gpu_is_same(&before->gpus[i], gpu))
			return before->gpus[i].idle_since;
	return now;
}

static void date_rests(const struct host *host, struct sample *sample, double now)
{
	for (size_t i = 0; i < sample->gpu_count; i++) {
		struct gpu *gpu = &sample->gpus[i];
		const struct reading *utilization = &gpu->readings[READING_utilization];
		bool rests = !utilization->absent.ptr && utilization->value <= 0 && !gpu->problem.ptr &&
			     is_taken(sample, i, &host->model->free_rule);
		gpu->idle_since = rests ? rest_since(&host->sample, gpu, now) : 0;
	}
}

void host_set_sample(struct host *host, struct sample *sample, const struct machine *machine, double sample_ms, double now)
{
	date_troubles(&host->sample, sample, now);
	date_rests(host, sample, now);
	sample_swap(&host->sample, sample);
	recent_add(&host->recent, &host->sample, now);
	host->machine_told = machine != NULL;
	if (machine)
		host->machine = *machine;
	host->sampled = now;
	host->sample_ms = sample_ms;
	host->query_ms = machine && machine->query_ms > 0 ? machine->query_ms : sample_ms;
	if (!host->session.keeps_driver)
		host->cold_ms = host->query_ms;
	end_error(host, now);
	set_state(host, HOST_OK, now);
	findings_update(host);
	model_touch(host);
}

void host_set_session(struct host *host, const struct host_session *session)
{
	host->session = *session;
}

void host_set_error(struct host *host, enum problem_kind kind, struct slice message, struct slice hint, double next_try,
		    double now)
{
	begin_error(host, kind, now);
	text_set(&host->error.message, message);
	text_set(&host->error.hint, hint);
	host->error.next_try = next_try;
	set_state(host, HOST_ERROR, now);
	findings_update(host);
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

static void shift(double *time, double seconds)
{
	if (*time > 0)
		*time += seconds;
}

void host_shift_times(struct host *host, double seconds)
{
	shift(&host->since, seconds);
	shift(&host->sampled, seconds);
	shift(&host->error.since, seconds);
	shift(&host->error.next_try, seconds);
	shift(&host->last_error.since, seconds);
	shift(&host->last_error.until, seconds);
	shift(&host->session.connected, seconds);
	for (size_t i = 0; i < host->sample.gpu_count; i++) {
		shift(&host->sample.gpus[i].problem_since, seconds);
		shift(&host->sample.gpus[i].idle_since, seconds);
	}
	for (size_t i = 0; i < host->findings.count; i++)
		shift(&host->findings.findings[i].since, seconds);
	recent_shift_times(&host->recent, seconds);
	model_touch(host);
}
