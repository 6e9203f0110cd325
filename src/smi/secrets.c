#include "smi/secrets.h"

#include <string.h>
#include <strings.h>

#include "smi/secret_key.h"
#include "smi/secret_name.h"
#include "smi/secret_tool.h"
#include "smi/secret_value.h"

/*
 * The text while it is masked, in place:
 *
 *      0       out           at               len
 *      v        v             v                v
 *      [ masked |   gone      | to be looked at ]
 */
struct masker {
	char *text;
	size_t len, at, out;
	size_t word_end;                /* of the word of the last URL, to look for it once */
	const struct secret_tool *tool; /* the last program that was named, by its first row */
	const char *command;            /* of that program, the last one that was named; NULL */
	bool awaits_argument;           /* the command takes a secret that has not come yet */
};

/* What stands from `start` to `end` is secret; start == end: nothing is. */
struct span {
	size_t start, end;
};

static const struct span nothing = {0, 0};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_name_char(char c)
{
	return is_alnum(c) || c == '_' || c == '-' || c == '.';
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

static struct slice slice_from(const struct masker *masker, size_t start, size_t end)
{
	return (struct slice){masker->text + start, end - start};
}

static size_t skip_blanks(const struct masker *masker, size_t at)
{
	while (at < masker->len && is_blank(masker->text[at]))
		at++;
	return at;
}

static size_t find_blank(const struct masker *masker, size_t at)
{
	while (at < masker->len && !is_blank(masker->text[at]))
		at++;
	return at;
}

/* The place of the quote that ends what begins behind the one at `open`: as many backslashes before it. len: there is none. */
static size_t find_closing(const struct masker *masker, size_t open, size_t backslashes)
{
	size_t run = 0;

	for (size_t at = open + 1; at < masker->len; at++) {
		if (masker->text[at] == masker->text[open] && run == backslashes)
			return at;
		run = masker->text[at] == '\\' ? run + 1 : 0;
	}
	return masker->len;
}

/* Up to the next blank, without the end of a quote around more than this. */
static struct span read_word(const struct masker *masker, size_t at)
{
	size_t end = find_blank(masker, at);

	while (end > at + 1 && (is_quote(masker->text[end - 1]) || masker->text[end - 1] == '\\'))
		end--;
	return (struct span){at, end};
}

/* The value that begins at `at`: in quotes, which may themselves be quoted, or up to the next blank, in a URL to the next '&'. */
static struct span read_value(const struct masker *masker, size_t at, bool in_url)
{
	size_t open = at;

	while (open < masker->len && masker->text[open] == '\\')
		open++;
	if (open < masker->len && is_quote(masker->text[open])) {
		size_t close = find_closing(masker, open, open - at);
		if (close < masker->len)
			return (struct span){open + 1, close - (open - at)};
		at = open + 1;
	}
	struct span word = read_word(masker, at);
	char *amp = in_url && word.end > at ? memchr(masker->text + at, '&', word.end - at) : NULL;
	return amp ? (struct span){at, (size_t)(amp - masker->text)} : word;
}

/* The part of a value behind its first separator. */
static struct span behind(const struct masker *masker, struct span value, char separator)
{
	char *found = value.end > value.start ? memchr(masker->text + value.start, separator, value.end - value.start) : NULL;

	return found ? (struct span){(size_t)(found - masker->text) + 1, value.end} : nothing;
}

/* "Bearer X": X, where the value itself only says how. */
static struct span behind_scheme(const struct masker *masker, struct span value)
{
	size_t end = value.start;

	while (end < value.end && !is_blank(masker->text[end]))
		end++;
	if (!secret_value_is_scheme(slice_from(masker, value.start, end)))
		return value;
	size_t start = skip_blanks(masker, end);
	/* Within quotes the value goes on; without, it is the next word. */
	return end < value.end ? (struct span){start, value.end} : read_word(masker, start);
}

static struct span narrow(const struct masker *masker, struct span value, enum secret_kind kind)
{
	struct slice text = slice_from(masker, value.start, value.end);

	if (secret_value_is_plain(text))
		return nothing;
	switch (kind) {
	case SECRET_VALUE:
		return value;
	case SECRET_KEY:
		return secret_value_is_path(text) ? nothing : value;
	case SECRET_PAIR:
		return memchr(text.ptr, ':', text.len) ? behind(masker, value, ':')
		       : secret_value_is_long(text)    ? value
						       : nothing;
	case SECRET_SCHEME:
		return behind_scheme(masker, value);
	case SECRET_NONE:
		break;
	}
	return nothing;
}

/* "-x", "--xyz". A longer word behind one "-" may be a password as well. */
static bool is_option(const struct masker *masker, size_t at)
{
	if (masker->text[at] != '-')
		return false;
	return at + 1 == masker->len || masker->text[at + 1] == '-' || find_blank(masker, at) - at <= 2;
}

/* The comma in setdefault("X", "value"): the name is the first argument of a call, and what follows is in quotes too. */
static bool is_comma_of_call(const struct masker *masker, size_t comma)
{
	size_t next = comma < masker->len && masker->text[comma] == ',' ? skip_blanks(masker, comma + 1) : masker->len;
	size_t before = masker->out;

	while (before > 0 && (is_quote(masker->text[before - 1]) || masker->text[before - 1] == '\\'))
		before--;
	return next < masker->len && (is_quote(masker->text[next]) || masker->text[next] == '\\') && before < masker->out &&
	       before > 0 && masker->text[before - 1] == '(';
}

/* Where the value of a name begins that ends at `end`; `end` itself when there is none. */
static size_t find_value(const struct masker *masker, size_t start, size_t end)
{
	bool is_name_of_option = masker->text[start] == '-';
	size_t at = end, blank;

	/* The quotes of a JSON key; environ["X"]. */
	while (at < masker->len && (is_quote(masker->text[at]) || masker->text[at] == '\\'))
		at++;
	if (at > end && at < masker->len && masker->text[at] == ']')
		at++;
	blank = skip_blanks(masker, at);
	if (blank < masker->len && (masker->text[blank] == '=' || masker->text[blank] == ':')) {
		/* "X= command" sets X to nothing; in "x = 1" and "X: 1" blanks are part of it. */
		bool blanks_follow = masker->text[blank] == ':' || blank > at;
		return blanks_follow ? skip_blanks(masker, blank + 1) : blank + 1;
	}
	if (at > end && is_comma_of_call(masker, blank))
		return skip_blanks(masker, blank + 1);
	/* The next word, unless it is an option itself. */
	bool follows = is_name_of_option && at == end && blank > end && blank < masker->len && !is_option(masker, blank);
	return follows ? blank : end;
}

static struct span find_named(const struct masker *masker, size_t start, size_t end)
{
	char before = masker->out > 0 ? masker->text[masker->out - 1] : ' ';
	bool in_query = before == '?' || before == '&';
	size_t value = find_value(masker, start, end);

	/* "/run/secrets:/run/secrets" */
	if (value == end || (before == '/' && masker->text[end] == ':'))
		return nothing;
	struct slice name = slice_from(masker, start, end);
	enum secret_kind kind = in_query ? secret_kind_in_query(name) : secret_kind_of(name);
	bool has_sign = memchr(masker->text + end, '=', value - end) || memchr(masker->text + end, ':', value - end);
	if (kind == SECRET_NONE || (!has_sign && secret_is_flag(name)))
		return nothing;
	return narrow(masker, read_value(masker, value, in_query), kind);
}

static struct span find_bearer(const struct masker *masker, size_t start, size_t end)
{
	static const char bearer[] = "bearer";
	size_t word = skip_blanks(masker, end);
	bool says_so = end - start == strlen(bearer) && strncasecmp(masker->text + start, bearer, strlen(bearer)) == 0;

	return says_so && word > end ? read_word(masker, word) : nothing;
}

static struct span find_key(const struct masker *masker, size_t start)
{
	size_t len = secret_key_length(slice_from(masker, start, masker->len));

	return len > 0 ? (struct span){start, start + len} : nothing;
}

/* The part of a webhook's address that lets whoever knows it speak. */
static struct span find_webhook(const struct masker *masker, size_t start)
{
	size_t host = secret_webhook_length(slice_from(masker, start, masker->len)), end = start + host;

	if (host == 0)
		return nothing;
	while (end < masker->len && !is_blank(masker->text[end]) && !strchr("\"'\\,;)>", masker->text[end]))
		end++;
	return (struct span){start + host, end};
}

static bool takes_argument(const struct masker *masker)
{
	for (const struct secret_tool *tool = masker->tool; tool; tool = secret_tool_next(tool))
		if (tool->form == SECRET_ARGUMENT && tool->command == masker->command)
			return true;
	return false;
}

/* A program, or a command of the last one. */
static void notice_tool(struct masker *masker, size_t start, size_t end)
{
	struct slice word = slice_from(masker, start, end);

	if (end < masker->len && !is_blank(masker->text[end]))
		return;
	const struct secret_tool *named = secret_tool_of(word);
	if (named) {
		masker->tool = named;
		masker->command = NULL;
		masker->awaits_argument = false;
		return;
	}
	for (const struct secret_tool *tool = masker->tool; tool; tool = secret_tool_next(tool)) {
		if (!tool->command || !slice_is(word, tool->command))
			continue;
		masker->command = tool->command;
		masker->awaits_argument = takes_argument(masker);
		return;
	}
}

/* "wandb login X": the first word that is neither an option nor an address, of this command still. */
static struct span find_argument(struct masker *masker)
{
	size_t start = masker->at, end = start;
	char before = masker->out > 0 ? masker->text[masker->out - 1] : ' ', first = masker->text[start];

	if (!masker->awaits_argument || is_blank(first) || !(is_blank(before) || is_quote(before)) || is_quote(first) ||
	    first == '-')
		return nothing;
	while (end < masker->len && !is_blank(masker->text[end]) && !strchr("\"'\\;&|<>()", masker->text[end]))
		end++;
	if (memmem(masker->text + start, end - start, "://", 3))
		return nothing;
	masker->awaits_argument = false;
	return (struct span){start, end};
}

/* "-pX", and "-p X" of those that take it so. */
static struct span find_option_of(const struct masker *masker, const struct secret_tool *tool, size_t start, size_t end)
{
	size_t option = strlen(tool->option), at = start + option;
	bool is_long = tool->option[1] == '-', is_whole = is_long || tool->form == SECRET_APART;

	if (end - start < option || memcmp(masker->text + start, tool->option, option) != 0 || (is_whole && end > at))
		return nothing;
	if (at < masker->len && (is_blank(masker->text[at]) || masker->text[at] == '=')) {
		if (tool->form == SECRET_ATTACHED)
			return nothing;
		at = skip_blanks(masker, at + 1);
	}
	struct span value = read_value(masker, at, false);
	return tool->separator ? behind(masker, value, tool->separator) : value;
}

static struct span find_tool_option(const struct masker *masker, size_t start, size_t end)
{
	for (const struct secret_tool *tool = masker->tool; tool; tool = secret_tool_next(tool)) {
		if (tool->form == SECRET_ARGUMENT || (tool->command && tool->command != masker->command))
			continue;
		struct span secret = find_option_of(masker, tool, start, end);
		if (secret.end > secret.start)
			return secret;
	}
	return nothing;
}

/* A name, or a word like one, from `start` to `end`. */
static struct span find_in_word(struct masker *masker, size_t start, size_t end)
{
	struct span secret = find_key(masker, start);

	if (secret.end == secret.start)
		secret = find_webhook(masker, start);
	if (secret.end == secret.start)
		secret = find_named(masker, start, end);
	if (secret.end == secret.start)
		secret = find_bearer(masker, start, end);
	if (secret.end == secret.start && masker->text[start] == '-')
		secret = find_tool_option(masker, start, end);
	notice_tool(masker, start, end);
	return secret;
}

static bool is_number(struct slice text)
{
	int64_t number;

	return slice_to_int64(text, &number);
}

/* The scheme is what has been copied last. */
static bool has_scheme(const struct masker *masker, const char *name)
{
	size_t start = masker->out;

	while (start > 0 && is_alnum(masker->text[start - 1]))
		start--;
	return slice_is(slice_from(masker, start, masker->out), name);
}

static bool is_port(const struct masker *masker, size_t start, size_t end)
{
	return is_number(slice_from(masker, start, end));
}

/* A command line may have been cut: at its end "scheme://user:PASSW" needs no "@". An image has a tag there, a host a port. */
static struct span find_in_cut_url(const struct masker *masker, size_t start)
{
	size_t slash = start;

	while (slash < masker->len && !strchr("/?#\"'[", masker->text[slash]))
		slash++;
	char *separator = memchr(masker->text + start, ':', slash - start);
	if (slash < masker->len || !separator || has_scheme(masker, "docker"))
		return nothing;
	size_t password = (size_t)(separator - masker->text) + 1;
	return is_port(masker, password, slash) ? nothing : (struct span){password, slash};
}

/*
 * scheme://user:PASSWORD@host. A password may hold "@", and even "/" where nobody has escaped it: "host:8080/@" has a number
 * there. A name alone is a token with http.
 */
static struct span find_in_url(struct masker *masker, size_t start)
{
	size_t slash = start;

	if (masker->word_end < start)
		masker->word_end = find_blank(masker, start);
	char *last = memrchr(masker->text + start, '@', masker->word_end - start);
	if (!last)
		return masker->word_end == masker->len ? find_in_cut_url(masker, start) : nothing;
	size_t at = (size_t)(last - masker->text);
	while (slash < at && !strchr("/?#\"'", masker->text[slash]))
		slash++;
	char *separator = memchr(masker->text + start, ':', slash - start);
	if (!separator) {
		bool is_web = has_scheme(masker, "http") || has_scheme(masker, "https");
		return slash == at && is_web ? (struct span){start, at} : nothing;
	}
	size_t password = (size_t)(separator - masker->text) + 1;
	if (slash < at && is_port(masker, password, slash))
		return nothing;
	/* "https://TOKEN:@host" */
	return password < at ? (struct span){password, at} : (struct span){start, password - 1};
}

/* "-----BEGIN RSA PRIVATE KEY-----": from behind it to the line that ends the key. */
static struct span find_pem(const struct masker *masker)
{
	static const char begin[] = "-----BEGIN ", kind[] = "PRIVATE KEY-----", end[] = "-----END";
	struct slice rest = slice_from(masker, masker->at, masker->len);

	if (!slice_starts_with(rest, begin))
		return nothing;
	char *found = memmem(rest.ptr, rest.len < 64 ? rest.len : 64, kind, sizeof(kind) - 1);
	if (!found)
		return nothing;
	size_t start = (size_t)(found - masker->text) + sizeof(kind) - 1;
	char *last = memmem(masker->text + start, masker->len - start, end, sizeof(end) - 1);
	return (struct span){start, last ? (size_t)(last - masker->text) : masker->len};
}

static void copy_to(struct masker *masker, size_t end)
{
	memmove(masker->text + masker->out, masker->text + masker->at, end - masker->at);
	masker->out += end - masker->at;
	masker->at = end;
}

/* Three stars, for which there must be room; one where there is not: two would tell the length. */
static void mask(struct masker *masker, struct span secret)
{
	size_t stars = secret.end - secret.start < 3 ? 1 : 3;

	copy_to(masker, secret.start);
	memset(masker->text + masker->out, '*', stars);
	masker->out += stars;
	masker->at = secret.end;
}

/* Looks at what begins here, and goes on behind it. */
static void step(struct masker *masker)
{
	size_t start = masker->at, end = start;
	struct span secret = find_pem(masker);

	if (secret.end == secret.start)
		secret = find_argument(masker);
	if (secret.end == secret.start && slice_starts_with(slice_from(masker, start, masker->len), "://")) {
		secret = find_in_url(masker, start + 3);
		end = start + 3;
	} else if (secret.end == secret.start) {
		while (end < masker->len && is_name_char(masker->text[end]))
			end++;
		if (end > start)
			secret = find_in_word(masker, start, end);
	}
	if (secret.end > secret.start)
		mask(masker, secret);
	else
		copy_to(masker, end > start ? end : start + 1);
}

size_t secrets_mask(char *text, size_t len)
{
	struct masker masker = {.len = len};

	masker.text = text;
	while (masker.at < masker.len)
		step(&masker);
	return masker.out;
}
