/* sample: what grows, what is kept, and slices that follow their text. */
#include "smi_fixture.h"

static void keeps_its_memory_when_cleared(void **state)
{
	struct sample sample;

	sample_init(&sample);
	for (size_t i = 0; i < 20; i++) {
		sample_add_gpu(&sample)->index = 7;
		sample_add_process(&sample)->pid = 7;
		sample_add_cell(&sample, SLICE_LITERAL("x"));
	}
	assert_int_equal(buf_append(&sample.text, "text", 4), 0);
	const struct sample before = sample;
	sample.columns = 3;
	sample.driver = sample.process_problem = SLICE_LITERAL("x");
	sample.gpus_left_out = sample.processes_left_out = 1;

	sample_clear(&sample);
	assert_int_equal(sample.gpu_count + sample.process_count + sample.cell_count + sample.text.len + sample.columns, 0);
	assert_int_equal(sample.gpus_left_out + sample.processes_left_out, 0);
	assert_null(sample.driver.ptr);
	assert_null(sample.process_problem.ptr);
	assert_ptr_equal(sample.gpus, before.gpus);
	assert_ptr_equal(sample.processes, before.processes);
	assert_ptr_equal(sample.cells, before.cells);
	assert_ptr_equal(sample.text.data, before.text.data);
	assert_int_equal(sample_add_gpu(&sample)->index, 0);
	assert_int_equal(sample_add_process(&sample)->pid, 0);
	sample_done(&sample);
	sample_done(NULL);
}

static void knows_nothing_of_what_was_added(void **state)
{
	struct sample sample;

	sample_init(&sample);
	assert_null(sample_add_mig(&sample));
	sample_add_gpu(&sample);
	struct process *process = sample_add_process(&sample);
	assert_true(process->mig == NO_MIG_DEVICE);
	assert_non_null(process->memory.absent.ptr);
	assert_non_null(process->elapsed.absent.ptr);
	assert_non_null(process->cpu.absent.ptr);
	assert_non_null(process->rss.absent.ptr);
	struct mig_device *mig = sample_add_mig(&sample);
	assert_int_equal(mig->index, -1);
	assert_int_equal(mig->gpu_instance, -1);
	assert_int_equal(mig->compute_instance, -1);
	assert_non_null(mig->memory_total.absent.ptr);
	assert_non_null(mig->memory_used.absent.ptr);
	for (size_t i = 1; i < CAP_MIG_DEVICES; i++)
		assert_non_null(sample_add_mig(&sample));
	assert_null(sample_add_mig(&sample));
	sample_clear(&sample);
	assert_int_equal(sample.mig_count, 0);
	sample_done(&sample);
}

static void tells_gpus_apart(void **state)
{
	static const struct {
		int index;
		const char *uuid, *bus_id;
	} gpus[] = {
		{0, "GPU-a", "00000000:01:00.0"},
		{5, "GPU-a", "00000000:02:00.0"},
		{0, "GPU-b", "00000000:01:00.0"},
		{7, NULL, "0000:01:00.0"},
		{0, NULL, NULL},
		{-1, NULL, NULL},
	};
	static const char same[COUNT_OF(gpus)][COUNT_OF(gpus) + 1] = {"110110", "110000", "001110", "101100", "101010", "000000"};
	struct gpu made[COUNT_OF(gpus)];

	for (size_t i = 0; i < COUNT_OF(gpus); i++)
		made[i] =
			(struct gpu){.index = gpus[i].index, .uuid = slice_of(gpus[i].uuid), .bus_id = slice_of(gpus[i].bus_id)};
	for (size_t a = 0; a < COUNT_OF(gpus); a++)
		for (size_t b = 0; b < COUNT_OF(gpus); b++)
			assert_int_equal(gpu_is_same(&made[a], &made[b]), same[a][b] == '1');
}

static void mig_is_on_only_when_enabled(void **state)
{
	struct gpu gpu = {0};

	assert_false(gpu_has_mig(&gpu));
	gpu.texts[TEXT_mig_mode] = SLICE_LITERAL("Disabled");
	assert_false(gpu_has_mig(&gpu));
	gpu.texts[TEXT_mig_mode] = SLICE_LITERAL("Enabled");
	assert_true(gpu_has_mig(&gpu));
}

