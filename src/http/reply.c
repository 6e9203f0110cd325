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

/* A fixed form in English, whatever the locale (RFC 9110, 5.6.7). */
static void put_date(double unix_time, char out[40])
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t seconds = (time_t)unix_time;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(out, 40, "%s, %02d %s %d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900,
		 tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void put(struct buf *out, const char *name, const char *value)
{
	if (value && buf_printf(out, "%s: %s\r\n", name, value) < 0)
		abort(); /* REPLY_HEAD_MAX is too small */
}

static const char *connection(const struct reply *reply, int minor)
{
	if (reply->close || reply->stream)
		return "close";
	return minor == 0 ? "keep-alive" : NULL;
}

static void put_length(const struct reply *reply, struct buf *out)
{
	char length[24];

	snprintf(length, sizeof(length), "%zu", reply->body ? reply->body->len : 0);
	if (!reply->stream && reply->status != 304)
		put(out, "Content-Length", length);
}

void reply_write_head(const struct reply *reply, int minor, double unix_time, struct buf *out)
{
	char date[40], retry[16];

	put_date(unix_time, date);
	snprintf(retry, sizeof(retry), "%u", reply->retry_after);
	if (buf_printf(out, "HTTP/1.1 %d %s\r\n", reply->status, reason_phrase(reply->status)) < 0)
		abort();
	put(out, "Date", date);
	put(out, "Content-Type", reply->type);
	put_length(reply, out);
	put(out, "Content-Encoding", reply->gzip && reply->type ? "gzip" : NULL);
	put(out, "ETag", reply->etag[0] ? reply->etag : NULL);
	put(out, "Cache-Control", reply->caching);
	put(out, "Vary", reply->vary);
	put(out, "Allow", reply->status == 405 ? "GET, HEAD" : NULL);
	put(out, "Retry-After", reply->retry_after ? retry : NULL);
	put(out, "X-Accel-Buffering", reply->stream ? "no" : NULL); /* nginx, do not wait for more */
	put(out, "Connection", connection(reply, minor));
	if (buf_append(out, fixed_headers, sizeof(fixed_headers) - 1) < 0 || buf_append(out, "\r\n", 2) < 0)
		abort();
}
