#include "base/nearest.h"

#include <ctype.h>

enum { LONGEST = 40 }; /* bytes of a word that is compared */

struct nearest nearest_to(struct slice word)
{
	return (struct nearest){.word = word, .distance = word.len <= LONGEST ? word.len / 3 + 2 : 0};
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Levenshtein's distance: how many letters to add, drop or change. One row of his table at a time. */
static size_t distance(struct slice a, struct slice b)
{
	size_t row[LONGEST + 1];

	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t change = diagonal + !same_letter(a.ptr[i - 1], b.ptr[j - 1]);
			size_t either = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			diagonal = row[j];
			row[j] = change < either ? change : either;
		}
	}
	return row[b.len];
}

void nearest_consider(struct nearest *nearest, const char *name)
{
	struct slice other = slice_of(name);

	if (other.len > LONGEST || nearest->distance == 0)
		return;
	size_t far = distance(nearest->word, other);
	if (far >= nearest->distance || far >= nearest->word.len)
		return;
	nearest->distance = far;
	nearest->name = name;
}
