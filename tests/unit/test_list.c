/* list: the answer of -L, and the lost GPUs put back among the healthy ones. */
#include "smi_fixture.h"

#include "smi/list.h"

#define LOST(text) "Unable to determine the device handle for gpu " text "\n"

static void expect_entry(const struct gpu_list *list, size_t at, int index, bool lost, const char *uuid_or_bus_id,
			 const char *name_or_reason)
{
	const struct list_entry *entry = &list->entries[at];

	assert_true(at < list->count);
	assert_int_equal(entry->index, index);
	assert_int_equal(entry->lost, lost);
	assert_true(slice_is(lost ? entry->bus_id : entry->uuid, uuid_or_bus_id));
	assert_true(slice_is(lost ? entry->reason : entry->name, name_or_reason));
}

static void lists_healthy_and_lost_gpus(void **state)
{
	static const char text[] = "GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-aaaa)\n"
				   "  MIG 3g.40gb     Device  0: (UUID: MIG-bbbb)\n"
				   "  MIG 1g.5gb Device 1: (UUID: MIG-GPU-aaaa/7/0)\n" LOST(
					   "0000:18:00.0: Unknown Error") "GPU 2: Card (rev. 2), with: all (UUID: GPU-cccc)\r\n"
									  "GPU 3: no UUID\n";
	struct gpu_list list;
	struct sample sample;
	char healthy[64], small[4];

	list_init(&list);
	sample_init(&sample);
	for (size_t i = 0; i < COUNT_OF(fixture_pieces); i++) {
		assert_true(list_parse(&list, fixture_text(&sample, text, fixture_pieces[i])));
		assert_int_equal(list.count, 4);
		expect_entry(&list, 0, 0, false, "GPU-aaaa", "NVIDIA H100 80GB HBM3");
		expect_entry(&list, 1, 1, true, "0000:18:00.0", "Unknown Error");
		expect_entry(&list, 2, 2, false, "GPU-cccc", "Card (rev. 2), with: all");
		expect_entry(&list, 3, 3, false, "", "no UUID");
		assert_string_equal(list_healthy(&list, healthy, sizeof(healthy)), "0,2,3");
		assert_string_equal(list_healthy(&list, small, sizeof(small)), "0,2");
	}
	sample_done(&sample);
	list_done(&list);
	list_done(NULL);
}

static void says_so_when_there_is_no_gpu(void **state)
{
	static const char *const texts[] = {
		"",        "No devices found.\n",      "Failed to initialize NVML: Unknown Error\n", "GPU x: y\n",
		"GPU 1\n", "GPU -1: z (UUID: GPU-a)\n"};
	struct gpu_list list;
	char healthy[8];

	list_init(&list);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		assert_false(list_parse(&list, slice_of(texts[i])));
		assert_int_equal(list.count, 0);
		assert_string_equal(list_healthy(&list, healthy, sizeof(healthy)), "");
	}
	assert_true(list_parse(&list, slice_of(LOST("0000:18:00.0: GPU is lost"))));
	assert_string_equal(list_healthy(&list, healthy, sizeof(healthy)), "");
	list_done(&list);
}

static void counts_gpus_over_the_cap(void **state)
{
	struct gpu_list list;
	struct sample sample;
	struct buf text;

	buf_init(&text, 1 << 16);
	for (size_t i = 0; i < CAP_GPUS + 2; i++)
		dump(&text, "GPU %zu: Card (UUID: GPU-%zu)\n", i, i);
	list_init(&list);
	sample_init(&sample);
	assert_true(list_parse(&list, buf_slice(&text)));
	assert_int_equal(list.count, CAP_GPUS);
	list_add_lost(&list, NULL, &sample);
	assert_int_equal(sample.gpus_left_out, 2);
	buf_done(&text);
	sample_done(&sample);
	list_done(&list);
}

struct gpu_row {
	int index;
	const char *uuid, *bus_id, *name;
};

static void add_gpus(struct sample *sample, const struct gpu_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct gpu *gpu = sample_add_gpu(sample);
		gpu->index = rows[i].index;
		gpu->uuid = slice_of(rows[i].uuid);
		gpu->bus_id = slice_of(rows[i].bus_id);
		gpu->name = slice_of(rows[i].name);
		gpu->has_cells = true;
		gpu->first_cell = sample->cell_count;
		sample_add_cell(sample, slice_of(rows[i].uuid));
	}
	sample->columns = 1;
}

static void add_process(struct sample *sample, size_t gpu, int64_t pid)
{
	struct process *process = sample_add_process(sample);

	process->gpu = gpu;
	process->pid = pid;
}