static void knows_laptops_by_their_names(void **state)
{
	static const struct {
		const char *name;
		bool laptop;
	} cases[] = {
		{"NVIDIA GeForce RTX 4070 Laptop GPU", true},
		{"NVIDIA GeForce GTX 1650 with Max-Q Design", true},
		{"Quadro P1000 Mobile", true},
		{"NVIDIA GeForce MX450", true},
		{"GeForce 940MX", true},
		{"GeForce GTX 960M", true},
		{"Quadro K2100M", true},
		{"NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition", false},
		{"NVIDIA GeForce RTX 4090", false},
		{"NVIDIA A100-SXM4-40GB", false},
		{"NVIDIA H100 80GB HBM3", false},
		{"Tesla M2090", false},
		{"Tesla K20Xm", false},
		{"GRID M60-1Q", false},
		{"MX", false},
		{"M", false},
		{"", false},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct gpu gpu = {.name = slice_of(cases[i].name)};
		if (gpu_is_of_laptop(&gpu) != cases[i].laptop)
			fail_msg("%s", cases[i].name);
	}
	assert_false(gpu_is_of_laptop(&(struct gpu){0}));
}

static void knows_who_awaits_repair(void **state)
{
	static const struct {
		enum text_id id;
		const char *text;
		bool awaits;
	} cases[] = {
		{TEXT_recovery_action, "None", false},     {TEXT_recovery_action, "[N/A]", false},
		{TEXT_recovery_action, "Reset", true},     {TEXT_recovery_action, "Reboot", true},
		{TEXT_recovery_action, "Drain P2P", true}, {TEXT_remap_pending, "No", false},
		{TEXT_remap_pending, "Yes", true},         {TEXT_retired_pending, "[N/A]", false},
		{TEXT_retired_pending, "Yes", true},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct gpu gpu = {0};
		gpu.texts[cases[i].id] = slice_of(cases[i].text);
		assert_int_equal(gpu_awaits_repair(&gpu), cases[i].awaits);
	}
	assert_true(gpu_awaits_repair(&(struct gpu){.problem = SLICE_LITERAL("GPU is lost")}));
	assert_false(gpu_awaits_repair(&(struct gpu){0}));
}

static void refuses_more_than_the_caps(void **state)
{
	struct sample sample;

	sample_init(&sample);
	assert_null(sample_add_process(&sample));
	assert_int_equal(sample.processes_left_out, 1);
	for (size_t i = 0; i < CAP_GPUS; i++)
		assert_non_null(sample_add_gpu(&sample));
	assert_null(sample_add_gpu(&sample));
	assert_int_equal(sample.gpus_left_out, 1);
	for (size_t i = 0; i < (size_t)CAP_GPUS * CAP_PROCESSES_PER_GPU; i++)
		assert_non_null(sample_add_process(&sample));
	assert_null(sample_add_process(&sample));
	assert_int_equal(sample.processes_left_out, 2);
	sample_done(&sample);
}

static void swaps(void **state)
{
	struct sample a, b;

	sample_init(&a);
	sample_init(&b);
	sample_add_gpu(&a)->index = 5;
	sample_swap(&a, &b);
	assert_int_equal(a.gpu_count, 0);
	assert_int_equal(b.gpus[0].index, 5);
	sample_done(&a);
	sample_done(&b);
}

/* All slices of a process and of a part, in an array. */
static size_t slices_of(struct sample *sample, struct slice *ret[20])
{
	struct process *process = &sample->processes[0];
	struct mig_device *mig = &sample->migs[0];
	struct slice *const all[] = {
		&process->name,
		&process->owner,
		&process->user,
		&process->inferred,
		&process->command,
		&process->memory.absent,
		&process->elapsed.absent,
		&process->cpu.absent,
		&process->rss.absent,
		&process->container,
		&process->pod,
		&process->job,
		&mig->profile,
		&mig->uuid,
		&mig->memory_total.absent,
		&mig->memory_used.absent,
		&sample->gpus[0].uuid,
		&sample->gpus[0].process_problem,
		&sample->gpus[0].texts[TEXT_pstate],
		&sample->gpus[0].readings[READING_utilization].absent,
	};

	memcpy(ret, all, sizeof(all));
	return COUNT_OF(all);
}

/* Each of the slices is another piece of the text. */
static void fill_all(struct sample *sample)
{
	struct slice *slices[20];

	sample_add_mig(sample);
	size_t count = slices_of(sample, slices);
	for (size_t i = 0; i < count; i++)
		*slices[i] = (struct slice){sample->text.data + i, 3};
}

