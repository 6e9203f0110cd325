#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool slice_contains(struct slice a, const char *needle)
{
	return a.ptr && memmem(a.ptr, a.len, needle, strlen(needle));
}

char *slice_dup(struct slice a)
{
	if (!a.ptr)
		return NULL;
	char *copy = xmalloc(a.len + 1);
	memcpy(copy, a.ptr, a.len);
	copy[a.len] = '\0';
	return copy;
}

/* strtod() and strtoll() want a terminated string; no number that we accept is longer than this. */
enum { NUMBER_MAX = 63 };

static bool copy_number(struct slice a, char out[NUMBER_MAX + 1])
{
	if (a.len == 0 || a.len > NUMBER_MAX || text_is_blank(a.ptr[0]))
		return false;
	memcpy(out, a.ptr, a.len);
	out[a.len] = '\0';
	return strlen(out) == a.len;
}

/* So many digits always fit in an int64_t, and in the 53 bits of a double. */
enum { PLAIN_MAX = 15 };

/*
 * Nearly all numbers that we read are a few digits, maybe with a point among them, and are read here; all others by the C library.
 * *ret_fraction: digits behind the point.
 */
static bool read_plain(struct slice a, int64_t *ret_digits, size_t *ret_fraction)
{
	int64_t digits = 0;
	size_t point = a.len;

	if (a.len == 0 || a.len > PLAIN_MAX)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (a.ptr[i] >= '0' && a.ptr[i] <= '9')
			digits = digits * 10 + (a.ptr[i] - '0');
		else if (a.ptr[i] == '.' && i > 0 && point == a.len)
			point = i;
		else
			return false;
	}
	*ret_digits = digits;
	*ret_fraction = point < a.len ? a.len - point - 1 : 0;
	return point != a.len - 1;
}

bool slice_to_int64(struct slice a, int64_t *ret)
{
	int64_t plain;
	size_t fraction;
	char digits[NUMBER_MAX + 1];
	char *end;

	if (read_plain(a, &plain, &fraction)) {
		if (fraction == 0)
			*ret = plain;
		return fraction == 0;
	}
	if (!copy_number(a, digits))
		return false;
	errno = 0;
	long long value = strtoll(digits, &end, 10);
	if (errno != 0 || *end != '\0')
		return false;
	*ret = value;
	return true;
}

bool slice_to_double(struct slice a, double *ret)
{
	/* Like the digits, these are exact, and so their quotient is rounded once: it is what strtod() says. */
	static const double powers[PLAIN_MAX] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};
	int64_t plain;
	size_t fraction;
	char digits[NUMBER_MAX + 1];
	char *end;

	if (read_plain(a, &plain, &fraction)) {
		*ret = (double)plain / powers[fraction];
		return true;
	}
	/* strtod() also takes "inf", "nan" and hexadecimal: no value of ours looks like that. */
	if (!copy_number(a, digits) || strspn(digits, "+-.0123456789eE") != a.len)
		return false;
	double value = strtod(digits, &end);
	if (*end != '\0' || end == digits || !isfinite(value))
		return false;
	*ret = value;
	return true;
}

size_t ascii_length(const char *p, size_t len)
{
	static const uint64_t ones = UINT64_C(0x0101010101010101), tops = UINT64_C(0x8080808080808080);
	size_t at = 0;
	uint64_t word;

	/* Eight bytes at once: a top bit is set in one that is not ASCII, and in a NUL of which 1 was taken. */
	for (; len - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, p + at, sizeof(word));
		if ((word | (word - ones)) & tops)
			break;
	}
	while (at < len && p[at] != '\0' && (unsigned char)p[at] < 0x80)
		at++;
	return at;
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t utf8_length(const char *p, size_t len)
{
	if (len == 0)
		return 0;
	unsigned char first = (unsigned char)p[0];
	if (first < 0x80)
		return 1;

	size_t need = first >= 0xc2 && first <= 0xdf ? 2 : (first & 0xf0) == 0xe0 ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
	if (need == 0 || len < need)
		return 0;
	for (size_t i = 1; i < need; i++)
		if (!is_continuation(p[i]))
			return 0;

	unsigned char second = (unsigned char)p[1];
	bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
	bool surrogate = first == 0xed && second > 0x9f;
	bool too_large = first == 0xf4 && second > 0x8f;
	return overlong || surrogate || too_large ? 0 : need;
}

static bool is_between(const char *p, const char *first, const char *last, size_t len)
{
	return memcmp(p, first, len) >= 0 && memcmp(p, last, len) <= 0;
}

/*
 * What a terminal may take for an order, of well-formed UTF-8: C0, DEL, C1 (U+0080 to U+009F), and the marks that turn the direction of the
 * text around them (U+202A to U+202E, U+2066 to U+2069).
 */
static bool is_control(const char *p, size_t len)
{
	switch (len) {
	case 1:
		return (unsigned char)p[0] < 0x20 || p[0] == 0x7f;
	case 2:
		return is_between(p, "\xc2\x80", "\xc2\x9f", 2);
	case 3:
		return is_between(p, "\xe2\x80\xaa", "\xe2\x80\xae", 3) || is_between(p, "\xe2\x81\xa6", "\xe2\x81\xa9", 3);
	default:
		return false;
	}
}

char *text_escape(struct slice text, char *out, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < text.len;) {
		size_t len = utf8_length(text.ptr + i, text.len - i);
		bool plain = len > 0 && !is_control(text.ptr + i, len);
		size_t wanted = plain ? len : 4;
		if (at + wanted >= size)
			break;
		if (plain) {
			memcpy(out + at, text.ptr + i, len);
			i += len;
		} else {
			snprintf(out + at, 5, "\\x%02x", (unsigned char)text.ptr[i]);
			i++;
		}
		at += wanted;
	}
	if (size > 0)
		out[at] = '\0';
	return out;
}

bool text_set(char **field, struct slice text)
{
	if (!*field == !text.ptr && slice_equal(slice_of(*field), text))
		return false;
	char *copy = slice_dup(text);
	free(*field);
	*field = copy;
	return true;
}

static void *or_abort(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void *xmalloc(size_t size)
{
	return or_abort(malloc(size > 0 ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
	return or_abort(calloc(count > 0 ? count : 1, size));
}

void *xrealloc(void *old, size_t size)
{
	return or_abort(realloc(old, size > 0 ? size : 1));
}

char *xstrdup(const char *string)
{
	return slice_dup(slice_of(string));
}

char *xasprintf(const char *format, ...)
{
	va_list arguments;
	char *out;

	va_start(arguments, format);
	int len = vasprintf(&out, format, arguments);
	va_end(arguments);
	if (len < 0)
		abort();
	return out;
}

void free_pointer(void *pointer_to_pointer)
{
	void **pointer = pointer_to_pointer;

	free(*pointer);
}
