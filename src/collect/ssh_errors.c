#include "collect/ssh_errors.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/*
 * In the hints: %T is the target as ssh takes it ("-p 2222 alice@gpu2"), %A the address alone, %K the address as known_hosts
 * writes it ("[gpu2]:2222").
 */
static const struct {
	const char *text;
	enum problem_kind kind;
	const char *hint;
} patterns[] = {
	{"Could not resolve hostname", PROBLEM_DNS,
	 "getent hosts %A   # then correct the address in the configuration, or ~/.ssh/config"},
	{"has changed and you have requested strict checking", PROBLEM_HOST_KEY,
	 "ssh-keygen -R '%K' && ssh %T   # only when you know why the key has changed"},
	{"Host key verification failed", PROBLEM_HOST_KEY, "ssh %T   # once, by hand, to compare and accept the host key"},
	{"No ED25519 host key is known", PROBLEM_HOST_KEY, "ssh %T   # once, by hand, to compare and accept the host key"},
	{"host key is known for", PROBLEM_HOST_KEY, "ssh %T   # once, by hand, to compare and accept the host key"},
	{"REVOKED HOST KEY", PROBLEM_HOST_KEY, "ask whoever revoked the key of this host"},
	{"Permission denied (", PROBLEM_AUTH, "ssh-copy-id %T"},
	{"Permission denied, please try again", PROBLEM_AUTH, "ssh-copy-id %T"},
	{"Too many authentication failures", PROBLEM_AUTH,
	 "ssh-add -l   # too many keys are offered: set IdentityFile and IdentitiesOnly for %A"},
	{"Authentication failed", PROBLEM_AUTH, "ssh-copy-id %T"},
	{"Connection refused", PROBLEM_REFUSED, "systemctl status ssh   # on %A: is sshd running there, on this port?"},
	{"No route to host", PROBLEM_UNREACHABLE, "ping %A   # is it switched on, on the same network?"},
	{"Network is unreachable", PROBLEM_UNREACHABLE, "ip route get %A   # this machine has no way to that network"},
	{"Host is down", PROBLEM_UNREACHABLE, "ping %A   # is it switched on, on the same network?"},
	{"timed out during banner exchange", PROBLEM_TIMEOUT, "ssh -v %T   # it accepts connections, but its sshd says nothing"},
	{"Operation timed out", PROBLEM_TIMEOUT, "ping %A   # switched off, or a firewall drops the packets"},
	{"Connection timed out", PROBLEM_TIMEOUT, "ping %A   # switched off, or a firewall drops the packets"},
	{"Timeout, server", PROBLEM_TIMEOUT, "ping %A   # it has stopped answering"},
	{"Connection closed by remote host", PROBLEM_CLOSED, NULL},
	{"closed by remote host", PROBLEM_CLOSED, NULL},
	{"Connection closed by", PROBLEM_CLOSED, "journalctl -u ssh   # on %A: why does its sshd hang up?"},
	{"Connection reset by", PROBLEM_CLOSED, "journalctl -u ssh   # on %A: why does its sshd hang up?"},
	{"Broken pipe", PROBLEM_CLOSED, NULL},
	{"Bad configuration option", PROBLEM_SSH,
	 "ssh -G %A   # shows which line of the ssh configuration it does not understand"},
	{"Unable to negotiate with", PROBLEM_SSH, "ssh -v %T   # the two sides share no algorithm; see the last lines"},
	{"no matching", PROBLEM_SSH, "ssh -v %T   # the two sides share no algorithm; see the last lines"},
};

enum { PATTERNS = sizeof(patterns) / sizeof(patterns[0]) };

static void write_target(const struct ssh_target *target, char *out, size_t size)
{
	char port[24] = "";

	if (target->port > 0)
		snprintf(port, sizeof(port), "-p %d ", target->port);
	snprintf(out, size, "%s%s%s%s", port, target->user ? target->user : "", target->user ? "@" : "", target->address);
}

static void write_known_host(const struct ssh_target *target, char *out, size_t size)
{
	if (target->port > 0 && target->port != 22)
		snprintf(out, size, "[%s]:%d", target->address, target->port);
	else
		snprintf(out, size, "%s", target->address);
}

static void write_hint(const char *hint, const struct ssh_target *target, char *out, size_t size)
{
	char target_text[320], known_host[320];
	size_t at = 0;

	write_target(target, target_text, sizeof(target_text));
	write_known_host(target, known_host, sizeof(known_host));
	out[0] = '\0';
	for (const char *p = hint ? hint : ""; *p && at + 1 < size; p++) {
		char single[2] = {*p, '\0'};
		const char *piece = single;
		if (*p == '%' && p[1]) {
			p++;
			piece = *p == 'T' ? target_text : *p == 'A' ? target->address : known_host;
		}
		at += (size_t)snprintf(out + at, size - at, "%s", piece);
	}
}

