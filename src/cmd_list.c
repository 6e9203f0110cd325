/* nvwebmon list: one sample of every host, as a table or as JSON. */

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "gather.h"
#include "terminal.h"
#include "view/json.h"
#include "view/table.h"

enum { TABLE_MAX = 64 * 1024 * 1024 };

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void print_json(const struct model *model)
{
	struct rendering *rendering = rendering_new(model);
	struct blob *snapshot = rendering_snapshot(rendering, now());

	fwrite(snapshot->data, 1, snapshot->len, stdout);
	putchar('\n');
	blob_unref(snapshot);
	rendering_free(rendering);
}

static void print_table(const struct model *model)
{
	const struct table_options options = {
		.color = terminal_has_color(STDOUT_FILENO), .width = terminal_width(STDOUT_FILENO), .once = true};
	struct buf text;

	buf_init(&text, TABLE_MAX);
	if (table_render(model, &options, now(), &text) < 0)
		fputs("nvwebmon: the table is larger than 64 MiB\n", stderr);
	fwrite(buf_slice(&text).ptr, 1, text.len, stdout);
	buf_done(&text);
}

static int print_all(const struct model *model, const struct options *options)
{
	bool well = true;

	if (options->json)
		print_json(model);
	else
		print_table(model);
	for (size_t i = 0; i < model->host_count; i++)
		well &= gather_is_well(model->hosts[i]);
	return well ? EXIT_FINE : EXIT_NOT_WELL;
}

int cmd_list(const struct options *options)
{
	return gather(options, print_all);
}
