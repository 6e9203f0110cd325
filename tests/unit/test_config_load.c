/* load: which file is taken, and what is said about one that cannot be read. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/caps.h"
#include "config/load.h"

/* A directory of its own for each test, which is the current one. */
struct place {
	char home[64];
	int back; /* to where the test was started */
};

static void run(const char *command)
{
	assert_int_equal(system(command), 0);
}

static int enter(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));

	snprintf(place->home, sizeof(place->home), "/tmp/nvwebmon-load-XXXXXX");
	place->back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_non_null(mkdtemp(place->home));
	assert_int_equal(chdir(place->home), 0);
	setenv("HOME", place->home, 1);
	unsetenv("XDG_CONFIG_HOME");
	*state = place;
	return 0;
}

static int leave(void **state)
{
	struct place *place = *state;
	cleanup_free char *command = xasprintf("rm -r '%s'", place->home);

	run(command);
	assert_int_equal(fchdir(place->back), 0);
	close(place->back);
	free(place);
	return 0;
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fputs(text, file) >= 0, 1);
	assert_int_equal(fclose(file), 0);
}

/* The name of the first host that is watched then, on the heap; `path` of the configuration has to be the one given. */
static char *first_host(const char *explicit_path, const char *path)
{
	struct config *config = NULL;
	struct buf errors;

	buf_init(&errors, 4096);
	assert_int_equal(config_load(explicit_path, NULL, &config, &errors), 0);
	buf_done(&errors);
	if (path)
		assert_string_equal(config->path, path);
	else
		assert_null(config->path);
	char *name = xstrdup(config->hosts[0].name);
	config_free(config);
	return name;
}

static void expect(const char *explicit_path, const char *path, const char *host)
{
	cleanup_free char *name = first_host(explicit_path, path);

	assert_string_equal(name, host);
}

static void expect_error(const char *path, int error, const char *message)
{
	struct config *config = NULL;
	struct buf errors;

	buf_init(&errors, 4096);
	assert_int_equal(config_load(path, NULL, &config, &errors), error);
	assert_null(config);
	cleanup_free char *text = slice_dup(buf_slice(&errors));
	assert_string_equal(text, message);
	buf_done(&errors);
}

static void test_search_order(void **state)
{
	const struct place *place = *state;
	cleanup_free char *home_file = xasprintf("%s/.config/nvwebmon/config.yaml", place->home);
	cleanup_free char *xdg = xasprintf("%s/xdg", place->home), *xdg_file = xasprintf("%s/nvwebmon/config.yaml", xdg);

	if (access("/etc/nvwebmon/config.yaml", F_OK) != 0)
		expect(NULL, NULL, "localhost");
	run("mkdir -p .config/nvwebmon xdg/nvwebmon");
	write_file(home_file, "hosts: [home]\n");
	expect(NULL, home_file, "home");
	setenv("XDG_CONFIG_HOME", xdg, 1);
	write_file(xdg_file, "hosts: [xdg]\n");
	expect(NULL, xdg_file, "xdg");
	setenv("XDG_CONFIG_HOME", "relative", 1);
	expect(NULL, home_file, "home");
	write_file("config.yaml", "hosts: [here]\n");
	expect(NULL, "config.yaml", "here");
	write_file("other.yaml", "hosts: [other]\n");
	expect("other.yaml", "other.yaml", "other");
}

static void test_not_readable(void **state)
{
	expect_error("missing.yaml", -ENOENT, "missing.yaml: No such file or directory\n");
	expect_error(".", -EISDIR, ".: Is a directory\n");
	assert_int_equal(symlink("loop.yaml", "loop.yaml"), 0);
	expect_error("loop.yaml", -ELOOP, "loop.yaml: Too many levels of symbolic links\n");
	write_file("bad.yaml", "x\n");
	expect_error("bad.yaml", -EINVAL, "bad.yaml:1:1: a mapping (\"key: value\") is wanted, not \"x\"\n");
	expect_error("bad.yaml/x", -ENOTDIR, "bad.yaml/x: Not a directory\n");
	if (geteuid() != 0) {
		assert_int_equal(chmod("bad.yaml", 0), 0);
		expect_error("bad.yaml", -EACCES, "bad.yaml: Permission denied\n");
	}
}

static void test_what_is_found_but_bad_is_not_passed_over(void **state)
{
	assert_int_equal(mkdir("config.yaml", 0755), 0);
	expect_error(NULL, -EISDIR, "config.yaml: Is a directory\n");
}

static void test_size(void **state)
{
	FILE *file = fopen("large.yaml", "w");

	assert_non_null(file);
	for (size_t i = 0; i < CAP_CONFIG_FILE / 64; i++)
		fprintf(file, "#%62s\n", "");
	assert_int_equal(fclose(file), 0);
	expect("large.yaml", "large.yaml", "localhost");
	file = fopen("large.yaml", "a");
	assert_non_null(file);
	fputs("\n", file);
	assert_int_equal(fclose(file), 0);
	expect_error("large.yaml", -EFBIG, "large.yaml: larger than the 4 MiB that a configuration may have\n");
}

static void test_endless(void **state)
{
	expect_error("/dev/zero", -EFBIG, "/dev/zero: larger than the 4 MiB that a configuration may have\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_search_order, enter, leave),
		cmocka_unit_test_setup_teardown(test_not_readable, enter, leave),
		cmocka_unit_test_setup_teardown(test_what_is_found_but_bad_is_not_passed_over, enter, leave),
		cmocka_unit_test_setup_teardown(test_size, enter, leave),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests_name("config: load", tests, NULL, NULL);
}
