/* tally: what a host's watching costs, over several sessions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "collect/tally.h"
#include "model/model.h"

struct watched {
	struct model *model;
	struct tally tally;
};

static int set_up(void **state)
{
	static struct watched watched;
	struct host_label label = {.name = "gpu1", .address = "gpu1"};

	watched.model = model_new();
	tally_init(&watched.tally, model_add_host(watched.model, &label, 100));
	*state = &watched;
	return 0;
}

static int tear_down(void **state)
{
	model_free(((struct watched *)*state)->model);
	return 0;
}

static void a_failed_login_is_an_attempt(void **state)
{
	struct tally *tally = &((struct watched *)*state)->tally;
	const struct host_session *sums = &tally->host->session;

	tally_attempt(tally);
	tally_bytes(tally, (struct transport_bytes){.in = 20, .out = 3000});
	tally_end(tally);
	assert_int_equal(sums->attempts, 1);
	assert_int_equal(sums->logins, 0);
	assert_true(sums->connected == 0);
	assert_int_equal(sums->bytes_in, 20);
	assert_int_equal(sums->bytes_out, 3000);
}

static void bytes_of_all_children_are_one_sum(void **state)
{
	struct tally *tally = &((struct watched *)*state)->tally;
	const struct host_session *sums = &tally->host->session;

	tally_attempt(tally);
	tally_bytes(tally, (struct transport_bytes){.in = 10, .out = 100});
	tally_bytes(tally, (struct transport_bytes){.in = 30, .out = 100});
	tally_end(tally);
	tally_attempt(tally);
	tally_bytes(tally, (struct transport_bytes){.in = 5, .out = 1});
	assert_int_equal(sums->bytes_in, 35);
	assert_int_equal(sums->bytes_out, 101);
	assert_int_equal(sums->attempts, 2);
}

static void probe_cpu_begins_anew_with_each_login(void **state)
{
	struct tally *tally = &((struct watched *)*state)->tally;
	const struct host_session *sums = &tally->host->session;

	tally_attempt(tally);
	tally_login(tally, 1000);
	assert_true(sums->connected == 1000);
	tally_sample(tally, 0.5, true);
	assert_int_equal(sums->probe_samples, 0);
	tally_sample(tally, 0.75, true);
	tally_sample(tally, NAN, true);
	tally_sample(tally, 1.25, true);
	assert_true(sums->probe_cpu == 1.25 && sums->keeps_driver);
	tally_end(tally);
	assert_true(sums->connected == 0 && !sums->keeps_driver);

	tally_attempt(tally);
	tally_login(tally, 2000);
	tally_sample(tally, 0.25, false);
	tally_sample(tally, 0.5, false);
	assert_true(sums->probe_cpu == 1.75);
	assert_int_equal(sums->probe_samples, 3);
	assert_int_equal(sums->samples, 6);
	assert_int_equal(sums->logins, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_failed_login_is_an_attempt, set_up, tear_down),
		cmocka_unit_test_setup_teardown(bytes_of_all_children_are_one_sum, set_up, tear_down),
		cmocka_unit_test_setup_teardown(probe_cpu_begins_anew_with_each_login, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
