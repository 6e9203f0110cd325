#include "view/writer.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 15 digits: enough for a time to the millisecond, and 186.22 does not come out as 186.21999999999999886. */
#define DUMP_FLAGS (JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

static void append(struct buf *buf, const char *bytes, size_t len)
{
	if (buf_append(buf, bytes, len) != 0)
		abort();
}

/* The comma that the value before asks for, and the key. No value ends in one of these three bytes. */
static void begin_value(struct buf *buf, const char *key)
{
	char last = buf->len > 0 ? buf->data[buf->len - 1] : '[';

	if (last != '[' && last != '{' && last != ':')
		append(buf, ",", 1);
	if (!key)
		return;
	append(buf, "\"", 1);
	append(buf, key, strlen(key));
	append(buf, "\":", 2);
}

void write_open(struct buf *buf, const char *key, char bracket)
{
	begin_value(buf, key);
	append(buf, &bracket, 1);
}

void write_close(struct buf *buf, char bracket)
{
	append(buf, &bracket, 1);
}

void write_made(struct buf *buf, const char *key, struct slice json)
{
	begin_value(buf, key);
	append(buf, json.ptr, json.len);
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
	begin_value(buf, key);
	if (json_dump_callback(value, on_dump, buf, DUMP_FLAGS) != 0)
		abort();
	json_decref(value);
}

static void write_whole(struct buf *buf, const char *key, int64_t value)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRId64, value);

	write_made(buf, key, (struct slice){digits, (size_t)len});
}

void write_number(struct buf *buf, const char *key, double value)
{
	if (!isfinite(value))
		write_null(buf, key);
	else if (value == trunc(value) && fabs(value) < 0x1p53)
		write_whole(buf, key, (int64_t)value);
	else
		write_value(buf, key, json_real(value));
}

void write_time(struct buf *buf, const char *key, double seconds)
{
	if (isfinite(seconds))
		write_value(buf, key, json_real(round(seconds * 1000) / 1000));
	else
		write_null(buf, key);
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
		begin_value(buf, key);
		append(buf, "\"", 1);
		append(buf, text.ptr, text.len);
		append(buf, "\"", 1);
		return;
	}
	json_t *string = json_stringn(text.ptr, text.len);
	write_value(buf, key, string ? string : mend(text));
}

void write_string(struct buf *buf, const char *key, const char *string)
{
	write_text(buf, key, slice_of(string));
}
