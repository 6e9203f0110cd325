#include "smi/processes.h"

#include <string.h>
#include <strings.h>

#include "smi/bus_id.h"
#include "smi/messages.h"

enum cell_id { CELL_UUID, CELL_BUS_ID, CELL_PID, CELL_MEMORY, CELL_NAME, CELLS };

const char processes_fields[] = "gpu_uuid,gpu_bus_id,pid,used_memory,process_name";

/* An answer while it is read. */
struct answer {
	struct sample *sample;
	int status;
	size_t rows;
	size_t per_gpu[CAP_GPUS];
	bool has_last;      /* the row before was taken: what follows it may belong to its name */
	bool lost_gpu;      /* a line told of a GPU without a handle */
	bool warned;        /* a line warned, of the infoROM for one */
	struct slice prose; /* the first line that is no row */
};

/* False when the line is no row. All that follows the fourth comma is the name. */
static bool split_row(struct slice line, struct slice cells[CELLS])
{
	struct slice rest = line;

	for (int i = 0; i < CELL_NAME; i++) {
		if (!rest.ptr)
			return false;
		cells[i] = slice_trim(slice_split(rest, ',', &rest));
	}
	if (!rest.ptr)
		return false;
	cells[CELL_NAME] = slice_trim(rest);

	struct slice pid = cells[CELL_PID];
	bool has_uuid = slice_starts_with(cells[CELL_UUID], "GPU-") || slice_starts_with(cells[CELL_UUID], "MIG-");
	bool has_bus_id = bus_id_length(cells[CELL_BUS_ID]) > 0;
	return (has_uuid || has_bus_id) && pid.len > 0 && (pid.ptr[0] == '[' || strchr("-0123456789", pid.ptr[0]));
}

/* "GPU-5c89..." of "MIG-GPU-5c89.../7/0", as drivers before 470 spell a part of a GPU. */
static struct slice uuid_of_gpu(struct slice uuid)
{
	struct slice rest;

	if (!slice_starts_with(uuid, "MIG-GPU-"))
		return uuid;
	return slice_split((struct slice){uuid.ptr + 4, uuid.len - 4}, '/', &rest);
}

