/* model: generations, the dirty set, and the states of a host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/model.h"

static const struct host_label node0 = {.name = "node0", .address = "192.168.1.25", .people = "Alice"};
static const struct host_label node1 = {.name = "node1", .address = "192.168.1.26"};

static void fill_sample(struct sample *sample, const char *text)
{
	sample_clear(sample);
	assert_int_equal(buf_append_slice(&sample->text, slice_of(text)), 0);
	sample_add_gpu(sample)->name = buf_slice(&sample->text);
}

static void every_change_has_a_generation(void **state)
{
	struct model *model = model_new();
	struct host *a = model_add_host(model, &node0, 100);
	struct host *b = model_add_host(model, &node1, 100);
	uint64_t before = model->generation;

	host_set_error(a, PROBLEM_REFUSED, slice_of("Connection refused"), SLICE_NONE, 105, 101);
	assert_int_equal(a->generation, before + 1);
	assert_int_equal(model->generation, a->generation);
	assert_true(b->generation < a->generation);
	/* What changes nothing has none. */
	before = model->generation;
	host_set_label(a, &node0);
	host_set_next_try(a, 105);
	host_set_next_try(b, 105);
	host_set_stale(b, 102);
	assert_int_equal(model->generation, before);
	struct host_label elsewhere = node0;
	elsewhere.port = 2222;
	host_set_label(a, &elsewhere);
	assert_int_equal(a->generation, before + 1);
	assert_int_equal(a->port, 2222);
	model_free(model);
}

/* How many hosts are dirty to a reader that has seen this generation. */
static size_t count_dirty(const struct model *model, uint64_t seen)
{
	size_t count = 0;

	for (size_t i = 0; i < model->host_count; i++)
		count += model->hosts[i]->generation > seen;
	return count;
}

/* Reports one GPU with this utilization, held by somebody or by nobody. */
static double report_idle(struct host *host, double utilization, bool taken, double now)
{
	struct sample sample;

	sample_init(&sample);
	fill_sample(&sample, "Invented X1");
	sample.gpus[0].index = 0;
	sample.gpus[0].readings[READING_utilization] = (struct reading){.value = utilization};
	if (taken)
		sample_add_process(&sample)->pid = 7;
	host_set_sample(host, &sample, NULL, 5, now);
	sample_done(&sample);
	return host->sample.gpus[0].idle_since;
}

static void a_gpu_that_somebody_holds_idles_since(void **state)
{
	struct model *model = model_new();
	struct host *host = model_add_host(model, &node0, 100);

	assert_true(report_idle(host, 0, false, 100) == 0);
	assert_true(report_idle(host, 0, true, 105) == 105);
	assert_true(report_idle(host, 0, true, 110) == 105);
	host_shift_times(host, 1000);
	assert_true(report_idle(host, 0, true, 1115) == 1105);
	assert_true(report_idle(host, 3, true, 1120) == 0);
	assert_true(report_idle(host, 0, true, 1125) == 1125);
	assert_true(report_idle(host, 0, false, 1130) == 0);
	model_free(model);
}

static void what_is_free_is_no_change_when_it_is_the_same(void **state)
{
	struct model *model = model_new();
	uint64_t layout = model->layout;

	model_set_free_rule(model, &(struct free_rule){5, 5});
	assert_int_equal(model->layout, layout);
	model_set_free_rule(model, &(struct free_rule){10, 5});
	assert_true(model->layout > layout);
	model_free(model);
}

static void each_reader_has_its_own_dirty_set(void **state)
{
	struct model *model = model_new();
	struct host *a = model_add_host(model, &node0, 100);
	struct host *b = model_add_host(model, &node1, 100);
	uint64_t one = model->generation, other;

	host_set_error(b, PROBLEM_DNS, slice_of("x"), SLICE_NONE, 0, 101);
	host_set_next_try(b, 110);
	assert_int_equal(count_dirty(model, one), 1);
	other = model->generation;
	assert_int_equal(count_dirty(model, other), 0);
	host_set_error(a, PROBLEM_DNS, slice_of("x"), SLICE_NONE, 0, 101);
	assert_int_equal(count_dirty(model, other), 1);
	assert_int_equal(count_dirty(model, one), 2);
	model_remove_host(model, b);
	assert_int_equal(model->host_count, 1);
	assert_int_equal(count_dirty(model, one), 1);
	model_free(model);
}

