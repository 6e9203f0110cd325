/*
 * Requests as they may come, answered as they would be: the first byte says in what pieces they come and to which kind of
 * listener, the rest is what a client sends. What comes in pieces has to end as what comes whole.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "http/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct outcome {
	unsigned answered; /* requests */
	bool refused;      /* what came after them */
	size_t left;       /* bytes of a request that is not complete */
};

static struct lab {
	struct model *model;
	struct rendering *rendering;
	struct deflater *deflater;
	struct live *live;
	struct site *site;
	struct buf head;
} lab;

static const struct moment now = {.unix_time = 1790000000.0, .ms = 1000};

static void set_up(void)
{
	static const struct live_ops none;
	static const char *const names[] = {"gpu.example"};

	lab.model = model_new();
	model_add_host(lab.model, &(struct host_label){.name = "node0", .address = "192.0.2.1"}, now.unix_time);
	lab.rendering = rendering_new(lab.model);
	lab.deflater = deflater_new();
	lab.live = live_new(lab.model, lab.rendering, lab.deflater, &none, 1);
	lab.site = site_new(lab.model, lab.rendering, lab.deflater, lab.live, 1);
	site_set_names(lab.site, names, 1);
	buf_init(&lab.head, REPLY_HEAD_MAX);
}

/* A head is lines of text, each ended by CR LF, and the one empty line is the last. */
static void check_head(struct slice head)
{
	for (size_t i = 0; i < head.len; i++) {
		assert(head.ptr[i] == '\r' || head.ptr[i] == '\n' || (head.ptr[i] >= ' ' && head.ptr[i] < 0x7f));
		assert((head.ptr[i] == '\r') == (i + 1 < head.len && head.ptr[i + 1] == '\n'));
	}
	assert(memmem(head.ptr, head.len, "\r\n\r\n", 4) == head.ptr + head.len - 4);
}

static void check_reply(struct reply *reply, int minor)
{
	buf_clear(&lab.head);
	reply_write_head(reply, minor, "now", &lab.head);
	check_head(buf_slice(&lab.head));
	assert(reply->status != 304 || !reply->body);
	assert(reply->status < 400 || (reply->body && reply->body->data[0] == '{'));
	reply_done(reply);
}

static void answer(const struct request *request, bool loopback)
{
	struct reply reply;

	assert(request->path.len > 0 && request->path.ptr[0] == '/');
	site_answer(lab.site, request, loopback, now, &reply);
	check_reply(&reply, request->minor);
}

static void refuse(const struct request_parser *parser)
{
	struct reply reply;

	site_refuse(parser, &reply);
	assert(reply.close && reply.status >= 400);
	check_reply(&reply, 1);
}

/* A head in a place of its own, of just its size. */
static enum request_progress feed(struct request_parser *parser, const uint8_t *bytes, size_t len, bool loopback)
{
	struct request request;
	char *copy = xmalloc(len > 0 ? len : 1);
	enum request_progress progress;

	memcpy(copy, bytes, len);
	progress = request_parser_feed(parser, copy, len, &request);
	if (progress == REQUEST_COMPLETE)
		answer(&request, loopback);
	free(copy);
	return progress;
}

static struct outcome run(const uint8_t *bytes, size_t len, size_t piece, bool loopback)
{
	struct outcome outcome = {0};
	struct request_parser parser;
	size_t come = 0;

	request_parser_init(&parser);
	while (come < len || parser.consumed < come) {
		come = len - come < piece ? len : come + piece;
		switch (feed(&parser, bytes, come, loopback)) {
		case REQUEST_PARTIAL:
			break;
		case REQUEST_COMPLETE:
			outcome.answered++;
			bytes += parser.consumed;
			len -= parser.consumed;
			come -= parser.consumed;
			request_parser_init(&parser);
			break;
		case REQUEST_REFUSED:
			refuse(&parser);
			outcome.refused = true;
			return outcome;
		}
	}
	outcome.left = come;
	return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct outcome whole, pieces;
	bool loopback;

	if (!lab.site)
		set_up();
	if (len == 0 || len > CAP_REQUEST_HEAD)
		return 0;
	loopback = bytes[0] & 0x80;
	whole = run(bytes + 1, len - 1, SIZE_MAX, loopback);
	pieces = run(bytes + 1, len - 1, 1 + (bytes[0] & 0x7f), loopback);
	/* Which of two things that are wrong is seen first depends on the pieces. */
	assert(whole.answered == pieces.answered && whole.refused == pieces.refused && whole.left == pieces.left);
	return 0;
}
