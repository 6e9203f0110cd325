/* http/live: readers that take everything at once, or slowly, or nothing; the time is ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/caps.h"
#include "http/live.h"
#include "invented.h"

struct lab {
	struct model *model;
	struct rendering *rendering;
	struct deflater *deflater;
	struct live *live;
	struct moment now;
	uint64_t allocated;
};

/* One reader, and what it got. */
struct viewer {
	struct live_reader reader;
	struct live *live;
	struct buf got;
	unsigned events;
	enum live_sent answer; /* how it takes events */
	bool stalled;          /* its socket takes nothing */
	bool dropped;
};

static enum live_sent take(struct live_reader *reader, struct blob *event)
{
	struct viewer *viewer = (struct viewer *)reader;

	if (viewer->answer == LIVE_GONE) {
		live_leave(viewer->live, reader);
		return LIVE_GONE;
	}
	assert_int_equal(buf_append_slice(&viewer->got, blob_slice(event)), 0);
	viewer->events++;
	return viewer->answer;
}

static void drop(struct live_reader *reader)
{
	struct viewer *viewer = (struct viewer *)reader;

	viewer->dropped = true;
	live_leave(viewer->live, reader);
}

static bool is_stalled(struct live_reader *reader)
{
	return ((struct viewer *)reader)->stalled;
}

static const struct live_ops ops = {.send = take, .stalled = is_stalled, .drop = drop};

static int set_up(void **state)
{
	struct lab *lab = xcalloc(1, sizeof(*lab));

	lab->model = model_new();
	lab->rendering = rendering_new(lab->model);
	lab->deflater = deflater_new();
	lab->live = live_new(lab->model, lab->rendering, lab->deflater, &ops, 300);
	lab->now = (struct moment){.unix_time = NOON, .ms = 1000000};
	invented_host(lab->model, "node0");
	invented_host(lab->model, "node1");
	*state = lab;
	return 0;
}

static int tear_down(void **state)
{
	struct lab *lab = *state;

	live_free(lab->live);
	deflater_free(lab->deflater);
	rendering_free(lab->rendering);
	model_free(lab->model);
	free(lab);
	return 0;
}

static void join(struct lab *lab, struct viewer *viewer, bool gzip)
{
	*viewer = (struct viewer){.live = lab->live, .answer = LIVE_SENT};
	buf_init(&viewer->got, 64u * 1024 * 1024);
	live_join(lab->live, &viewer->reader, gzip, lab->now);
}

static void leave(struct viewer *viewer)
{
	live_leave(viewer->live, &viewer->reader);
	buf_done(&viewer->got);
}

static void change(struct lab *lab, const char *name)
{
	struct sample sample;

	sample_init(&sample);
	invented_gpu(&sample);
	invented_report(model_find_host(lab->model, slice_of(name)), &sample);
	sample_done(&sample);
}

static int turn_after(struct lab *lab, unsigned ms)
{
	lab->now.ms += ms;
	return live_turn(lab->live, lab->now);
}

static size_t occurrences(const struct viewer *viewer, const char *needle)
{
	struct slice rest = buf_slice(&viewer->got);
	size_t count = 0, len = strlen(needle);

	for (size_t i = 0; i + len <= rest.len; i++)
		count += memcmp(rest.ptr + i, needle, len) == 0;
	return count;
}

