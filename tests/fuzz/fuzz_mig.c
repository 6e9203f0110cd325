/* mig: the XML, and after a line "@list" the answer of -L; applied to a sample with GPUs and processes that the corpus knows. */
#include <string.h>

#include "check_sample.h"
#include "smi/mig.h"

static void add_gpu(struct sample *sample, struct slice uuid, struct slice bus_id, struct slice mode)
{
	struct gpu *gpu = sample_add_gpu(sample);

	gpu->uuid = uuid;
	gpu->bus_id = bus_id;
	gpu->texts[TEXT_mig_mode] = mode;
}

static void add_processes(struct sample *sample)
{
	for (size_t i = 0; i < 12; i++) {
		struct process *process = sample_add_process(sample);
		process->gpu = i % 3;
		process->pid = 41 + (int64_t)i % 4;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	static const char mark[] = "\n@list\n";
	struct slice xml = {(const char *)input, len}, list = SLICE_NONE;
	struct mig_report *report = mig_report_new();
	struct sample sample;

	const char *found = len > 0 ? memmem(xml.ptr, xml.len, mark, sizeof(mark) - 1) : NULL;
	if (found) {
		list = (struct slice){found + sizeof(mark) - 1, (size_t)(xml.ptr + xml.len - found) - (sizeof(mark) - 1)};
		xml.len = (size_t)(found - xml.ptr);
	}
	sample_init(&sample);
	add_gpu(&sample, SLICE_LITERAL("GPU-a"), SLICE_LITERAL("00000000:07:00.0"), SLICE_LITERAL("Enabled"));
	add_gpu(&sample, SLICE_LITERAL("GPU-b"), SLICE_NONE, SLICE_LITERAL("Enabled"));
	add_gpu(&sample, SLICE_NONE, SLICE_LITERAL("00000000:0A:00.0"), SLICE_LITERAL("Enabled"));
	add_processes(&sample);
	bool told = mig_report_parse(report, xml, list);
	mig_report_apply(report, &sample);
	assert(told || sample.mig_count == 0);
	check_sample(&sample);
	mig_report_note(report, &sample);
	assert(mig_report_fits(report, &sample));
	sample_done(&sample);
	mig_report_free(report);
	return 0;
}
