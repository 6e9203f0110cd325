/* mig: the parts of GPUs, from documents written in the shapes of drivers 410 to 610. */
#include "smi_fixture.h"

#include "smi/mig.h"

#define UUID_A "GPU-a0000000-0000-4000-8000-00000000000a"
#define UUID_B "GPU-b0000000-0000-4000-8000-00000000000b"
#define UUID_C "GPU-c0000000-0000-4000-8000-00000000000c"
#define BUS_A "00000000:07:00.0"
#define BUS_B "00000000:0A:00.0"
#define BUS_C "00000000:4B:00.0"

#define PROLOG(version)                                                                                                          \
	"<?xml version=\"1.0\" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM \"nvsmi_device_" version ".dtd\">\n<nvidia_smi_log>\n"        \
	"\t<timestamp>Tue Mar  3 10:11:12 2026</timestamp>\n\t<driver_version>550.54.15</driver_version>\n"
#define EPILOG "</nvidia_smi_log>\n"
#define PART(index, gi, ci, total, used)                                                                                         \
	"<mig_device><index>" index "</index><gpu_instance_id>" gi "</gpu_instance_id><compute_instance_id>" ci                  \
	"</compute_instance_id>\n<device_attributes><shared><multiprocessor_count>14</multiprocessor_count></shared>"            \
	"</device_attributes><ecc_error_count><volatile_count><sram_uncorrectable>0</sram_uncorrectable></volatile_count>"       \
	"</ecc_error_count>\n<fb_memory_usage><total>" total "</total><reserved>0 MiB</reserved><used>" used "</used>"           \
	"<free>1 MiB</free></fb_memory_usage><bar1_memory_usage><total>99 MiB</total><used>98 MiB</used></bar1_memory_usage>"    \
	"</mig_device>\n"
#define PROCESS(gi, ci, pid, name)                                                                                               \
	"<process_info><gpu_instance_id>" gi "</gpu_instance_id><compute_instance_id>" ci "</compute_instance_id><pid>" pid      \
	"</pid><type>C</type><process_name>" name "</process_name><used_memory>500 MiB</used_memory></process_info>\n"
#define GPU(bus, uuid, parts, processes)                                                                                         \
	"<gpu id=\"" bus "\">\n<product_name>Card</product_name><mig_mode><current_mig>Enabled</current_mig>"                    \
	"<pending_mig>Enabled</pending_mig></mig_mode>\n<mig_devices>\n" parts "</mig_devices>\n<serial>1</serial><uuid>" uuid   \
	"</uuid><minor_number>0</minor_number>\n<fb_memory_usage><total>81559 MiB</total><used>777 MiB</used>"                   \
	"</fb_memory_usage><processes>\n" processes "</processes>\n</gpu>\n"
#define PLAIN(bus, uuid)                                                                                                         \
	"<gpu id=\"" bus "\"><mig_mode><current_mig>N/A</current_mig></mig_mode><mig_devices>None</mig_devices><uuid>" uuid      \
	"</uuid><fb_memory_usage><total>1 MiB</total></fb_memory_usage><processes></processes></gpu>\n"

#define TWO_PARTS PART("0", "1", "0", "40192 MiB", "1024 MiB") PART("1", "5", "0", "19968 MiB", "37 MiB")
#define MEBI 1048576.0

/* A sample of three GPUs: A and C with MIG on, B without. */
static void add_gpu(struct sample *sample, const char *uuid, const char *bus_id, bool mig)
{
	struct gpu *gpu = sample_add_gpu(sample);

	gpu->index = (int)sample->gpu_count - 1;
	gpu->uuid = slice_of(uuid);
	gpu->bus_id = slice_of(bus_id);
	gpu->texts[TEXT_mig_mode] = mig ? SLICE_LITERAL("Enabled") : SLICE_LITERAL("Disabled");
}

static void add_process(struct sample *sample, size_t gpu, int64_t pid)
{
	struct process *process = sample_add_process(sample);

	process->gpu = gpu;
	process->pid = pid;
}

