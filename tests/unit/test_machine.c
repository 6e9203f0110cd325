/* machine: what a host tells of itself, and its disks, as the probe and df print them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "proc/machine.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct machine parse(const char *text)
{
	struct machine machine;

	machine_init(&machine);
	machine_parse(slice_of(text), &machine);
	return machine;
}

static void reads_a_whole_section(void **state)
{
	struct machine machine =
		parse("load 0.52 12.04 3.00 5/2301 771203\n"
		      "uptime 8123456.78 400123456.10\n"
		      "cpus 64\n"
		      "MemTotal:       527987652 kB\n"
		      "MemFree:         1203944 kB\n"
		      "MemAvailable:   498124800 kB\n"
		      "ticks 100\n"
		      "page 4096\n"
		      "self 4242 (sh) S 4241 4242 4242 0 -1 4194304 1200 99000 0 3 12 34 200 54 20 0 1 0 812340000 2600960 "
		      "230 18446744073709551615 1 1 0 0 0 0 0 4096 65538 0 0 0 17 3 0 0\n"
		      "reboot yes\n"
		      "keeper yes\n"
		      "hidepid 2\n"
		      "\n");

	assert_true(machine.load[0] == 0.52 && machine.load[1] == 12.04 && machine.load[2] == 3);
	assert_true(machine.uptime == 8123456.78);
	assert_int_equal(machine.cpus, 64);
	assert_true(machine.memory_total == 527987652.0 * 1024);
	assert_true(machine.memory_available == 498124800.0 * 1024);
	assert_int_equal(machine.ticks, 100);
	assert_int_equal(machine.page, 4096);
	assert_true(machine.probe_cpu == 3);
	assert_true(machine.reboot_required);
	assert_true(machine.has_keeper);
	assert_int_equal(machine.hidepid, 2);
}

static void what_is_not_told_is_not_known(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"load\nuptime\ncpus\nMemTotal:\nMemFree:\nticks\npage\nself\nreboot\nhidepid\n",
		"load x y z\nuptime -3\ncpus -1\nMemTotal: 12\nMemFree: 12 kB\nticks 0x10\npage 4 k\nself 1 (sh) S\nreboot "
		"no\nkeeper no\nhidepid 9\n",
		"load inf nan -1\nuptime 1e99\ncpus 99999999\nMemTotal: 12 MB\nBuffers: 1 kB\nticks 99999999999999999999\nself "
		")\n",
		"Load 1 2 3\nMemTotal 12 kB\nupti",
	};

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct machine machine = parse(texts[i]);
		for (int at = 0; at < 3; at++)
			assert_true(isnan(machine.load[at]));
		assert_true(isnan(machine.uptime));
		assert_true(isnan(machine.memory_total));
		assert_true(isnan(machine.memory_available));
		assert_true(isnan(machine.probe_cpu));
		assert_int_equal(machine.cpus, 0);
		assert_int_equal(machine.ticks, 0);
		assert_int_equal(machine.page, 0);
		assert_false(machine.reboot_required);
		assert_false(machine.has_keeper);
		assert_int_equal(machine.hidepid, -1);
	}
}

static void adds_up_available_memory_before_linux_3_14(void **state)
{
	struct machine machine = parse("MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 20 kB\nCached: 3 kB\n");

	assert_true(machine.memory_available == 123 * 1024);
	machine = parse("MemTotal: 1000 kB\nMemFree: 100 kB\nMemAvailable: 700 kB\nBuffers: 20 kB\nCached: 3 kB\n");
	assert_true(machine.memory_available == 700 * 1024);
	machine = parse("MemTotal: 1000 kB\nMemFree: 100 kB\nCached: 3 kB\n");
	assert_true(isnan(machine.memory_available));
}

static void needs_ticks_for_the_time_of_the_probe(void **state)
{
#define SELF "self 7 (a) b) S 1 1 1 0 -1 0 0 0 0 0 1 2 3 4 20 0 1 0 5 6 7 8\n"
	assert_true(isnan(parse(SELF).probe_cpu));
	assert_true(parse(SELF "ticks 100\n").probe_cpu == 0.1);
	assert_true(parse("ticks 1000\n" SELF).probe_cpu == 0.01);
#undef SELF
}

static void knows_hidepid_by_number_and_name(void **state)
{
	static const struct {
		const char *text;
		int hidepid;
	} rows[] = {{"0", 0},         {"off", 0}, {"1", 1},          {"noaccess", 1}, {"2", 2},
		    {"invisible", 2}, {"4", 2},   {"ptraceable", 2}, {"3", -1}};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char line[32] = "hidepid ";
		strcat(line, rows[i].text);
		assert_int_equal(parse(line).hidepid, rows[i].hidepid);
	}
}

static void keeps_clock_and_disk(void **state)
{
	struct machine machine = parse("load 1 2 3\n");

	machine.clock_ahead = -2;
	assert_true(machine_parse_disk(slice_of("/dev/sda1 100 50 50 50% /data\n"), &machine));
	machine_parse(slice_of("uptime 7\n"), &machine);
	assert_true(machine.clock_ahead == -2);
	assert_string_equal(machine.disk.mount, "/data");
	assert_true(isnan(machine.load[0]));
	assert_true(machine.uptime == 7);
}

#define DF "Filesystem     1024-blocks       Used  Available Capacity Mounted on\n"

static const struct {
	const char *text, *mount;
	double size, used, percent; /* KiB */
} disks[] = {
	{DF "udev               263956308          0  263956308       0% /dev\n"
	    "tmpfs               52798768       3904   52794864       1% /run\n"
	    "/dev/nvme0n1p2    1921724608 1056328704  767703040      58% /\n"
	    "tmpfs              263993824          0  263993824       0% /dev/shm\n"
	    "/dev/loop3             56960      56960          0     100% /snap/core18/2829\n"
	    "/dev/nvme0n1p1        523248       6220     517028       2% /boot/efi\n"
	    "/dev/md0         30000000000 27300000000 1200000000     96% /data\n"
	    "efivarfs                 256        250          6      98% /sys/firmware/efi/efivars\n"
	    "overlay           1921724608 1056328704  767703040     100% /var/lib/docker/overlay2/0a1b/merged\n",
	 "/data", 30000000000, 27300000000, 96},
	/* A blank in the mount point, in the device, and numbers too. */
	{DF "/dev/sdb1 2000 1900 100 95% /mnt/my disk 1 2 3 4% /x\n", "/mnt/my disk 1 2 3 4% /x", 2000, 1900, 95},
	{DF "My Passport 2 2000 1900 100 95% /media/usb\n", "/media/usb", 2000, 1900, 95},
	{DF "//server/a share 2000 1900 100 95% /mnt/share\n", "/mnt/share", 2000, 1900, 95},
	{DF "server:/export/home 2000 1900 100 95% /home\n", "/home", 2000, 1900, 95},
	{DF "tank/home 2000 1900 100 95% /home\n", "/home", 2000, 1900, 95},
	/* busybox */
	{"Filesystem           1024-blocks    Used Available Capacity Mounted on\n"
	 "/dev/root              1234567   1234567         0 100% /\n"
	 "tmpfs                   100000       100     99900   0% /tmp\n",
	 "/", 1234567, 1234567, 100},
	/* What is reserved for root makes the available negative, or the rest less than it looks. */
	{DF "/dev/sda1 1000 990 -40 100% /\n/dev/sdb1 2000 1900 100 95% /b\n", "/", 1000, 990, 100},
	/* The larger of two that are as full. */
	{DF "/dev/sda1 1000 500 500 50% /a\n/dev/sdb1 3000 1500 1500 50% /b\n/dev/sdc1 2000 1000 1000 50% /c\n", "/b", 3000, 1500,
	 50},
	{DF "/dev/sda1 9007199254740992 4503599627370496 4503599627370496 50% /a\n", "/a", 9007199254740992, 4503599627370496,
	 50},
	/* Columns that are not told, and lines that are none. */
	{DF "df: /mnt/dead: Stale file handle\nproc - - - - /x\n/dev/sda1 - 5 5 99% /y\n/dev/sdb1 10 5 5 - /z\n/dev/sdc1 10 1 9 "
	    "10% /w\n",
	 "/w", 10, 1, 10},
	/* Nothing that keeps files: not known. */
	{DF "overlay 1000 500 500 50% /\ntmpfs 64 0 64 0% /dev\n", "", NAN, NAN, NAN},
	{DF "/dev/sda1 0 0 0 0% /\n", "", NAN, NAN, NAN},
	{DF "/dev/sda2 1000 990 10 99% /boot\n/dev/sda3 1000 10 990 1% /bootleg\n", "/bootleg", 1000, 10, 1},
};

