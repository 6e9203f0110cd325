/* list: the whole input is the answer of -L; its lost GPUs are put into a sample, with names from one before. */
#include <string.h>

#include "check_sample.h"
#include "smi/list.h"

static void add_gpu(struct sample *sample, int index, struct slice uuid, struct slice bus_id)
{
	struct gpu *gpu = sample_add_gpu(sample);

	gpu->index = index;
	gpu->uuid = uuid;
	gpu->bus_id = bus_id;
	gpu->name = SLICE_LITERAL("Card");
}

static void check_list(const struct gpu_list *list)
{
	char healthy[512];

	assert(list->count <= CAP_GPUS);
	for (size_t i = 0; i < list->count; i++) {
		const struct list_entry *entry = &list->entries[i];
		check_slice(entry->name);
		check_slice(entry->uuid);
		check_slice(entry->bus_id);
		check_slice(entry->reason);
		assert(entry->lost || entry->index >= 0);
	}
	for (size_t size = 1; size <= sizeof(healthy); size *= 4) {
		assert(strlen(list_healthy(list, healthy, size)) < size);
		assert(strspn(healthy, "0123456789,") == strlen(healthy));
	}
}

static void check_added(const struct gpu_list *list)
{
	struct sample before, sample;

	sample_init(&before);
	sample_init(&sample);
	add_gpu(&before, 0, SLICE_LITERAL("GPU-1"), SLICE_LITERAL("00000000:01:00.0"));
	add_gpu(&before, 1, SLICE_LITERAL("GPU-2"), SLICE_LITERAL("00000000:02:00.0"));
	add_gpu(&before, 2, SLICE_LITERAL("GPU-3"), SLICE_LITERAL("00000000:03:00.0"));
	add_gpu(&sample, 1, SLICE_LITERAL("GPU-2"), SLICE_LITERAL("00000000:02:00.0"));
	sample_add_process(&sample)->pid = 1;
	list_add_lost(list, &before, &sample);
	check_sample(&sample);
	assert(slice_is(sample.gpus[sample.processes[0].gpu].uuid, "GPU-2"));
	for (size_t i = 1; i < sample.gpu_count; i++)
		assert(sample.gpus[i].index < 0 || sample.gpus[i - 1].index < sample.gpus[i].index);
	sample_done(&before);
	sample_done(&sample);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	struct gpu_list list;

	list_init(&list);
	list_parse(&list, (struct slice){(const char *)input, len});
	check_list(&list);
	check_added(&list);
	list_done(&list);
	return 0;
}