static void a_host_goes_through_its_states(void **state)
{
	struct model *model = model_new();
	struct host *host = model_add_host(model, &node0, 100);
	struct sample sample;

	sample_init(&sample);
	assert_int_equal(host->state, HOST_CONNECTING);
	fill_sample(&sample, "first");
	host_set_sample(host, &sample, NULL, 41, 110);
	assert_int_equal(host->state, HOST_OK);
	assert_true(host->since == 110 && host->sampled == 110 && host->sample_ms == 41);

	host_set_stale(host, 120);
	assert_int_equal(host->state, HOST_STALE);
	assert_true(host->since == 120 && host->sampled == 110);

	host_set_error(host, PROBLEM_NVIDIA_SMI_HANGS, slice_of("no answer"), slice_of("reboot"), 0, 125);
	host_set_error(host, PROBLEM_NVIDIA_SMI_HANGS, slice_of("still none"), slice_of("reboot"), 0, 130);
	assert_int_equal(host->state, HOST_ERROR);
	assert_true(host->error.since == 125 && host->since == 125);
	assert_string_equal(host->error.message, "still none");
	/* The last good values stay. */
	assert_int_equal(host->sample.gpu_count, 1);
	assert_true(slice_is(host->sample.gpus[0].name, "first"));

	host_set_error(host, PROBLEM_CLOSED, slice_of("gone"), SLICE_NONE, 140, 135);
	assert_true(host->error.since == 135 && host->since == 125);
	assert_null(host->error.hint);

	fill_sample(&sample, "second");
	host_set_sample(host, &sample, NULL, 40, 150);
	assert_int_equal(host->error.kind, PROBLEM_NONE);
	assert_null(host->error.message);
	assert_true(slice_is(host->sample.gpus[0].name, "second"));
	sample_done(&sample);
	model_free(model);
}

static void report(struct host *host, struct sample *sample, double now)
{
	sample_clear(sample);
	host_set_sample(host, sample, NULL, 1, now);
}

static void an_error_that_is_over_is_remembered(void **state)
{
	struct model *model = model_new();
	struct host *host = model_add_host(model, &node0, 100);
	struct sample sample;

	sample_init(&sample);
	report(host, &sample, 110);
	assert_int_equal(host->last_error.kind, PROBLEM_NONE);
	host_set_error(host, PROBLEM_CLOSED, slice_of("closed"), slice_of("look there"), 125, 120);
	host_set_error(host, PROBLEM_CLOSED, slice_of("closed again"), SLICE_NONE, 135, 130);
	assert_int_equal(host->last_error.kind, PROBLEM_NONE);
	/* Another kind is another error. */
	host_set_error(host, PROBLEM_REFUSED, slice_of("refused"), SLICE_NONE, 145, 140);
	assert_int_equal(host->last_error.kind, PROBLEM_CLOSED);
	assert_string_equal(host->last_error.message, "closed again");
	assert_true(host->last_error.since == 120 && host->last_error.until == 140);
	assert_string_equal(host->error.message, "refused");
	assert_true(host->error.since == 140);

	/* A good sample ends it, and the next ones change nothing about it. */
	report(host, &sample, 150);
	report(host, &sample, 160);
	assert_int_equal(host->error.kind, PROBLEM_NONE);
	assert_int_equal(host->last_error.kind, PROBLEM_REFUSED);
	assert_string_equal(host->last_error.message, "refused");
	assert_true(host->last_error.since == 140 && host->last_error.until == 150);
	/* A reload and a new login leave it where it is. */
	host_set_label(host, &node1);
	host_set_session(host, &(struct host_session){.connected = 170, .logins = 2});
	assert_int_equal(host->last_error.kind, PROBLEM_REFUSED);
	sample_done(&sample);
	model_free(model);
}

static void samples_are_exchanged_not_copied(void **state)
{
	struct model *model = model_new();
	struct host *host = model_add_host(model, &node0, 100);
	struct sample sample;
	char *memory[3];

	sample_init(&sample);
	for (int i = 0; i < 3; i++) {
		fill_sample(&sample, "same size");
		host_set_sample(host, &sample, NULL, 1, 100 + i);
		memory[i] = host->sample.text.data;
	}
	/* Two buffers take turns: nothing is allocated once both are there. */
	assert_ptr_equal(memory[0], memory[2]);
	assert_ptr_not_equal(memory[0], memory[1]);
	sample_done(&sample);
	model_free(model);
}

static void the_layout_changes_with_hosts_and_columns(void **state)
{
	struct model *model = model_new();
	const struct column columns[] = {{(char *)"index", (char *)"Index"}, {(char *)"name", (char *)"Name"}};
	struct host *a = model_add_host(model, &node0, 100);
	struct host *b = model_add_host(model, &node1, 100);
	struct host *swapped[] = {b, a}, *again[] = {b, a};
	uint64_t layout = model->layout;

	model_reorder(model, swapped);
	assert_true(model->layout > layout);
	assert_ptr_equal(model->hosts[0], b);
	layout = model->layout;
	model_reorder(model, again);
	assert_int_equal(model->layout, layout);
	model_set_columns(model, columns, 2);
	assert_true(model->layout > layout);
	layout = model->layout;
	model_set_columns(model, columns, 2);
	assert_int_equal(model->layout, layout);
	model_set_columns(model, columns, 1);
	assert_true(model->layout > layout);
	model_free(model);
}