static void the_whole_comes_first_then_what_changed(void **state)
{
	struct lab *lab = *state;
	struct viewer viewer;
	char id[32];

	join(lab, &viewer, false);
	turn_after(lab, 0);
	assert_int_equal(viewer.events, 1);
	assert_true(slice_starts_with(buf_slice(&viewer.got), "retry: 2000\nevent: snapshot\nid: "));
	buf_clear(&viewer.got);

	change(lab, "node1");
	turn_after(lab, 250);
	assert_int_equal(viewer.events, 2);
	snprintf(id, sizeof(id), "event: hosts\nid: %llu\n", (unsigned long long)lab->model->generation);
	assert_true(slice_starts_with(buf_slice(&viewer.got), id));
	assert_int_equal(occurrences(&viewer, "\"name\":\"node1\""), 1);
	assert_int_equal(occurrences(&viewer, "\"name\":\"node0\""), 0);
	/* One event is one block: lines without a break in them, and an empty line at the end. */
	assert_int_equal(occurrences(&viewer, "\n\n"), 1);
	assert_int_equal(occurrences(&viewer, "\n"), 4);
	leave(&viewer);
}

static void another_layout_is_a_new_whole(void **state)
{
	struct lab *lab = *state;
	struct viewer viewer;

	join(lab, &viewer, false);
	turn_after(lab, 0);
	buf_clear(&viewer.got);
	invented_host(lab->model, "node2");
	turn_after(lab, 250);
	assert_int_equal(occurrences(&viewer, "event: snapshot\n"), 1);
	assert_int_equal(occurrences(&viewer, "\"name\":\"node"), 3);
	leave(&viewer);
}

static void events_keep_their_distance(void **state)
{
	struct lab *lab = *state;
	struct viewer viewer;

	join(lab, &viewer, false);
	turn_after(lab, 0);
	change(lab, "node0");
	assert_int_equal(turn_after(lab, 100), 150);
	change(lab, "node1");
	assert_int_equal(turn_after(lab, 149), 1);
	assert_int_equal(viewer.events, 1);
	turn_after(lab, 1);
	assert_int_equal(viewer.events, 2);
	assert_int_equal(occurrences(&viewer, "event: hosts\n"), 1);
	leave(&viewer);
}

static void silence_is_broken_by_a_comment(void **state)
{
	struct lab *lab = *state;
	struct viewer viewer;

	join(lab, &viewer, false);
	assert_int_equal(turn_after(lab, 0), 15000);
	buf_clear(&viewer.got);
	assert_int_equal(turn_after(lab, 14999), 1);
	assert_int_equal(viewer.got.len, 0);
	turn_after(lab, 1);
	assert_true(slice_is(buf_slice(&viewer.got), ":\n\n"));
	leave(&viewer);
}

static void nothing_is_rendered_for_nobody(void **state)
{
	struct lab *lab = *state;
	struct viewer viewer;

	change(lab, "node0");
	assert_int_equal(turn_after(lab, 1000), -1);
	assert_int_equal(live_generation(lab->live), 0);
	join(lab, &viewer, false);
	leave(&viewer);
	assert_int_equal(turn_after(lab, 1000), -1);
	/* And whoever comes later gets no event from before. */
	change(lab, "node0");
	join(lab, &viewer, false);
	turn_after(lab, 1000);
	assert_int_equal(viewer.events, 1);
	leave(&viewer);
}

static void joining_between_events_misses_nothing(void **state)
{
	struct lab *lab = *state;
	struct viewer first, second;

	join(lab, &first, false);
	turn_after(lab, 250);
	join(lab, &second, false); /* shares a snapshot with whoever comes before the next event */
	change(lab, "node0");
	leave(&first);
	join(lab, &first, false);
	turn_after(lab, 10);
	assert_int_equal(first.reader.first == NULL, 1);
	turn_after(lab, 250);
	assert_int_equal(occurrences(&first, "event: hosts\n"), 1);
	assert_int_equal(occurrences(&second, "event: hosts\n"), 1);
	leave(&first);
	leave(&second);
}

/* A snapshot may be older than the model: then its "id" is, too, and the event after it brings the rest. */
static void the_id_is_what_the_reader_knows(void **state)
{
	struct lab *lab = *state;
	struct viewer first, second;
	char id[32];

	join(lab, &first, false);
	snprintf(id, sizeof(id), "\nid: %llu\n", (unsigned long long)lab->model->generation);
	change(lab, "node0");
	join(lab, &second, false);
	turn_after(lab, 0);
	assert_int_equal(occurrences(&second, id), 1);
	leave(&first);
	leave(&second);
}

