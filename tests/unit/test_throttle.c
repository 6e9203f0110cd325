/* throttle: bits in order, names that the HTTP interface may show. */
#include "smi_fixture.h"

#include "smi/throttle.h"

static void bits_rise_and_have_names(void **state)
{
	uint64_t last = 0;
	size_t count = 0;

	for (const struct throttle_reason *reason = throttle_reasons; reason->name; reason++, count++) {
		assert_true(reason->bit > last);
		assert_int_equal(reason->bit & (reason->bit - 1), 0);
		assert_int_equal(strspn(reason->name, "abcdefghijklmnopqrstuvwxyz-"), strlen(reason->name));
		assert_true(strlen(reason->text) > 0);
		last = reason->bit;
	}
	assert_int_equal(count, 9);
}

static void heat_and_missing_power_are_trouble(void **state)
{
	uint64_t trouble = 0;

	for (const struct throttle_reason *reason = throttle_reasons; reason->name; reason++)
		if (reason->kind == THROTTLE_TROUBLE)
			trouble |= reason->bit;
	assert_int_equal(trouble, 0x8 | 0x20 | 0x40 | 0x80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bits_rise_and_have_names),
		cmocka_unit_test(heat_and_missing_power_are_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
