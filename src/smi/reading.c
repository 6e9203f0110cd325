#include "smi/reading.h"

#include <math.h>

static const struct {
	const char *suffix;
	double scale;
} units[] = {
	[UNIT_PERCENT] = {"%", 1}, [UNIT_MIB] = {"MiB", 1024 * 1024}, [UNIT_CELSIUS] = {"C", 1}, [UNIT_WATT] = {"W", 1},
	[UNIT_SECOND] = {"s", 1},  [UNIT_MHZ] = {"MHz", 1},           [UNIT_COUNT] = {"", 1},    [UNIT_MASK] = {"", 1},
};

/* All other reasons that were ever seen (docs/nvidia-smi.md) mean that something is broken. */
static const char *const plain_reasons[] = {
	"N/A",
	"Not Supported",
	"Requested functionality has been deprecated",
	"Insufficient Permissions",
	"Function Not Found",
	"Not Found",
	"No data",
	"Invalid Argument",
	"Argument version mismatch",
};

struct slice reading_reason(struct slice cell)
{
	if (!slice_starts_with(cell, "["))
		return SLICE_NONE;
	struct slice inner = {cell.ptr + 1, cell.len - 1};
	if (inner.len > 0 && inner.ptr[inner.len - 1] == ']')
		inner.len--;
	return slice_trim(inner);
}

bool reason_is_plain(struct slice reason)
{
	for (size_t i = 0; i < sizeof(plain_reasons) / sizeof(plain_reasons[0]); i++)
		if (slice_is(reason, plain_reasons[i]))
			return true;
	return false;
}

struct reading reading_absent(struct slice reason)
{
	return (struct reading){.absent = reason};
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "0x0000000000000004". False also when a double would not hold all the bits. */
static bool read_mask(struct slice text, double *ret)
{
	uint64_t mask = 0;

	if (text.len < 3 || !slice_starts_with(text, "0x"))
		return false;
	for (size_t i = 2; i < text.len; i++) {
		int digit = hex_digit(text.ptr[i]);
		if (digit < 0 || mask >> 49 != 0)
			return false;
		mask = mask << 4 | (uint64_t)digit;
	}
	*ret = (double)mask;
	return true;
}

static bool read_number(struct slice text, enum unit unit, double *ret)
{
	if (unit == UNIT_MASK)
		return read_mask(text, ret);
	return slice_to_double(text, ret) && (unit != UNIT_COUNT || *ret >= 0);
}

struct reading reading_parse(struct slice cell, enum unit unit)
{
	struct slice trimmed = slice_trim(cell);
	struct slice reason = reading_reason(trimmed);
	struct slice suffix;
	struct reading reading = {0};

	if (reason.ptr)
		return reading_absent(reason);
	if (trimmed.len == 0)
		return reading_absent(SLICE_LITERAL("no value"));

	struct slice number = slice_split(trimmed, ' ', &suffix);
	bool unit_fits = !suffix.ptr || slice_is(slice_trim(suffix), units[unit].suffix);
	if (!unit_fits || !read_number(number, unit, &reading.value))
		return reading_absent(trimmed);
	reading.value *= units[unit].scale;
	if (!isfinite(reading.value))
		return reading_absent(trimmed);
	return reading;
}
