/* query: what is asked, and where it stands in a row. */
#include "smi_fixture.h"

#include "smi/query.h"

#define OWN                                                                                                                      \
	"index,uuid,pci.bus_id,driver_version,utilization.gpu,memory.total,memory.used,temperature.gpu,power.draw,power.limit,"  \
	"fan.speed,clocks.sm,clocks.max.sm,pcie.link.gen.current,pcie.link.gen.max,pcie.link.width.current,"                     \
	"pcie.link.width.max,ecc.errors.corrected.volatile.total,ecc.errors.uncorrected.volatile.total,"                         \
	"clocks_throttle_reasons.active,pstate,persistence_mode,compute_mode,retired_pages.pending"
#define OWN_450 ",mig.mode.current"
#define OWN_556 ",remapped_rows.pending,remapped_rows.failure,gpu_recovery_action"
#define OWN_ALL OWN OWN_450 OWN_556
/* How many those are, with the name. */
enum { OWN_COUNT = READING_COUNT + TEXT_COUNT + IDENTITY_COUNT };

static void asks_own_fields_with_the_name_last(void **state)
{
	struct query *query = query_new(NULL, 0);

	assert_string_equal(query_fields(query), OWN_ALL ",name");
	assert_int_equal(query_field_count(query), OWN_COUNT);
	assert_int_equal(query_column_count(query), 0);
	assert_int_equal(query_position_of_identity(query, IDENTITY_index), 0);
	assert_int_equal(query_position_of_identity(query, IDENTITY_name), OWN_COUNT - 1);
	assert_int_equal(query_position_of_reading(query, READING_utilization), 4);
	assert_int_equal(query_position_of_reading(query, READING_fan), 10);
	assert_string_equal(query_field(query, 2), "pci.bus_id");
	assert_string_equal(query_field(query, OWN_COUNT - 1), "name");
	query_free(query);
}

static void asks_each_field_once(void **state)
{
	static const char *const columns[] = {"name", "serial", "temperature.gpu", "gpu_name", "Serial", "Index"};
	struct query *query = query_new(columns, COUNT_OF(columns));

	assert_string_equal(query_fields(query), OWN_ALL ",serial,name");
	assert_int_equal(query_column_count(query), 6);
	assert_int_equal(query_position_of_column(query, 0), OWN_COUNT);
	assert_int_equal(query_position_of_column(query, 1), OWN_COUNT - 1);
	assert_int_equal(query_position_of_column(query, 2), query_position_of_reading(query, READING_temperature));
	assert_int_equal(query_position_of_column(query, 3), OWN_COUNT);
	assert_int_equal(query_position_of_column(query, 4), OWN_COUNT - 1);
	assert_int_equal(query_position_of_column(query, 5), 0);
	query_free(query);
}

static void drops_one_field_and_restores_all(void **state)
{
	static const char *const columns[] = {"clocks_event_reasons.active", "serial"};
	struct query *query = query_new(columns, COUNT_OF(columns));

	assert_false(query_drop(query, slice_of("bogus")));
	assert_false(query_drop(query, SLICE_NONE));
	assert_true(query_drop(query, slice_of("CLOCKS_event_reasons.active")));
	assert_false(query_drop(query, slice_of("clocks_event_reasons.active")));
	assert_string_equal(query_fields(query), OWN_ALL ",serial,name");
	assert_int_equal(query_position_of_column(query, 0), -1);
	assert_int_equal(query_position_of_column(query, 1), OWN_COUNT - 1);

	assert_true(query_drop(query, slice_of("power.limit")));
	assert_int_equal(query_position_of_reading(query, READING_power_limit), -1);
	assert_int_equal(query_position_of_reading(query, READING_fan), 9);
	assert_int_equal(query_position_of_column(query, 1), OWN_COUNT - 2);
	assert_int_equal(query_column_count(query), 2);

	assert_true(query_restore(query));
	assert_false(query_restore(query));
	assert_string_equal(query_fields(query), OWN_ALL ",clocks_event_reasons.active,serial,name");
	query_free(query);
}

