#include "smi/sample.h"

#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "smi/bus_id.h"

void sample_init(struct sample *sample)
{
	*sample = (struct sample){0};
	/* A byte that is no UTF-8 becomes the three of U+FFFD. */
	buf_init(&sample->text, (size_t)3 * CAP_FRAME);
}

void sample_done(struct sample *sample)
{
	if (!sample)
		return;
	buf_done(&sample->text);
	free(sample->gpus);
	free(sample->processes);
	free(sample->migs);
	free(sample->cells);
	*sample = (struct sample){.text = sample->text};
}

void sample_clear(struct sample *sample)
{
	buf_clear(&sample->text);
	sample->gpu_count = sample->process_count = sample->mig_count = sample->cell_count = sample->columns = 0;
	sample->gpus_left_out = sample->processes_left_out = 0;
	sample->driver = sample->process_problem = SLICE_NONE;
}

void sample_swap(struct sample *a, struct sample *b)
{
	struct sample old = *a;

	*a = *b;
	*b = old;
}

/* Room for one more element: doubled when full. */
static void *grow(void *elements, size_t count, size_t *size, size_t element)
{
	if (count < *size)
		return elements;
	*size = *size > 0 ? *size * 2 : 8;
	return xrealloc(elements, *size * element);
}

struct gpu *sample_add_gpu(struct sample *sample)
{
	if (sample->gpu_count >= CAP_GPUS) {
		sample->gpus_left_out++;
		return NULL;
	}
	sample->gpus = grow(sample->gpus, sample->gpu_count, &sample->gpu_size, sizeof(*sample->gpus));
	struct gpu *gpu = &sample->gpus[sample->gpu_count++];
	*gpu = (struct gpu){0};
	return gpu;
}

/* Where a GPU stands after the last one has moved to `place`. */
static size_t moved(size_t gpu, size_t last, size_t place)
{
	if (gpu == last)
		return place;
	return gpu >= place ? gpu + 1 : gpu;
}

void sample_place_last_gpu(struct sample *sample, size_t place)
{
	size_t last = sample->gpu_count - 1;
	struct gpu gpu = sample->gpus[last];

	memmove(&sample->gpus[place + 1], &sample->gpus[place], (last - place) * sizeof(gpu));
	sample->gpus[place] = gpu;
	for (size_t i = 0; i < sample->process_count; i++)
		sample->processes[i].gpu = moved(sample->processes[i].gpu, last, place);
	for (size_t i = 0; i < sample->mig_count; i++)
		sample->migs[i].gpu = moved(sample->migs[i].gpu, last, place);
}

struct process *sample_add_process(struct sample *sample)
{
	if (sample->process_count >= sample->gpu_count * CAP_PROCESSES_PER_GPU) {
		sample->processes_left_out++;
		return NULL;
	}
	sample->processes = grow(sample->processes, sample->process_count, &sample->process_size, sizeof(*sample->processes));
	struct process *process = &sample->processes[sample->process_count++];
	struct reading unknown = reading_absent(SLICE_LITERAL("not known"));
	*process = (struct process){.mig = NO_MIG_DEVICE, .memory = unknown, .elapsed = unknown, .cpu = unknown, .rss = unknown};
	return process;
}

struct mig_device *sample_add_mig(struct sample *sample)
{
	if (sample->mig_count >= sample->gpu_count * CAP_MIG_DEVICES)
		return NULL;
	sample->migs = grow(sample->migs, sample->mig_count, &sample->mig_size, sizeof(*sample->migs));
	struct mig_device *mig = &sample->migs[sample->mig_count++];
	struct reading unknown = reading_absent(SLICE_LITERAL("not known"));
	*mig = (struct mig_device){
		.index = -1, .gpu_instance = -1, .compute_instance = -1, .memory_total = unknown, .memory_used = unknown};
	return mig;
}

void sample_add_cell(struct sample *sample, struct slice cell)
{
	sample->cells = grow(sample->cells, sample->cell_count, &sample->cell_size, sizeof(*sample->cells));
	sample->cells[sample->cell_count++] = cell;
}

/* Where a text has gone. */
struct move {
	struct slice from;
	const char *to;
};

/* Literals are outside of the text and stay. */
static void follow(struct slice *slice, const struct move *move)
{
	uintptr_t at = (uintptr_t)slice->ptr, start = (uintptr_t)move->from.ptr;

	if (slice->ptr && at >= start && at <= start + move->from.len)
		slice->ptr = move->to + (at - start);
}

static void follow_gpu(struct gpu *gpu, const struct move *move)
{
	follow(&gpu->uuid, move);
	follow(&gpu->bus_id, move);
	follow(&gpu->name, move);
	follow(&gpu->problem, move);
	follow(&gpu->process_problem, move);
	for (size_t i = 0; i < READING_COUNT; i++)
		follow(&gpu->readings[i].absent, move);
	for (size_t i = 0; i < TEXT_COUNT; i++)
		follow(&gpu->texts[i], move);
}

static void follow_process(struct process *process, const struct move *move)
{
	struct slice *const slices[] = {
		&process->name,    &process->owner,         &process->user,           &process->inferred,
		&process->command, &process->memory.absent, &process->cpu.absent,     &process->pod,
		&process->job,     &process->container,     &process->elapsed.absent, &process->rss.absent,
	};

	for (size_t i = 0; i < sizeof(slices) / sizeof(slices[0]); i++)
		follow(slices[i], move);
}

