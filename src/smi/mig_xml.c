#include <expat.h>
#include <limits.h>
#include <string.h>

#include "smi/mig_report.h"

enum {
	DEPTH_MAX = 24, /* nvidia-smi nests half as deep */
	TEXT_MAX = 128, /* of an element that we want */
	CHUNK = 4096,   /* bytes for expat at a time */
};

/* Where in the document we are, as far as it matters. */
enum place {
	ELSEWHERE,
	DOCUMENT,
	LOG,
	GPU,
	GPU_UUID,
	PARTS,
	PART,
	PART_INDEX,
	PART_GPU_INSTANCE,
	PART_COMPUTE_INSTANCE,
	PART_MEMORY,
	PART_MEMORY_TOTAL,
	PART_MEMORY_USED,
	USERS,
	USER,
	USER_PID,
	USER_GPU_INSTANCE,
	USER_COMPUTE_INSTANCE,
};

/* The same name means other things elsewhere: bar1_memory_usage has a total too. */
static const struct {
	enum place parent;
	const char *name;
	enum place place;
} elements[] = {
	{DOCUMENT, "nvidia_smi_log", LOG},
	{LOG, "gpu", GPU},
	{GPU, "uuid", GPU_UUID},
	{GPU, "mig_devices", PARTS},
	{PARTS, "mig_device", PART},
	{PART, "index", PART_INDEX},
	{PART, "gpu_instance_id", PART_GPU_INSTANCE},
	{PART, "compute_instance_id", PART_COMPUTE_INSTANCE},
	{PART, "fb_memory_usage", PART_MEMORY},
	{PART_MEMORY, "total", PART_MEMORY_TOTAL},
	{PART_MEMORY, "used", PART_MEMORY_USED},
	{GPU, "processes", USERS},
	{USERS, "process_info", USER},
	{USER, "pid", USER_PID},
	{USER, "gpu_instance_id", USER_GPU_INSTANCE},
	{USER, "compute_instance_id", USER_COMPUTE_INSTANCE},
};

struct reader {
	XML_Parser parser;
	struct mig_report *report;
	enum place places[DEPTH_MAX]; /* the open elements; the first is the document */
	size_t depth;
	char text[TEXT_MAX]; /* of the innermost one */
	size_t text_len;
	bool text_too_long;
	struct mig_gpu *gpu;  /* NULL: over the cap */
	struct mig_part part; /* while it is read */
	struct mig_user user;
};

static enum place find_place(enum place parent, const char *name)
{
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (elements[i].parent == parent && strcmp(elements[i].name, name) == 0)
			return elements[i].place;
	return ELSEWHERE;
}

static void begin_gpu(struct reader *reader, const char *const *attributes)
{
	struct slice bus_id = SLICE_NONE;

	for (size_t i = 0; attributes[i]; i += 2)
		if (strcmp(attributes[i], "id") == 0)
			bus_id = slice_trim(slice_of(attributes[i + 1]));
	reader->gpu = mig_report_add_gpu(reader->report);
	if (reader->gpu)
		mig_report_copy(reader->gpu->bus_id, sizeof(reader->gpu->bus_id), bus_id);
}

static void on_start(void *user, const char *name, const char **attributes)
{
	struct reader *reader = user;

	if (reader->depth == DEPTH_MAX) {
		XML_StopParser(reader->parser, XML_FALSE);
		return;
	}
	enum place place = find_place(reader->places[reader->depth - 1], name);
	reader->places[reader->depth++] = place;
	reader->text_len = 0;
	reader->text_too_long = false;
	if (place == GPU)
		begin_gpu(reader, attributes);
	else if (place == PART)
		reader->part = (struct mig_part){.index = -1,
						 .gpu_instance = -1,
						 .compute_instance = -1,
						 .total = {.absent = "not told"},
						 .used = {.absent = "not told"}};
	else if (place == USER)
		reader->user = (struct mig_user){.pid = -1, .gpu_instance = -1, .compute_instance = -1};
}

static void on_text(void *user, const char *text, int len)
{
	struct reader *reader = user;

	if (reader->places[reader->depth - 1] == ELSEWHERE)
		return;
	if ((size_t)len > sizeof(reader->text) - reader->text_len) {
		reader->text_too_long = true;
		return;
	}
	memcpy(reader->text + reader->text_len, text, (size_t)len);
	reader->text_len += (size_t)len;
}

/* -1 for what is no number: "N/A" of a process that is on no part. */
static int read_number(struct slice text)
{
	int64_t number;

	return slice_to_int64(text, &number) && number >= 0 && number <= INT_MAX ? (int)number : -1;
}

