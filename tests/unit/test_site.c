/* http/site: a request in, a reply out, without a socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <zlib.h>

#include "http/site.h"
#include "invented.h"

struct lab {
	struct model *model;
	struct rendering *rendering;
	struct deflater *deflater;
	struct live *live;
	struct site *site;
	struct moment now;
	struct reply reply; /* the last one */
	struct buf head;    /* as it would be sent */
};

static int set_up(void **state)
{
	static const struct live_ops none;
	struct lab *lab = xcalloc(1, sizeof(*lab));

	lab->model = model_new();
	lab->rendering = rendering_new(lab->model);
	lab->deflater = deflater_new();
	lab->live = live_new(lab->model, lab->rendering, lab->deflater, &none, 1);
	lab->site = site_new(lab->model, lab->rendering, lab->deflater, lab->live, 0xabc);
	lab->now = (struct moment){.unix_time = NOON, .ms = 1000000};
	buf_init(&lab->head, REPLY_HEAD_MAX);
	invented_host(lab->model, "node0");
	invented_host(lab->model, "a b/\xc3\xa9");
	*state = lab;
	return 0;
}

static int tear_down(void **state)
{
	struct lab *lab = *state;

	reply_done(&lab->reply);
	buf_done(&lab->head);
	site_free(lab->site);
	live_free(lab->live);
	deflater_free(lab->deflater);
	rendering_free(lab->rendering);
	model_free(lab->model);
	free(lab);
	return 0;
}

/* What is not named is not sent. `path` may have a query. */
struct asked {
	const char *path, *host, *accept, *encoding, *etag;
	bool close;
};

static int ask_as(struct lab *lab, struct asked asked, bool loopback)
{
	struct request request = {
		.keep_alive = !asked.close,
		.minor = 1,
		.host = slice_of(asked.host),
		.accept = slice_of(asked.accept),
		.accept_encoding = slice_of(asked.encoding),
		.if_none_match = slice_of(asked.etag),
	};

	request.path = slice_split(slice_of(asked.path), '?', &request.query);
	reply_done(&lab->reply);
	site_answer(lab->site, &request, loopback, lab->now, &lab->reply);
	buf_clear(&lab->head);
	reply_write_head(&lab->reply, 1, "now", &lab->head);
	return lab->reply.status;
}

#define ASK(lab, ...) ask_as(lab, (struct asked){__VA_ARGS__}, false)

/* Whether the head has this line. */
static bool has(const struct lab *lab, const char *line)
{
	cleanup_free char *whole = xasprintf("\r\n%s\r\n", line);

	return slice_contains(buf_slice(&lab->head), whole);
}

static bool body_is(const struct lab *lab, const char *text)
{
	return lab->reply.body && slice_is(blob_slice(lab->reply.body), text);
}

static bool body_contains(const struct lab *lab, const char *text)
{
	return lab->reply.body && slice_contains(blob_slice(lab->reply.body), text);
}

static void change(struct lab *lab)
{
	struct sample sample;

	sample_init(&sample);
	invented_gpu(&sample);
	invented_report(lab->model->hosts[0], &sample);
	sample_done(&sample);
}

static void every_reply_has_its_headers(void **state)
{
	static const char *const paths[] = {
		"/", "/assets/app.js", "/api/v1/snapshot", "/api/v1/hosts/node0", "/api/v1/events", "/healthz", "/no"};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct slice head;

		ASK(lab, .path = paths[i]);
		head = buf_slice(&lab->head);
		assert_true(slice_contains(
			head, "\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "));
		assert_true(has(lab, "X-Content-Type-Options: nosniff"));
		assert_true(has(lab, "Referrer-Policy: no-referrer"));
		assert_true(has(lab, "Cache-Control: no-cache"));
		assert_true(has(lab, "Date: now"));
		assert_memory_equal(head.ptr + head.len - 4, "\r\n\r\n", 4);
	}
}

static void dates_are_written_in_english(void **state)
{
	char date[HTTP_DATE_SIZE];

	(void)state;
	http_date(1790000000, date);
	assert_string_equal(date, "Mon, 21 Sep 2026 14:13:20 GMT");
	http_date(0, date);
	assert_string_equal(date, "Thu, 01 Jan 1970 00:00:00 GMT");
}

