#include "proc/ps.h"

#include <math.h>

#include "proc/words.h"

/* No account has a longer name. */
enum { OWNER_MAX = 64 };

/* False for what is neither a number nor "-". */
static bool read_column(struct slice word, double *ret)
{
	*ret = words_amount(word);
	return !isnan(*ret) || slice_is(word, "-");
}

static struct slice told(struct slice column)
{
	return column.len == 0 || slice_is(column, "-") ? SLICE_NONE : column;
}

bool ps_parse(struct slice line, struct ps_row *ret)
{
	struct slice rest = line;
	struct ps_row row;

	if (!words_count(words_take(&rest), &row.pid) || row.pid < 1 || row.pid > INT32_MAX)
		return false;
	row.owner = told(words_take(&rest));
	if (!read_column(words_take(&rest), &row.elapsed) || !read_column(words_take(&rest), &row.rss))
		return false;
	if (row.owner.len > OWNER_MAX)
		row.owner = SLICE_NONE;
	row.rss *= 1024;
	row.command = told(slice_trim(rest));
	*ret = row;
	return true;
}
