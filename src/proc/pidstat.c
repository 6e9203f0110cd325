#include "proc/pidstat.h"

#include <string.h>

#include "proc/words.h"

/* Counted from the one after the name. One after the last that we read must be there: a number that is cut would be believed. */
enum field { FIELD_STATE, FIELD_UTIME = 11, FIELD_STIME, FIELD_CUTIME, FIELD_CSTIME, FIELD_START = 19, FIELD_RSS = 21, FIELDS };

/* More would be thousands of years. Two of them can be added, and a double holds them. */
static const int64_t ticks_max = INT64_C(1) << 52;

static bool split_fields(struct slice line, struct slice fields[FIELDS])
{
	const char *name_end = line.len > 0 ? memrchr(line.ptr, ')', line.len) : NULL;

	if (!name_end)
		return false;
	struct slice rest = {name_end + 1, (size_t)(line.ptr + line.len - name_end - 1)};
	if (!slice_starts_with(rest, " "))
		return false;
	rest = slice_trim(rest);
	for (int i = 0; i < FIELDS; i++) {
		if (!rest.ptr)
			return false;
		fields[i] = slice_split(rest, ' ', &rest);
	}
	return rest.ptr && fields[FIELD_STATE].len == 1;
}

static bool read_field(struct slice field, int64_t *ret)
{
	return words_count(field, ret) && *ret <= ticks_max;
}

bool pidstat_parse(struct slice line, struct pidstat *ret)
{
	struct slice fields[FIELDS];
	int64_t user, kernel, user_children, kernel_children;
	struct pidstat stat;

	if (!split_fields(line, fields) || !read_field(fields[FIELD_UTIME], &user) || !read_field(fields[FIELD_STIME], &kernel) ||
	    !read_field(fields[FIELD_CUTIME], &user_children) || !read_field(fields[FIELD_CSTIME], &kernel_children) ||
	    !read_field(fields[FIELD_START], &stat.start) || !read_field(fields[FIELD_RSS], &stat.rss))
		return false;
	stat.used = user + kernel;
	stat.used_children = user_children + kernel_children;
	*ret = stat;
	return true;
}
