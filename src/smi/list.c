#include "smi/list.h"

#include <stdio.h>
#include <string.h>

#include "smi/messages.h"

void list_init(struct gpu_list *list)
{
	*list = (struct gpu_list){0};
	buf_init(&list->text, (size_t)3 * CAP_FRAME);
}

void list_done(struct gpu_list *list)
{
	if (list)
		buf_done(&list->text);
}

static struct slice after(struct slice text, size_t len)
{
	return (struct slice){text.ptr + len, text.len - len};
}

static const char uuid_mark[] = "(UUID:";

struct slice list_uuid(struct slice line)
{
	const char *found = line.len > 0 ? memmem(line.ptr, line.len, uuid_mark, sizeof(uuid_mark) - 1) : NULL;
	struct slice rest;

	if (!found)
		return SLICE_NONE;
	return slice_trim(slice_split(after(line, (size_t)(found - line.ptr) + sizeof(uuid_mark) - 1), ')', &rest));
}

/* "GPU 0: NVIDIA H100 (UUID: GPU-...)". */
static bool read_healthy(struct slice line, struct list_entry *ret)
{
	struct slice name;
	int64_t index;

	if (!slice_starts_with(line, "GPU "))
		return false;
	struct slice number = slice_split(after(line, 4), ':', &name);
	if (!name.ptr || !slice_to_int64(slice_trim(number), &index) || index < 0 || index > GPU_INDEX_MAX)
		return false;
	*ret = (struct list_entry){.index = (int)index, .uuid = list_uuid(name)};
	const char *found = memmem(name.ptr, name.len, uuid_mark, sizeof(uuid_mark) - 1);
	if (found)
		name.len = (size_t)(found - name.ptr);
	ret->name = slice_trim(name);
	return true;
}

static bool read_entry(struct slice line, struct list_entry *ret)
{
	struct list_entry lost = {.lost = true};

	if (!messages_device_handle(line, &lost.bus_id, &lost.index, &lost.reason))
		return read_healthy(line, ret);
	*ret = lost;
	return true;
}

static void fill_indices(struct gpu_list *list)
{
	int indices[CAP_GPUS];

	for (size_t i = 0; i < list->count; i++)
		indices[i] = list->entries[i].index;
	gpu_fill_indices(indices, list->count);
	for (size_t i = 0; i < list->count; i++)
		list->entries[i].index = indices[i];
}

bool list_parse(struct gpu_list *list, struct slice text)
{
	struct list_entry entry;

	buf_clear(&list->text);
	list->count = list->left_out = 0;
	if (buf_append_slice(&list->text, text) < 0)
		return false;
	for (struct slice rest = buf_slice(&list->text); rest.ptr;) {
		struct slice line = slice_trim(slice_split(rest, '\n', &rest));
		if (!read_entry(line, &entry))
			continue;
		if (list->count < CAP_GPUS)
			list->entries[list->count++] = entry;
		else
			list->left_out++;
	}
	fill_indices(list);
	return list->count > 0;
}

char *list_healthy(const struct gpu_list *list, char *out, size_t size)
{
	size_t len = 0;

	if (size > 0)
		out[0] = '\0';
	for (size_t i = 0; i < list->count; i++) {
		char number[16];
		if (list->entries[i].lost)
			continue;
		int wanted = snprintf(number, sizeof(number), "%s%d", len > 0 ? "," : "", list->entries[i].index);
		if (len + (size_t)wanted >= size)
			break;
		memcpy(out + len, number, (size_t)wanted + 1);
		len += (size_t)wanted;
	}
	return out;
}

static const struct gpu *find_by_bus_id(const struct sample *sample, struct slice bus_id)
{
	for (size_t i = 0; i < sample->gpu_count; i++)
		if (bus_id_equal(sample->gpus[i].bus_id, bus_id))
			return &sample->gpus[i];
	return NULL;
}

static const struct gpu *find_by_uuid(const struct sample *sample, struct slice uuid)
{
	for (size_t i = 0; i < sample->gpu_count; i++)
		if (sample->gpus[i].uuid.ptr && slice_equal(sample->gpus[i].uuid, uuid))
			return &sample->gpus[i];
	return NULL;
}

static const struct gpu *find_by_index(const struct sample *sample, int index)
{
	for (size_t i = 0; i < sample->gpu_count; i++)
		if (sample->gpus[i].index == index)
			return &sample->gpus[i];
	return NULL;
}

/* What `before` knew of a GPU. */
static const struct gpu *find_known(const struct sample *before, const struct gpu *gpu)
{
	if (gpu->bus_id.ptr)
		return find_by_bus_id(before, gpu->bus_id);
	if (gpu->uuid.ptr)
		return find_by_uuid(before, gpu->uuid);
	return gpu->index >= 0 ? find_by_index(before, gpu->index) : NULL;
}

static void recall(struct sample *sample, struct gpu *gpu, const struct gpu *known)
{
	const struct gpu *same_uuid = known->uuid.ptr ? find_by_uuid(sample, known->uuid) : NULL;

	if (same_uuid && same_uuid != gpu)
		return;
	if (known->index >= 0 && !find_by_index(sample, known->index))
		gpu->index = known->index;
	if (!gpu->uuid.ptr)
		sample_keep_in(sample, known->uuid, &gpu->uuid);
	if (!gpu->name.ptr)
		sample_keep_in(sample, known->name, &gpu->name);
	/* The spelling of the rows, not that of the messages. */
	if (known->bus_id.ptr)
		sample_keep_in(sample, known->bus_id, &gpu->bus_id);
}

void list_recall(const struct sample *before, struct sample *sample)
{
	for (size_t i = 0; before && i < sample->gpu_count; i++) {
		struct gpu *gpu = &sample->gpus[i];
		if (!gpu->problem.ptr || (gpu->uuid.ptr && gpu->bus_id.ptr && gpu->name.ptr && gpu->index >= 0))
			continue;
		const struct gpu *known = find_known(before, gpu);
		if (known)
			recall(sample, gpu, known);
	}
}

static void add_lost(struct sample *sample, const struct list_entry *entry)
{
	struct slice reason = SLICE_LITERAL("GPU is lost");

	if (entry->bus_id.ptr && find_by_bus_id(sample, entry->bus_id))
		return;
	struct gpu *gpu = sample_add_gpu(sample);
	if (!gpu)
		return;
	gpu->index = -1;
	if (entry->index >= 0 && !find_by_index(sample, entry->index))
		gpu->index = entry->index;
	sample_keep_in(sample, entry->bus_id, &gpu->bus_id);
	sample_keep_in(sample, entry->reason, &reason);
	gpu_set_problem(gpu, reason);
}

/* Puts the last GPU into its place by index; one without index stays at the end. */
static void place_last(struct sample *sample)
{
	size_t last = sample->gpu_count - 1, place = 0;
	int index = sample->gpus[last].index;

	if (index < 0)
		return;
	while (place < last && sample->gpus[place].index >= 0 && sample->gpus[place].index <= index)
		place++;
	sample_place_last_gpu(sample, place);
}

void list_add_lost(const struct gpu_list *list, const struct sample *before, struct sample *sample)
{
	sample->gpus_left_out += list->left_out;
	for (size_t i = 0; i < list->count; i++) {
		size_t count = sample->gpu_count;
		if (list->entries[i].lost)
			add_lost(sample, &list->entries[i]);
		if (sample->gpu_count == count)
			continue;
		list_recall(before, sample);
		place_last(sample);
	}
}
