/* roster: GPUs that were there before and are not told of any more. */
#include "smi_fixture.h"

#include "smi/roster.h"

struct row {
	int index;
	const char *uuid, *bus_id, *problem;
};

#define A "GPU-a", "00000000:01:00.0"
#define B "GPU-b", "00000000:02:00.0"
#define C "GPU-c", "00000000:03:00.0"
#define D "GPU-d", "00000000:04:00.0"
#define NOBODY NULL, NULL
#define END                                                                                                                      \
	{                                                                                                                        \
		0, NULL, NULL, "end"                                                                                             \
	}

static bool is_end(const struct row *row)
{
	return row->problem && strcmp(row->problem, "end") == 0;
}

static void fill(struct sample *sample, const struct row *rows)
{
	sample_clear(sample);
	for (; !is_end(rows); rows++) {
		struct gpu *gpu = sample_add_gpu(sample);
		if (rows->problem)
			gpu_set_problem(gpu, slice_of(rows->problem));
		gpu->index = rows->index;
		gpu->uuid = slice_of(rows->uuid);
		gpu->bus_id = slice_of(rows->bus_id);
		gpu->name = rows->uuid ? SLICE_LITERAL("Card") : SLICE_NONE;
	}
}

static void expect(const struct sample *sample, const struct row *rows)
{
	size_t at = 0;

	for (; !is_end(rows); rows++, at++) {
		assert_true(at < sample->gpu_count);
		const struct gpu *gpu = &sample->gpus[at];
		assert_int_equal(gpu->index, rows->index);
		assert_true(rows->uuid ? slice_is(gpu->uuid, rows->uuid) : !gpu->uuid.ptr);
		assert_true(rows->bus_id ? slice_is(gpu->bus_id, rows->bus_id) : !gpu->bus_id.ptr);
		assert_true(rows->problem ? slice_is(gpu->problem, rows->problem) : !gpu->problem.ptr);
		if (!rows->problem || strcmp(rows->problem, ROSTER_MISSING) != 0)
			continue;
		assert_true(slice_is(gpu->name, "Card"));
		assert_false(gpu->has_cells);
		for (size_t i = 0; i < READING_COUNT; i++)
			assert_true(slice_is(gpu->readings[i].absent, ROSTER_MISSING));
	}
	assert_int_equal(sample->gpu_count, at);
}

static const struct {
	const char *what;
	struct row before[6], now[6], after[6];
} cases[] = {
	{"all there", {{0, A, NULL}, {1, B, NULL}, END}, {{0, A, NULL}, {1, B, NULL}, END}, {{0, A, NULL}, {1, B, NULL}, END}},
	{"the last is gone", {{0, A, NULL}, {1, B, NULL}, END}, {{0, A, NULL}, END}, {{0, A, NULL}, {1, B, "missing"}, END}},
	{"the first is gone, indices stay",
	 {{0, A, NULL}, {1, B, NULL}, END},
	 {{1, B, NULL}, END},
	 {{0, A, "missing"}, {1, B, NULL}, END}},
	{"the middle one is gone, and the others are counted anew",
	 {{0, A, NULL}, {1, B, NULL}, {2, C, NULL}, END},
	 {{0, A, NULL}, {1, C, NULL}, END},
	 {{0, A, NULL}, {-1, B, "missing"}, {1, C, NULL}, END}},
	{"and stays so",
	 {{0, A, NULL}, {-1, B, "missing"}, {1, C, NULL}, END},
	 {{0, A, NULL}, {1, C, NULL}, END},
	 {{0, A, NULL}, {-1, B, "missing"}, {1, C, NULL}, END}},
	{"until it is back",
	 {{0, A, NULL}, {-1, B, "missing"}, {1, C, NULL}, END},
	 {{0, A, NULL}, {1, B, NULL}, {2, C, NULL}, END},
	 {{0, A, NULL}, {1, B, NULL}, {2, C, NULL}, END}},
	{"one is missing, and another goes",
	 {{0, A, NULL}, {1, B, "missing"}, {2, C, NULL}, {3, D, NULL}, END},
	 {{0, A, NULL}, {3, D, NULL}, END},
	 {{0, A, NULL}, {1, B, "missing"}, {2, C, "missing"}, {3, D, NULL}, END}},
	{"only one is left",
	 {{0, A, NULL}, {1, B, NULL}, {2, C, NULL}, {3, D, NULL}, END},
	 {{0, C, NULL}, END},
	 {{-1, A, "missing"}, {0, C, NULL}, {1, B, "missing"}, {3, D, "missing"}, END}},
	{"one with a problem is there",
	 {{0, A, NULL}, {1, B, NULL}, END},
	 {{0, A, NULL}, {1, NULL, "0000:02:00.0", "GPU is lost"}, END},
	 {{0, A, NULL}, {1, NULL, "0000:02:00.0", "GPU is lost"}, END}},
	{"one that was lost is gone altogether",
	 {{0, A, NULL}, {1, B, "GPU is lost"}, END},
	 {{0, A, NULL}, END},
	 {{0, A, NULL}, {1, B, "missing"}, END}},
	{"one with a problem that tells nothing else",
	 {{0, A, NULL}, {1, B, NULL}, END},
	 {{0, A, NULL}, {-1, NOBODY, "Unknown Error"}, END},
	 {{0, A, NULL}, {1, B, "Unknown Error"}, END}},
	{"the only one tells nothing else",
	 {{0, A, NULL}, END},
	 {{-1, NOBODY, "Unknown Error"}, END},
	 {{0, A, "Unknown Error"}, END}},
	{"a new one came", {{0, A, NULL}, END}, {{0, A, NULL}, {1, B, NULL}, END}, {{0, A, NULL}, {1, B, NULL}, END}},
	{"another machine",
	 {{0, A, NULL}, {1, B, NULL}, END},
	 {{0, C, NULL}, {1, D, NULL}, END},
	 {{0, C, NULL}, {1, D, NULL}, END}},
	{"another machine with one that is lost",
	 {{0, A, NULL}, END},
	 {{0, C, NULL}, {1, NULL, "0000:09:00.0", "GPU is lost"}, END},
	 {{0, C, NULL}, {1, NULL, "0000:09:00.0", "GPU is lost"}, END}},
	{"another card in its place",
	 {{0, A, NULL}, {1, B, NULL}, END},
	 {{0, A, NULL}, {1, "GPU-new", "0000:02:00.0", NULL}, END},
	 {{0, A, NULL}, {1, "GPU-new", "0000:02:00.0", NULL}, END}},
	{"another card in the place of a missing one",
	 {{0, A, NULL}, {-1, B, "missing"}, {1, C, NULL}, END},
	 {{0, A, NULL}, {1, "GPU-new", "00000000:02:00.0", NULL}, {2, C, NULL}, END},
	 {{0, A, NULL}, {1, "GPU-new", "00000000:02:00.0", NULL}, {2, C, NULL}, END}},
	{"one has moved to the place of another, which is missed",
	 {{0, A, NULL}, {1, B, NULL}, END},
	 {{0, "GPU-a", "00000000:02:00.0", NULL}, END},
	 {{0, "GPU-a", "00000000:02:00.0", NULL}, {1, B, "missing"}, END}},
	{"a new card elsewhere",
	 {{0, A, NULL}, {1, B, NULL}, END},
	 {{0, A, NULL}, {2, C, NULL}, END},
	 {{0, A, NULL}, {1, B, "missing"}, {2, C, NULL}, END}},
	{"the same cards in another order",
	 {{0, A, NULL}, {1, B, NULL}, {2, C, NULL}, END},
	 {{0, C, NULL}, {1, A, NULL}, END},
	 {{0, C, NULL}, {1, A, NULL}, {-1, B, "missing"}, END}},
};