struct fixture {
	struct mig_report *report;
	struct sample sample;
};

static int set_up(void **state)
{
	struct fixture *fixture = xcalloc(1, sizeof(*fixture));

	fixture->report = mig_report_new();
	sample_init(&fixture->sample);
	add_gpu(&fixture->sample, UUID_A, BUS_A, true);
	add_gpu(&fixture->sample, UUID_B, BUS_B, false);
	add_gpu(&fixture->sample, UUID_C, BUS_C, true);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	mig_report_free(fixture->report);
	sample_done(&fixture->sample);
	free(fixture);
	return 0;
}

/* Parses, applies, and expects so many parts. */
static void apply(struct fixture *fixture, const char *xml, const char *list, size_t parts)
{
	assert_true(mig_report_parse(fixture->report, slice_of(xml), slice_of(list)));
	mig_report_apply(fixture->report, &fixture->sample);
	assert_int_equal(fixture->sample.mig_count, parts);
}

static void expect_part(const struct fixture *fixture, size_t at, size_t gpu, int index, int gi, int ci, double total,
			double used)
{
	const struct mig_device *mig = &fixture->sample.migs[at];

	assert_int_equal(mig->gpu, gpu);
	assert_int_equal(mig->index, index);
	assert_int_equal(mig->gpu_instance, gi);
	assert_int_equal(mig->compute_instance, ci);
	assert_null(mig->memory_total.absent.ptr);
	assert_null(mig->memory_used.absent.ptr);
	assert_true(mig->memory_total.value == total * MEBI);
	assert_true(mig->memory_used.value == used * MEBI);
}

static void expect_name(const struct fixture *fixture, size_t at, const char *profile, const char *uuid)
{
	const struct mig_device *mig = &fixture->sample.migs[at];

	assert_true(profile ? slice_is(mig->profile, profile) : !mig->profile.ptr);
	assert_true(uuid ? slice_is(mig->uuid, uuid) : !mig->uuid.ptr);
}

static const char two_and_one[] = PROLOG("v12") GPU(BUS_A, UUID_A, TWO_PARTS, "") PLAIN(BUS_B, UUID_B)
	GPU(BUS_C, UUID_C, PART("0", "0", "0", "81037 MiB", "5 MiB"), "") EPILOG;

static void reads_the_parts_of_two_gpus_beside_one_without(void **state)
{
	static const char list[] = "GPU 0: Card (UUID: " UUID_A ")\n"
				   "  MIG 3g.40gb     Device  0: (UUID: MIG-00000000-0000-4000-8000-0000000000a0)\n"
				   "  MIG 1c.2g.20gb  Device  1: (UUID: MIG-00000000-0000-4000-8000-0000000000a1)\n"
				   "GPU 1: Card (UUID: " UUID_B ")\n"
				   "GPU 2: Card (UUID: " UUID_C ")\n"
				   "  MIG 1g.10gb+me  Device  0: (UUID: MIG-00000000-0000-4000-8000-0000000000c0)\n";
	struct fixture *fixture = *state;

	apply(fixture, two_and_one, list, 3);
	expect_part(fixture, 0, 0, 0, 1, 0, 40192, 1024);
	expect_part(fixture, 1, 0, 1, 5, 0, 19968, 37);
	expect_part(fixture, 2, 2, 0, 0, 0, 81037, 5);
	expect_name(fixture, 0, "3g.40gb", "MIG-00000000-0000-4000-8000-0000000000a0");
	expect_name(fixture, 1, "1c.2g.20gb", "MIG-00000000-0000-4000-8000-0000000000a1");
	expect_name(fixture, 2, "1g.10gb+me", "MIG-00000000-0000-4000-8000-0000000000c0");

	/* Once more: nothing is added to what stands. */
	mig_report_apply(fixture->report, &fixture->sample);
	assert_int_equal(fixture->sample.mig_count, 3);
}