static void browsers_get_the_page_and_others_a_table(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(ASK(lab, .path = "/", .accept = "text/html,*/*;q=0.8"), 200);
	assert_true(has(lab, "Content-Type: text/html; charset=utf-8"));
	assert_true(has(lab, "Vary: Accept, Accept-Encoding"));
	assert_true(body_contains(lab, "<!doctype html>") || body_contains(lab, "<!DOCTYPE html>"));
	assert_int_equal(ASK(lab, .path = "/", .accept = "*/*"), 200);
	assert_true(has(lab, "Content-Type: text/plain; charset=utf-8"));
	assert_true(has(lab, "Vary: Accept, Accept-Encoding"));
	assert_true(body_contains(lab, "node0"));
}

/* The page with the snapshot in it, up to where that begins and what follows it. */
static void the_page_has_the_snapshot_in_it(void **state)
{
	static const char opening[] = "<script type=\"application/json\" id=\"snapshot\">", closing[] = "</script>\n</body>";
	struct lab *lab = *state;
	char etag[64];

	assert_int_equal(ASK(lab, .path = "/?view=map", .accept = "text/html"), 200);
	assert_true(has(lab, "Cache-Control: no-cache"));
	strcpy(etag, lab->reply.etag);
	const char *json = strstr(lab->reply.body->data, opening);
	assert_non_null(json);
	json += strlen(opening);
	const char *end = strstr(json, closing);
	assert_non_null(end);
	json_t *root = json_loadb(json, (size_t)(end - json), 0, NULL);
	assert_int_equal(json_array_size(json_object_get(root, "hosts")), 2);
	json_decref(root);
	assert_int_equal(ASK(lab, .path = "/", .accept = "text/html", .etag = etag), 304);
	change(lab);
	lab->now.ms += 250;
	assert_int_equal(ASK(lab, .path = "/", .accept = "text/html", .etag = etag), 200);
	assert_string_not_equal(lab->reply.etag, etag);
	assert_int_equal(ASK(lab, .path = "/", .accept = "text/html", .etag = lab->reply.etag, .encoding = "gzip"), 200);
	assert_true(has(lab, "Content-Encoding: gzip"));
}

/* Whatever a user calls a process, or we call a host. */
static void nothing_in_the_snapshot_ends_its_block(void **state)
{
	static const char evil[] = "</script><script>alert(1)</script><!--";
	struct lab *lab = *state;

	invented_host(lab->model, evil);
	assert_int_equal(ASK(lab, .path = "/", .accept = "text/html"), 200);
	assert_false(body_contains(lab, evil));
	assert_true(body_contains(lab, "\\u003c/script>\\u003cscript>alert(1)\\u003c/script>\\u003c!--"));
}

static void a_page_with_too_much_in_it_comes_without(void **state)
{
	struct lab *lab = *state;
	char name[32];

	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "host%d", i);
		invented_host(lab->model, name);
	}
	assert_int_equal(ASK(lab, .path = "/", .accept = "text/html"), 200);
	assert_true(body_contains(lab, "<!--snapshot-->"));
	assert_false(body_contains(lab, "host1999"));
}

static void a_host_tells_its_last_minutes(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/node0/recent"), 200);
	assert_true(body_is(lab, "{\"times\":[],\"gpus\":[]}"));
	change(lab);
	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/node0/recent"), 200);
	assert_true(has(lab, "Content-Type: application/json"));
	assert_true(body_contains(lab, "{\"times\":[1790000000.0],\"gpus\":[{\"uuid\":\"GPU-0001\",\"utilization\":[0],"));
	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/a%20b%2F%C3%A9/recent"), 200);
	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/nobody/recent"), 404);
	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/recent"), 404);
	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/node0/recently"), 404);
}

static void the_table_is_kept_for_a_second(void **state)
{
	struct lab *lab = *state;
	struct blob *first;

	ASK(lab, .path = "/");
	first = blob_ref(lab->reply.body);
	lab->now.ms += 250;
	ASK(lab, .path = "/");
	assert_ptr_equal(lab->reply.body, first);
	lab->now.unix_time += 1;
	ASK(lab, .path = "/");
	assert_ptr_not_equal(lab->reply.body, first);
	blob_unref(first);
}

static void the_table_is_rendered_four_times_a_second_at_most(void **state)
{
	struct lab *lab = *state;
	struct blob *first;

	ASK(lab, .path = "/");
	first = blob_ref(lab->reply.body);
	change(lab);
	lab->now.unix_time += 1;
	lab->now.ms += 249;
	ASK(lab, .path = "/");
	assert_ptr_equal(lab->reply.body, first);
	lab->now.ms += 1;
	ASK(lab, .path = "/");
	assert_ptr_not_equal(lab->reply.body, first);
	blob_unref(first);
}