/* One GPU with this UUID and problem, NULL: none. */
static void report_gpu(struct host *host, struct sample *sample, const char *uuid, const char *problem, double now)
{
	sample_clear(sample);
	struct gpu *gpu = sample_add_gpu(sample);
	gpu->uuid = slice_of(uuid);
	gpu->problem = slice_of(problem);
	host_set_sample(host, sample, NULL, 1, now);
}

/* As long as it is not well, whatever is said of it; another GPU in its place has troubles of its own. */
static void a_trouble_keeps_its_beginning(void **state)
{
	static const struct {
		const char *uuid, *problem;
		double since;
	} steps[] = {
		{"GPU-a", NULL, 0},
		{"GPU-a", "GPU is lost", 110},
		{"GPU-a", "missing", 110},
		{"GPU-a", "missing", 110},
		{"GPU-b", "GPU is lost", 140},
		{"GPU-b", NULL, 0},
		{"GPU-b", "GPU is lost", 160},
	};
	struct model *model = model_new();
	struct host *host = model_add_host(model, &node0, 100);
	struct sample sample;

	sample_init(&sample);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		report_gpu(host, &sample, steps[i].uuid, steps[i].problem, 100 + 10 * (double)i);
		assert_true(host->sample.gpus[0].problem_since == steps[i].since);
	}
	sample_done(&sample);
	model_free(model);
}

static void a_machine_is_told_with_its_sample(void **state)
{
	struct model *model = model_new();
	struct host *host = model_add_host(model, &node0, 100);
	struct machine machine;
	struct sample sample;

	sample_init(&sample);
	machine_init(&machine);
	machine.cpus = 64;
	assert_false(host->machine_told);
	host_set_sample(host, &sample, &machine, 1, 110);
	assert_true(host->machine_told);
	assert_int_equal(host->machine.cpus, 64);
	host_set_sample(host, &sample, NULL, 1, 120);
	assert_false(host->machine_told);
	sample_done(&sample);
	model_free(model);
}

/* The clock was set: what was 10 s ago is 10 s ago still, and what never was stays so. */
static void times_move_with_the_clock(void **state)
{
	struct model *model = model_new();
	struct host *host = model_add_host(model, &node0, 100), *new_one = model_add_host(model, &node1, 100);
	struct host_session session = {.connected = 105};
	struct sample sample;

	sample_init(&sample);
	host_set_session(host, &session);
	report_gpu(host, &sample, "GPU-a", "GPU is lost", 110);
	host_set_error(host, PROBLEM_REFUSED, slice_of("refused"), SLICE_NONE, 130, 115);
	host_set_error(host, PROBLEM_CLOSED, slice_of("closed"), SLICE_NONE, 130, 120);
	uint64_t before = model->generation;
	model_shift_times(model, 3600);
	assert_true(host->since == 3715 && host->sampled == 3710);
	assert_true(host->error.since == 3720 && host->error.next_try == 3730);
	assert_true(host->last_error.since == 3715 && host->last_error.until == 3720);
	assert_true(host->session.connected == 3705);
	assert_true(host->sample.gpus[0].problem_since == 3710);
	assert_true(host->findings.count == 1 && host->findings.findings[0].since == 3710);
	assert_true(new_one->since == 3700 && new_one->sampled == 0);
	assert_true(new_one->last_error.since == 0 && new_one->last_error.until == 0);
	assert_true(new_one->error.since == 0 && new_one->error.next_try == 0 && new_one->session.connected == 0);
	assert_true(host->generation > before && new_one->generation > before);
	/* And back. */
	model_shift_times(model, -3600);
	assert_true(host->since == 115 && host->findings.findings[0].since == 110);
	sample_done(&sample);
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_change_has_a_generation),
		cmocka_unit_test(a_gpu_that_somebody_holds_idles_since),
		cmocka_unit_test(what_is_free_is_no_change_when_it_is_the_same),
		cmocka_unit_test(each_reader_has_its_own_dirty_set),
		cmocka_unit_test(a_host_goes_through_its_states),
		cmocka_unit_test(an_error_that_is_over_is_remembered),
		cmocka_unit_test(samples_are_exchanged_not_copied),
		cmocka_unit_test(the_layout_changes_with_hosts_and_columns),
		cmocka_unit_test(a_trouble_keeps_its_beginning),
		cmocka_unit_test(a_machine_is_told_with_its_sample),
		cmocka_unit_test(times_move_with_the_clock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
