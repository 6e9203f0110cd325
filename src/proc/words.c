#include "proc/words.h"

#include <math.h>
#include <string.h>

struct slice words_take(struct slice *rest)
{
	struct slice text = *rest;

	while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) {
		text.ptr++;
		text.len--;
	}
	return slice_split(text, ' ', rest);
}

bool words_count(struct slice word, int64_t *ret)
{
	return word.len > 0 && word.ptr[0] >= '0' && word.ptr[0] <= '9' && slice_to_int64(word, ret);
}

bool words_uid(struct slice word, uint32_t *ret)
{
	int64_t value;

	if (!words_count(word, &value) || value >= UID_NONE)
		return false;
	*ret = (uint32_t)value;
	return true;
}

double words_amount(struct slice word)
{
	double value;

	return slice_to_double(word, &value) && value >= 0 && value <= 0x1p60 ? value : NAN;
}

bool words_are_hex(struct slice word, size_t len)
{
	for (size_t i = 0; i < word.len; i++) {
		char c = word.ptr[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return word.len == len;
}

struct slice words_cut(struct slice text, size_t len)
{
	if (text.len <= len)
		return text;
	/* Back to the first byte of the character that does not fit. */
	while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
		len--;
	return (struct slice){text.ptr, len};
}

void words_copy(struct slice text, char *out, size_t size)
{
	struct slice fits = words_cut(text, size - 1);

	if (fits.len > 0)
		memcpy(out, fits.ptr, fits.len);
	out[fits.len] = '\0';
}

/* FNV-1a. Who makes two texts of one hash fools us about his own command line alone. */
uint64_t words_hash(struct slice text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < text.len; i++)
		hash = (hash ^ (unsigned char)text.ptr[i]) * UINT64_C(0x100000001b3);
	return hash != 0 ? hash : 1;
}
