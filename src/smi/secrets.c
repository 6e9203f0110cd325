#include "smi/secrets.h"

#include <string.h>
#include <strings.h>

#include "smi/secret_name.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

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
	size_t word_end;         /* of the word of the last URL, to look for it once */
	const struct tool *tool; /* the last one that was named */
};

/* What stands from `start` to `end` is secret; start == end: nothing is. */
struct span {
	size_t start, end;
};

static const struct span nothing = {0, 0};

/* Options of one letter that take a secret; the same letter is harmless with other programs. */
static const struct tool {
	const char *name, *option;
	bool attached_only; /* -p alone asks for the password */
	char separator;     /* what stands before it in the value; 0: all of the value is secret */
} tools[] = {
	{"mysql", "-p", true, 0},        {"mysqldump", "-p", true, 0},   {"mysqladmin", "-p", true, 0},
	{"mysqlimport", "-p", true, 0},  {"mariadb", "-p", true, 0},     {"mariadb-dump", "-p", true, 0},
	{"7z", "-p", true, 0},           {"sshpass", "-p", false, 0},    {"mongo", "-p", false, 0},
	{"mongosh", "-p", false, 0},     {"mongodump", "-p", false, 0},  {"mongorestore", "-p", false, 0},
	{"redis-cli", "-a", false, 0},   {"ldapsearch", "-w", false, 0}, {"ldapmodify", "-w", false, 0},
	{"zip", "-P", false, 0},         {"unzip", "-P", false, 0},      {"curl", "-u", false, ':'},
	{"curl", "--user", false, ':'},  {"curl", "-U", false, ':'},     {"curl", "--proxy-user", false, ':'},
	{"smbclient", "-U", false, '%'},
};

/* Keys that tell by their beginning what they are. */
static const struct {
	const char *prefix;
	size_t at_least;    /* characters after the prefix */
	const char *others; /* besides letters and digits */
	bool has_digit;     /* one must be among them: without, it may be a word */
} keys[] = {
	{"hf_", 16, "", false},      {"sk-", 20, "_-", true},    {"sk_live_", 12, "", false},     {"sk_test_", 12, "", false},
	{"rk_live_", 12, "", false}, {"ghp_", 16, "", false},    {"gho_", 16, "", false},         {"ghu_", 16, "", false},
	{"ghs_", 16, "", false},     {"ghr_", 16, "", false},    {"github_pat_", 16, "_", false}, {"glpat-", 16, "_-.", false},
	{"xoxa-", 8, "-", false},    {"xoxb-", 8, "-", false},   {"xoxe-", 8, "-", false},        {"xoxp-", 8, "-", false},
	{"xoxr-", 8, "-", false},    {"xoxs-", 8, "-", false},   {"AKIA", 16, "", false},         {"ASIA", 16, "", false},
	{"AIza", 30, "_-", false},   {"eyJ", 16, "_-.=", false}, {"nvapi-", 16, "_-", false},     {"gsk_", 16, "", false},
	{"xai-", 20, "", true},      {"npm_", 16, "", false},    {"pypi-", 32, "_-", false},      {"ya29.", 16, "_-.", false},
	{"r8_", 16, "", false},      {"dop_v1_", 16, "", false},
};

/* Before the secret of an Authorization header. */
static const char *const schemes[] = {"bearer", "basic", "token", "digest", "negotiate", "apikey", "key", "bot"};

/* Values that are no secret whatever the name says. */
static const char *const plain_values[] = {"true", "false", "none", "null", "yes", "no"};

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

static bool is_among(struct slice word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == word.len && strncasecmp(list[i], word.ptr, word.len) == 0)
			return true;
	return false;
}

/* The place of the quote that ends what begins behind the one at `open`: as many backslashes before it. len when there is none. */
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

/* The value that begins at `at`: in quotes, which may themselves be quoted, or up to the next blank; in a URL up to the next '&'. */
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

static bool is_path(struct slice value)
{
	return slice_starts_with(value, "/") || slice_starts_with(value, "./") || slice_starts_with(value, "../") ||
	       slice_starts_with(value, "~/");
}

/* "Bearer X": X, where the value itself only says how. */
static struct span behind_scheme(const struct masker *masker, struct span value)
{
	size_t end = value.start;

	while (end < value.end && !is_blank(masker->text[end]))
		end++;
	if (!is_among(slice_from(masker, value.start, end), schemes, COUNT_OF(schemes)))
		return value;
	size_t start = skip_blanks(masker, end);
	/* Within quotes the value goes on; without, it is the next word. */
	return end < value.end ? (struct span){start, value.end} : read_word(masker, start);
}

static struct span narrow(const struct masker *masker, struct span value, enum secret_kind kind)
{
	struct slice text = slice_from(masker, value.start, value.end);

	if (is_among(text, plain_values, COUNT_OF(plain_values)))
		return nothing;
	switch (kind) {
	case SECRET_VALUE:
		return value;
	case SECRET_KEY:
		return is_path(text) ? nothing : value;
	case SECRET_PAIR:
		return behind(masker, value, ':');
	case SECRET_SCHEME:
		return behind_scheme(masker, value);
	case SECRET_NONE:
		break;
	}
	return nothing;
}