/* The frame ends lines its own way, however the bytes arrive. */
static void reads_what_came_in_pieces(void **state)
{
	struct fixture *fixture = *state;
	struct sample frame;

	sample_init(&frame);
	for (size_t i = 0; i < COUNT_OF(fixture_pieces); i++) {
		struct slice xml = fixture_text(&frame, two_and_one, fixture_pieces[i]);
		assert_true(mig_report_parse(fixture->report, xml, SLICE_NONE));
		mig_report_apply(fixture->report, &fixture->sample);
		assert_int_equal(fixture->sample.mig_count, 3);
		expect_part(fixture, 1, 0, 1, 5, 0, 19968, 37);
		expect_part(fixture, 2, 2, 0, 0, 0, 81037, 5);
	}
	sample_done(&frame);
}

static void reads_the_old_spelling_of_the_list(void **state)
{
	static const char list[] = "GPU 0: Card (UUID: " UUID_A ")\n"
				   "  MIG 3g.40gb Device 0: (UUID: MIG-" UUID_A "/1/0)\n"
				   "  MIG 2g.20gb Device 1: (UUID: MIG-" UUID_A "/5/0)\n"
				   "GPU 2: Card (UUID: " UUID_C ")\n"
				   "  MIG 7g.80gb Device 0: (UUID: MIG-" UUID_C "/9/0)\n";
	struct fixture *fixture = *state;

	apply(fixture, two_and_one, list, 3);
	expect_name(fixture, 0, "3g.40gb", "MIG-" UUID_A "/1/0");
	expect_name(fixture, 1, "2g.20gb", "MIG-" UUID_A "/5/0");
	/* It speaks of other instances than the document: they were changed in between. */
	expect_name(fixture, 2, NULL, NULL);
}

static void does_without_a_list_and_without_a_document_type(void **state)
{
	static const char *const prologs[] = {
		PROLOG("v9"),
		PROLOG("v10"),
		PROLOG("v11"),
		PROLOG("v13"),
		"<nvidia_smi_log>",
		"<?xml version=\"1.0\" ?>\n<nvidia_smi_log>\n",
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!DOCTYPE other SYSTEM \"/etc/passwd\">\r\n<nvidia_smi_log>",
		"<?xml version=\"1.0\" encoding=\"latin-7\"?><nvidia_smi_log>",
		"WARNING: infoROM is corrupted at gpu 0000:07:00.0\n<?xml version=\"1.0\" ?>\n<nvidia_smi_log>",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(prologs); i++) {
		cleanup_free char *xml = xasprintf("%s%s%s", prologs[i], GPU(BUS_A, UUID_A, TWO_PARTS, ""), EPILOG);
		apply(fixture, xml, NULL, 2);
		expect_part(fixture, 1, 0, 1, 5, 0, 19968, 37);
		expect_name(fixture, 0, NULL, NULL);
	}
}

static void prose_is_no_document(void **state)
{
	static const char *const texts[] = {
		"",
		"No devices were found\n",
		"<nvidia_smi_log>",
		"<nvidia_smi_log></nvidia_smi_log>",
		"<?xml version=\"1.0\" ?><html><gpu id=\"1\"></gpu></html>",
		"<nvidia_smi_log_of_another_kind><gpu id=\"00000000:07:00.0\"/></nvidia_smi_log_of_another_kind>",
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		assert_false(mig_report_parse(fixture->report, slice_of(texts[i]), SLICE_NONE));
		mig_report_apply(fixture->report, &fixture->sample);
		assert_int_equal(fixture->sample.mig_count, 0);
	}
	assert_false(mig_report_parse(fixture->report, SLICE_NONE, SLICE_NONE));
}