static void an_old_driver_loses_all_younger_fields_at_once(void **state)
{
	struct query *query = query_new(NULL, 0);

	assert_true(query_drop(query, slice_of("remapped_rows.failure")));
	assert_string_equal(query_fields(query), OWN OWN_450 ",name");
	assert_int_equal(query_position_of_text(query, TEXT_recovery_action), -1);
	assert_true(query_position_of_text(query, TEXT_mig_mode) > 0);
	assert_true(query_drop(query, slice_of("mig.mode.current")));
	assert_string_equal(query_fields(query), OWN ",name");
	assert_true(query_restore(query));
	assert_true(query_drop(query, slice_of("mig.mode.current")));
	assert_string_equal(query_fields(query), OWN ",name");
	assert_int_equal(query_position_of_text(query, TEXT_remap_pending), -1);
	query_free(query);
}

static void a_field_of_every_driver_takes_no_other_along(void **state)
{
	struct query *query = query_new(NULL, 0);
	size_t before = query_field_count(query);

	assert_true(query_drop(query, slice_of("clocks_throttle_reasons.active")));
	assert_int_equal(query_field_count(query), before - 1);
	assert_int_equal(query_position_of_reading(query, READING_throttle), -1);
	query_free(query);
}

static void a_configured_column_is_dropped_only_by_its_name(void **state)
{
	static const char *const columns[] = {"gpu_recovery_action", "reset_status.reset_required"};
	struct query *query = query_new(columns, COUNT_OF(columns));

	assert_true(query_drop(query, slice_of("mig.mode.current")));
	assert_string_equal(query_fields(query), OWN ",gpu_recovery_action,reset_status.reset_required,name");
	assert_int_equal(query_position_of_column(query, 0), query_position_of_text(query, TEXT_recovery_action));
	assert_true(query_drop(query, slice_of("gpu_recovery_action")));
	assert_string_equal(query_fields(query), OWN ",reset_status.reset_required,name");
	query_restore(query);
	assert_true(query_drop(query, slice_of("gpu_recovery_action")));
	assert_string_equal(query_fields(query), OWN OWN_450 ",reset_status.reset_required,name");
	query_free(query);
}

static void never_asks_what_is_no_field_name(void **state)
{
	static const char *const columns[] = {"$(reboot)", "pci.baseClass", "a b", "", "x,y", "'"};
	struct query *query = query_new(columns, COUNT_OF(columns));

	assert_string_equal(query_fields(query), OWN_ALL ",pci.baseClass,name");
	assert_int_equal(query_position_of_column(query, 0), -1);
	assert_false(query_drop(query, slice_of("a b")));
	assert_false(query_restore(query));
	assert_string_equal(query_fields(query), OWN_ALL ",pci.baseClass,name");
	query_free(query);
}

static void takes_as_many_columns_as_the_cap(void **state)
{
	char names[CAP_COLUMNS][16];
	const char *columns[CAP_COLUMNS];

	for (size_t i = 0; i < CAP_COLUMNS; i++) {
		snprintf(names[i], sizeof(names[i]), "field%zu", i);
		columns[i] = names[i];
	}
	struct query *query = query_new(columns, CAP_COLUMNS);
	assert_int_equal(query_field_count(query), QUERY_FIELDS_MAX);
	assert_int_equal(query_position_of_column(query, CAP_COLUMNS - 1), QUERY_FIELDS_MAX - 2);
	query_free(query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_own_fields_with_the_name_last),
		cmocka_unit_test(asks_each_field_once),
		cmocka_unit_test(an_old_driver_loses_all_younger_fields_at_once),
		cmocka_unit_test(a_field_of_every_driver_takes_no_other_along),
		cmocka_unit_test(a_configured_column_is_dropped_only_by_its_name),
		cmocka_unit_test(drops_one_field_and_restores_all),
		cmocka_unit_test(never_asks_what_is_no_field_name),
		cmocka_unit_test(takes_as_many_columns_as_the_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
