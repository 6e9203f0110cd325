/* model/recent: the last minutes of a host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "invented.h"

struct lab {
	struct recent recent;
	struct sample sample;
};

static int set_up(void **state)
{
	struct lab *lab = xcalloc(1, sizeof(*lab));

	sample_init(&lab->sample);
	*state = lab;
	return 0;
}

static int tear_down(void **state)
{
	struct lab *lab = *state;

	recent_done(&lab->recent);
	sample_done(&lab->sample);
	free(lab);
	return 0;
}

static struct gpu *new_gpu(struct lab *lab, const char *uuid)
{
	struct gpu *gpu = invented_gpu(&lab->sample);

	gpu->uuid = slice_of(uuid);
	return gpu;
}

/* Point `i`, the oldest first, of a GPU. */
static const struct recent_point *point(const struct lab *lab, size_t gpu, size_t i)
{
	return &lab->recent.gpus[gpu]->points[recent_place(&lab->recent, i)];
}

static void a_point_is_what_the_sample_told(void **state)
{
	struct lab *lab = *state;
	struct gpu *gpu = new_gpu(lab, "GPU-a");

	gpu->readings[READING_utilization].value = 99.6;
	gpu->readings[READING_memory_used].value = 3 * GIB;
	gpu->readings[READING_power].value = 186.24;
	gpu->readings[READING_temperature].value = 61;
	recent_add(&lab->recent, &lab->sample, NOON);
	assert_int_equal(lab->recent.count, 1);
	assert_int_equal(point(lab, 0, 0)->utilization, 100);
	assert_int_equal(point(lab, 0, 0)->temperature, 61);
	assert_int_equal(point(lab, 0, 0)->power, 1862);
	assert_true((double)point(lab, 0, 0)->memory == 3 * GIB);
}

static void what_is_not_told_or_does_not_fit_is_not_zero(void **state)
{
	struct lab *lab = *state;
	struct gpu *gpu = new_gpu(lab, "GPU-a");

	gpu->readings[READING_utilization] = reading_absent(SLICE_LITERAL("[N/A]"));
	gpu->readings[READING_memory_used] = reading_absent(SLICE_LITERAL("[N/A]"));
	gpu->readings[READING_power].value = 1e9;
	gpu->readings[READING_temperature].value = -5;
	recent_add(&lab->recent, &lab->sample, NOON);
	assert_int_equal(point(lab, 0, 0)->utilization, UINT8_MAX);
	assert_int_equal(point(lab, 0, 0)->temperature, UINT8_MAX);
	assert_int_equal(point(lab, 0, 0)->power, UINT16_MAX);
	assert_true(point(lab, 0, 0)->memory < 0);
}

static void the_oldest_goes_when_the_ring_is_full(void **state)
{
	struct lab *lab = *state;
	struct gpu *gpu = new_gpu(lab, "GPU-a");

	for (int i = 0; i < RECENT_POINTS + 7; i++) {
		gpu->readings[READING_temperature].value = i % 200;
		recent_add(&lab->recent, &lab->sample, NOON + 5 * i);
	}
	assert_int_equal(lab->recent.count, RECENT_POINTS);
	for (size_t i = 0; i < RECENT_POINTS; i++) {
		assert_true(lab->recent.times[recent_place(&lab->recent, i)] == NOON + 5 * (double)(i + 7));
		assert_int_equal(point(lab, 0, i)->temperature, (i + 7) % 200);
	}
}

/* At one sample a second there are still ten minutes in it. */
static void fast_samples_are_thinned_out(void **state)
{
	struct lab *lab = *state;

	new_gpu(lab, "GPU-a");
	for (int i = 0; i < 1200; i++)
		recent_add(&lab->recent, &lab->sample, NOON + i);
	assert_int_equal(lab->recent.count, RECENT_POINTS);
	double span = lab->recent.times[recent_place(&lab->recent, RECENT_POINTS - 1)] -
		      lab->recent.times[recent_place(&lab->recent, 0)];
	assert_true(span >= 590 && span <= 610);
}

static void a_gpu_keeps_its_line_wherever_it_stands(void **state)
{
	struct lab *lab = *state;

	new_gpu(lab, "GPU-a")->readings[READING_temperature].value = 10;
	new_gpu(lab, "GPU-b")->readings[READING_temperature].value = 20;
	recent_add(&lab->recent, &lab->sample, NOON);
	/* After a reboot they have changed places, and a third one is new. */
	sample_clear(&lab->sample);
	new_gpu(lab, "GPU-b")->readings[READING_temperature].value = 21;
	new_gpu(lab, "GPU-c")->readings[READING_temperature].value = 31;
	new_gpu(lab, "GPU-a")->readings[READING_temperature].value = 11;
	recent_add(&lab->recent, &lab->sample, NOON + 5);
	assert_int_equal(lab->recent.gpu_count, 3);
	assert_string_equal(lab->recent.gpus[0]->uuid, "GPU-b");
	assert_int_equal(point(lab, 0, 0)->temperature, 20);
	assert_int_equal(point(lab, 0, 1)->temperature, 21);
	assert_int_equal(point(lab, 1, 0)->temperature, UINT8_MAX);
	assert_int_equal(point(lab, 1, 1)->temperature, 31);
	assert_int_equal(point(lab, 2, 0)->temperature, 10);
	/* One that is not listed any more is forgotten. */
	sample_clear(&lab->sample);
	new_gpu(lab, "GPU-a");
	recent_add(&lab->recent, &lab->sample, NOON + 10);
	assert_int_equal(lab->recent.gpu_count, 1);
	assert_int_equal(point(lab, 0, 1)->temperature, 11);
}

static void a_clock_that_is_set_moves_the_times(void **state)
{
	struct lab *lab = *state;

	new_gpu(lab, "GPU-a");
	recent_add(&lab->recent, &lab->sample, NOON);
	recent_shift_times(&lab->recent, -3600);
	assert_true(lab->recent.times[0] == NOON - 3600);
	/* So the next sample is no old one. */
	recent_add(&lab->recent, &lab->sample, NOON - 3595);
	assert_int_equal(lab->recent.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_point_is_what_the_sample_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_told_or_does_not_fit_is_not_zero, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_oldest_goes_when_the_ring_is_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(fast_samples_are_thinned_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_gpu_keeps_its_line_wherever_it_stands, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_clock_that_is_set_moves_the_times, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