/* Where the value of a name begins that ends at `end`; `end` itself when there is none. */
static size_t find_value(const struct masker *masker, size_t start, size_t end)
{
	bool is_option = masker->text[start] == '-';
	size_t at = end, blank;

	/* The quotes of a JSON key. */
	while (at < masker->len && (is_quote(masker->text[at]) || masker->text[at] == '\\'))
		at++;
	blank = skip_blanks(masker, at);
	if (blank < masker->len && (masker->text[blank] == '=' || masker->text[blank] == ':')) {
		/* "X= command" sets X to nothing; in "x = 1" and "X: 1" blanks are part of it. */
		bool blanks_follow = masker->text[blank] == ':' || blank > at;
		return blanks_follow ? skip_blanks(masker, blank + 1) : blank + 1;
	}
	/* The next word, unless it is an option itself. */
	bool follows = is_option && at == end && blank > end && blank < masker->len && masker->text[blank] != '-';
	return follows ? blank : end;
}

static struct span find_named(const struct masker *masker, size_t start, size_t end)
{
	char before = masker->out > 0 ? masker->text[masker->out - 1] : ' ';
	size_t value = find_value(masker, start, end);

	/* "/run/secrets:/run/secrets" */
	if (value == end || (before == '/' && masker->text[end] == ':'))
		return nothing;
	struct slice name = slice_from(masker, start, end);
	enum secret_kind kind = secret_kind_of(name);
	bool has_sign = memchr(masker->text + end, '=', value - end) || memchr(masker->text + end, ':', value - end);
	if (kind == SECRET_NONE || (!has_sign && secret_is_flag(name)))
		return nothing;
	return narrow(masker, read_value(masker, value, before == '?' || before == '&'), kind);
}

static struct span find_bearer(const struct masker *masker, size_t start, size_t end)
{
	static const char *const bearer[] = {"bearer"};
	size_t word = skip_blanks(masker, end);

	if (!is_among(slice_from(masker, start, end), bearer, 1) || word == end)
		return nothing;
	return read_word(masker, word);
}

static bool is_key_char(char c, const char *others)
{
	return is_alnum(c) || (c != '\0' && strchr(others, c));
}

/* The length of a well-known key at the beginning of a word; 0 when it is none. */
static size_t key_length(struct slice word, size_t which)
{
	size_t prefix = strlen(keys[which].prefix), len = prefix;
	bool has_digit = false;

	if (!slice_starts_with(word, keys[which].prefix))
		return 0;
	while (len < word.len && is_key_char(word.ptr[len], keys[which].others)) {
		has_digit = has_digit || (word.ptr[len] >= '0' && word.ptr[len] <= '9');
		len++;
	}
	return len - prefix >= keys[which].at_least && (has_digit || !keys[which].has_digit) ? len : 0;
}

static struct span find_key(const struct masker *masker, size_t start)
{
	struct slice rest = slice_from(masker, start, masker->len);

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		size_t len = keys[i].prefix[0] == rest.ptr[0] ? key_length(rest, i) : 0;
		if (len > 0)
			return (struct span){start, start + len};
	}
	return nothing;
}

static void notice_tool(struct masker *masker, size_t start, size_t end)
{
	if (end < masker->len && !is_blank(masker->text[end]))
		return;
	for (size_t i = 0; i < COUNT_OF(tools); i++) {
		if (!slice_is(slice_from(masker, start, end), tools[i].name))
			continue;
		masker->tool = &tools[i];
		return;
	}
}

/* "-pX", and "-p X" of those that take it so. */
static struct span find_option_of(const struct masker *masker, const struct tool *tool, size_t start, size_t end)
{
	size_t option = strlen(tool->option), at = start + option;
	bool is_long = tool->option[1] == '-';

	if (end - start < option || memcmp(masker->text + start, tool->option, option) != 0 || (is_long && end > at))
		return nothing;
	if (at < masker->len && (is_blank(masker->text[at]) || masker->text[at] == '=')) {
		if (tool->attached_only)
			return nothing;
		at = skip_blanks(masker, at + 1);
	}
	struct span value = read_value(masker, at, false);
	return tool->separator ? behind(masker, value, tool->separator) : value;
}

static struct span find_tool_option(const struct masker *masker, size_t start, size_t end)
{
	const struct tool *last = tools + COUNT_OF(tools);

	for (const struct tool *tool = masker->tool; tool && tool < last && strcmp(tool->name, masker->tool->name) == 0; tool++) {
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
 * scheme://user:PASSWORD@host. A password may hold "@", and even "/" where nobody has escaped it: "host:8080/@" has a number there. A name alone
 * is a token with http.
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

static void mask(struct masker *masker, struct span secret)
{
	size_t len = secret.end - secret.start, stars = len < 3 ? len : 3;

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
