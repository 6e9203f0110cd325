/* http/request: each head is fed whole, byte by byte and in pieces of 7, and the outcome is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/caps.h"
#include "http/request.h"

#define HOST "Host: localhost\r\n"
#define END "\r\n"

enum { FINE = 0, UNFINISHED = -1 };

struct head {
	const char *name;
	struct slice bytes;
	int outcome; /* FINE, UNFINISHED, or the status it is refused with */
};

#define HEAD(name, bytes, outcome)                                                                                               \
	{                                                                                                                        \
		name, SLICE_LITERAL(bytes), outcome                                                                              \
	}

static const struct head heads[] = {
	HEAD("the least of HTTP/1.1", "GET / HTTP/1.1\r\n" HOST END, FINE),
	HEAD("the least of HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", FINE),
	HEAD("HEAD", "HEAD /healthz HTTP/1.1\r\n" HOST END, FINE),
	HEAD("empty lines before it", "\r\n\r\nGET / HTTP/1.1\r\n" HOST END, FINE),
	HEAD("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", FINE),
	HEAD("a header without a value", "GET / HTTP/1.1\r\n" HOST "Accept:\r\nX:\r\n\r\n", FINE),
	HEAD("blanks around a value", "GET / HTTP/1.1\r\nHost: \t localhost \t \r\n\r\n", FINE),
	HEAD("a length of nothing", "GET / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", FINE),
	HEAD("as to a proxy", "GET http://localhost:5000/healthz HTTP/1.1\r\nHost: other\r\n\r\n", FINE),
	HEAD("latin-1 in a value", "GET / HTTP/1.1\r\n" HOST "X: \xe9\r\n\r\n", FINE),

	HEAD("half a request line", "GET /api", UNFINISHED),
	HEAD("no empty line yet", "GET / HTTP/1.1\r\n" HOST, UNFINISHED),

	HEAD("HTTP/0.9", "GET /\r\n\r\n", 400),
	HEAD("HTTP/0.9, said aloud", "GET / HTTP/0.9\r\n" HOST END, 400),
	HEAD("HTTP/1.2", "GET / HTTP/1.2\r\n" HOST END, 505),
	HEAD("HTTP/2.0", "GET / HTTP/2.0\r\n" HOST END, 505),
	HEAD("HTTP/3.1", "GET / HTTP/3.1\r\n" HOST END, 505),
	HEAD("HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
	HEAD("small http", "GET / http/1.1\r\n" HOST END, 400),
	HEAD("another protocol", "GET / RTSP/1.0\r\n" HOST END, 400),
	HEAD("no version number", "GET / HTTP/\r\n" HOST END, 505),
	HEAD("a number too long", "GET / HTTP/1.10\r\n" HOST END, 505),

	HEAD("POST", "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 405),
	HEAD("PUT", "PUT / HTTP/1.1\r\n" HOST END, 405),
	HEAD("DELETE", "DELETE / HTTP/1.1\r\n" HOST END, 405),
	HEAD("OPTIONS", "OPTIONS * HTTP/1.1\r\n" HOST END, 405),
	HEAD("TRACE", "TRACE / HTTP/1.1\r\n" HOST END, 405),
	HEAD("CONNECT", "CONNECT localhost:22 HTTP/1.1\r\n" HOST END, 405),
	HEAD("a method that nobody knows", "BREW / HTTP/1.1\r\n" HOST END, 405),
	HEAD("a small method", "get / HTTP/1.1\r\n" HOST END, 405),
	HEAD("a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
	HEAD("an SSH client", "SSH-2.0-OpenSSH_9.2\r\n", 405),
	HEAD("a blank before the method", " GET / HTTP/1.1\r\n" HOST END, 400),
	HEAD("two blanks after the method", "GET  / HTTP/1.1\r\n" HOST END, 400),
	HEAD("two blanks after the target", "GET /  HTTP/1.1\r\n" HOST END, 400),
	HEAD("a blank in the target", "GET /a b HTTP/1.1\r\n" HOST END, 400),
	HEAD("a tab in the target", "GET /a\tb HTTP/1.1\r\n" HOST END, 400),
	HEAD("NUL in the target", "GET /a\0b HTTP/1.1\r\n" HOST END, 400),
	HEAD("UTF-8 in the target", "GET /\xc3\xa9 HTTP/1.1\r\n" HOST END, 400),
	HEAD("DEL in the target", "GET /\x7f HTTP/1.1\r\n" HOST END, 400),
	HEAD("a target without a slash", "GET healthz HTTP/1.1\r\n" HOST END, 400),
	HEAD("an asterisk", "GET * HTTP/1.1\r\n" HOST END, 400),
	HEAD("another scheme", "GET ftp://localhost/ HTTP/1.1\r\n" HOST END, 400),
	HEAD("a host and no path", "GET http://localhost HTTP/1.1\r\n" HOST END, 400),

	HEAD("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
	HEAD("two Hosts", "GET / HTTP/1.1\r\n" HOST HOST END, 400),
	HEAD("two Hosts, the first one empty", "GET / HTTP/1.1\r\nHost:\r\n" HOST END, 400),
	HEAD("a folded header", "GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", 400),
	HEAD("a folded Host", "GET / HTTP/1.1\r\nHost: local\r\n\thost\r\n\r\n", 400),
	HEAD("a fold before the first header", "GET / HTTP/1.1\r\n X: a\r\n" HOST END, 400),
	HEAD("a blank before the colon", "GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
	HEAD("a tab before the colon", "GET / HTTP/1.1\r\n" HOST "X\t: a\r\n\r\n", 400),
	HEAD("a header without a name", "GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n", 400),
	HEAD("a header without a colon", "GET / HTTP/1.1\r\n" HOST "nothing\r\n\r\n", 400),
	HEAD("a name in brackets", "GET / HTTP/1.1\r\n" HOST "(X): a\r\n\r\n", 400),
	HEAD("NUL in a name", "GET / HTTP/1.1\r\n" HOST "X\0: a\r\n\r\n", 400),
	HEAD("NUL in a value", "GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n", 400),
	HEAD("a bell in a value", "GET / HTTP/1.1\r\n" HOST "X: a\ab\r\n\r\n", 400),
	HEAD("CR in a value", "GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", 400),
	HEAD("bare LF", "GET / HTTP/1.1\nHost: localhost\n\n", 400),
	HEAD("bare LF after a header", "GET / HTTP/1.1\r\nHost: localhost\n\r\n", 400),
	HEAD("bare LF at the end", "GET / HTTP/1.1\r\n" HOST "\n", 400),
	HEAD("bare CR", "GET / HTTP/1.1\rHost: localhost\r\r", 505),

	HEAD("a body", "GET / HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc", 400),
	HEAD("a negative length", "GET / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400),
	HEAD("a length over all", "GET / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n\r\n", 400),
	HEAD("two lengths", "GET / HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
	HEAD("chunks", "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
	HEAD("gzip for a body", "GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 400),
	HEAD("chunks and a length", "GET / HTTP/1.1\r\n" HOST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
	HEAD("an upgrade", "GET / HTTP/1.1\r\n" HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 400),
	HEAD("an upgrade without Connection", "GET / HTTP/1.1\r\n" HOST "Upgrade: h2c\r\n\r\n", 400),
};

/* Feeds in pieces, from a copy of exactly the bytes that have come, so that a read too far does not go unseen. */
static int feed(struct slice bytes, size_t piece, struct request_parser *parser, struct request *request)
{
	enum request_progress progress = REQUEST_PARTIAL;
	size_t len = 0;

	request_parser_init(parser);
	while (progress == REQUEST_PARTIAL && len < bytes.len) {
		char *copy;

		len = bytes.len - len < piece ? bytes.len : len + piece;
		copy = xmalloc(len);
		memcpy(copy, bytes.ptr, len);
		progress = request_parser_feed(parser, copy, len, request);
		free(copy);
	}
	switch (progress) {
	case REQUEST_PARTIAL:
		return UNFINISHED;
	case REQUEST_COMPLETE:
		return FINE;
	default:
		assert_non_null(parser->reason);
		return parser->refusal;
	}
}

static const size_t pieces[] = {SIZE_MAX, 1, 7};

static void takes_and_refuses(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		for (size_t j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++) {
			struct request_parser parser;
			struct request request;
			int outcome = feed(heads[i].bytes, pieces[j], &parser, &request);

			if (outcome != heads[i].outcome)
				print_message("%s, in pieces of %zu: %d (%s), not %d\n", heads[i].name, pieces[j], outcome,
					      outcome > 0 ? parser.reason : "", heads[i].outcome);
			wrong += outcome != heads[i].outcome;
		}
	assert_int_equal(wrong, 0);
}

static void assert_slice(struct slice slice, const char *expected)
{
	if (!slice_is(slice, expected))
		fail_msg("\"%.*s\", not \"%s\"", SLICE_ARGS(slice), expected);
}

/* The slices point into the bytes fed last, so these stay where they are. */
static struct request read_in_pieces(const char *text, size_t piece)
{
	struct request_parser parser;
	struct request request;
	enum request_progress progress = REQUEST_PARTIAL;

	request_parser_init(&parser);
	for (size_t len = 0; progress == REQUEST_PARTIAL && len < strlen(text);) {
		len = strlen(text) - len < piece ? strlen(text) : len + piece;
		progress = request_parser_feed(&parser, text, len, &request);
	}
	assert_int_equal(progress, REQUEST_COMPLETE);
	assert_int_equal(parser.consumed, strlen(text));
	return request;
}

static void reads_what_we_look_at(void **state)
{
	static const char text[] =
		"GET /api/v1/snapshot?v=1?2 HTTP/1.1\r\nhOST:  localhost:5000 \r\nX-Other: 1\r\nAccept-Encoding: gzip, br\r\n"
		"ACCEPT: */*\r\nAccept-Charset: x\r\nIf-None-Match: \"a\"\r\n\r\n";

	(void)state;
	for (size_t j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++) {
		struct request request = read_in_pieces(text, pieces[j]);

		assert_slice(request.path, "/api/v1/snapshot");
		assert_slice(request.query, "v=1?2");
		assert_slice(request.host, "localhost:5000");
		assert_slice(request.accept_encoding, "gzip, br");
		assert_slice(request.accept, "*/*");
		assert_slice(request.if_none_match, "\"a\"");
		assert_false(request.head);
		assert_true(request.keep_alive);
	}
}

static void what_was_not_sent_is_none(void **state)
{
	struct request request = read_in_pieces("HEAD / HTTP/1.0\r\n\r\n", SIZE_MAX);

	(void)state;
	assert_true(request.head);
	assert_int_equal(request.minor, 0);
	assert_false(request.keep_alive);
	assert_null(request.query.ptr);
	assert_null(request.host.ptr);
	assert_null(request.accept.ptr);
	assert_null(request.accept_encoding.ptr);
	assert_null(request.if_none_match.ptr);
}

static void the_client_says_how_long_to_stay(void **state)
{
	(void)state;
	assert_false(read_in_pieces("GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 7).keep_alive);
	assert_true(read_in_pieces("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 7).keep_alive);
}

static void an_absolute_address_names_the_host(void **state)
{
	struct request request = read_in_pieces("GET HTTP://evil.example:80/a?b HTTP/1.1\r\nHost: localhost\r\n\r\n", SIZE_MAX);

	(void)state;
	assert_slice(request.host, "evil.example:80");
	assert_slice(request.path, "/a");
	assert_slice(request.query, "b");
}

static void ends_where_the_next_one_begins(void **state)
{
	static const char first[] = "GET /1 HTTP/1.1\r\n" HOST END,
			  both[] = "GET /1 HTTP/1.1\r\n" HOST END "GET /2 HTTP/1.1\r\n" HOST END;
	struct request_parser parser;
	struct request request;

	(void)state;
	request_parser_init(&parser);
	assert_int_equal(request_parser_feed(&parser, both, strlen(both), &request), REQUEST_COMPLETE);
	assert_int_equal(parser.consumed, strlen(first));
	assert_slice(request.path, "/1");
}

/* A head of `len` bytes, its last header not ended. The caller frees it. */
static char *long_head(const char *start, size_t len)
{
	char *head = xmalloc(len);
	size_t start_len = strlen(start);

	for (size_t i = 0; i < len; i++)
		head[i] = i < start_len ? start[i] : 'a';
	return head;
}

static void a_head_has_a_cap(void **state)
{
	cleanup_free char *head = long_head("GET / HTTP/1.1\r\n" HOST "X: ", CAP_REQUEST_HEAD);
	struct request_parser parser;
	struct request request;

	(void)state;
	assert_int_equal(feed((struct slice){head, CAP_REQUEST_HEAD - 1}, 1000, &parser, &request), UNFINISHED);
	assert_int_equal(feed((struct slice){head, CAP_REQUEST_HEAD}, 1000, &parser, &request), 431);
}

static void a_target_has_a_cap(void **state)
{
	cleanup_free char *head = long_head("GET /", CAP_REQUEST_HEAD);
	struct request_parser parser;
	struct request request;

	(void)state;
	assert_int_equal(feed((struct slice){head, 4 + CAP_REQUEST_TARGET}, 100, &parser, &request), UNFINISHED);
	assert_int_equal(feed((struct slice){head, 4 + CAP_REQUEST_TARGET + 1}, 100, &parser, &request), 414);
	assert_int_equal(feed((struct slice){head, CAP_REQUEST_HEAD}, SIZE_MAX, &parser, &request), 414);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_and_refuses),
		cmocka_unit_test(reads_what_we_look_at),
		cmocka_unit_test(what_was_not_sent_is_none),
		cmocka_unit_test(the_client_says_how_long_to_stay),
		cmocka_unit_test(an_absolute_address_names_the_host),
		cmocka_unit_test(ends_where_the_next_one_begins),
		cmocka_unit_test(a_head_has_a_cap),
		cmocka_unit_test(a_target_has_a_cap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
