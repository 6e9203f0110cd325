#include "smi/secret_key.h"

#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

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
	{"r8_", 16, "", false},      {"dop_v1_", 16, "", false}, {"tskey-", 12, "-", true},       {"wandb_v1_", 16, "_", false},
};

/* Whoever knows the whole address may speak there. */
static const char *const webhooks[] = {
	"hooks.slack.com/services/", "hooks.slack.com/workflows/",   "hooks.slack.com/triggers/",
	"discord.com/api/webhooks/", "discordapp.com/api/webhooks/", "api.telegram.org/bot",
};

static bool is_key_char(char c, const char *others)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != '\0' && strchr(others, c));
}

static size_t key_length(struct slice text, size_t which)
{
	size_t prefix = strlen(keys[which].prefix), len = prefix;
	bool has_digit = false;

	if (!slice_starts_with(text, keys[which].prefix))
		return 0;
	while (len < text.len && is_key_char(text.ptr[len], keys[which].others)) {
		has_digit = has_digit || (text.ptr[len] >= '0' && text.ptr[len] <= '9');
		len++;
	}
	return len - prefix >= keys[which].at_least && (has_digit || !keys[which].has_digit) ? len : 0;
}

size_t secret_key_length(struct slice text)
{
	size_t len = 0;

	for (size_t i = 0; i < COUNT_OF(keys) && text.len > 0 && len == 0; i++)
		if (keys[i].prefix[0] == text.ptr[0])
			len = key_length(text, i);
	return len;
}

size_t secret_webhook_length(struct slice text)
{
	for (size_t i = 0; i < COUNT_OF(webhooks); i++)
		if (slice_starts_with(text, webhooks[i]))
			return strlen(webhooks[i]);
	return 0;
}