static void bytes_that_xml_forbids_do_not_stop_it(void **state)
{
	struct fixture *fixture = *state;
	struct buf xml;

	/* A process before the second GPU holds every byte but those that nvidia-smi escapes. */
	buf_init(&xml, 1 << 20);
	dump(&xml, "%s", PROLOG("v12") "<gpu id=\"" BUS_A "\"><uuid>" UUID_A "</uuid><processes><process_info><process_name>");
	for (int c = 0; c < 256; c++)
		if (c != '<' && c != '&')
			assert_int_equal(buf_append(&xml, &(char){(char)c}, 1), 0);
	dump(&xml,
	     "\xef\xbf\xbe\xef\xbf\xbf\xed\xa0\x80\xc0\x80 "
	     "\xe2\x82\xac\n\nline</process_name></process_info></processes></gpu>%s",
	     GPU(BUS_C, UUID_C, TWO_PARTS, PROCESS("1", "0", "41", "caf\xc3\xa9")) EPILOG);
	assert_true(mig_report_parse(fixture->report, buf_slice(&xml), SLICE_NONE));
	mig_report_apply(fixture->report, &fixture->sample);
	assert_int_equal(fixture->sample.mig_count, 2);
	expect_part(fixture, 0, 2, 0, 1, 0, 40192, 1024);
	buf_done(&xml);
}

static void keeps_what_was_whole_before_the_end(void **state)
{
	struct fixture *fixture = *state;
	size_t last = 0;

	for (size_t len = 0; len < sizeof(two_and_one); len++) {
		if (!mig_report_parse(fixture->report, (struct slice){two_and_one, len}, SLICE_NONE))
			continue;
		mig_report_apply(fixture->report, &fixture->sample);
		assert_true(fixture->sample.mig_count >= last);
		last = fixture->sample.mig_count;
		/* Never a number that is cut: the ends of the parts are all there. */
		for (size_t i = 0; i < last; i++)
			expect_part(fixture, i, i < 2 ? 0 : 2, i == 1,
				    i == 0   ? 1
				    : i == 1 ? 5
					     : 0,
				    0,
				    i == 0   ? 40192
				    : i == 1 ? 19968
					     : 81037,
				    i == 0   ? 1024
				    : i == 1 ? 37
					     : 5);
	}
	assert_int_equal(last, 3);
}

static void the_list_alone_still_tells_that_there_are_parts(void **state)
{
	static const char list[] = "GPU 0: Card (UUID: " UUID_A ")\n"
				   "  MIG 3g.40gb     Device  0: (UUID: MIG-1)\n"
				   "  MIG 2g.20gb     Device  1: (UUID: MIG-2)\n"
				   "Unable to determine the device handle for gpu 0000:0A:00.0: Unknown Error\n"
				   "  MIG 1g.5gb      Device  0: (UUID: MIG-3)\n";
	struct fixture *fixture = *state;

	apply(fixture,
	      PROLOG("v12") "<gpu id=\"" BUS_A "\"><uuid>" UUID_A
			    "</uuid><mig_devices>" PART("0", "1", "0", "40192 MiB", "8 MiB") "<mig_dev",
	      list, 2);
	expect_part(fixture, 0, 0, 0, 1, 0, 40192, 8);
	expect_name(fixture, 1, "2g.20gb", "MIG-2");
	assert_int_equal(fixture->sample.migs[1].gpu_instance, -1);
	assert_true(slice_is(fixture->sample.migs[1].memory_total.absent, "not told"));
}

static void takes_the_first_of_several_documents(void **state)
{
	struct fixture *fixture = *state;

	apply(fixture,
	      PROLOG("v12") GPU(BUS_A, UUID_A, PART("0", "1", "0", "10 MiB", "1 MiB"), "") EPILOG PROLOG("v12")
		      GPU(BUS_A, UUID_A, TWO_PARTS, "") GPU(BUS_C, UUID_C, PART("3", "2", "1", "30 MiB", "3 MiB"), "") EPILOG,
	      NULL, 2);
	expect_part(fixture, 0, 0, 0, 1, 0, 10, 1);
	expect_part(fixture, 1, 2, 3, 2, 1, 30, 3);
}

