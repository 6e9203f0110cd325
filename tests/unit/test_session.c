/* session: what it makes of our having been away. It watches this machine, with a stand-in for nvidia-smi. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "collect/session.h"

/* Answers as a driver does that has one GPU and knows no more of it. */
#define CONFIG                                                                                                                   \
	"hosts:\n"                                                                                                               \
	"- address: localhost\n"                                                                                                 \
	"  nvidia_smi: |-\n"                                                                                                     \
	"    sh -c 'f=${1#--query-gpu=}; [ \"$f\" = \"$1\" ] || echo \"$f\" |"                                                   \
	" sed \"s/,/, /g; p; s/[^, ]\\{1,\\}/[N\\/A]/g; s/[^,]*, [^,]*/0, GPU-0/\"' sh\n"                                        \
	"interval: 3600\n"

struct watched {
	uv_loop_t loop;
	uv_timer_t patience;
	struct config *config;
	struct model *model;
	struct session *session;
	bool over, late;
};

static void on_wants_login(void *user, struct session *session)
{
	session_login(session);
}

static void on_login_done(void *user, struct session *session)
{
}

static bool was_away(void *user)
{
	return false;
}

static void on_over(void *user, struct session *session)
{
	((struct watched *)user)->over = true;
	session_free(session);
}

static const struct session_owner owner = {
	.on_wants_login = on_wants_login,
	.on_login_done = on_login_done,
	.was_away = was_away,
	.on_over = on_over,
};

static void on_patience_over(uv_timer_t *timer)
{
	((struct watched *)timer->data)->late = true;
}

static struct host *host_of(const struct watched *watched)
{
	return watched->model->hosts[0];
}

/* Runs the loop until `is_there`; that takes no longer than two minutes. */
static void run_until(struct watched *watched, bool (*is_there)(const struct watched *watched))
{
	watched->late = false;
	uv_timer_start(&watched->patience, on_patience_over, 120000, 0);
	while (!is_there(watched) && !watched->late)
		uv_run(&watched->loop, UV_RUN_ONCE);
	uv_timer_stop(&watched->patience);
	assert_false(watched->late);
}

static bool is_sampled(const struct watched *watched)
{
	return host_of(watched)->session.samples > 0;
}

static bool is_sampled_twice(const struct watched *watched)
{
	return host_of(watched)->session.samples > 1;
}

static bool is_in_error(const struct watched *watched)
{
	return host_of(watched)->state == HOST_ERROR;
}

static bool is_over(const struct watched *watched)
{
	return watched->over;
}

static int set_up(void **state)
{
	static struct watched watched;
	struct host_label label = {.name = "localhost", .address = "localhost"};
	struct buf errors;

	watched = (struct watched){.over = false};
	buf_init(&errors, 1024);
	assert_int_equal(config_parse(SLICE_LITERAL(CONFIG), "c.yaml", NULL, &watched.config, &errors), 0);
	buf_done(&errors);
	uv_loop_init(&watched.loop);
	uv_timer_init(&watched.loop, &watched.patience);
	watched.patience.data = &watched;
	watched.model = model_new();
	model_add_host(watched.model, &label, 0);
	watched.session =
		session_new(&watched.loop, watched.config, &watched.config->hosts[0], host_of(&watched), &owner, &watched);
	run_until(&watched, is_sampled);
	*state = &watched;
	return 0;
}

static int tear_down(void **state)
{
	struct watched *watched = *state;

	session_stop(watched->session);
	run_until(watched, is_over);
	uv_close((uv_handle_t *)&watched->patience, NULL);
	uv_run(&watched->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&watched->loop), 0);
	model_free(watched->model);
	config_free(watched->config);
	return 0;
}

/* The one child that we have. */
static pid_t child_of_ours(void)
{
	char path[64];
	int pid = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%d", &pid), 1);
	fclose(file);
	return pid;
}

static void after_a_sleep_it_is_sampled_at_once(void **state)
{
	struct watched *watched = *state;

	/* The next beat would be in an hour. */
	session_excuse(watched->session, true);
	run_until(watched, is_sampled_twice);
	assert_int_equal(host_of(watched)->state, HOST_OK);
	assert_int_equal(host_of(watched)->session.logins, 1);
}

static void after_a_stop_it_waits_for_its_beat(void **state)
{
	struct watched *watched = *state;

	session_excuse(watched->session, false);
	uv_run(&watched->loop, UV_RUN_NOWAIT);
	assert_int_equal(host_of(watched)->state, HOST_OK);
	assert_int_equal(host_of(watched)->session.samples, 1);
}

static void after_a_sleep_a_dead_path_is_found_in_seconds(void **state)
{
	struct watched *watched = *state;
	pid_t child = child_of_ours();
	uint64_t before = uv_hrtime();

	kill(-child, SIGSTOP);
	session_excuse(watched->session, true);
	run_until(watched, is_in_error);
	kill(-child, SIGCONT);
	assert_int_equal(host_of(watched)->error.kind, PROBLEM_TIMEOUT);
	/* A sample would have had 17 s. */
	assert_true((double)(uv_hrtime() - before) / 1e9 < 12);
}

static void what_is_old_after_a_sleep_is_stale(void **state)
{
	struct watched *watched = *state;

	model_shift_times(watched->model, -10000);
	session_excuse(watched->session, false);
	assert_int_equal(host_of(watched)->state, HOST_STALE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(after_a_sleep_it_is_sampled_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(after_a_stop_it_waits_for_its_beat, set_up, tear_down),
		cmocka_unit_test_setup_teardown(after_a_sleep_a_dead_path_is_found_in_seconds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_old_after_a_sleep_is_stale, set_up, tear_down),
	};
	/* Whatever nvidia-smi hangs on this machine is none of ours. */
	setenv("NVWEBMON_PROC", "/nowhere", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