static void assets_may_be_kept_when_their_version_is_named(void **state)
{
	static const struct {
		const char *path, *type;
	} files[] = {
		{"/assets/app.js", "Content-Type: text/javascript; charset=utf-8"},
		{"/assets/app.css", "Content-Type: text/css; charset=utf-8"},
		{"/assets/favicon.svg", "Content-Type: image/svg+xml"},
		{"/assets/charts.js", "Content-Type: text/javascript; charset=utf-8"},
		{"/assets/zh.json", "Content-Type: application/json"},
	};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		cleanup_free char *versioned = xasprintf("%s?v=0123", files[i].path), *etag = NULL;

		assert_int_equal(ASK(lab, .path = files[i].path), 200);
		assert_true(has(lab, files[i].type));
		assert_true(has(lab, "Cache-Control: no-cache"));
		etag = xstrdup(lab->reply.etag);
		assert_int_equal(ASK(lab, .path = versioned), 200);
		assert_true(has(lab, "Cache-Control: public, max-age=31536000, immutable"));
		assert_string_equal(lab->reply.etag, etag);
		assert_int_equal(ASK(lab, .path = files[i].path, .etag = etag), 304);
		assert_null(lab->reply.body);
		assert_int_equal(ASK(lab, .path = files[i].path, .etag = etag, .encoding = "gzip"), 200);
		assert_true(has(lab, "Content-Encoding: gzip"));
	}
	assert_int_equal(ASK(lab, .path = "/?v=0123", .accept = "text/html"), 200); /* the page itself has no version */
	assert_true(has(lab, "Cache-Control: no-cache"));
	assert_int_equal(ASK(lab, .path = "/assets/"), 404);
	assert_int_equal(ASK(lab, .path = "/assets/../app.js"), 404);
}

static struct slice gunzip(const struct blob *blob, char *out, size_t size)
{
	z_stream zlib = {.next_in = (unsigned char *)(uintptr_t)blob->data, .avail_in = (unsigned)blob->len};

	assert_int_equal(inflateInit2(&zlib, MAX_WBITS + 16), Z_OK);
	zlib.next_out = (unsigned char *)out;
	zlib.avail_out = (unsigned)size;
	assert_int_equal(inflate(&zlib, Z_FINISH), Z_STREAM_END);
	assert_int_equal(zlib.avail_in, 0);
	inflateEnd(&zlib);
	return (struct slice){out, zlib.total_out};
}

static void the_snapshot_comes_plain_or_compressed(void **state)
{
	static char out[1 << 20];
	struct lab *lab = *state;
	struct blob *plain;
	char line[64];

	assert_int_equal(ASK(lab, .path = "/api/v1/snapshot"), 200);
	assert_true(has(lab, "Content-Type: application/json"));
	assert_true(has(lab, "Vary: Accept-Encoding"));
	assert_false(slice_contains(buf_slice(&lab->head), "Content-Encoding"));
	snprintf(line, sizeof(line), "Content-Length: %zu", lab->reply.body->len);
	assert_true(has(lab, line));
	plain = blob_ref(lab->reply.body);
	assert_int_equal(ASK(lab, .path = "/api/v1/snapshot", .encoding = "br, gzip"), 200);
	assert_true(has(lab, "Content-Encoding: gzip"));
	assert_true(has(lab, "Vary: Accept-Encoding"));
	assert_true(slice_equal(gunzip(lab->reply.body, out, sizeof(out)), blob_slice(plain)));
	blob_unref(plain);
}

static void the_snapshot_is_rendered_once_per_change(void **state)
{
	static const char *const encodings[] = {NULL, "gzip"};
	struct lab *lab = *state;

	for (size_t i = 0; i < 2; i++) {
		struct blob *first;

		ASK(lab, .path = "/api/v1/snapshot", .encoding = encodings[i]);
		first = blob_ref(lab->reply.body);
		lab->now.ms += 100000;
		ASK(lab, .path = "/api/v1/snapshot", .encoding = encodings[i]);
		assert_ptr_equal(lab->reply.body, first);
		change(lab);
		ASK(lab, .path = "/api/v1/snapshot", .encoding = encodings[i]);
		assert_ptr_not_equal(lab->reply.body, first);
		blob_unref(first);
	}
}

static void the_snapshot_is_rendered_four_times_a_second_at_most(void **state)
{
	struct lab *lab = *state;
	struct blob *first;

	ASK(lab, .path = "/api/v1/snapshot");
	first = blob_ref(lab->reply.body);
	change(lab);
	lab->now.ms += 249;
	ASK(lab, .path = "/api/v1/snapshot");
	assert_ptr_equal(lab->reply.body, first);
	lab->now.ms += 1;
	ASK(lab, .path = "/api/v1/snapshot");
	assert_ptr_not_equal(lab->reply.body, first);
	blob_unref(first);
}