static void end_part(struct reader *reader)
{
	struct mig_part *part = reader->gpu ? mig_report_add_part(reader->gpu) : NULL;

	if (part)
		*part = reader->part;
}

static void end_user(struct reader *reader)
{
	bool is_on_part = reader->user.pid > 0 && reader->user.gpu_instance >= 0;
	struct mig_user *kept = reader->gpu && is_on_part ? mig_report_add_user(reader->gpu) : NULL;

	if (kept)
		*kept = reader->user;
}

static void end_element(struct reader *reader, enum place place, struct slice text)
{
	switch (place) {
	case GPU_UUID:
		if (reader->gpu)
			mig_report_copy(reader->gpu->uuid, sizeof(reader->gpu->uuid), text);
		break;
	case PART_INDEX:
		reader->part.index = read_number(text);
		break;
	case PART_GPU_INSTANCE:
		reader->part.gpu_instance = read_number(text);
		break;
	case PART_COMPUTE_INSTANCE:
		reader->part.compute_instance = read_number(text);
		break;
	case PART_MEMORY_TOTAL:
		reader->part.total = mig_amount_of(reading_parse(text, UNIT_MIB));
		break;
	case PART_MEMORY_USED:
		reader->part.used = mig_amount_of(reading_parse(text, UNIT_MIB));
		break;
	case PART:
		end_part(reader);
		break;
	case USER_PID:
		reader->user.pid = read_number(text);
		break;
	case USER_GPU_INSTANCE:
		reader->user.gpu_instance = read_number(text);
		break;
	case USER_COMPUTE_INSTANCE:
		reader->user.compute_instance = read_number(text);
		break;
	case USER:
		end_user(reader);
		break;
	default:
		break;
	}
}

static void on_end(void *user, const char *name)
{
	struct reader *reader = user;
	struct slice text = {reader->text, reader->text_too_long ? 0 : reader->text_len};

	(void)name;
	end_element(reader, reader->places[--reader->depth], slice_trim(text));
	reader->text_len = 0;
}

/* Bytes of a character that XML allows; 0 for any other. */
static size_t allowed_length(const char *p, size_t len)
{
	size_t bytes = utf8_length(p, len);

	if (bytes == 1)
		return (unsigned char)*p >= 0x20 || *p == '\t' || *p == '\n' || *p == '\r' ? 1 : 0;
	/* U+FFFE and U+FFFF. */
	return bytes == 3 && (memcmp(p, "\xef\xbf\xbe", 3) == 0 || memcmp(p, "\xef\xbf\xbf", 3) == 0) ? 0 : bytes;
}

/* The next piece for expat, '?' for what XML does not allow: names of processes hold whatever they like. */
static size_t clean(struct slice *rest, char chunk[CHUNK])
{
	size_t len = 0;

	while (rest->len > 0 && len + 4 <= CHUNK) {
		size_t bytes = allowed_length(rest->ptr, rest->len), step = bytes > 0 ? bytes : 1;
		if (bytes > 0)
			memcpy(chunk + len, rest->ptr, bytes);
		else
			chunk[len] = '?';
		len += step;
		rest->ptr += step;
		rest->len -= step;
	}
	return len;
}

static void read_document(struct slice document, struct mig_report *report)
{
	XML_Parser parser = XML_ParserCreate("UTF-8");
	struct reader reader = {.parser = parser, .report = report, .places = {DOCUMENT}, .depth = 1};
	enum XML_Status status = XML_STATUS_OK;
	char chunk[CHUNK];

	if (!parser)
		return;
	XML_SetUserData(parser, &reader);
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	while (document.len > 0 && status == XML_STATUS_OK) {
		size_t len = clean(&document, chunk);
		status = XML_Parse(parser, chunk, (int)len, document.len == 0);
	}
	XML_ParserFree(parser);
}

/*
 * A document begins with its outermost element. What stands before it is not for expat: messages of nvidia-smi, a DOCTYPE that may be
 * missing or name whatever file, and entities, which only a DOCTYPE can declare.
 */
void mig_xml_read(struct slice xml, struct mig_report *report)
{
	static const char begin[] = "<nvidia_smi_log", end[] = "</nvidia_smi_log>";
	struct slice rest = xml;

	while (rest.len > 0) {
		const char *limit = rest.ptr + rest.len;
		const char *first = memmem(rest.ptr, rest.len, begin, sizeof(begin) - 1);
		if (!first)
			return;
		const char *last = memmem(first, (size_t)(limit - first), end, sizeof(end) - 1);
		const char *next = last ? last + sizeof(end) - 1 : limit;
		read_document((struct slice){first, (size_t)(next - first)}, report);
		rest = (struct slice){next, (size_t)(limit - next)};
	}
}
