/* processes: the first byte tells the exit status as in fuzz_csv.c, then comes the answer. */
#include "check_sample.h"
#include "smi/processes.h"

static void add_gpus(struct sample *sample)
{
	sample_add_gpu(sample)->uuid = SLICE_LITERAL("GPU-1");
	sample_add_gpu(sample)->bus_id = SLICE_LITERAL("00000000:02:00.0");
	struct gpu *lost = sample_add_gpu(sample);
	lost->bus_id = SLICE_LITERAL("0000:03:00.0");
	gpu_set_problem(lost, SLICE_LITERAL("GPU is lost"));
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	struct slice rest = {(const char *)input, len};
	struct sample sample;

	int status = take_status(&rest);
	sample_init(&sample);
	if (buf_append_slice(&sample.text, rest) == 0) {
		add_gpus(&sample);
		processes_parse_apps(buf_slice(&sample.text), status, &sample);
		assert(status == 0 || status == 255 || sample.process_problem.ptr);
		check_sample(&sample);
	}
	sample_done(&sample);
	return 0;
}
