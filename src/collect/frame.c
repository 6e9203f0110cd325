#include "collect/frame.h"

#include <assert.h>
#include <string.h>

#include "base/caps.h"

void frame_expect(struct frame *frame, const char *id, struct buf *text)
{
	size_t len = strlen(id);

	assert(len < FRAME_ID_MAX);
	*frame = (struct frame){.text = text};
	memcpy(frame->id, id, len + 1);
	buf_clear(text);
}

/* The part of a marker line after "@ID ". False when the line is no marker of this frame. */
static bool read_marker(const struct frame *frame, struct slice line, struct slice *ret_order)
{
	size_t len = strlen(frame->id);

	if (len == 0 || line.len < len + 2 || line.ptr[0] != '@')
		return false;
	if (memcmp(line.ptr + 1, frame->id, len) != 0 || line.ptr[len + 1] != ' ')
		return false;
	*ret_order = slice_trim((struct slice){line.ptr + len + 2, line.len - len - 2});
	return true;
}

/* Appends with every byte that is not UTF-8, and every NUL, replaced by U+FFFD. */
static int append_clean(struct buf *text, struct slice line)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t from = 0;
	int r = 0;

	for (size_t at = 0; r == 0;) {
		at += ascii_length(line.ptr + at, line.len - at);
		if (at == line.len)
			break;
		size_t len = line.ptr[at] == '\0' ? 0 : utf8_length(line.ptr + at, line.len - at);
		if (len > 0) {
			at += len;
			continue;
		}
		r = buf_append(text, line.ptr + from, at - from);
		if (r == 0)
			r = buf_append(text, replacement, sizeof(replacement) - 1);
		from = ++at;
	}
	if (r == 0)
		r = buf_append(text, line.ptr + from, line.len - from);
	return r == 0 ? buf_append(text, "\n", 1) : r;
}

static void open_section(struct frame *frame, struct slice name)
{
	frame->in_section = false;
	if (frame->given_away || frame->section_count == FRAME_SECTIONS || name.len >= sizeof(frame->sections[0].name))
		return;
	struct frame_section *section = &frame->sections[frame->section_count++];
	memcpy(section->name, name.ptr, name.len);
	section->name[name.len] = '\0';
	section->start = section->end = frame->text->len;
	section->status = -1;
	frame->in_section = true;
}

static void note_step(struct frame *frame)
{
	if (frame->steps < FRAME_STEPS_MAX)
		frame->steps++;
}

static void close_section(struct frame *frame, struct slice status)
{
	int64_t value;

	if (frame->in_section && slice_to_int64(status, &value) && value >= 0 && value <= 255)
		frame->sections[frame->section_count - 1].status = (int)value;
	frame->in_section = false;
	note_step(frame);
}

static void obey_marker(struct frame *frame, struct slice order)
{
	struct slice argument;
	struct slice word = slice_split(order, ' ', &argument);

	if (slice_is(word, "alive")) {
		frame->alive = true;
	} else if (slice_is(word, "more")) {
		note_step(frame);
	} else if (slice_is(word, "gone")) {
		frame->gone = true;
		frame->state = FRAME_COMPLETE;
	} else if (slice_is(word, "begin") && frame->state != FRAME_COMPLETE) {
		/* Perhaps anew: what came before is old. */
		frame->state = FRAME_OPEN;
		frame->section_count = 0;
		frame->in_section = false;
	} else if (frame->state != FRAME_OPEN) {
		return;
	} else if (slice_is(word, "end")) {
		frame->state = FRAME_COMPLETE;
	} else if (slice_is(word, "status")) {
		close_section(frame, argument);
	} else {
		open_section(frame, word);
	}
}

static void add_to_section(struct frame *frame, struct slice line)
{
	if (!frame->in_section || frame->given_away)
		return;
	if (append_clean(frame->text, line) < 0)
		frame->state = FRAME_TOO_LARGE;
	frame->sections[frame->section_count - 1].end = frame->text->len;
}

enum frame_state frame_receive(struct frame *frame, size_t len)
{
	frame->received += len;
	if (frame->received > CAP_FRAME && frame->state != FRAME_COMPLETE)
		frame->state = FRAME_TOO_LARGE;
	return frame->state;
}

void frame_await_alive(struct frame *frame)
{
	/* "@", the ID, " alive" or " gone", and an LF before and after it. */
	size_t answer = strlen(frame->id) + sizeof("\n@ alive\n");

	frame->alive = false;
	frame->received -= answer < frame->received ? answer : frame->received;
}

enum frame_state frame_add_line(struct frame *frame, struct slice line)
{
	struct slice order;

	if (frame->state == FRAME_TOO_LARGE || frame->state == FRAME_COMPLETE)
		return frame->state;
	if (read_marker(frame, line, &order))
		obey_marker(frame, order);
	else if (frame->state == FRAME_OPEN)
		add_to_section(frame, line);
	return frame->state;
}

struct slice frame_section(const struct frame *frame, const char *name, int *ret_status)
{
	for (size_t i = 0; i < frame->section_count; i++) {
		const struct frame_section *section = &frame->sections[i];
		if (strcmp(section->name, name) != 0)
			continue;
		*ret_status = section->status;
		return (struct slice){buf_slice(frame->text).ptr + section->start, section->end - section->start};
	}
	*ret_status = -1;
	return SLICE_NONE;
}

void frame_give_away(struct frame *frame)
{
	frame->given_away = true;
	frame->section_count = 0;
	frame->in_section = false;
}