static void the_snapshot_is_never_older_than_an_event(void **state)
{
	struct lab *lab = *state;
	struct live_reader reader = {0};
	char id[64];

	ASK(lab, .path = "/api/v1/snapshot");
	change(lab);
	live_join(lab->live, &reader, false, lab->now);
	ASK(lab, .path = "/api/v1/snapshot");
	snprintf(id, sizeof(id), "\"generation\":%llu,", (unsigned long long)lab->model->generation);
	assert_true(body_contains(lab, id));
	live_leave(lab->live, &reader);
}

static void an_etag_names_the_content_and_its_encoding(void **state)
{
	struct lab *lab = *state;
	char plain[64], list[200];

	ASK(lab, .path = "/api/v1/snapshot");
	strcpy(plain, lab->reply.etag);
	assert_memory_equal(plain, "\"abc-", 5); /* the nonce: another process' generation 3 is another content */
	assert_int_equal(ASK(lab, .path = "/api/v1/snapshot", .etag = plain), 304);
	assert_null(lab->reply.body);
	assert_true(has(lab, "Vary: Accept-Encoding"));
	assert_string_equal(lab->reply.etag, plain);
	assert_false(slice_contains(buf_slice(&lab->head), "Content-"
							   "Length"));
	assert_false(slice_contains(buf_slice(&lab->head), "Content-Type:"));
	assert_int_equal(ASK(lab, .path = "/api/v1/snapshot", .etag = "*"), 304);
	snprintf(list, sizeof(list), "\"x\", W/%s", plain);
	assert_int_equal(ASK(lab, .path = "/api/v1/snapshot", .etag = list), 304);
	assert_int_equal(ASK(lab, .path = "/api/v1/snapshot", .etag = "\"x\""), 200);
	assert_int_equal(ASK(lab, .path = "/api/v1/snapshot", .etag = plain, .encoding = "gzip"), 200);
	assert_string_not_equal(lab->reply.etag, plain);
	change(lab);
	lab->now.ms += 1000;
	assert_int_equal(ASK(lab, .path = "/api/v1/snapshot", .etag = plain), 200);
}

static void a_host_is_found_by_its_name(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/node0"), 200);
	assert_true(has(lab, "Content-Type: application/json"));
	assert_true(body_contains(lab, "{\"name\":\"node0\""));
	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/%6eode%30"), 200);
	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/a%20b%2f%c3%A9"), 200);
	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/node0?x"), 200);
	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/node0%00"), 404);
	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/"), 404);
	assert_int_equal(ASK(lab, .path = "/api/v1/hosts"), 404);
	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/node0/"), 404);
	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/node%3"), 400);
	assert_int_equal(ASK(lab, .path = "/api/v1/hosts/node%zz"), 400);
}

static void errors_are_json_whatever_they_quote(void **state)
{
	static const char *const paths[] = {"/api/v1/hosts/%22%5c%0a%1b%00%ff%ed%a0%80", "/api/v1/hosts/%", "/metrics"};
	struct lab *lab = *state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		json_t *root;

		assert_true(ASK(lab, .path = paths[i]) >= 400);
		assert_true(has(lab, "Content-Type: application/json"));
		root = json_loadb(lab->reply.body->data, lab->reply.body->len, 0, NULL);
		assert_true(json_is_string(json_object_get(root, "error")));
		json_decref(root);
	}
}

static void a_long_name_is_quoted_in_part(void **state)
{
	cleanup_free char *path = xasprintf("/api/v1/hosts/%01000d", 0);
	struct lab *lab = *state;

	assert_int_equal(ASK(lab, .path = path), 404);
	assert_true(lab->reply.body->len < 400);
}

static void health_is_ok(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(ASK(lab, .path = "/healthz"), 200);
	assert_true(body_is(lab, "ok\n"));
	assert_int_equal(ASK(lab, .path = "/healthz/"), 404);
}

static void events_have_a_head_and_no_end(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(ASK(lab, .path = "/api/v1/events"), 200);
	assert_true(lab->reply.stream);
	assert_null(lab->reply.body);
	assert_true(has(lab, "Content-Type: text/event-stream"));
	assert_true(has(lab, "X-Accel-Buffering: no"));
	assert_true(has(lab, "Connection: close"));
	assert_false(slice_contains(buf_slice(&lab->head), "Content-Length"));
	assert_int_equal(ASK(lab, .path = "/api/v1/events", .encoding = "gzip"), 200);
	assert_true(has(lab, "Content-Encoding: gzip"));
	assert_int_equal(lab->reply.body->len, 10);
}