static void expect_all_inside(struct sample *sample)
{
	struct slice *slices[20];
	size_t count = slices_of(sample, slices);

	for (size_t i = 0; i < count; i++)
		assert_ptr_equal(slices[i]->ptr, sample->text.data + i);
}

static void slices_follow_when_kept_text_moves_the_text(void **state)
{
	static const char text[] = "0, GPU-0, 00000000:01:00.0, 550.54, [N/A], 1 MiB, 0 MiB, 30, 1 W, 1 W, 1 %, " MORE ", Card\n"
				   "GPU-0, 00000000:01:00.0, 12, [N/A], name\n";
	struct query *query = query_new((const char *[]){"uuid"}, 1);
	struct smi_outcome outcome;
	struct sample sample;
	struct slice kept, apps;
	char long_text[1000];

	sample_init(&sample);
	struct slice all = fixture_text(&sample, text, SIZE_MAX);
	struct slice gpus = slice_split(all, '\n', &apps);
	csv_parse_gpus(gpus, 0, query, &sample, &outcome);
	processes_parse_apps(apps, 0, &sample);
	fill_all(&sample);
	struct buf before, after;
	buf_init(&before, 8192);
	buf_init(&after, 8192);
	dump_sample(&before, &sample);

	memset(long_text, 'x', sizeof(long_text));
	for (int i = 0; i < 20; i++) {
		assert_int_equal(sample_keep(&sample, (struct slice){long_text, sizeof(long_text)}, &kept), 0);
		assert_memory_equal(kept.ptr, long_text, sizeof(long_text));
	}
	dump_sample(&after, &sample);
	assert_true(slice_equal(buf_slice(&before), buf_slice(&after)));
	expect_all_inside(&sample);
	buf_done(&before);
	buf_done(&after);
	sample_done(&sample);
	query_free(query);
}

static void keeps_none_and_empty_and_refuses_over_the_cap(void **state)
{
	static char large[CAP_FRAME];
	struct slice kept = SLICE_LITERAL("untouched");
	struct sample sample;

	sample_init(&sample);
	assert_int_equal(sample_keep(&sample, SLICE_NONE, &kept), 0);
	assert_null(kept.ptr);
	assert_int_equal(sample_keep(&sample, SLICE_LITERAL(""), &kept), 0);
	assert_non_null(kept.ptr);
	for (int i = 0; i < 3; i++)
		assert_int_equal(sample_keep(&sample, (struct slice){large, sizeof(large)}, &kept), 0);
	struct slice last = kept;
	assert_true(sample_keep(&sample, SLICE_LITERAL("x"), &kept) < 0);
	assert_ptr_equal(kept.ptr, last.ptr);
	sample_done(&sample);
}

static void fills_an_index_only_where_its_place_leaves_no_choice(void **state)
{
	static const struct {
		size_t count;
		int from[5], to[5];
	} cases[] = {
		{3, {0, -1, 2}, {0, 1, 2}},
		{3, {-1, 1, 2}, {0, 1, 2}},
		{3, {0, 1, -1}, {0, 1, 2}},
		{4, {0, -1, -1, 3}, {0, 1, 2, 3}},
		{3, {0, -1, 1}, {0, -1, 1}},
		{3, {0, -1, 5}, {0, -1, 5}},
		{2, {-1, 0}, {-1, 0}},
		{2, {-1, -1}, {0, 1}},
		{5, {0, -1, 2, -1, 3}, {0, 1, 2, -1, 3}},
		{0, {0}, {0}},
		{3, {4, -1, 2}, {4, -1, 2}},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int indices[5];
		memcpy(indices, cases[i].from, sizeof(indices));
		gpu_fill_indices(indices, cases[i].count);
		for (size_t at = 0; at < cases[i].count; at++)
			assert_int_equal(indices[at], cases[i].to[at]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_its_memory_when_cleared),
		cmocka_unit_test(knows_nothing_of_what_was_added),
		cmocka_unit_test(tells_gpus_apart),
		cmocka_unit_test(mig_is_on_only_when_enabled),
		cmocka_unit_test(knows_laptops_by_their_names),
		cmocka_unit_test(knows_who_awaits_repair),
		cmocka_unit_test(refuses_more_than_the_caps),
		cmocka_unit_test(swaps),
		cmocka_unit_test(slices_follow_when_kept_text_moves_the_text),
		cmocka_unit_test(keeps_none_and_empty_and_refuses_over_the_cap),
		cmocka_unit_test(fills_an_index_only_where_its_place_leaves_no_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
