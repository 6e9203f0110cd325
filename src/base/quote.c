#include "base/quote.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

/* No "~": it has a meaning at the beginning of a word; no brackets: they are a pattern, which some shells do not pass on. */
static bool is_plain(const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/:@%+=,-";

	return word[0] != '\0' && word[0] != '=' && strspn(word, plain) == strlen(word);
}

char *quote_word(const char *word)
{
	/* Of one quote come four characters at most. */
	size_t at = 0, size = 4 * strlen(word) + 3;

	if (is_plain(word))
		return xstrdup(word);
	char *quoted = xmalloc(size);
	quoted[at++] = '\'';
	for (const char *p = word; *p; p++) {
		if (*p == '\'') {
			memcpy(quoted + at, "'\\''", 4);
			at += 4;
		} else {
			quoted[at++] = *p;
		}
	}
	quoted[at++] = '\'';
	quoted[at] = '\0';
	return quoted;
}
