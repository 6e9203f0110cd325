#include "smi/mig.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "smi/bus_id.h"
#include "smi/list.h"
#include "smi/mig_report.h"

struct mig_report *mig_report_new(void)
{
	return xcalloc(1, sizeof(struct mig_report));
}

void mig_report_free(struct mig_report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->gpu_size; i++) {
		free(report->gpus[i].parts);
		free(report->gpus[i].users);
	}
	free(report->gpus);
	free(report);
}

void mig_report_clear(struct mig_report *report)
{
	report->gpu_count = 0;
	report->noted = false;
}

/* Room for one more element: doubled when full. */
static void *grow(void *elements, size_t count, size_t *size, size_t element)
{
	size_t before = *size;

	if (count < before)
		return elements;
	*size = before > 0 ? before * 2 : 8;
	char *larger = xrealloc(elements, *size * element);
	memset(larger + before * element, 0, (*size - before) * element);
	return larger;
}

struct mig_gpu *mig_report_add_gpu(struct mig_report *report)
{
	if (report->gpu_count == CAP_GPUS)
		return NULL;
	report->gpus = grow(report->gpus, report->gpu_count, &report->gpu_size, sizeof(*report->gpus));
	struct mig_gpu *gpu = &report->gpus[report->gpu_count++];
	gpu->uuid[0] = gpu->bus_id[0] = '\0';
	gpu->part_count = gpu->user_count = 0;
	return gpu;
}

struct mig_part *mig_report_add_part(struct mig_gpu *gpu)
{
	if (gpu->part_count == CAP_MIG_DEVICES)
		return NULL;
	gpu->parts = grow(gpu->parts, gpu->part_count, &gpu->part_size, sizeof(*gpu->parts));
	return &gpu->parts[gpu->part_count++];
}

struct mig_user *mig_report_add_user(struct mig_gpu *gpu)
{
	if (gpu->user_count == CAP_PROCESSES_PER_GPU)
		return NULL;
	gpu->users = grow(gpu->users, gpu->user_count, &gpu->user_size, sizeof(*gpu->users));
	return &gpu->users[gpu->user_count++];
}

void mig_report_copy(char *out, size_t size, struct slice text)
{
	size_t len = text.len < size ? text.len : 0;

	if (len > 0)
		memcpy(out, text.ptr, len);
	out[len] = '\0';
}

struct mig_amount mig_amount_of(struct reading reading)
{
	struct mig_amount amount = {.value = reading.value};

	if (!reading.absent.ptr)
		return amount;
	mig_report_copy(amount.absent, sizeof(amount.absent), reading.absent);
	if (!amount.absent[0])
		mig_report_copy(amount.absent, sizeof(amount.absent), SLICE_LITERAL("no value"));
	return amount;
}

static bool same_uuid(const char *a, struct slice b)
{
	return b.len > 0 && strlen(a) == b.len && strncasecmp(a, b.ptr, b.len) == 0;
}

static struct mig_gpu *find_by_uuid(struct mig_report *report, struct slice uuid)
{
	for (size_t i = 0; i < report->gpu_count; i++)
		if (same_uuid(report->gpus[i].uuid, uuid))
			return &report->gpus[i];
	return NULL;
}

/* A line of -L about a part. */
struct listed {
	int index;
	struct slice profile, uuid;
};

/* "MIG 3g.40gb     Device  0: (UUID: MIG-...)", before 470 "MIG 1g.5gb Device 0: (UUID: MIG-GPU-.../7/0)". */
static bool read_listed(struct slice line, struct listed *ret)
{
	static const char mark[] = " Device ";
	struct slice rest;
	int64_t index;

	if (!slice_starts_with(line, "MIG "))
		return false;
	const char *found = memmem(line.ptr, line.len, mark, sizeof(mark) - 1);
	if (!found)
		return false;
	struct slice number = {found + sizeof(mark) - 1, (size_t)(line.ptr + line.len - found) - (sizeof(mark) - 1)};
	number = slice_trim(slice_split(number, ':', &rest));
	if (!rest.ptr || !slice_to_int64(number, &index) || index < 0 || index > INT_MAX)
		return false;
	*ret = (struct listed){.index = (int)index,
			       .profile = slice_trim((struct slice){line.ptr + 4, (size_t)(found - line.ptr) - 3}),
			       .uuid = list_uuid(line)};
	return true;
}

