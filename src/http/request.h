/*
 * request: the head of one HTTP/1.x request, read by llhttp as its bytes come in.
 *
 * Pure: bytes in, a struct or a refusal out. Stricter than llhttp, which lets pass HTTP/0.9, folded headers, a blank before the
 * colon, empty names, missing and double Host, bare LF and NUL (RFC 9112, sections 2.2, 3 and 5). A request here is GET or HEAD
 * and has no body; after a refusal the connection has to end, for nobody knows where the next request would begin.
 */
#pragma once

#include <llhttp.h>

#include "base/text.h"

/* One request. The slices point into the bytes that were fed. */
struct request {
	bool head;                                                 /* HEAD: the same as GET, without the body */
	bool keep_alive;                                           /* the client would like to send another one */
	int minor;                                                 /* HTTP/1.minor */
	struct slice path;                                         /* begins with '/'; not percent-decoded */
	struct slice query;                                        /* what follows the '?'; NONE without one */
	struct slice host, accept, accept_encoding, if_none_match; /* NONE when not sent */
};

enum request_progress {
	REQUEST_PARTIAL,  /* more bytes are needed */
	REQUEST_COMPLETE, /* *ret is set, parser->consumed is where the next request begins */
	REQUEST_REFUSED,  /* parser->refusal and parser->reason say why */
};

/* The header lines we look at. */
enum request_header {
	HEADER_HOST,
	HEADER_ACCEPT,
	HEADER_ACCEPT_ENCODING,
	HEADER_IF_NONE_MATCH,
	HEADER_CONTENT_LENGTH,
	HEADER_TRANSFER_ENCODING,
	HEADER_UPGRADE,
	HEADER_OTHER,
};

/* A piece of the head by its place, for the buffer may move while the head is incomplete. */
struct span {
	unsigned start, len;
	bool present;
};

struct request_parser {
	llhttp_t llhttp;
	const char *bytes; /* the head, while llhttp runs over it */
	size_t consumed;   /* bytes llhttp has seen */
	struct span target, name, values[HEADER_OTHER + 1];
	enum request_header header; /* the one being read */
	int refusal;                /* the status to answer with; 0: none */
	const char *reason;         /* for people */
};

/* Ready for a request that begins at the first byte of the next feed. */
void request_parser_init(struct request_parser *parser);
/* `bytes` is the head as far as it has come, from its first byte: what was fed before and what is new. */
enum request_progress request_parser_feed(struct request_parser *parser, const char *bytes, size_t len, struct request *ret);