static void misses_what_was_there(void **state)
{
	struct sample before, now;

	sample_init(&before);
	sample_init(&now);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		fill(&before, cases[i].before);
		fill(&now, cases[i].now);
		roster_add_missing(&before, &now);
		print_message("# %s\n", cases[i].what);
		expect(&now, cases[i].after);
	}
	fill(&now, cases[0].now);
	roster_add_missing(NULL, &now);
	expect(&now, cases[0].now);
	sample_done(&before);
	sample_done(&now);
}

static void processes_and_parts_keep_their_gpu_and_text_is_copied(void **state)
{
	static const struct row before_rows[] = {{0, A, NULL}, {1, B, NULL}, {2, C, NULL}, END};
	static const struct row rows[] = {{2, C, NULL}, END};
	struct sample before, now;
	struct slice kept;

	sample_init(&before);
	sample_init(&now);
	fill(&before, before_rows);
	assert_int_equal(sample_keep(&before, SLICE_LITERAL("GPU-of-its-own"), &kept), 0);
	before.gpus[1].uuid = kept;
	fill(&now, rows);
	sample_add_process(&now)->pid = 7;
	sample_add_mig(&now)->index = 3;
	now.processes[0].mig = 0;
	roster_add_missing(&before, &now);
	sample_done(&before);
	assert_int_equal(now.gpu_count, 3);
	assert_true(slice_is(now.gpus[1].uuid, "GPU-of-its-own"));
	assert_int_equal(now.processes[0].gpu, 2);
	assert_int_equal(now.migs[0].gpu, 2);
	assert_int_equal(now.processes[0].mig, 0);
	sample_done(&now);
}

static void misses_no_more_than_the_cap(void **state)
{
	char names[2 * CAP_GPUS][16];
	struct sample before, now;

	sample_init(&before);
	sample_init(&now);
	for (size_t i = 0; i < 2 * (size_t)CAP_GPUS; i++) {
		/* 0 to 63 were there, 32 to 95 are. */
		snprintf(names[i], sizeof(names[i]), "GPU-%zu", i);
		struct gpu *gpu = i < CAP_GPUS ? sample_add_gpu(&before) : NULL;
		if (gpu)
			*gpu = (struct gpu){.index = (int)i, .uuid = slice_of(names[i])};
		gpu = i >= CAP_GPUS / 2 && now.gpu_count < CAP_GPUS ? sample_add_gpu(&now) : NULL;
		if (gpu)
			*gpu = (struct gpu){.index = (int)i, .uuid = slice_of(names[i])};
	}
	roster_add_missing(&before, &now);
	assert_int_equal(now.gpu_count, CAP_GPUS);
	assert_int_equal(now.gpus_left_out, CAP_GPUS / 2);
	assert_int_equal(now.gpus[0].index, CAP_GPUS / 2);
	sample_done(&before);
	sample_done(&now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(misses_what_was_there),
		cmocka_unit_test(processes_and_parts_keep_their_gpu_and_text_is_copied),
		cmocka_unit_test(misses_no_more_than_the_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