/* "7/0" of "MIG-GPU-.../7/0" must be the numbers of the part: the parts may have changed between the two answers. */
static bool contradicts(const struct mig_part *part, struct slice uuid)
{
	struct slice gpu_instance, compute_instance;
	int64_t gi, ci;

	slice_split(uuid, '/', &gpu_instance);
	gpu_instance = slice_split(gpu_instance, '/', &compute_instance);
	if (!slice_to_int64(gpu_instance, &gi) || !slice_to_int64(compute_instance, &ci))
		return false;
	return gi != part->gpu_instance || ci != part->compute_instance;
}

/* The part that a line is about: by its index, else by its place in the order. */
static struct mig_part *find_part(struct mig_gpu *gpu, const struct listed *listed, size_t place)
{
	for (size_t i = 0; i < gpu->part_count; i++)
		if (gpu->parts[i].index == listed->index)
			return &gpu->parts[i];
	if (place < gpu->part_count && gpu->parts[place].index < 0)
		return &gpu->parts[place];
	return NULL;
}

/* A part that only -L tells of, because the other document ended early, is one all the same. */
static void join(struct mig_gpu *gpu, const struct listed *listed, size_t place)
{
	struct mig_part *part = find_part(gpu, listed, place);

	if (part && contradicts(part, listed->uuid))
		return;
	if (!part) {
		part = mig_report_add_part(gpu);
		if (!part)
			return;
		struct mig_amount unknown = {.absent = "not told"};
		*part = (struct mig_part){.gpu_instance = -1, .compute_instance = -1, .total = unknown, .used = unknown};
	}
	part->index = listed->index;
	mig_report_copy(part->profile, sizeof(part->profile), listed->profile);
	mig_report_copy(part->uuid, sizeof(part->uuid), listed->uuid);
}

static void read_list(struct mig_report *report, struct slice list)
{
	struct mig_gpu *gpu = NULL;
	struct listed listed;
	size_t place = 0;

	for (struct slice rest = list; rest.ptr;) {
		struct slice line = slice_trim(slice_split(rest, '\n', &rest));
		if (read_listed(line, &listed)) {
			if (gpu)
				join(gpu, &listed, place++);
		} else if (line.len > 0) {
			gpu = find_by_uuid(report, list_uuid(line));
			place = 0;
		}
	}
}

bool mig_report_parse(struct mig_report *report, struct slice xml, struct slice list)
{
	mig_report_clear(report);
	mig_xml_read(xml, report);
	if (report->gpu_count > 0)
		read_list(report, list);
	return report->gpu_count > 0;
}

/* FNV-1a. */
static void add_to_note(uint64_t *note, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i++)
		*note = (*note ^ p[i]) * 0x100000001b3u;
}

static void note_text(uint64_t *note, struct slice text)
{
	add_to_note(note, &text.len, sizeof(text.len));
	add_to_note(note, text.ptr, text.len);
}

static void note_reading(uint64_t *note, const struct reading *reading)
{
	add_to_note(note, &reading->value, sizeof(reading->value));
	note_text(note, reading->absent);
}

/* What a sample shows of its GPUs with MIG on, in one number. False when there is none. */
static bool take_note(const struct sample *sample, uint64_t *ret)
{
	uint64_t note = 0xcbf29ce484222325u;
	bool has_mig = false;

	for (size_t i = 0; i < sample->gpu_count; i++) {
		const struct gpu *gpu = &sample->gpus[i];
		if (!gpu_has_mig(gpu))
			continue;
		has_mig = true;
		note_text(&note, gpu->uuid.ptr ? gpu->uuid : gpu->bus_id);
		note_reading(&note, &gpu->readings[READING_memory_used]);
		for (size_t at = 0; at < sample->process_count; at++) {
			const struct process *process = &sample->processes[at];
			if (process->gpu != i)
				continue;
			add_to_note(&note, &process->pid, sizeof(process->pid));
			note_reading(&note, &process->memory);
		}
	}
	*ret = note;
	return has_mig;
}

void mig_report_note(struct mig_report *report, const struct sample *sample)
{
	take_note(sample, &report->note);
	report->noted = true;
}

