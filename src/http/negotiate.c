#include "http/negotiate.h"

#include <string.h>
#include <strings.h>

static bool is_word(struct slice text, const char *word)
{
	return text.len == strlen(word) && strncasecmp(text.ptr, word, text.len) == 0;
}

/* "q=0", "q=0.000": not wanted at all. `parameters` is what follows the first semicolon. */
static bool is_unwanted(struct slice parameters)
{
	while (parameters.ptr) {
		struct slice parameter = slice_trim(slice_split(parameters, ';', &parameters));
		double weight;

		if (parameter.len > 2 && strncasecmp(parameter.ptr, "q=", 2) == 0)
			return slice_to_double((struct slice){parameter.ptr + 2, parameter.len - 2}, &weight) && weight <= 0;
	}
	return false;
}

/* What a list says of `word`: 1 wanted, 0 unwanted, -1 not named. */
static int find_in_list(struct slice list, const char *word)
{
	while (list.ptr) {
		struct slice parameters, item = slice_split(list, ',', &list);
		struct slice name = slice_trim(slice_split(item, ';', &parameters));

		if (is_word(name, word))
			return !is_unwanted(parameters);
	}
	return -1;
}

bool accepts_gzip(struct slice accept_encoding)
{
	int named = find_in_list(accept_encoding, "gzip");

	return named >= 0 ? named : find_in_list(accept_encoding, "*") > 0;
}

bool accepts_html(struct slice accept)
{
	return find_in_list(accept, "text/html") > 0;
}

bool etag_matches(struct slice if_none_match, const char *etag)
{
	while (if_none_match.ptr) {
		struct slice tag = slice_trim(slice_split(if_none_match, ',', &if_none_match));

		if (slice_starts_with(tag, "W/"))
			tag = (struct slice){tag.ptr + 2, tag.len - 2};
		if (slice_is(tag, etag) || slice_is(tag, "*"))
			return true;
	}
	return false;
}
