#include "smi/secret_name.h"

#include <string.h>

enum { NAME_MAX_BYTES = 128, WORDS_MAX = 16 };

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A name's words, in lower case, without the digits at their ends. */
struct words {
	char text[NAME_MAX_BYTES + WORDS_MAX];
	const char *words[WORDS_MAX];
	size_t count;
};

/* Wherever they stand in a word: "pgpassword", "clientsecret". */
static const char *const secret_parts[] = {"password", "passwd", "passphrase", "passcode", "secret"};
static const char *const key_parts[] = {"apikey", "accesskey", "privatekey", "authkey", "credential"};

/* Before "key" or "keys". A key alone is one of a map, or of a film, but where it is an option. */
static const char *const before_key[] = {
	"api",     "access", "private", "auth",    "encryption", "signing", "subscription", "account",  "service",
	"license", "master", "storage", "session", "deploy",     "wandb",   "openai",       "hf",       "anthropic",
	"kaggle",  "azure",  "comet",   "gemini",  "cohere",     "mistral", "groq",         "deepseek", "pinecone",
};

/* Before "auth": with these it is a key, and not how, nor who. */
static const char *const before_auth[] = {"hf", "huggingface", "wandb", "openai", "kaggle", "ngc", "github"};

/* Before "signature": of an address that somebody may use who has it. */
static const char *const before_signature[] = {"amz", "goog"};

/* Before "token": one that a language model reads or writes. */
static const char *const before_token[] = {
	"pad", "eos", "bos", "unk", "mask",  "sep",  "cls",   "image", "video", "audio",  "stop",  "special", "start",
	"end", "max", "min", "num", "n",     "per",  "next",  "new",   "each",  "first",  "last",  "input",   "output",
	"by",  "sub", "to",  "of",  "think", "tool", "begin", "per",   "extra", "prompt", "draft", "bonus",
};

/* After "token" it is one still; with any other word it is something about tokens: --token-type. */
static const char *const after_token[] = {"value",   "read", "write", "prod",   "dev",  "test",
					  "staging", "ro",   "rw",    "string", "main", "default"};

/* Before "pass": once over the data. */
static const char *const before_pass[] = {"two", "one", "single", "multi", "forward", "backward", "first", "second",
					  "num", "n",   "per",    "by",    "low",     "high",     "band"};

static const char *const pass_words[] = {"pw", "bearer", "sshpass", "pgpass", "dbpass", "userpass", "passin", "passout"};

/* At the end of a name; the value may be a path as well. */
static const char *const key_words[] = {"pwd", "cred", "creds", "cookie"};

/* At the end of a name in the query of an address. */
static const char *const query_words[] = {"sig", "signature", "key"};

/* At the end of a name: it says something about a secret, and is none. */
static const char *const harmless_ends[] = {
	"file",    "files",   "path",      "paths",  "dir",     "type",     "types",    "name",   "names",    "id",
	"ids",     "len",     "length",    "count",  "limit",   "limits",   "size",     "budget", "url",      "uri",
	"host",    "port",    "policy",    "prompt", "hint",    "only",     "required", "ttl",    "env",      "expiry",
	"expires", "timeout", "var",       "level",  "index",   "format",   "mode",     "method", "provider", "helper",
	"cmd",     "fd",      "algorithm", "stdin",  "command", "endpoint", "class",
};

static const char *const flag_beginnings[] = {"no",      "without",  "disable", "skip", "ask", "prompt",
					      "require", "generate", "random",  "show", "hide"};

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether a word begins at a letter inside of others: the K of apiKey, the T of HFToken. */
static bool begins_word(struct slice name, size_t at)
{
	if (at == 0 || !is_upper(name.ptr[at]))
		return false;
	char before = name.ptr[at - 1];
	bool lower_follows = at + 1 < name.len && is_lower(name.ptr[at + 1]);
	return is_lower(before) || is_digit(before) || (is_upper(before) && lower_follows);
}

static void end_word(struct words *words, size_t start, size_t *len)
{
	while (*len > start && is_digit(words->text[*len - 1]))
		--*len;
	if (*len == start || words->count == WORDS_MAX)
		return;
	words->words[words->count++] = words->text + start;
	words->text[(*len)++] = '\0';
}

