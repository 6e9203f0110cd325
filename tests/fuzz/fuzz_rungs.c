/* rungs: the input is what ssh says on stderr. None of it may come into a command but as a plain word. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/lines.h"
#include "collect/rungs.h"
#include "collect/tools.h"

static void hear(void *user, struct slice line, bool cut)
{
	struct ssh_trace *trace = user;
	enum ssh_step before = trace->step;

	struct slice message = rungs_hear(trace, line);
	assert(trace->step >= before);
	assert(!message.ptr || (message.ptr >= line.ptr && message.ptr + message.len <= line.ptr + line.len));
}

static void check_word(const char *word, size_t size)
{
	assert(strnlen(word, size) < size);
	assert(word[0] != '-');
	assert(!strpbrk(word, " \t\n\r\"'`$&|;<>()\\*?#!{}[]~\033"));
}
#define CHECK_WORD(word) check_word(word, sizeof(word))

static void check_text(const char *text, size_t size)
{
	assert(strnlen(text, size) < size);
	for (const char *p = text; *p; p++)
		assert((unsigned char)*p >= ' ');
}
#define CHECK_TEXT(text) check_text(text, sizeof(text))

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len)
{
	struct ssh_trace trace;
	struct lines lines;
	struct tools tools;

	rungs_init(&trace);
	lines_init(&lines, hear, &trace);
	lines_feed(&lines, (const char *)input, len);
	lines_end(&lines);
	lines_done(&lines);
	CHECK_WORD(trace.address);
	CHECK_WORD(trace.port);
	CHECK_WORD(trace.key_type);
	CHECK_WORD(trace.fingerprint);
	CHECK_WORD(trace.offending);
	CHECK_WORD(trace.user);
	CHECK_WORD(trace.allowed);
	CHECK_WORD(trace.key_file);
	CHECK_WORD(trace.loose_file);
	CHECK_WORD(trace.missing_key);
	CHECK_TEXT(trace.proxy);
	CHECK_TEXT(trace.server);
	CHECK_TEXT(trace.method);

	tools_parse((struct slice){(const char *)input, len}, &tools);
	assert(tools.loss_count <= TOOLS_LOSSES_MAX);
	return 0;
}