/* Cuts the last line off *tail. SLICE_NONE when nothing is left. */
static struct slice take_last_line(struct slice *tail)
{
	*tail = slice_trim(*tail);
	if (tail->len == 0)
		return SLICE_NONE;
	const char *newline = memrchr(tail->ptr, '\n', tail->len);
	struct slice line = newline ? (struct slice){newline + 1, tail->len - (size_t)(newline + 1 - tail->ptr)} : *tail;
	tail->len -= line.len;
	return slice_trim(line);
}

static size_t find_pattern(struct slice line)
{
	size_t i = 0;

	while (i < PATTERNS && !slice_contains(line, patterns[i].text))
		i++;
	return i;
}

static bool contains_any(struct slice line, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_contains(line, texts[i]))
			return true;
	return false;
}

/* Lines that only say that it is over, because of what the line before them says. UNKNOWN is the address of a proxy's pipe. */
static bool only_ends(struct slice line)
{
	static const char *const endings[] = {"Host key verification failed", "closed by UNKNOWN", "reset by UNKNOWN",
					      "kex_exchange_identification:", "stdio forwarding failed"};

	return contains_any(line, endings, sizeof(endings) / sizeof(endings[0]));
}

static void tell(size_t pattern, const struct ssh_target *target, struct slice message, struct ssh_error *ret)
{
	static const char by_hand[] = "ssh -v %T   # try it by hand";

	ret->kind = pattern < PATTERNS ? patterns[pattern].kind : PROBLEM_SSH;
	ret->message = message;
	write_hint(pattern < PATTERNS ? patterns[pattern].hint : by_hand, target, ret->hint, sizeof(ret->hint));
}

/* A quoted word of `line` after `option`, of no other characters than those of paths and host names. SLICE_NONE when there is none. */
static struct slice quoted_word(struct slice line, const char *option)
{
	const char *at = memmem(line.ptr, line.len, option, strlen(option));
	struct slice word, rest;

	if (!at)
		return SLICE_NONE;
	at += strlen(option);
	word = slice_split((struct slice){at, line.len - (size_t)(at - line.ptr)}, '"', &rest);
	for (size_t i = 0; i < word.len; i++)
		if (!isalnum((unsigned char)word.ptr[i]) && !strchr("._/:[]-", word.ptr[i]))
			return SLICE_NONE;
	return rest.ptr && word.len > 0 && word.len < 200 ? word : SLICE_NONE;
}

/*
 * With a changed key ssh says in which file the old one is, and under which name. Only these two words are taken from it: a far host can print
 * that line too, and a person is going to run ours.
 */
static void take_removal(struct slice tail, const struct ssh_target *target, struct ssh_error *ret)
{
	char target_text[320];

	for (struct slice line = take_last_line(&tail); line.ptr; line = take_last_line(&tail)) {
		struct slice file = quoted_word(line, "ssh-keygen -f \""), name = quoted_word(line, " -R \"");
		if (!file.ptr || !name.ptr)
			continue;
		write_target(target, target_text, sizeof(target_text));
		snprintf(ret->hint, sizeof(ret->hint),
			 "ssh-keygen -f '%.*s' -R '%.*s' && ssh %s   # only when you know why the key has changed",
			 SLICE_ARGS(file), SLICE_ARGS(name), target_text);
		return;
	}
}

/* What ssh said last counts: before that came banners, warnings, and whatever the far host let through. */
void ssh_errors_classify(struct slice tail, const struct ssh_target *target, struct ssh_error *ret)
{
	struct slice rest = tail, line = take_last_line(&rest);
	struct slice last = line.ptr ? line : SLICE_LITERAL("ssh ended without a word");
	size_t ending = PATTERNS, found = PATTERNS;

	while (line.ptr && only_ends(line)) {
		ending = slice_contains(line, "Host key") ? find_pattern(line) : ending;
		last = line;
		line = take_last_line(&rest);
	}
	bool ended = line.ptr != last.ptr;
	struct slice why = ended && line.ptr && ending == PATTERNS ? line : last;
	for (; line.ptr && found == PATTERNS; line = take_last_line(&rest)) {
		found = find_pattern(line);
		why = found < PATTERNS ? line : why;
		if (ended)
			break;
	}
	tell(found < PATTERNS ? found : ending, target, why, ret);
	if (slice_contains(why, "has changed"))
		take_removal(tail, target, ret);
}
