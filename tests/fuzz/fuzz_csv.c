/* csv: the first byte tells the exit status ("0" is 0, "1" is unknown, "2" is 255, "3" is 124), the rest is the answer. */
#include "check_sample.h"
#include "smi/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	static const char *const columns[] = {"pstate", "temperature.gpu", "bogus", "name"};
	struct slice rest = {(const char *)input, len};
	struct query *query = query_new(columns, 4);
	struct smi_outcome outcome;
	struct sample sample;

	int status = take_status(&rest);
	sample_init(&sample);
	query_drop(query, SLICE_LITERAL("bogus"));
	if (buf_append_slice(&sample.text, rest) == 0) {
		csv_parse_gpus(buf_slice(&sample.text), status, query, &sample, &outcome);
		check_sample(&sample);
		check_slice(outcome.message);
		check_slice(outcome.unknown_field);
		assert((outcome.problem == PROBLEM_NONE) == (sample.gpu_count > 0));
		assert((outcome.problem == PROBLEM_NONE) == !outcome.message.ptr);
		/* A problem that drops a field must come to an end. */
		if (outcome.unknown_field.ptr && query_drop(query, outcome.unknown_field))
			assert(!query_drop(query, outcome.unknown_field));
	}
	sample_done(&sample);
	query_free(query);
	return 0;
}