static struct slice inflate_all(const struct viewer *viewer, char *out, size_t size)
{
	struct blob *head = gzip_stream_head();
	z_stream zlib = {0};
	size_t len;

	assert_int_equal(inflateInit2(&zlib, MAX_WBITS + 16), Z_OK);
	zlib.next_out = (unsigned char *)out;
	zlib.avail_out = (unsigned)size;
	zlib.next_in = (unsigned char *)head->data;
	zlib.avail_in = (unsigned)head->len;
	assert_int_equal(inflate(&zlib, Z_SYNC_FLUSH), Z_OK);
	zlib.next_in = (unsigned char *)viewer->got.data;
	zlib.avail_in = (unsigned)viewer->got.len;
	assert_int_equal(inflate(&zlib, Z_SYNC_FLUSH), Z_OK);
	len = size - zlib.avail_out;
	inflateEnd(&zlib);
	blob_unref(head);
	return (struct slice){out, len};
}

/* Whenever they came, the same compressed bytes serve them all, and say the same as the plain ones. */
static void compressed_readers_share_and_read_the_same(void **state)
{
	static char out[1 << 20];
	struct lab *lab = *state;
	struct viewer plain, early, late;
	size_t before;

	join(lab, &early, true);
	turn_after(lab, 0);
	change(lab, "node0");
	turn_after(lab, 250);
	join(lab, &plain, false);
	join(lab, &late, true);
	turn_after(lab, 10);
	before = early.got.len;
	for (int i = 0; i < 5; i++) {
		change(lab, i % 2 ? "node0" : "node1");
		turn_after(lab, 250);
	}
	assert_true(slice_equal(inflate_all(&late, out, sizeof(out)), buf_slice(&plain.got)));
	assert_true(late.got.len < plain.got.len);
	assert_memory_equal(early.got.data + before, late.got.data + late.got.len - (early.got.len - before),
			    early.got.len - before);
	inflate_all(&early, out, sizeof(out));
	leave(&plain);
	leave(&early);
	leave(&late);
}

static void a_slow_reader_catches_up(void **state)
{
	struct lab *lab = *state;
	struct viewer viewer;

	join(lab, &viewer, false);
	viewer.answer = LIVE_SENDING;
	turn_after(lab, 0);
	for (int i = 0; i < 10; i++) {
		change(lab, "node0");
		turn_after(lab, 250);
	}
	assert_int_equal(viewer.events, 1); /* one on its way at a time */
	viewer.answer = LIVE_SENT;
	live_sent(lab->live, &viewer.reader);
	turn_after(lab, 0);
	for (int i = 0; i < 10; i++)
		turn_after(lab, 0);
	assert_int_equal(viewer.events, 11);
	assert_false(viewer.dropped);
	leave(&viewer);
}

/* So much happens that the ring no longer holds what came before. */
static void lap(struct lab *lab)
{
	for (int i = 0; i <= CAP_EVENTS_KEPT; i++) {
		change(lab, "node0");
		turn_after(lab, 250);
	}
}

static void a_lapped_reader_that_stalls_is_dropped_and_no_other(void **state)
{
	struct lab *lab = *state;
	struct viewer stalled, slow, fine;
	int events = 0;

	join(lab, &stalled, false);
	join(lab, &slow, false);
	join(lab, &fine, false);
	stalled.answer = slow.answer = LIVE_SENDING;
	stalled.stalled = true;
	turn_after(lab, 0);
	for (; !stalled.dropped && events < 1000; events++) {
		change(lab, "node0");
		turn_after(lab, 250);
	}
	assert_true(stalled.dropped);
	assert_in_range(events, 40, 100); /* some ten seconds and more of patience */
	assert_false(slow.dropped);
	assert_int_equal(fine.events, 1 + events);
	leave(&stalled);
	leave(&slow);
	leave(&fine);
}