static void expands_no_entity(void **state)
{
	static const char bomb[] = "<?xml version=\"1.0\"?><!DOCTYPE nvidia_smi_log [<!ENTITY a \"0\"><!ENTITY b \"&a;&a;\">]>"
				   "<nvidia_smi_log>";
	struct fixture *fixture = *state;

	/* The entity is not known, which ends the document; what was whole before it stays. */
	cleanup_free char *xml = xasprintf("%s%s%s%s", bomb, GPU(BUS_A, UUID_A, TWO_PARTS, ""),
					   GPU(BUS_C, UUID_C, PART("&b;", "1", "0", "1 MiB", "1 MiB"), ""), EPILOG);
	apply(fixture, xml, NULL, 2);
	/* The predefined ones are characters. */
	apply(fixture,
	      PROLOG("v12") GPU(BUS_A, UUID_A, TWO_PARTS, PROCESS("1", "0", "7", "a &lt;b&gt; &amp; &quot;c&quot; &#x41;"))
		      EPILOG,
	      NULL, 2);
}

static void bounds_nesting_and_sizes(void **state)
{
	struct fixture *fixture = *state;
	struct buf xml;

	buf_init(&xml, 16 << 20);
	dump(&xml, "<nvidia_smi_log><gpu id=\"%s\"><uuid>%s</uuid>", BUS_A, UUID_A);
	for (int i = 0; i < 100000; i++)
		dump(&xml, "<a>");
	assert_true(mig_report_parse(fixture->report, buf_slice(&xml), SLICE_NONE));

	/* Too many parts, too long an id, a number of thousands of digits, GPUs over the cap. */
	buf_clear(&xml);
	dump(&xml, "<nvidia_smi_log><gpu id=\"%s\"><mig_devices>", BUS_A);
	for (unsigned i = 0; i < CAP_MIG_DEVICES + 10; i++)
		dump(&xml, "<mig_device><index>%u</index><gpu_instance_id>%05000d</gpu_instance_id></mig_device>", i, 1);
	dump(&xml, "</mig_devices></gpu>");
	for (int i = 0; i < 100; i++)
		dump(&xml, "<gpu id=\"%0500d\"><mig_devices><mig_device/></mig_devices></gpu>", i);
	dump(&xml, EPILOG);
	assert_true(mig_report_parse(fixture->report, buf_slice(&xml), SLICE_NONE));
	mig_report_apply(fixture->report, &fixture->sample);
	assert_int_equal(fixture->sample.mig_count, CAP_MIG_DEVICES);
	assert_int_equal(fixture->sample.migs[CAP_MIG_DEVICES - 1].index, CAP_MIG_DEVICES - 1);
	assert_int_equal(fixture->sample.migs[0].gpu_instance, -1);
	assert_non_null(fixture->sample.migs[0].memory_used.absent.ptr);
	buf_done(&xml);
}

/* A text that comes in pieces, the last of which would be a value by itself. */
static void a_text_too_long_is_no_value(void **state)
{
	struct fixture *fixture = *state;
	char digits[301];

	snprintf(digits, sizeof(digits), "%0300d", 0);
	cleanup_free char *xml =
		xasprintf(PROLOG("v12") "<gpu id=\"" BUS_A "\"><mig_devices><mig_device><index>%s&#52;</index>"
					"<gpu_instance_id>&#52;&#x32;</gpu_instance_id></mig_device></mig_devices></gpu>" EPILOG,
			  digits);
	apply(fixture, xml, NULL, 1);
	assert_int_equal(fixture->sample.migs[0].index, -1);
	assert_int_equal(fixture->sample.migs[0].gpu_instance, 42);
}

