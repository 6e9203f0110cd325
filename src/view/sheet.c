#include "view/sheet.h"

#include <math.h>
#include <string.h>

#include "view/width.h"

/* With less room than this nothing is wrapped: it would be one word a line. */
enum { ROOM_MIN = 24 };

void sheet_note(struct sheet *sheet, int r)
{
	if (r < 0 && sheet->status == 0)
		sheet->status = r;
}

void sheet_paint(struct sheet *sheet, enum color color)
{
	if (sheet->color && color)
		print(sheet, "\x1b[%dm", (int)color);
}

void sheet_unpaint(struct sheet *sheet, enum color color)
{
	if (sheet->color && color)
		print(sheet, "\x1b[0m");
}

char *sheet_shown(struct slice text, size_t columns)
{
	static const char ellipsis[] = "\u2026";
	size_t size = text.len * 4 + sizeof(ellipsis);
	char *out = text_escape(text, xmalloc(size), size);

	if (columns > 0 && width_of(slice_of(out)) > columns)
		strcpy(out + width_fit(slice_of(out), columns - 1), ellipsis);
	return out;
}

void sheet_text(struct sheet *sheet, struct slice text, size_t columns)
{
	cleanup_free char *out = sheet_shown(text, columns);

	sheet_note(sheet, buf_append_slice(sheet->out, slice_of(out)));
}

void sheet_span(struct sheet *sheet, double seconds)
{
	static const struct {
		double from, unit;
		const char *name;
	} units[] = {{48 * 3600, 86400, "d"}, {120 * 60, 3600, "h"}, {120, 60, "min"}, {0, 1, "s"}};
	size_t i = 0;

	while (seconds < units[i].from && units[i].from > 0)
		i++;
	print(sheet, "%.0f %s", seconds > 0 ? floor(seconds / units[i].unit) : 0, units[i].name);
}

static struct slice written(const struct sheet *sheet)
{
	return (struct slice){sheet->out->data + sheet->line, sheet->out->len - sheet->line};
}

void sheet_end_line(struct sheet *sheet)
{
	size_t width = (size_t)(sheet->width > 0 ? sheet->width : 0);
	struct slice line = written(sheet);

	if (sheet->status == 0 && width > 0 && width_of(line) > width) {
		sheet->out->len = sheet->line + width_fit(line, width - 1);
		print(sheet, "\u2026");
		sheet_unpaint(sheet, COLOR_BOLD); /* whatever was painted */
	}
	print(sheet, "\n");
	sheet->line = sheet->out->len;
}

/* How much of the text goes on this line: up to the last blank that fits, or all that fits when there is none. */
static size_t take_line(struct slice text, size_t room)
{
	size_t fits = width_fit(text, room), len = fits;

	if (fits == text.len)
		return fits;
	while (len > 0 && text.ptr[len] != ' ')
		len--;
	return len > 0 ? len : fits;
}

void sheet_wrap(struct sheet *sheet, struct slice text, size_t indent)
{
	cleanup_free char *whole = sheet_shown(text, 0);
	struct slice rest = slice_of(whole);
	size_t width = (size_t)(sheet->width > 0 ? sheet->width : 0);

	while (sheet->status == 0) {
		size_t taken = width_of(written(sheet));
		size_t len = width < taken + ROOM_MIN ? rest.len : take_line(rest, width - taken);
		sheet_note(sheet, buf_append(sheet->out, rest.ptr, len));
		sheet_end_line(sheet);
		rest = slice_trim((struct slice){rest.ptr + len, rest.len - len});
		if (rest.len == 0)
			return;
		print(sheet, "%*s", (int)indent, "");
	}
}