static void a_lapped_reader_gets_the_whole_anew(void **state)
{
	struct lab *lab = *state;
	struct viewer slow;
	char id[48];

	join(lab, &slow, false);
	slow.answer = LIVE_SENDING;
	turn_after(lab, 0);
	lap(lab);
	assert_int_equal(slow.events, 1);
	assert_false(slow.dropped);

	buf_clear(&slow.got);
	slow.answer = LIVE_SENT;
	change(lab, "node1"); /* newer than the last event, and in no event of the ring */
	live_sent(lab->live, &slow.reader);
	turn_after(lab, 0);
	snprintf(id, sizeof(id), "event: snapshot\nid: %llu\n", (unsigned long long)lab->model->generation);
	assert_int_equal(slow.events, 2);
	assert_int_equal(occurrences(&slow, id), 1);
	/* And from there on it is like all the others. */
	turn_after(lab, 250);
	assert_int_equal(slow.events, 3);
	assert_int_equal(occurrences(&slow, "event: hosts\n"), 1);
	leave(&slow);
}

/* Each host some hundred bytes. */
static void add_hosts(struct lab *lab, size_t count)
{
	char name[32];

	for (size_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "more%zu", lab->model->host_count);
		invented_host(lab->model, name);
	}
}

static void who_is_lapped_while_it_waits_gets_the_newest_whole(void **state)
{
	static struct viewer viewers[250]; /* the last is served in the third turn */
	struct lab *lab = *state;
	struct viewer *last = &viewers[249];
	char id[48];

	add_hosts(lab, 2 * 4096); /* so that no two snapshots fit into the ring */
	for (size_t i = 0; i < 250; i++)
		join(lab, &viewers[i], &viewers[i] != last);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(last->events, 0);
		add_hosts(lab, 1);
		turn_after(lab, 250);
	}
	snprintf(id, sizeof(id), "event: snapshot\nid: %llu\n", (unsigned long long)lab->model->generation);
	assert_int_equal(last->events, 1);
	assert_int_equal(occurrences(last, id), 1);
	for (size_t i = 0; i < 250; i++)
		leave(&viewers[i]);
}

static void the_backlog_is_counted_in_bytes(void **state)
{
	struct lab *lab = *state;
	struct viewer stalled;
	int events = 0;

	add_hosts(lab, 1000);
	join(lab, &stalled, false);
	stalled.answer = LIVE_SENDING;
	stalled.stalled = true;
	turn_after(lab, 0);
	for (; !stalled.dropped && events < 1000; events++) {
		add_hosts(lab, 1); /* the whole, each time */
		turn_after(lab, 250);
	}
	assert_true(stalled.dropped);
	assert_in_range((size_t)events * stalled.got.len, CAP_EVENT_BACKLOG, 2 * CAP_EVENT_BACKLOG);
	leave(&stalled);
}

/* With so many hosts that the whole is larger than the usual backlog, as many bytes of events are kept. */
static void the_backlog_is_as_long_as_the_whole(void **state)
{
	struct lab *lab = *state;
	struct viewer slow;
	size_t bytes = 0;
	int events = 0;

	add_hosts(lab, 4 * 4096);
	join(lab, &slow, false);
	slow.answer = LIVE_SENDING;
	turn_after(lab, 0);
	assert_true(slow.got.len > 2 * CAP_EVENT_BACKLOG);
	for (; bytes < slow.got.len - CAP_EVENT_BACKLOG / 2; events++) {
		struct blob *json;

		for (size_t i = 0; i < 300; i++) {
			struct host *host = lab->model->hosts[i];
			struct sample sample;

			sample_init(&sample);
			invented_gpu(&sample);
			invented_report(host, &sample);
			sample_done(&sample);
		}
		json = rendering_changes(lab->rendering, live_generation(lab->live));
		bytes += json->len;
		blob_unref(json);
		turn_after(lab, 250);
	}
	assert_in_range(events, 2, CAP_EVENTS_KEPT - 1);
	buf_clear(&slow.got);
	slow.answer = LIVE_SENT;
	live_sent(lab->live, &slow.reader);
	for (int i = 0; i < events; i++)
		turn_after(lab, 0);
	assert_int_equal(occurrences(&slow, "event: snapshot\n"), 0);
	assert_int_equal(slow.events, 1 + events);
	leave(&slow);
}