bool mig_report_fits(const struct mig_report *report, const struct sample *sample)
{
	uint64_t note;

	if (!take_note(sample, &note))
		return true;
	return report->noted && report->note == note;
}

/* By UUID where both tell it, else by bus id. */
static bool is_same(const struct mig_gpu *known, const struct gpu *gpu)
{
	if (known->uuid[0] && gpu->uuid.ptr)
		return same_uuid(known->uuid, gpu->uuid);
	return bus_id_equal(slice_of(known->bus_id), gpu->bus_id);
}

static const struct mig_gpu *find_gpu(const struct mig_report *report, const struct gpu *gpu)
{
	for (size_t i = 0; i < report->gpu_count; i++)
		if (is_same(&report->gpus[i], gpu))
			return &report->gpus[i];
	return NULL;
}

/* What does not fit into the sample is not known. */
static struct slice keep(struct sample *sample, const char *text)
{
	struct slice kept;

	return text[0] && sample_keep(sample, slice_of(text), &kept) == 0 ? kept : SLICE_NONE;
}

static struct reading keep_amount(struct sample *sample, const struct mig_amount *amount)
{
	if (!amount->absent[0])
		return (struct reading){.value = amount->value};
	struct slice reason = keep(sample, amount->absent);
	return reading_absent(reason.ptr ? reason : SLICE_LITERAL("not known"));
}

static void add_part(struct sample *sample, size_t gpu, const struct mig_part *part)
{
	struct mig_device *mig = sample_add_mig(sample);

	if (!mig)
		return;
	mig->gpu = gpu;
	mig->index = part->index;
	mig->gpu_instance = part->gpu_instance;
	mig->compute_instance = part->compute_instance;
	/* Each of these may move the text of those before it, which follow because they are in the sample. */
	mig->profile = keep(sample, part->profile);
	mig->uuid = keep(sample, part->uuid);
	mig->memory_total = keep_amount(sample, &part->total);
	mig->memory_used = keep_amount(sample, &part->used);
}

/* A process on two parts of a GPU has two rows there: the first of them is the first of the document. */
static const struct mig_user *take_user(const struct mig_gpu *gpu, int64_t pid, bool taken[CAP_PROCESSES_PER_GPU])
{
	for (size_t i = 0; i < gpu->user_count; i++) {
		if (gpu->users[i].pid != pid || taken[i])
			continue;
		taken[i] = true;
		return &gpu->users[i];
	}
	return NULL;
}

/* The part among those from `first` on, when there is just one that it can be. */
static size_t find_device(const struct sample *sample, size_t first, const struct mig_user *user)
{
	size_t found = NO_MIG_DEVICE;

	for (size_t i = first; i < sample->mig_count; i++) {
		const struct mig_device *mig = &sample->migs[i];
		bool may_be = mig->gpu_instance == user->gpu_instance &&
			      (user->compute_instance < 0 || mig->compute_instance == user->compute_instance);
		if (!may_be)
			continue;
		if (found != NO_MIG_DEVICE)
			return NO_MIG_DEVICE;
		found = i;
	}
	return found;
}

static void apply_to_gpu(const struct mig_gpu *known, struct sample *sample, size_t gpu)
{
	bool taken[CAP_PROCESSES_PER_GPU] = {false};
	size_t first = sample->mig_count;

	for (size_t i = 0; i < known->part_count; i++)
		add_part(sample, gpu, &known->parts[i]);
	for (size_t i = 0; i < sample->process_count; i++) {
		if (sample->processes[i].gpu != gpu || sample->processes[i].pid < 0)
			continue;
		const struct mig_user *user = take_user(known, sample->processes[i].pid, taken);
		if (user)
			sample->processes[i].mig = find_device(sample, first, user);
	}
}

void mig_report_apply(const struct mig_report *report, struct sample *sample)
{
	sample->mig_count = 0;
	for (size_t i = 0; i < sample->process_count; i++)
		sample->processes[i].mig = NO_MIG_DEVICE;
	for (size_t i = 0; i < sample->gpu_count; i++) {
		const struct mig_gpu *known = gpu_has_mig(&sample->gpus[i]) ? find_gpu(report, &sample->gpus[i]) : NULL;
		sample->gpus[i].mig_told = known;
		if (known)
			apply_to_gpu(known, sample, i);
	}
}
