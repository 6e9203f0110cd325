#include "view/writer.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 15 digits: enough for a time to the millisecond, and 186.22 does not come out as 186.21999999999999886. */
#define DUMP_FLAGS (JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

static char *extend(struct buf *buf, size_t len)
{
	char *at = buf_extend(buf, len);

	if (!at)
		abort();
	return at;
}

/*
 * The comma that the value before asks for, the key, and room for a value of `len` bytes, which the caller writes where this says. No
 * value ends in one of these three bytes.
 */
static char *begin_value(struct buf *buf, const char *key, size_t len)
{
	char last = buf->len > 0 ? buf->data[buf->len - 1] : '[';
	bool comma = last != '[' && last != '{' && last != ':';
	size_t key_len = key ? strlen(key) : 0;
	char *at = extend(buf, (comma ? 1 : 0) + (key ? key_len + 3 : 0) + len);

	if (comma)
		*at++ = ',';
	if (key) {
		*at++ = '"';
		at = mempcpy(at, key, key_len);
		*at++ = '"';
		*at++ = ':';
	}
	return at;
}

void write_open(struct buf *buf, const char *key, char bracket)
{
	*begin_value(buf, key, 1) = bracket;
}

void write_close(struct buf *buf, char bracket)
{
	*extend(buf, 1) = bracket;
}

void write_made(struct buf *buf, const char *key, struct slice json)
{
	memcpy(begin_value(buf, key, json.len), json.ptr, json.len);
}

void write_null(struct buf *buf, const char *key)
{
	write_made(buf, key, SLICE_LITERAL("null"));
}

void write_bool(struct buf *buf, const char *key, bool value)
{
	write_made(buf, key, value ? SLICE_LITERAL("true") : SLICE_LITERAL("false"));
}

static int on_dump(const char *bytes, size_t len, void *user)
{
	return buf_append(user, bytes, len);
}

/* Takes the value. */
static void write_value(struct buf *buf, const char *key, json_t *value)
{
	begin_value(buf, key, 0);
	if (json_dump_callback(value, on_dump, buf, DUMP_FLAGS) != 0)
		abort();
	json_decref(value);
}

enum {
	THOUSANDTHS = 1000,
	DIGITS_MAX = 24, /* with sign and point */
};

/* The digits of a number, so many at least, before `end`. Returns where they begin. */
static char *put_digits(char *end, uint64_t value, int at_least)
{
	for (; value > 0 || at_least > 0; value /= 10, at_least--)
		*--end = (char)('0' + value % 10);
	return end;
}

static void write_digits(struct buf *buf, const char *key, char *start, const char *end, bool negative)
{
	if (negative)
		*--start = '-';
	write_made(buf, key, (struct slice){start, (size_t)(end - start)});
}

static void write_whole(struct buf *buf, const char *key, double value)
{
	char digits[DIGITS_MAX], *end = digits + sizeof(digits);

	write_digits(buf, key, put_digits(end, (uint64_t)fabs(value), 1), end, value < 0);
}

/*
 * A number with up to three places behind the point, as most are that have any: it is the double next to that number of thousandths, and
 * with less than 15 digits there is no other such number near. False: it is none.
 */
static bool write_thousandths(struct buf *buf, const char *key, double value)
{
	char digits[DIGITS_MAX], *end = digits + sizeof(digits);
	double thousandths = round(fabs(value) * THOUSANDTHS);

	if (!(thousandths < 1e14) || thousandths / THOUSANDTHS != fabs(value))
		return false;
	uint64_t whole = (uint64_t)thousandths / THOUSANDTHS, rest = (uint64_t)thousandths % THOUSANDTHS;
	char *start = put_digits(end, rest, 3);
	*--start = '.';
	start = put_digits(start, whole, 1);
	while (end[-1] == '0' && end[-2] != '.')
		end--;
	write_digits(buf, key, start, end, value < 0);
	return true;
}

void write_number(struct buf *buf, const char *key, double value)
{
	if (!isfinite(value))
		write_null(buf, key);
	else if (value == trunc(value) && fabs(value) < 0x1p53)
		write_whole(buf, key, value);
	else if (!write_thousandths(buf, key, value))
		write_value(buf, key, json_real(value));
}

void write_time(struct buf *buf, const char *key, double seconds)
{
	double rounded = round(seconds * THOUSANDTHS) / THOUSANDTHS;

	/* The largest numbers have no thousandths. */
	if (!isfinite(rounded))
		write_null(buf, key);
	else if (!write_thousandths(buf, key, rounded))
		write_value(buf, key, json_real(rounded));
}

static json_t *mend(struct slice text)
{
	static const char replacement[] = "\xEF\xBF\xBD";
	cleanup_free char *copy = xmalloc(text.len * (sizeof(replacement) - 1));
	char *end = copy;

	while (text.len > 0) {
		size_t length = utf8_length(text.ptr, text.len);
		size_t taken = length > 0 ? length : 1;
		end = length > 0 ? mempcpy(end, text.ptr, length) : mempcpy(end, replacement, sizeof(replacement) - 1);
		text = (struct slice){text.ptr + taken, text.len - taken};
	}
	return json_stringn(copy, (size_t)(end - copy));
}

/* Whether JSON shows it as it stands. So it does nearly all that hosts say; with jansson a host takes twice the time. */
static bool is_plain(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < ' ' || text.ptr[i] > '~' || text.ptr[i] == '"' || text.ptr[i] == '\\')
			return false;
	return true;
}

void write_text(struct buf *buf, const char *key, struct slice text)
{
	if (!text.ptr) {
		write_null(buf, key);
		return;
	}
	if (is_plain(text)) {
		char *at = begin_value(buf, key, text.len + 2);
		*at = '"';
		memcpy(at + 1, text.ptr, text.len);
		at[text.len + 1] = '"';
		return;
	}
	json_t *string = json_stringn(text.ptr, text.len);
	write_value(buf, key, string ? string : mend(text));
}

void write_string(struct buf *buf, const char *key, const char *string)
{
	write_text(buf, key, slice_of(string));
}