/* What is on its way stays in memory as long as its readers take. */
static void what_is_on_its_way_has_a_cap(void **state)
{
	static struct viewer viewers[300];
	struct lab *lab = *state;
	size_t dropped = 0, count;

	add_hosts(lab, 2 * 4096);
	for (count = 0; count < 300 && dropped == 0; count++) {
		join(lab, &viewers[count], count % 2 == 1);
		viewers[count].answer = LIVE_SENDING;
		turn_after(lab, 0);
		add_hosts(lab, 1); /* so that each is sent another whole */
		turn_after(lab, 250);
		for (size_t i = 0; i <= count; i++)
			dropped += viewers[i].dropped;
	}
	assert_true(viewers[0].dropped); /* who has been at it longest */
	assert_int_equal(dropped, 1);
	for (size_t i = 0; i < count; i++)
		leave(&viewers[i]);
}

static void the_loop_gets_its_turn_between_readers(void **state)
{
	struct lab *lab = *state;
	static struct viewer viewers[250];
	unsigned served = 0;

	for (size_t i = 0; i < 250; i++)
		join(lab, &viewers[i], false);
	assert_int_equal(turn_after(lab, 0), 0); /* wants to go on at once */
	for (size_t i = 0; i < 250; i++)
		served += viewers[i].events;
	assert_int_equal(served, 100);
	assert_int_equal(turn_after(lab, 0), 0);
	assert_true(turn_after(lab, 0) > 0);
	for (size_t i = 0; i < 250; i++) {
		assert_int_equal(viewers[i].events, 1);
		leave(&viewers[i]);
	}
}

static void readers_may_go_at_any_time(void **state)
{
	struct lab *lab = *state;
	struct viewer gone, fine;

	join(lab, &gone, false);
	join(lab, &fine, true);
	gone.answer = LIVE_GONE;
	turn_after(lab, 0);
	assert_int_equal(fine.events, 1);
	leave(&gone);
	leave(&gone); /* twice is once */
	leave(&fine);
	assert_int_equal(turn_after(lab, 0), -1);
}

static void there_is_a_cap_on_readers(void **state)
{
	struct lab *lab = *state;
	static struct viewer viewers[300];

	for (size_t i = 0; i < 300; i++) {
		assert_false(live_is_full(lab->live));
		join(lab, &viewers[i], false);
	}
	assert_true(live_is_full(lab->live));
	leave(&viewers[0]);
	assert_false(live_is_full(lab->live));
	for (size_t i = 1; i < 300; i++)
		leave(&viewers[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_whole_comes_first_then_what_changed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_layout_is_a_new_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(events_keep_their_distance, set_up, tear_down),
		cmocka_unit_test_setup_teardown(silence_is_broken_by_a_comment, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_rendered_for_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(joining_between_events_misses_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_id_is_what_the_reader_knows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(compressed_readers_share_and_read_the_same, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_slow_reader_catches_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_lapped_reader_that_stalls_is_dropped_and_no_other, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_lapped_reader_gets_the_whole_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_is_lapped_while_it_waits_gets_the_newest_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_backlog_is_counted_in_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_backlog_is_as_long_as_the_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_on_its_way_has_a_cap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_loop_gets_its_turn_between_readers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(readers_may_go_at_any_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(there_is_a_cap_on_readers, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