static void split_words(struct slice name, struct words *words)
{
	size_t len = 0, start = 0;

	/* The end of a name says what it is. */
	if (name.len > NAME_MAX_BYTES)
		name = (struct slice){name.ptr + name.len - NAME_MAX_BYTES, NAME_MAX_BYTES};
	words->count = 0;
	for (size_t i = 0; i < name.len && words->count < WORDS_MAX; i++) {
		char c = name.ptr[i];
		bool is_letter = is_upper(c) || is_lower(c) || is_digit(c);
		if (!is_letter || begins_word(name, i)) {
			end_word(words, start, &len);
			start = len;
		}
		if (is_letter)
			words->text[len++] = is_upper(c) ? (char)(c - 'A' + 'a') : c;
	}
	if (words->count < WORDS_MAX)
		end_word(words, start, &len);
}

static bool is_among(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

static bool has_part(const char *word, const char *const *parts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(word, parts[i]))
			return true;
	return false;
}

static bool ends_with(const char *word, const char *end)
{
	size_t len = strlen(word), end_len = strlen(end);

	return len >= end_len && strcmp(word + len - end_len, end) == 0;
}

static bool is_token(const struct words *words, size_t at)
{
	if (!ends_with(words->words[at], "token"))
		return false;
	if (at > 0 && is_among(words->words[at - 1], before_token, COUNT_OF(before_token)))
		return false;
	for (size_t i = at + 1; i < words->count; i++)
		if (!is_among(words->words[i], after_token, COUNT_OF(after_token)))
			return false;
	return true;
}

static bool is_pass(const struct words *words, size_t at)
{
	const char *word = words->words[at];

	if (at + 1 < words->count)
		return false;
	/* PWD alone is mostly a directory. */
	if (strcmp(word, "pwd") == 0)
		return at > 0;
	if (strcmp(word, "pass") == 0)
		return at == 0 || !is_among(words->words[at - 1], before_pass, COUNT_OF(before_pass));
	return is_among(word, pass_words, COUNT_OF(pass_words));
}

static bool is_key(const struct words *words, size_t at)
{
	const char *word = words->words[at];
	bool is_word = strcmp(word, "key") == 0 || strcmp(word, "keys") == 0;

	return is_word && at > 0 && is_among(words->words[at - 1], before_key, COUNT_OF(before_key));
}

static bool follows(const struct words *words, size_t at, const char *const *list, size_t count)
{
	return at > 0 && is_among(words->words[at - 1], list, count);
}

/* Of a name's last word. */
static enum secret_kind kind_of_last(const struct words *words)
{
	size_t at = words->count - 1;
	const char *word = words->words[at];

	if (strcmp(word, "signature") == 0 && follows(words, at, before_signature, COUNT_OF(before_signature)))
		return SECRET_VALUE;
	if (is_among(word, key_words, COUNT_OF(key_words)))
		return SECRET_KEY;
	if (strcmp(word, "authorization") == 0)
		return SECRET_SCHEME;
	if (strcmp(word, "auth") != 0)
		return SECRET_NONE;
	return follows(words, at, before_auth, COUNT_OF(before_auth)) ? SECRET_VALUE : SECRET_PAIR;
}

static enum secret_kind kind_at(const struct words *words, size_t at)
{
	const char *word = words->words[at];

	if (has_part(word, secret_parts, COUNT_OF(secret_parts)) || is_token(words, at) || is_pass(words, at))
		return SECRET_VALUE;
	if (has_part(word, key_parts, COUNT_OF(key_parts)) || is_key(words, at))
		return SECRET_KEY;
	return at + 1 == words->count ? kind_of_last(words) : SECRET_NONE;
}

static enum secret_kind kind_of_words(const struct words *words)
{
	enum secret_kind kind = SECRET_NONE;

	if (words->count == 0 || is_among(words->words[words->count - 1], harmless_ends, COUNT_OF(harmless_ends)))
		return SECRET_NONE;
	for (size_t i = 0; i < words->count && kind != SECRET_VALUE; i++) {
		enum secret_kind found = kind_at(words, i);
		if (found != SECRET_NONE)
			kind = found;
	}
	return kind;
}

enum secret_kind secret_kind_of(struct slice name)
{
	struct words words;

	split_words(name, &words);
	if (slice_starts_with(name, "-") && words.count == 1 && strcmp(words.words[0], "key") == 0)
		return SECRET_KEY;
	return kind_of_words(&words);
}

enum secret_kind secret_kind_in_query(struct slice name)
{
	struct words words;

	split_words(name, &words);
	if (words.count > 0 && is_among(words.words[words.count - 1], query_words, COUNT_OF(query_words)))
		return SECRET_VALUE;
	return kind_of_words(&words);
}

bool secret_is_flag(struct slice name)
{
	struct words words;

	split_words(name, &words);
	return words.count > 0 && is_among(words.words[0], flag_beginnings, COUNT_OF(flag_beginnings));
}
