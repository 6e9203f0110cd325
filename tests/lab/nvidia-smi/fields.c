#include "fields.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "out.h"

enum kind {
	KIND_CONSTANT,
	KIND_NUMBER,
	KIND_WATTS,
	KIND_TEXT,
	KIND_CHARS,
	KIND_WORD,
	KIND_WITH_ECC,
	KIND_EVENT,
	KIND_NEVER,
	KIND_TIMESTAMP,
};

struct field {
	const char *name, *unit;
	unsigned since, until;
	enum kind kind;
	size_t offset;       /* in struct gpu */
	const char *literal; /* of KIND_WORD and KIND_WITH_ECC */
	enum event event;    /* of KIND_EVENT */
};

#define AT(member) offsetof(struct gpu, member)

static const struct field fields[] = {
#define CONSTANT(name, unit, since, until, member) {name, unit, since, until, KIND_CONSTANT, AT(member), NULL, 0},
#define NUMBER(name, unit, since, until, member) {name, unit, since, until, KIND_NUMBER, AT(member), NULL, 0},
#define WATTS(name, since, until, member) {name, "W", since, until, KIND_WATTS, AT(member), NULL, 0},
#define TEXT(name, since, until, member) {name, "", since, until, KIND_TEXT, AT(member), NULL, 0},
#define CHARS(name, since, until, member) {name, "", since, until, KIND_CHARS, AT(member), NULL, 0},
#define WORD(name, since, until, literal) {name, "", since, until, KIND_WORD, 0, literal, 0},
#define WITH_ECC(name, since, until, literal) {name, "", since, until, KIND_WITH_ECC, 0, literal, 0},
#define EVENT(name, since, until, event) {name, "", since, until, KIND_EVENT, 0, NULL, event},
#define NEVER(name, unit, since, until) {name, unit, since, until, KIND_NEVER, 0, NULL, 0},
#define TIMESTAMP(name) {name, "", 0, 0, KIND_TIMESTAMP, 0, NULL, 0},
#include "fields.def"
};

