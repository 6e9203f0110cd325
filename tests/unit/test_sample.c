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

static void slices_follow_when_kept_text_moves_the_text(void **state)
{
	static const char text[] = "0, GPU-0, 00000000:01:00.0, 550.54, [N/A], 1 MiB, 0 MiB, 30, 1 W, 1 W, 1 %, Card\n"
				   "GPU-0, 00000000:01:00.0, 12, [N/A], name\n"
				   "12 user 30 command line\n";
	struct query *query = query_new((const char *[]){"uuid"}, 1);
	struct smi_outcome outcome;
	struct sample sample;
	struct slice kept, rest, ps;
	char long_text[1000];

	sample_init(&sample);
	struct slice all = fixture_text(&sample, text, SIZE_MAX);
	struct slice gpus = slice_split(all, '\n', &rest);
	struct slice apps = slice_split(rest, '\n', &ps);
	csv_parse_gpus(gpus, 0, query, &sample, &outcome);
	processes_parse_apps(apps, 0, &sample);
	processes_parse_ps(ps, &sample);
	struct buf before, after;
	buf_init(&before, 4096);
	buf_init(&after, 4096);
	dump_sample(&before, &sample);

	memset(long_text, 'x', sizeof(long_text));
	for (int i = 0; i < 20; i++) {
		assert_int_equal(sample_keep(&sample, (struct slice){long_text, sizeof(long_text)}, &kept), 0);
		assert_memory_equal(kept.ptr, long_text, sizeof(long_text));
	}
	dump_sample(&after, &sample);
	assert_true(slice_equal(buf_slice(&before), buf_slice(&after)));
	assert_true(sample.gpus[0].uuid.ptr > sample.text.data && sample.gpus[0].uuid.ptr < sample.text.data + sample.text.len);
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
		cmocka_unit_test(refuses_more_than_the_caps),
		cmocka_unit_test(swaps),
		cmocka_unit_test(slices_follow_when_kept_text_moves_the_text),
		cmocka_unit_test(keeps_none_and_empty_and_refuses_over_the_cap),
		cmocka_unit_test(fills_an_index_only_where_its_place_leaves_no_choice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
