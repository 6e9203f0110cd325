#include "smi/roster.h"

#include "smi/bus_id.h"

/* The position of a GPU; gpu_count when it is not there. */
static size_t find_same(const struct sample *sample, const struct gpu *gpu)
{
	size_t at = 0;

	while (at < sample->gpu_count && !gpu_is_same(&sample->gpus[at], gpu))
		at++;
	return at;
}

/* A GPU that tells nothing but its problem. */
static bool is_nameless(const struct gpu *gpu)
{
	return gpu->problem.ptr && gpu->index < 0 && !gpu->uuid.ptr && !gpu->bus_id.ptr;
}

static struct gpu *find_nameless(const struct sample *sample)
{
	for (size_t i = 0; i < sample->gpu_count; i++)
		if (is_nameless(&sample->gpus[i]))
			return &sample->gpus[i];
	return NULL;
}

/* Some GPU says who it is, and none of them was here before. */
static bool is_other_machine(const struct sample *before, const struct sample *sample)
{
	bool is_named = false;

	for (size_t i = 0; i < sample->gpu_count; i++) {
		if (find_same(before, &sample->gpus[i]) < before->gpu_count)
			return false;
		is_named = is_named || !is_nameless(&sample->gpus[i]);
	}
	return is_named;
}

static bool has_index(const struct sample *sample, int index)
{
	for (size_t i = 0; i < sample->gpu_count; i++)
		if (sample->gpus[i].index == index)
			return true;
	return false;
}

static void name(struct sample *sample, struct gpu *gpu, const struct gpu *known)
{
	gpu->index = has_index(sample, known->index) ? -1 : known->index;
	sample_keep_in(sample, known->uuid, &gpu->uuid);
	sample_keep_in(sample, known->bus_id, &gpu->bus_id);
	sample_keep_in(sample, known->name, &gpu->name);
}

/* Behind all GPUs of a lower index; one that has lost its index, behind the one that stood before it. */
static size_t find_place(const struct sample *before, size_t known, const struct sample *sample)
{
	size_t last = sample->gpu_count - 1, place = 0;
	int index = sample->gpus[last].index;

	if (index < 0) {
		size_t neighbour = known > 0 ? find_same(sample, &before->gpus[known - 1]) : last;
		return neighbour < last ? neighbour + 1 : 0;
	}
	for (size_t i = 0; i < last; i++)
		if (sample->gpus[i].index >= 0 && sample->gpus[i].index < index)
			place = i + 1;
	return place;
}

static void add_missing(const struct sample *before, size_t known, struct sample *sample)
{
	struct gpu *gpu = find_nameless(sample);

	if (gpu) {
		name(sample, gpu, &before->gpus[known]);
		return;
	}
	gpu = sample_add_gpu(sample);
	if (!gpu)
		return;
	gpu->index = -1;
	gpu_set_problem(gpu, SLICE_LITERAL(ROSTER_MISSING));
	name(sample, gpu, &before->gpus[known]);
	sample_place_last_gpu(sample, find_place(before, known, sample));
}

/* Another card stands where this one stood: it was taken out, and is not missed. One that was here before has only moved. */
static bool is_replaced(const struct sample *before, size_t known, const struct sample *sample)
{
	struct slice place = before->gpus[known].bus_id;

	for (size_t i = 0; place.ptr && i < sample->gpu_count; i++) {
		const struct gpu *gpu = &sample->gpus[i];
		if (gpu->bus_id.ptr && bus_id_equal(gpu->bus_id, place) && find_same(before, gpu) == before->gpu_count)
			return true;
	}
	return false;
}

void roster_add_missing(const struct sample *before, struct sample *sample)
{
	if (!before || is_other_machine(before, sample))
		return;
	for (size_t i = 0; i < before->gpu_count; i++)
		if (find_same(sample, &before->gpus[i]) == sample->gpu_count && !is_replaced(before, i, sample))
			add_missing(before, i, sample);
}