static void values_may_be_missing(void **state)
{
	static const struct {
		const char *cell, *reason;
	} cells[] = {
		{"N/A", "N/A"},
		{"[N/A]", "N/A"},
		{"Unknown Error", "Unknown Error"},
		{"", "no value"},
		{"GPU is lost", "GPU is lost"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(cells); i++) {
		cleanup_free char *xml = xasprintf(
			PROLOG("v12") "<gpu id=\"" BUS_A "\"><mig_devices><mig_device><index>%s</index><gpu_instance_id>%s"
				      "</gpu_instance_id><fb_memory_usage><total>%s</total><used>%s</used></fb_memory_usage>"
				      "</mig_device></mig_devices></gpu>" EPILOG,
			cells[i].cell, cells[i].cell, cells[i].cell, cells[i].cell);
		apply(fixture, xml, NULL, 1);
		const struct mig_device *mig = &fixture->sample.migs[0];
		assert_int_equal(mig->index, -1);
		assert_int_equal(mig->gpu_instance, -1);
		assert_int_equal(mig->compute_instance, -1);
		assert_true(slice_is(mig->memory_total.absent, cells[i].reason));
		assert_true(slice_is(mig->memory_used.absent, cells[i].reason));
	}
}

static void mig_may_be_on_with_no_part(void **state)
{
	struct fixture *fixture = *state;

	apply(fixture, PROLOG("v12") GPU(BUS_A, UUID_A, "", "") GPU(BUS_C, UUID_C, "None", "") EPILOG,
	      "GPU 0: Card (UUID: " UUID_A ")\nGPU 1: Card (UUID: " UUID_C ")\n", 0);
}

static void matches_gpus_by_name_in_whatever_order(void **state)
{
	struct fixture *fixture = *state;

	/* The second has lost its UUID, and its domain has four digits; a fourth is not in the sample. */
	apply(fixture,
	      PROLOG("v10") GPU("00000000:99:00.0", "GPU-d", TWO_PARTS, "") "<gpu id=\"0000:4b:00.0\"><mig_devices>" PART(
		      "0", "3", "0", "3 MiB", "3 MiB") "</mig_devices></gpu>" GPU("00000000:FF:00.0", UUID_A,
										  PART("0", "4", "0", "4 MiB", "4 MiB"), "")
		      EPILOG,
	      NULL, 2);
	expect_part(fixture, 0, 0, 0, 4, 0, 4, 4);
	expect_part(fixture, 1, 2, 0, 3, 0, 3, 3);
}

static void a_gpu_with_mig_off_has_no_parts(void **state)
{
	struct fixture *fixture = *state;

	fixture->sample.gpus[0].texts[TEXT_mig_mode] = SLICE_LITERAL("Disabled");
	apply(fixture, two_and_one, NULL, 1);
	expect_part(fixture, 0, 2, 0, 0, 0, 81037, 5);
}

static void processes_are_told_their_part(void **state)
{
	/* Two compute instances of one GPU instance; a process on both; one on the whole GPU, and one with an instance that is not there. */
	static const char xml[] =
		PROLOG("v12") GPU(BUS_A, UUID_A,
				  PART("0", "2", "0", "100 MiB", "50 MiB") PART("1", "2", "1", "100 MiB", "50 MiB")
					  PART("2", "9", "0", "7 MiB", "1 MiB"),
				  PROCESS("2", "1", "41", "x") PROCESS("2", "0", "42", "x") PROCESS("2", "1", "42", "x")
					  PROCESS("N/A", "N/A", "43", "x") PROCESS("5", "0", "44", "x")
						  PROCESS("9", "N/A", "45", "x") PROCESS("2", "N/A", "46", "x"))
			GPU(BUS_C, UUID_C, PART("0", "2", "0", "8 MiB", "1 MiB"), PROCESS("2", "0", "41", "x")) EPILOG;
	static const struct {
		size_t gpu;
		int64_t pid;
		size_t mig;
	} processes[] = {
		{0, 41, 1},
		{0, 42, 0},
		{0, 42, 1},
		{0, 42, NO_MIG_DEVICE},
		{0, 43, NO_MIG_DEVICE},
		{0, 44, NO_MIG_DEVICE},
		{0, 45, 2},
		{0, 46, NO_MIG_DEVICE},
		{0, 47, NO_MIG_DEVICE},
		{0, -1, NO_MIG_DEVICE},
		{1, 41, NO_MIG_DEVICE},
		{2, 41, 3},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(processes); i++)
		add_process(&fixture->sample, processes[i].gpu, processes[i].pid);
	apply(fixture, xml, NULL, 4);
	for (size_t i = 0; i < COUNT_OF(processes); i++)
		assert_true(fixture->sample.processes[i].mig == processes[i].mig);
	expect_part(fixture, 0, 0, 0, 2, 0, 100, 50);
	expect_part(fixture, 1, 0, 1, 2, 1, 100, 50);
}

static void fits_until_something_moves(void **state)
{
	struct fixture *fixture = *state;
	struct sample *sample = &fixture->sample;

	assert_false(mig_report_fits(fixture->report, sample));
	add_process(sample, 0, 41);
	sample->processes[0].memory = (struct reading){.value = 5};
	apply(fixture, two_and_one, NULL, 3);
	assert_false(mig_report_fits(fixture->report, sample));
	mig_report_note(fixture->report, sample);
	assert_true(mig_report_fits(fixture->report, sample));

	/* What happens on GPUs without MIG does not matter, nor do other readings. */
	add_process(sample, 1, 42);
	sample->gpus[1].readings[READING_memory_used].value = 4;
	sample->gpus[0].readings[READING_power].value = 4;
	assert_true(mig_report_fits(fixture->report, sample));

	sample->processes[0].memory.value = 6;
	assert_false(mig_report_fits(fixture->report, sample));
	sample->processes[0].memory.value = 5;
	sample->gpus[2].readings[READING_memory_used] = reading_absent(SLICE_LITERAL("N/A"));
	assert_false(mig_report_fits(fixture->report, sample));
	sample->gpus[2].readings[READING_memory_used] = (struct reading){0};
	assert_true(mig_report_fits(fixture->report, sample));
	add_process(sample, 2, 43);
	assert_false(mig_report_fits(fixture->report, sample));
	sample->process_count--;
	sample->gpus[2].texts[TEXT_mig_mode] = SLICE_NONE;
	assert_false(mig_report_fits(fixture->report, sample));
	sample->gpus[0].texts[TEXT_mig_mode] = SLICE_NONE;
	assert_true(mig_report_fits(fixture->report, sample));
	sample->gpus[0].texts[TEXT_mig_mode] = sample->gpus[2].texts[TEXT_mig_mode] = SLICE_LITERAL("Enabled");
	assert_true(mig_report_fits(fixture->report, sample));
	mig_report_clear(fixture->report);
	assert_false(mig_report_fits(fixture->report, sample));
}

static void what_it_tells_is_the_samples_own(void **state)
{
	struct fixture *fixture = *state;

	apply(fixture, two_and_one, "GPU 0: Card (UUID: " UUID_A ")\n  MIG 3g.40gb Device 0: (UUID: MIG-1)\n", 3);
	mig_report_free(fixture->report);
	fixture->report = mig_report_new();
	expect_name(fixture, 0, "3g.40gb", "MIG-1");
	mig_report_free(NULL);
}

int main(void)
{
#define with_fixture(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		with_fixture(reads_the_parts_of_two_gpus_beside_one_without),
		with_fixture(reads_what_came_in_pieces),
		with_fixture(reads_the_old_spelling_of_the_list),
		with_fixture(does_without_a_list_and_without_a_document_type),
		with_fixture(prose_is_no_document),
		with_fixture(bytes_that_xml_forbids_do_not_stop_it),
		with_fixture(keeps_what_was_whole_before_the_end),
		with_fixture(the_list_alone_still_tells_that_there_are_parts),
		with_fixture(takes_the_first_of_several_documents),
		with_fixture(expands_no_entity),
		with_fixture(bounds_nesting_and_sizes),
		with_fixture(a_text_too_long_is_no_value),
		with_fixture(values_may_be_missing),
		with_fixture(mig_may_be_on_with_no_part),
		with_fixture(matches_gpus_by_name_in_whatever_order),
		with_fixture(a_gpu_with_mig_off_has_no_parts),
		with_fixture(processes_are_told_their_part),
		with_fixture(fits_until_something_moves),
		with_fixture(what_it_tells_is_the_samples_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