static void one_reader_too_many_is_asked_to_come_back(void **state)
{
	struct lab *lab = *state;
	struct live_reader reader = {0};

	live_join(lab->live, &reader, false, lab->now);
	assert_int_equal(ASK(lab, .path = "/api/v1/events"), 503);
	assert_true(has(lab, "Retry-After: 5"));
	assert_true(has(lab, "Connection: close"));
	assert_false(lab->reply.stream);
	live_leave(lab->live, &reader);
	assert_int_equal(ASK(lab, .path = "/api/v1/events"), 200);
}

static void loopback_answers_to_its_names_only(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(ask_as(lab, (struct asked){.path = "/healthz", .host = "localhost:5000"}, true), 200);
	assert_int_equal(ask_as(lab, (struct asked){.path = "/healthz", .host = "evil.example"}, true), 403);
	assert_true(body_contains(lab, "evil.example"));
	assert_true(body_contains(lab, "names:"));
	assert_int_equal(ask_as(lab, (struct asked){.path = "/healthz", .host = ""}, true), 403);
	assert_int_equal(ask_as(lab, (struct asked){.path = "/healthz"}, true), 200); /* HTTP/1.0: no browser */
	assert_int_equal(ask_as(lab, (struct asked){.path = "/healthz", .host = "evil.example"}, false), 200);
	site_set_names(lab->site, (const char *const[]){"gpu.example"}, 1);
	assert_int_equal(ask_as(lab, (struct asked){.path = "/healthz", .host = "gpu.example"}, true), 200);
}

static void the_connection_ends_when_the_client_says_so(void **state)
{
	struct lab *lab = *state;

	ASK(lab, .path = "/healthz");
	assert_false(lab->reply.close);
	assert_false(slice_contains(buf_slice(&lab->head), "Connection:"));
	ASK(lab, .path = "/healthz", .close = true);
	assert_true(lab->reply.close);
	assert_true(has(lab, "Connection: close"));
	buf_clear(&lab->head);
	lab->reply.close = false;
	reply_write_head(&lab->reply, 0, "now", &lab->head);
	assert_true(has(lab, "Connection: keep-alive"));
}

static void a_refusal_ends_the_connection(void **state)
{
	static const char post[] = "POST / HTTP/1.1\r\nHost: localhost\r\n\r\n";
	struct lab *lab = *state;
	struct request_parser parser;
	struct request request;

	request_parser_init(&parser);
	assert_int_equal(request_parser_feed(&parser, post, strlen(post), &request), REQUEST_REFUSED);
	site_refuse(&parser, &lab->reply);
	reply_write_head(&lab->reply, 1, "now", &lab->head);
	assert_true(slice_starts_with(buf_slice(&lab->head), "HTTP/1.1 405 Method Not Allowed\r\n"));
	assert_true(has(lab, "Allow: GET, HEAD"));
	assert_true(has(lab, "Connection: close"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_reply_has_its_headers, set_up, tear_down),
		cmocka_unit_test(dates_are_written_in_english),
		cmocka_unit_test_setup_teardown(browsers_get_the_page_and_others_a_table, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_page_has_the_snapshot_in_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_in_the_snapshot_ends_its_block, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_page_with_too_much_in_it_comes_without, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_host_tells_its_last_minutes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_table_is_kept_for_a_second, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_table_is_rendered_four_times_a_second_at_most, set_up, tear_down),
		cmocka_unit_test_setup_teardown(assets_may_be_kept_when_their_version_is_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_snapshot_comes_plain_or_compressed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_snapshot_is_rendered_once_per_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_snapshot_is_rendered_four_times_a_second_at_most, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_snapshot_is_never_older_than_an_event, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_etag_names_the_content_and_its_encoding, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_host_is_found_by_its_name, set_up, tear_down),
		cmocka_unit_test_setup_teardown(errors_are_json_whatever_they_quote, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_long_name_is_quoted_in_part, set_up, tear_down),
		cmocka_unit_test_setup_teardown(health_is_ok, set_up, tear_down),
		cmocka_unit_test_setup_teardown(events_have_a_head_and_no_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_reader_too_many_is_asked_to_come_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(loopback_answers_to_its_names_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_connection_ends_when_the_client_says_so, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_refusal_ends_the_connection, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
