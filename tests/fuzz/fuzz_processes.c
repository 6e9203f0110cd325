/* processes: the first byte tells the exit status as in fuzz_csv.c, then comes the answer, and after a line "@ps" that of ps. */
#include <string.h>

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
	static const char mark[] = "\n@ps\n";
	struct slice rest = {(const char *)input, len};
	struct sample sample;

	int status = take_status(&rest);
	sample_init(&sample);
	if (buf_append_slice(&sample.text, rest) == 0) {
		struct slice apps = buf_slice(&sample.text), ps = SLICE_NONE;
		const char *found = memmem(apps.ptr, apps.len, mark, sizeof(mark) - 1);
		if (found) {
			size_t before = (size_t)(found - apps.ptr);
			ps = (struct slice){found + sizeof(mark) - 1, apps.len - before - (sizeof(mark) - 1)};
			apps.len = before;
		}
		add_gpus(&sample);
		processes_parse_apps(apps, status, &sample);
		assert(status == 0 || status == 255 || sample.process_problem.ptr);
		processes_parse_ps(ps, &sample);
		check_sample(&sample);
	}
	sample_done(&sample);
	return 0;
}
