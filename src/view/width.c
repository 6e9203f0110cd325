#include "view/width.h"

struct range {
	uint32_t first, last;
	unsigned columns;
};

/*
 * What does not take one column, in order: combining marks and invisible characters, and what East Asian Width (Unicode 14) calls wide. By
 * whole blocks, for the scripts in which hosts, people and programs are named; a mark of another script counts one column too many.
 */
static const struct range ranges[] = {
	{0x0300, 0x036f, 0},   {0x0483, 0x0489, 0},   {0x0591, 0x05bd, 0},   {0x0610, 0x061a, 0},   {0x064b, 0x065f, 0},
	{0x0e31, 0x0e31, 0},   {0x0e34, 0x0e3a, 0},   {0x0e47, 0x0e4e, 0},   {0x1100, 0x115f, 2},   {0x1ab0, 0x1aff, 0},
	{0x1dc0, 0x1dff, 0},   {0x200b, 0x200f, 0},   {0x202a, 0x202e, 0},   {0x2060, 0x206f, 0},   {0x20d0, 0x20f0, 0},
	{0x231a, 0x231b, 2},   {0x2329, 0x232a, 2},   {0x23e9, 0x23ec, 2},   {0x2614, 0x2615, 2},   {0x26a1, 0x26a1, 2},
	{0x2705, 0x2705, 2},   {0x270a, 0x270b, 2},   {0x2728, 0x2728, 2},   {0x274c, 0x274c, 2},   {0x2753, 0x2755, 2},
	{0x2757, 0x2757, 2},   {0x2b50, 0x2b50, 2},   {0x2e80, 0x303e, 2},   {0x3041, 0x3247, 2},   {0x3250, 0x4dbf, 2},
	{0x4e00, 0xa4cf, 2},   {0xa960, 0xa97c, 2},   {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},
	{0xfe10, 0xfe19, 2},   {0xfe20, 0xfe2f, 0},   {0xfe30, 0xfe6f, 2},   {0xfeff, 0xfeff, 0},   {0xff01, 0xff60, 2},
	{0xffe0, 0xffe6, 2},   {0x17000, 0x18cff, 2}, {0x1b000, 0x1b2ff, 2}, {0x1f300, 0x1f320, 2}, {0x1f32d, 0x1f335, 2},
	{0x1f337, 0x1f37c, 2}, {0x1f37e, 0x1f393, 2}, {0x1f3a0, 0x1f3ca, 2}, {0x1f3e0, 0x1f3f0, 2}, {0x1f400, 0x1f43e, 2},
	{0x1f442, 0x1f4fc, 2}, {0x1f4ff, 0x1f53d, 2}, {0x1f5fb, 0x1f64f, 2}, {0x1f680, 0x1f6c5, 2}, {0x1f90c, 0x1f93a, 2},
	{0x1f947, 0x1f9ff, 2}, {0x1fa70, 0x1faff, 2}, {0x20000, 0x3fffd, 2}, {0xe0001, 0xe01ef, 0},
};

static unsigned columns_of(uint32_t character)
{
	size_t low = 0, high = sizeof(ranges) / sizeof(ranges[0]);

	if (character < ranges[0].first)
		return 1;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (character > ranges[middle].last)
			low = middle + 1;
		else
			high = middle;
	}
	bool found = low < sizeof(ranges) / sizeof(ranges[0]) && character >= ranges[low].first;
	return found ? ranges[low].columns : 1;
}

/* Of well-formed UTF-8. */
static uint32_t decode(const char *p, size_t length)
{
	static const unsigned char first_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t character = (unsigned char)p[0] & first_bits[length];

	for (size_t i = 1; i < length; i++)
		character = character << 6 | ((unsigned char)p[i] & 0x3f);
	return character;
}

/* Bytes of a colour sequence at the beginning, 0 when there is none. */
static size_t sequence_length(struct slice text)
{
	if (!slice_starts_with(text, "\x1b["))
		return 0;
	for (size_t i = 2; i < text.len; i++)
		if (text.ptr[i] == 'm')
			return i + 1;
	return 0;
}

/* Bytes of what stands first in a text that is not empty, and the columns it takes. */
static size_t first_thing(struct slice text, unsigned *ret_columns)
{
	size_t length = text.ptr[0] == '\x1b' ? sequence_length(text) : 0;

	if (length > 0) {
		*ret_columns = 0;
		return length;
	}
	length = utf8_length(text.ptr, text.len);
	*ret_columns = length > 0 ? columns_of(decode(text.ptr, length)) : 1;
	return length > 0 ? length : 1;
}

/* Goes through `text` as far as `columns` allow. Returns the bytes; *ret_columns is what they take. */
static size_t walk(struct slice text, size_t columns, size_t *ret_columns)
{
	size_t at = 0, taken = 0;

	while (at < text.len) {
		unsigned more;
		size_t length = first_thing((struct slice){text.ptr + at, text.len - at}, &more);
		if (more > columns - taken)
			break;
		at += length;
		taken += more;
	}
	*ret_columns = taken;
	return at;
}

size_t width_of(struct slice text)
{
	size_t columns;

	walk(text, SIZE_MAX, &columns);
	return columns;
}

size_t width_fit(struct slice text, size_t columns)
{
	size_t taken;

	return walk(text, columns, &taken);
}