static void follow_mig(struct mig_device *mig, const struct move *move)
{
	follow(&mig->profile, move);
	follow(&mig->uuid, move);
	follow(&mig->memory_total.absent, move);
	follow(&mig->memory_used.absent, move);
}

static void follow_all(struct sample *sample, const struct move *move)
{
	for (size_t i = 0; i < sample->gpu_count; i++)
		follow_gpu(&sample->gpus[i], move);
	for (size_t i = 0; i < sample->process_count; i++)
		follow_process(&sample->processes[i], move);
	for (size_t i = 0; i < sample->mig_count; i++)
		follow_mig(&sample->migs[i], move);
	for (size_t i = 0; i < sample->cell_count; i++)
		follow(&sample->cells[i], move);
	follow(&sample->driver, move);
	follow(&sample->process_problem, move);
}

/* Growing the text would move it from under the slices: they follow while both copies stand. */
static int make_room(struct sample *sample, struct slice text)
{
	struct buf *old = &sample->text;
	struct buf larger;

	if (old->size - old->len >= text.len)
		return 0;
	buf_init(&larger, old->cap);
	int r = buf_append_slice(&larger, buf_slice(old));
	if (r == 0)
		r = buf_append_slice(&larger, text);
	if (r < 0) {
		buf_done(&larger);
		return r;
	}
	larger.len = old->len;
	if (old->data)
		follow_all(sample, &(struct move){buf_slice(old), larger.data});
	buf_done(old);
	*old = larger;
	return 0;
}

int sample_keep(struct sample *sample, struct slice text, struct slice *ret)
{
	if (text.len == 0) {
		*ret = text.ptr ? SLICE_LITERAL("") : SLICE_NONE;
		return 0;
	}
	int r = make_room(sample, text);
	if (r == 0)
		r = buf_append_slice(&sample->text, text);
	if (r < 0)
		return r;
	*ret = (struct slice){sample->text.data + sample->text.len - text.len, text.len};
	return 0;
}

void sample_keep_in(struct sample *sample, struct slice text, struct slice *field)
{
	struct slice kept;

	if (sample_keep(sample, text, &kept) == 0)
		*field = kept;
}

bool sample_has_process(const struct sample *sample, size_t gpu)
{
	for (size_t i = 0; i < sample->process_count; i++)
		if (sample->processes[i].gpu == gpu)
			return true;
	return false;
}

bool gpu_has_mig(const struct gpu *gpu)
{
	return slice_is(gpu->texts[TEXT_mig_mode], "Enabled");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "MX450", "940MX", "960M", "K2100M"; not "M2090", "K20m" or "SXM4-40GB". */
static bool is_mobile_model(struct slice word)
{
	if (word.len > 2 && slice_starts_with(word, "MX") && is_digit(word.ptr[2]))
		return true;
	if (word.len > 0 && word.ptr[word.len - 1] == 'X')
		word.len--;
	return word.len > 3 && word.ptr[word.len - 1] == 'M' && is_digit(word.ptr[word.len - 2]) &&
	       is_digit(word.ptr[word.len - 3]);
}

bool gpu_is_of_laptop(const struct gpu *gpu)
{
	struct slice name = gpu->name;

	if (slice_contains(name, "Laptop") || slice_contains(name, "Mobile"))
		return true;
	/* The workstation cards of that name stand in workstations. */
	if (slice_contains(name, "Max-Q") && !slice_contains(name, "Workstation"))
		return true;
	while (name.len > 0)
		if (is_mobile_model(slice_split(name, ' ', &name)))
			return true;
	return false;
}

bool gpu_awaits_repair(const struct gpu *gpu)
{
	struct slice action = gpu->texts[TEXT_recovery_action];

	return gpu->problem.ptr || slice_contains(action, "Reset") || slice_contains(action, "Reboot") ||
	       slice_contains(action, "Drain") || slice_is(gpu->texts[TEXT_remap_pending], "Yes") ||
	       slice_is(gpu->texts[TEXT_retired_pending], "Yes");
}

bool gpu_is_same(const struct gpu *a, const struct gpu *b)
{
	if (a->uuid.ptr && b->uuid.ptr)
		return slice_equal(a->uuid, b->uuid);
	if (a->bus_id.ptr && b->bus_id.ptr)
		return bus_id_equal(a->bus_id, b->bus_id);
	return a->index >= 0 && a->index == b->index;
}

void gpu_set_problem(struct gpu *gpu, struct slice problem)
{
	gpu->problem = problem;
	for (size_t i = 0; i < READING_COUNT; i++)
		gpu->readings[i] = reading_absent(problem);
}

void gpu_fill_indices(int *indices, size_t count)
{
	for (size_t at = 0; at < count; at++) {
		if (indices[at] >= 0)
			continue;
		size_t end = at;
		while (end < count && indices[end] < 0)
			end++;
		int first = at > 0 ? indices[at - 1] + 1 : 0;
		bool fits = end == count || indices[end] - first == (int)(end - at);
		for (; fits && at < end; at++)
			indices[at] = first++;
		at = end;
	}
}
