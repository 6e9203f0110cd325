/* clocks: what happened between two looks at them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect/clocks.h"

static const struct clocks start = {.wall = 1.7e9, .monotonic = 5000, .boot = 6000};

/*
 * How the clocks stand after `awake` seconds that we could see, `asleep` seconds of a suspended machine, and a wall clock set by
 * `set`.
 */
static struct clocks after(double awake, double asleep, double set)
{
	return (struct clocks){start.wall + awake + asleep + set, start.monotonic + awake, start.boot + awake + asleep};
}

static void expect(struct clocks now, double set, double suspended, double stopped)
{
	struct clocks_news news;
	bool any = clocks_compare(&start, &now, &news);

	assert_true(any == (set != 0 || suspended != 0 || stopped != 0));
	assert_true(fabs(news.set - set) < 1e-3);
	assert_true(fabs(news.suspended - suspended) < 1e-3);
	assert_true(fabs(news.stopped - stopped) < 1e-3);
}

static void nothing_happens(void **state)
{
	expect(after(0, 0, 0), 0, 0, 0);
	expect(after(2, 0, 0), 0, 0, 0);
	expect(after(4.5, 0, 0), 0, 0, 0);
	expect(after(2, 0, 0.5), 0, 0, 0);
	expect(after(2, 0, -1.9), 0, 0, 0);
	expect(after(2, 1, 0), 0, 0, 0);
}

static void one_thing_is_not_taken_for_another(void **state)
{
	expect(after(2, 0, 3600), 3600, 0, 0);
	expect(after(2, 0, -86400), -86400, 0, 0);
	expect(after(2, 28800, 0), 0, 28800, 0);
	expect(after(30, 0, 0), 0, 0, 30);
}

static void several_at_once_are_told_apart(void **state)
{
	expect(after(1, 600, -3), -3, 600, 0);
	expect(after(10, 0, 5), 5, 0, 10);
	expect(after(10, 600, 5), 5, 600, 10);
}

static void the_real_ones_agree(void **state)
{
	struct clocks first = clocks_read(), second = clocks_read();
	struct clocks_news news;

	assert_true(second.monotonic >= first.monotonic && second.boot >= first.boot && first.boot >= first.monotonic - 1);
	assert_true(fabs(clocks_wall() - second.wall) < 60);
	assert_false(clocks_compare(&first, &first, &news));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_happens),
		cmocka_unit_test(one_thing_is_not_taken_for_another),
		cmocka_unit_test(several_at_once_are_told_apart),
		cmocka_unit_test(the_real_ones_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
