/*
 * reply: what goes back for one request, and its head as bytes. Pure.
 */
#pragma once

#include "base/blob.h"
#include "base/buf.h"
#include "http/request.h"

/* Room for any head: the fixed headers take 500 bytes, the others have short values, all our own. */
#define REPLY_HEAD_MAX 2048u
#define HTTP_DATE_SIZE 40u

struct reply {
	int status;
	const char *type;     /* Content-Type; NULL: there is no content */
	const char *caching;  /* Cache-Control */
	const char *vary;     /* Vary; NULL: the same for everybody */
	char etag[64];        /* with its quotes; "": none */
	bool gzip;            /* the body is gzip */
	bool stream;          /* events without end follow the body: no Content-Length */
	bool close;           /* the connection ends with this reply */
	unsigned retry_after; /* seconds; 0: not said */
	struct blob *body;    /* owned; NULL: empty */
};

void reply_done(struct reply *reply);
/* Makes it an error for programs and people: {"error": "..."}. `message` may quote text from outside. */
void reply_error(struct reply *reply, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Makes it a 200 with this body, a reference that now belongs to the reply. */
void reply_content(struct reply *reply, const char *type, struct blob *body);
/* A time as HTTP writes it: in English, whatever the locale (RFC 9110, 5.6.7). */
void http_date(int64_t unix_seconds, char out[HTTP_DATE_SIZE]);
/* The head, up to its empty line, for a client that speaks HTTP/1.minor. */
void reply_write_head(const struct reply *reply, int minor, const char *date, struct buf *out);
