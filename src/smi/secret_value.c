#include "smi/secret_value.h"

#include <string.h>
#include <strings.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool is_among(struct slice word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == word.len && strncasecmp(list[i], word.ptr, word.len) == 0)
			return true;
	return false;
}

static bool ends_with(struct slice text, const char *end)
{
	size_t len = strlen(end);

	return text.len > len && memcmp(text.ptr + text.len - len, end, len) == 0;
}

bool secret_value_is_plain(struct slice value)
{
	static const char *const words[] = {"true", "false", "none", "null", "yes", "no"};

	return is_among(value, words, COUNT_OF(words));
}

bool secret_value_is_path(struct slice value)
{
	static const char *const beginnings[] = {"/", "./", "../", "~/"};
	static const char *const ends[] = {".pem", ".key", ".crt", ".cer", ".der", ".p12",  ".pfx", ".pub",
					   ".asc", ".gpg", ".txt", ".env", ".ini", ".json", ".yml", ".yaml"};

	for (size_t i = 0; i < COUNT_OF(beginnings); i++)
		if (slice_starts_with(value, beginnings[i]))
			return true;
	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (ends_with(value, ends[i]))
			return true;
	return slice_is(value, ".") || slice_is(value, "..");
}

bool secret_value_is_long(struct slice value)
{
	bool has_digit = false;

	for (size_t i = 0; i < value.len; i++)
		has_digit = has_digit || (value.ptr[i] >= '0' && value.ptr[i] <= '9');
	return has_digit && value.len >= 16 && !secret_value_is_path(value);
}

bool secret_value_is_scheme(struct slice value)
{
	static const char *const words[] = {"bearer", "basic", "token", "digest", "negotiate", "apikey", "key", "bot"};

	return is_among(value, words, COUNT_OF(words));
}