static const struct {
	const char *alias, *name;
	unsigned since;
} aliases[] = {
	{"gpu_name", "name", 0},
	{"gpu_serial", "serial", 0},
	{"gpu_uuid", "uuid", 0},
	{"gpu_bus_id", "pci.bus_id", 0},
	{"inforom.image", "inforom.img", 0},
	{"inforom.power", "inforom.pwr", 0},
	{"gpu_operation_mode.current", "gom.current", 0},
	{"gpu_operation_mode.pending", "gom.pending", 0},
	{"retired_pages.sbe", "retired_pages.single_bit_ecc.count", 0},
	{"retired_pages.dbe", "retired_pages.double_bit.count", 0},
	{"remapped_rows.sbe", "remapped_rows.correctable", 570},
	{"remapped_rows.dbe", "remapped_rows.uncorrectable", 570},
	{"clocks.gr", "clocks.current.graphics", 0},
	{"clocks.sm", "clocks.current.sm", 0},
	{"clocks.mem", "clocks.current.memory", 0},
	{"clocks.video", "clocks.current.video", 390},
	{"clocks.applications.gr", "clocks.applications.graphics", 0},
	{"clocks.applications.mem", "clocks.applications.memory", 0},
	{"clocks.default_applications.gr", "clocks.default_applications.graphics", 0},
	{"clocks.default_applications.mem", "clocks.default_applications.memory", 0},
	{"clocks.max.gr", "clocks.max.graphics", 0},
	{"clocks.max.mem", "clocks.max.memory", 0},
	{"gpu.power.draw.average", "power.draw.average", 570},
	{"gpu.power.draw.instant", "power.draw.instant", 570},
	{"gpu.power.requested_limit", "power.limit", 570},
	{"gpu.power.current_limit", "enforced.power.limit", 570},
	{"gpu.power.default_limit", "power.default_limit", 570},
	{"gpu.power.min_limit", "power.min_limit", 570},
	{"gpu.power.max_limit", "power.max_limit", 570},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define THROTTLE "clocks_throttle_reasons."

/* Begins a name with one of these, it is no longer answered since 590. */
static const char *const deprecated[] = {"display_mode", "power.management", "clocks.applications.",
					 "clocks.default_applications."};

static bool known(const struct control *control, const struct field *field)
{
	return control->major >= field->since && (field->until == 0 || control->major < field->until);
}

static const struct field *find_canonical(const struct control *control, const char *name)
{
	for (size_t i = 0; i < COUNT(fields); i++)
		if (strcmp(fields[i].name, name) == 0 && known(control, &fields[i]))
			return &fields[i];
	return NULL;
}

/* 530 to 534 forgot the old name of the event reasons; 535 made it an alias. */
static const struct field *find_event_reason(const struct control *control, const char *name)
{
	char renamed[64];
	if (control->major < 535 || strncmp(name, THROTTLE, strlen(THROTTLE)) != 0)
		return NULL;
	snprintf(renamed, sizeof(renamed), "clocks_event_reasons.%s", name + strlen(THROTTLE));
	return find_canonical(control, renamed);
}

const struct field *field_find(const struct control *control, const char *name)
{
	const struct field *found = find_canonical(control, name);
	for (size_t i = 0; i < COUNT(aliases) && found == NULL; i++)
		if (control->major >= aliases[i].since && strcmp(aliases[i].alias, name) == 0)
			found = find_canonical(control, aliases[i].name);
	return found != NULL ? found : find_event_reason(control, name);
}

void field_print_header(const struct field *field)
{
	if (field->unit[0] != '\0')
		out_printf("%s [%s]", field->name, field->unit);
	else
		out_text(field->name);
}

const char *field_absent(const struct control *control)
{
	return control->major < 418 ? "[Not Supported]" : "[N/A]";
}

static bool is_deprecated(const struct control *control, const struct field *field)
{
	for (size_t i = 0; i < COUNT(deprecated) && control->major >= 590; i++)
		if (strncmp(field->name, deprecated[i], strlen(deprecated[i])) == 0)
			return true;
	return false;
}

void field_print_timestamp(double now)
{
	time_t seconds = (time_t)now;
	struct tm local;
	char text[32];
	localtime_r(&seconds, &local);
	strftime(text, sizeof(text), "%Y/%m/%d %H:%M:%S", &local);
	out_printf("%s.%03d", text, (int)((now - (double)seconds) * 1000));
}

static void print_number(const struct control *control, const struct field *field, int value, bool units)
{
	if (value == ABSENT)
		out_text(field_absent(control));
	else
		out_printf(units && field->unit[0] != '\0' ? "%d %s" : "%d", value, field->unit);
}

static void print_watts(const struct control *control, double value, bool units)
{
	if (value < 0)
		out_text(field_absent(control));
	else
		out_printf(units ? "%.2f W" : "%.2f", value);
}

static void print_text(const struct control *control, const char *text)
{
	out_text(text != NULL ? text : field_absent(control));
}

void field_print_value(const struct control *control, const struct field *field, const struct gpu *gpu, double now, bool units)
{
	const char *member = (const char *)gpu + field->offset;
	bool moves = field->kind == KIND_NUMBER || field->kind == KIND_WATTS;
	if (gpu->reach == REACH_NO_HANDLE || (gpu->reach == REACH_BROKEN && moves)) {
		out_printf("[%s]", gpu->reason);
		return;
	}
	if (is_deprecated(control, field)) {
		out_text("[Requested functionality has been deprecated]");
		return;
	}
	switch (field->kind) {
	case KIND_CONSTANT:
	case KIND_NUMBER:
		print_number(control, field, *(const int *)(const void *)member, units);
		break;
	case KIND_WATTS:
		print_watts(control, *(const double *)(const void *)member, units);
		break;
	case KIND_TEXT:
		print_text(control, *(const char *const *)(const void *)member);
		break;
	case KIND_CHARS:
		out_text(member);
		break;
	case KIND_TIMESTAMP:
		field_print_timestamp(now);
		break;
	case KIND_WORD:
		out_text(field->literal);
		break;
	case KIND_WITH_ECC:
		print_text(control, gpu->ecc != NULL ? field->literal : NULL);
		break;
	case KIND_EVENT:
		print_text(control, gpu_event(gpu, field->event));
		break;
	case KIND_NEVER:
		out_text(field_absent(control));
		break;
	}
}

void fields_print_help(const struct control *control)
{
	out_text("List of valid properties to query for the switch \"--query-gpu=\":\n\n");
	for (size_t i = 0; i < COUNT(fields); i++) {
		const struct field *field = &fields[i];
		if (!known(control, field))
			continue;
		out_printf("\"%s\"", field->name);
		for (size_t a = 0; a < COUNT(aliases); a++)
			if (strcmp(aliases[a].name, field->name) == 0 && control->major >= aliases[a].since)
				out_printf(" or \"%s\"", aliases[a].alias);
		if (strncmp(field->name, "clocks_event_reasons.", 21) == 0 && control->major >= 535)
			out_printf(" or \"" THROTTLE "%s\"", field->name + 21);
		out_text("\nTold as far as this product tells it.\n\n");
	}
}