static const struct gpu_row four[] = {
	{0, "GPU-a", "00000000:17:00.0", "Card A"},
	{1, "GPU-b", "00000000:18:00.0", "Card B"},
	{2, "GPU-c", "00000000:19:00.0", "Card C"},
	{3, "GPU-d", "00000000:1A:00.0", "Card D"},
};

static void expect_gpu(const struct sample *sample, size_t at, const struct gpu_row *row, const char *problem)
{
	const struct gpu *gpu = &sample->gpus[at];

	assert_true(at < sample->gpu_count);
	assert_int_equal(gpu->index, row->index);
	assert_true(slice_equal(gpu->uuid, slice_of(row->uuid)));
	assert_true(slice_equal(gpu->bus_id, slice_of(row->bus_id)));
	assert_true(slice_equal(gpu->name, slice_of(row->name)));
	assert_true(problem ? slice_is(gpu->problem, problem) : !gpu->problem.ptr);
	assert_int_equal(gpu->has_cells, !problem);
	if (gpu->has_cells)
		assert_true(slice_equal(sample->cells[gpu->first_cell], gpu->uuid));
}

static void puts_lost_gpus_back_by_their_former_names(void **state)
{
	struct sample before, sample;
	struct gpu_list list;

	sample_init(&before);
	sample_init(&sample);
	list_init(&list);
	add_gpus(&before, four, 4);
	add_gpus(&sample, &four[1], 1);
	add_gpus(&sample, &four[3], 1);
	add_process(&sample, 0, 100);
	add_process(&sample, 1, 300);
	assert_true(list_parse(
		&list, slice_of(LOST("0000:17:00.0: GPU is lost.  Reboot the system") "GPU 1: Card B (UUID: GPU-b)\n" LOST(
			       "0000:19:00.0: Unknown Error") "GPU 3: Card D (UUID: GPU-d)\n")));

	list_add_lost(&list, &before, &sample);
	assert_int_equal(sample.gpu_count, 4);
	expect_gpu(&sample, 0, &four[0], "GPU is lost");
	expect_gpu(&sample, 1, &four[1], NULL);
	expect_gpu(&sample, 2, &four[2], "Unknown Error");
	expect_gpu(&sample, 3, &four[3], NULL);
	assert_int_equal(sample.processes[0].gpu, 1);
	assert_int_equal(sample.processes[1].gpu, 3);
	for (size_t id = 0; id < READING_COUNT; id++)
		assert_true(slice_is(sample.gpus[2].readings[id].absent, "Unknown Error"));

	/* A GPU that stands there already is not added twice. */
	list_add_lost(&list, &before, &sample);
	assert_int_equal(sample.gpu_count, 4);

	/* All text is the sample's own. */
	sample_done(&before);
	list_done(&list);
	expect_gpu(&sample, 2, &four[2], "Unknown Error");
	sample_done(&sample);
}

static void adds_what_nobody_knew(void **state)
{
	static const struct gpu_row lost = {1, NULL, "0000:18:00.0", NULL}, nameless = {-1, NULL, "0000:99:00.0", NULL};
	struct sample sample;
	struct gpu_list list;

	sample_init(&sample);
	list_init(&list);
	add_gpus(&sample, &four[0], 1);
	add_gpus(&sample, &four[2], 1);
	assert_true(list_parse(&list, slice_of("GPU 0: Card A (UUID: GPU-a)\n" LOST(
					      "0000:18:00.0: Unknown Error") "GPU 2: Card C (UUID: GPU-c)\n")));
	list_add_lost(&list, NULL, &sample);
	assert_int_equal(sample.gpu_count, 3);
	expect_gpu(&sample, 1, &lost, "Unknown Error");
	expect_gpu(&sample, 2, &four[2], NULL);

	/* Counted anew, without the lost one: there is no index left for it. */
	assert_true(list_parse(&list, slice_of("GPU 0: Card A (UUID: GPU-a)\n" LOST(
					      "0000:99:00.0: Unknown Error") "GPU 1: Card B (UUID: GPU-b)\n")));
	list_add_lost(&list, NULL, &sample);
	assert_int_equal(sample.gpu_count, 4);
	expect_gpu(&sample, 3, &nameless, "Unknown Error");

	/* Nor does it get the one it names when another GPU has it. */
	sample.gpu_count = 3;
	assert_true(list_parse(&list, slice_of(LOST("2: 0000:99:00.0: Unknown Error"))));
	list_add_lost(&list, NULL, &sample);
	expect_gpu(&sample, 3, &nameless, "Unknown Error");
	sample_done(&sample);
	list_done(&list);
}

