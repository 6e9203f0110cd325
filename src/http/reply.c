#include "http/reply.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The page consists of its own files and asks nobody else for anything. */
static const char fixed_headers[] = "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src "
				    "'self' data:; connect-src 'self'; "
				    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
				    "X-Content-Type-Options: nosniff\r\n"
				    "Referrer-Policy: no-referrer\r\n";

void reply_done(struct reply *reply)
{
	blob_unref(reply->body);
	reply->body = NULL;
}

static struct blob *error_body(const char *message)
{
	json_t *object = json_pack("{s:s}", "error", message);
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	struct blob *body;

	if (!text)
		abort(); /* the message is UTF-8, so it can only be memory */
	body = blob_new(text, strlen(text));
	free(text);
	json_decref(object);
	return body;
}

void reply_error(struct reply *reply, int status, const char *format, ...)
{
	char message[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	reply_content(reply, "application/json", error_body(message));
	reply->status = status;
}

void reply_content(struct reply *reply, const char *type, struct blob *body)
{
	blob_unref(reply->body);
	*reply = (struct reply){.status = 200, .type = type, .caching = "no-cache", .body = body};
}

static const char *reason_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {
		{200, "OK"},
		{304, "Not Modified"},
		{400, "Bad Request"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{414, "URI Too Long"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{503, "Service Unavailable"},
		{505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++)
		if (phrases[i].status == status)
			return phrases[i].phrase;
	return "";
}

void http_date(int64_t unix_seconds, char out[HTTP_DATE_SIZE])
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)unix_seconds;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(out, HTTP_DATE_SIZE, "%s, %02d %s %d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
		 tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void append(struct buf *out, const char *bytes, size_t len)
{
	if (buf_append(out, bytes, len) < 0)
		abort(); /* REPLY_HEAD_MAX is too small */
}

static void put_text(struct buf *out, const char *text)
{
	append(out, text, strlen(text));
}

/* No header for NULL. */
static void put(struct buf *out, const char *name, const char *value)
{
	if (!value)
		return;
	put_text(out, name);
	put_text(out, ": ");
	put_text(out, value);
	put_text(out, "\r\n");
}

static void put_number(struct buf *out, const char *name, size_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%zu", number);
	put(out, name, text);
}

static void put_status(struct buf *out, int status)
{
	const char digits[] = {(char)('0' + status / 100), (char)('0' + status / 10 % 10), (char)('0' + status % 10), ' '};

	put_text(out, "HTTP/1.1 ");
	append(out, digits, sizeof(digits));
	put_text(out, reason_phrase(status));
	put_text(out, "\r\n");
}

static const char *connection(const struct reply *reply, int minor)
{
	if (reply->close || reply->stream)
		return "close";
	return minor == 0 ? "keep-alive" : NULL;
}

void reply_write_head(const struct reply *reply, int minor, const char *date, struct buf *out)
{
	put_status(out, reply->status);
	put(out, "Date", date);
	put(out, "Content-Type", reply->type);
	if (!reply->stream && reply->status != 304)
		put_number(out, "Content-Length", reply->body ? reply->body->len : 0);
	put(out, "Content-Encoding", reply->gzip && reply->type ? "gzip" : NULL);
	put(out, "ETag", reply->etag[0] ? reply->etag : NULL);
	put(out, "Cache-Control", reply->caching);
	put(out, "Vary", reply->vary);
	put(out, "Allow", reply->status == 405 ? "GET, HEAD" : NULL);
	if (reply->retry_after)
		put_number(out, "Retry-After", reply->retry_after);
	put(out, "X-Accel-Buffering", reply->stream ? "no" : NULL); /* nginx, do not wait for more */
	put(out, "Connection", connection(reply, minor));
	append(out, fixed_headers, sizeof(fixed_headers) - 1);
	append(out, "\r\n", 2);
}