static bool same_uuid(struct slice a, struct slice b)
{
	return a.len > 0 && a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

/* The position of a row's GPU; gpu_count when it is not here. */
static size_t find_gpu(const struct sample *sample, const struct slice cells[CELLS])
{
	struct slice uuid = uuid_of_gpu(cells[CELL_UUID]);
	size_t at = 0;

	while (at < sample->gpu_count && !same_uuid(sample->gpus[at].uuid, uuid))
		at++;
	if (at < sample->gpu_count)
		return at;
	at = 0;
	while (at < sample->gpu_count && !bus_id_equal(sample->gpus[at].bus_id, cells[CELL_BUS_ID]))
		at++;
	return at;
}

/* Why a row is no process but the driver's excuse: PID, memory and name all have the same one. SLICE_NONE for a process, even one of
 * which we may know nothing. */
static struct slice find_refusal(const struct slice cells[CELLS])
{
	struct slice reason = reading_reason(cells[CELL_PID]);
	bool same = slice_equal(cells[CELL_PID], cells[CELL_MEMORY]) && slice_equal(cells[CELL_PID], cells[CELL_NAME]);
	bool hidden = slice_is(reason, "Insufficient Permissions") || slice_is(reason, "Not Found") || slice_is(reason, "N/A");

	return reason.ptr && same && !hidden ? reason : SLICE_NONE;
}

static int64_t read_pid(struct slice cell)
{
	int64_t pid;

	return slice_to_int64(cell, &pid) && pid > 0 && pid <= INT32_MAX ? pid : -1;
}

static void add_row(struct answer *answer, const struct slice cells[CELLS])
{
	struct sample *sample = answer->sample;
	struct slice refusal = find_refusal(cells);
	size_t gpu = find_gpu(sample, cells);

	answer->rows++;
	answer->has_last = false;
	if (refusal.ptr) {
		if (gpu < sample->gpu_count && !sample->gpus[gpu].problem.ptr)
			sample->gpus[gpu].process_problem = refusal;
		return;
	}
	if (gpu == sample->gpu_count || answer->per_gpu[gpu] >= CAP_PROCESSES_PER_GPU) {
		sample->processes_left_out++;
		return;
	}
	struct process *process = sample_add_process(sample);
	if (!process)
		return;
	answer->per_gpu[gpu]++;
	answer->has_last = true;
	process->gpu = gpu;
	process->pid = read_pid(cells[CELL_PID]);
	process->name = cells[CELL_NAME];
	process->memory = reading_parse(cells[CELL_MEMORY], UNIT_MIB);
}

/* The rest of a name with a newline in it: the slice grows over both. */
static void extend_name(struct sample *sample, struct slice line)
{
	struct slice *name = &sample->processes[sample->process_count - 1].name;

	name->len = (size_t)(line.ptr + line.len - name->ptr);
}

/* Whether the sample has this GPU already, with its problem: then --query-gpu went on after the same complaint, and so has this query. */
static bool is_known_as_lost(const struct sample *sample, struct slice bus_id, int index)
{
	for (size_t i = 0; i < sample->gpu_count; i++) {
		const struct gpu *gpu = &sample->gpus[i];
		bool same = bus_id.ptr && gpu->bus_id.ptr ? bus_id_equal(bus_id, gpu->bus_id) : index >= 0 && index == gpu->index;
		if (same && gpu->problem.ptr)
			return true;
	}
	return false;
}

/* Beside a complete answer, with a status of its own: a corrupted infoROM is no reason to doubt the processes. */
static bool is_warning(struct slice line)
{
	return slice_starts_with(line, "WARNING: ");
}

static void read_line(struct answer *answer, struct slice line)
{
	struct slice cells[CELLS], bus_id, reason;
	int index;

	if (split_row(line, cells)) {
		add_row(answer, cells);
	} else if (answer->status != 0 && messages_device_handle(line, &bus_id, &index, &reason)) {
		answer->has_last = false;
		answer->lost_gpu = true;
		if (!is_known_as_lost(answer->sample, bus_id, index) && !answer->prose.ptr)
			answer->prose = line;
	} else if (answer->status != 0 && is_warning(line)) {
		answer->warned = true;
		answer->has_last = false;
	} else if (answer->rows > 0 && (answer->status == 0 || !messages_is_known(line))) {
		if (answer->has_last)
			extend_name(answer->sample, line);
	} else if (!answer->prose.ptr && !slice_starts_with(line, "gpu_uuid,")) {
		answer->prose = line;
	}
}

/* Why the processes are not known; SLICE_NONE when they are. */
static struct slice judge(const struct answer *answer)
{
	struct smi_outcome outcome;

	if (answer->status == 0)
		return answer->prose;
	bool only_a_gpu = answer->lost_gpu && (answer->rows > 0 || !answer->prose.ptr);
	if (answer->status > 0 && !messages_ended_by_force(answer->status) && only_a_gpu)
		return SLICE_NONE;
	if (answer->status > 0 && !messages_ended_by_force(answer->status) && answer->warned && !answer->prose.ptr)
		return SLICE_NONE;
	if (answer->status < 0 && !answer->prose.ptr)
		return SLICE_LITERAL("the list of processes ended early");
	messages_classify(answer->prose, answer->status, &outcome);
	return outcome.message;
}

/* The text without its last line. */
static struct slice without_last_line(struct slice text)
{
	const char *end = text.len > 0 ? memrchr(text.ptr, '\n', text.len) : NULL;

	return (struct slice){text.ptr, end ? (size_t)(end - text.ptr) : 0};
}

void processes_parse_apps(struct slice text, int status, struct sample *sample)
{
	struct answer answer = {.sample = sample, .status = status};
	struct slice trimmed = slice_trim(text);
	struct slice rest = status < 0 ? without_last_line(trimmed) : trimmed;

	while (rest.ptr) {
		struct slice line = slice_trim(slice_split(rest, '\n', &rest));
		if (line.len > 0)
			read_line(&answer, line);
	}
	sample->process_problem = judge(&answer);
}