static void adds_lost_gpus_to_an_empty_sample(void **state)
{
	struct sample before, sample;
	struct gpu_list list;

	sample_init(&before);
	sample_init(&sample);
	list_init(&list);
	add_gpus(&before, four, 4);
	assert_true(list_parse(&list, slice_of(LOST("0000:1a:00.0: Unknown Error") LOST("0: 0000:17:00.0: Unknown Error"))));
	list_add_lost(&list, &before, &sample);
	assert_int_equal(sample.gpu_count, 2);
	expect_gpu(&sample, 0, &four[0], "Unknown Error");
	expect_gpu(&sample, 1, &four[3], "Unknown Error");
	sample_done(&before);
	sample_done(&sample);
	list_done(&list);
}

static void recalls_the_names_of_gpus_that_lost_theirs(void **state)
{
	struct sample before, sample;

	sample_init(&before);
	sample_init(&sample);
	add_gpus(&before, four, 4);
	add_gpus(&sample, &four[0], 1);
	add_gpus(&sample, &(struct gpu_row){1, NULL, "0000:18:00.0", NULL}, 1);
	add_gpus(&sample, &(struct gpu_row){2, "GPU-c", NULL, NULL}, 1);
	add_gpus(&sample, &(struct gpu_row){3, NULL, NULL, NULL}, 1);
	for (size_t i = 1; i < 4; i++)
		gpu_set_problem(&sample.gpus[i], SLICE_LITERAL("Unknown Error"));
	list_recall(NULL, &sample);
	assert_null(sample.gpus[1].uuid.ptr);
	list_recall(&before, &sample);
	for (size_t i = 0; i < 4; i++) {
		sample.gpus[i].has_cells = i == 0;
		expect_gpu(&sample, i, &four[i], i == 0 ? NULL : "Unknown Error");
	}
	sample_done(&before);
	sample_done(&sample);
}

static void recalls_nothing_that_another_gpu_has(void **state)
{
	static const struct gpu_row moved[] = {{0, "GPU-b", "00000000:17:00.0", "Card B"}, {1, NULL, "0000:18:00.0", NULL}};
	struct sample before, sample;

	sample_init(&before);
	sample_init(&sample);
	add_gpus(&before, four, 4);
	add_gpus(&sample, moved, 2);
	gpu_set_problem(&sample.gpus[1], SLICE_LITERAL("GPU is lost"));
	list_recall(&before, &sample);
	assert_null(sample.gpus[1].uuid.ptr);
	assert_null(sample.gpus[1].name.ptr);
	sample_done(&before);
	sample_done(&sample);
}

static void compares_bus_ids(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} pairs[] = {
		{"0000:17:00.0", "00000000:17:00.0", true},
		{"00000000:3a:00.0", "00000000:3A:00.0", true},
		{"17:00.0", "0000:17:00.0", true},
		{"0001:17:00.0", "0000:17:00.0", false},
		{"0000:17:00.0", "0000:17:00.1", false},
		{"0000:17:00.0", "0000:71:00.0", false},
		{"", "", false},
		{"[N/A]", "[N/A]", false},
		{"0000:17:00", "0000:17:00", false},
		{"0000:17:00.0 ", "0000:17:00.0", false},
		{"000000000:17:00.0", "17:00.0", false},
		{"0000:117:00.0", "0000:17:00.0", false},
	};

	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		assert_int_equal(bus_id_equal(slice_of(pairs[i].a), slice_of(pairs[i].b)), pairs[i].equal);
		assert_int_equal(bus_id_equal(slice_of(pairs[i].b), slice_of(pairs[i].a)), pairs[i].equal);
	}
	assert_false(bus_id_equal(SLICE_NONE, SLICE_NONE));
	assert_int_equal(bus_id_length(slice_of("0000:17:00.0: Unknown Error")), 12);
	assert_int_equal(bus_id_length(slice_of("17:00.0")), 0);
	assert_int_equal(bus_id_length(SLICE_NONE), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_healthy_and_lost_gpus),
		cmocka_unit_test(says_so_when_there_is_no_gpu),
		cmocka_unit_test(counts_gpus_over_the_cap),
		cmocka_unit_test(puts_lost_gpus_back_by_their_former_names),
		cmocka_unit_test(adds_what_nobody_knew),
		cmocka_unit_test(adds_lost_gpus_to_an_empty_sample),
		cmocka_unit_test(recalls_the_names_of_gpus_that_lost_theirs),
		cmocka_unit_test(recalls_nothing_that_another_gpu_has),
		cmocka_unit_test(compares_bus_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