static bool is_same(double a, double b)
{
	return isnan(a) ? isnan(b) : a == b;
}

static void finds_the_fullest_disk_that_keeps_files(void **state)
{
	for (size_t i = 0; i < COUNT_OF(disks); i++) {
		struct machine machine;
		machine_init(&machine);
		assert_true(machine_parse_disk(slice_of(disks[i].text), &machine));
		assert_string_equal(machine.disk.mount, disks[i].mount);
		assert_true(is_same(machine.disk.size, disks[i].size * 1024));
		assert_true(is_same(machine.disk.used, disks[i].used * 1024));
		assert_true(is_same(machine.disk.percent, disks[i].percent));
	}
}

static void keeps_the_disk_when_df_is_not_understood(void **state)
{
	static const char *const texts[] = {
		"",
		DF,
		"df: invalid option -- 'P'\n",
		"sh: 1: df: not found\n",
		"/dev/sda1 1000 500 500 150% /\n",
		"/dev/sda1 1000 500 500 -3% /\n",
		"/dev/sda1 1000 500 500 50%\n",
		"/dev/sda1 1000 500 500 50% relative\n",
		"/dev/sda1 1000 5",
	};
	struct machine machine;

	machine_init(&machine);
	assert_true(machine_parse_disk(slice_of("/dev/sda1 1000 500 500 50% /was\n"), &machine));
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		assert_false(machine_parse_disk(slice_of(texts[i]), &machine));
		assert_string_equal(machine.disk.mount, "/was");
	}
}

static void cuts_a_mount_point_at_a_whole_character(void **state)
{
	struct machine machine;
	char text[400] = "/dev/sda1 1000 500 500 50% /x";

	machine_init(&machine);
	for (int i = 0; i < 150; i++)
		strcat(text, "\xc3\xa9");
	assert_true(machine_parse_disk(slice_of(text), &machine));
	assert_int_equal(strlen(machine.disk.mount), 254);
	assert_string_equal(machine.disk.mount + 252, "\xc3\xa9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_whole_section),
		cmocka_unit_test(what_is_not_told_is_not_known),
		cmocka_unit_test(adds_up_available_memory_before_linux_3_14),
		cmocka_unit_test(needs_ticks_for_the_time_of_the_probe),
		cmocka_unit_test(knows_hidepid_by_number_and_name),
		cmocka_unit_test(keeps_clock_and_disk),
		cmocka_unit_test(finds_the_fullest_disk_that_keeps_files),
		cmocka_unit_test(keeps_the_disk_when_df_is_not_understood),
		cmocka_unit_test(cuts_a_mount_point_at_a_whole_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
