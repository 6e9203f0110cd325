#include "collect/ssh_errors.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * In the hints: %S is the ssh command, %T the target as ssh takes it ("-p 2222 alice@gpu2"), %C the ssh-copy-id to it, %A the address
 * alone, %K the address as known_hosts writes it ("[gpu2]:2222"), %U the user, and %N the host that the line itself names: what %A is an
 * alias of, or a jump host on the way.
 */
static const struct {
	const char *text;
	enum problem_kind kind;
	const char *hint;
} patterns[] = {
	{"Could not resolve hostname", PROBLEM_DNS,
	 "getent hosts %N   # then correct the address in the configuration, or ~/.ssh/config"},
	{"has changed and you have requested strict checking", PROBLEM_HOST_KEY,
	 "ssh-keygen -R '%K' && %S %T   # only when you know why the key has changed"},
	{"Host key verification failed", PROBLEM_HOST_KEY, "%S %T   # once, by hand, to compare and accept the host key"},
	{"host key is known for", PROBLEM_HOST_KEY, "%S %T   # once, by hand, to compare and accept the host key of %N"},
	{"REVOKED HOST KEY", PROBLEM_HOST_KEY,
	 "grep -rn RevokedHostKeys /etc/ssh ~/.ssh   # somebody has revoked the key of this host: ask whoever it was"},
	{"account has expired", PROBLEM_AUTH, "sudo chage -l %U   # on %A: the account has expired"},
	{"Permission denied (", PROBLEM_AUTH, "%C"},
	{"Permission denied, please try again", PROBLEM_AUTH, "%C"},
	{"Too many authentication failures", PROBLEM_AUTH,
	 "ssh-add -l   # too many keys are offered: set IdentityFile and IdentitiesOnly for %A"},
	{"Authentication failed", PROBLEM_AUTH, "%C"},
	{"open failed: administratively prohibited", PROBLEM_SSH,
	 "sudo grep -rn AllowTcpForwarding /etc/ssh   # on the jump host, which may not connect us to %A: set this to yes"},
	{"open failed: connect failed: Connection refused", PROBLEM_REFUSED,
	 "systemctl status ssh   # on %A: the jump host is refused there, on this port"},
	{"open failed: connect failed: Connection timed out", PROBLEM_TIMEOUT,
	 "ping %A   # on the jump host: switched off, or a firewall drops the packets"},
	{"open failed: connect failed: Name or service not known", PROBLEM_DNS,
	 "getent hosts %A   # on the jump host: it is there that the name has to be known"},
	{"open failed: connect failed: Temporary failure in name", PROBLEM_DNS,
	 "getent hosts %A   # on the jump host: it is there that the name has to be known"},
	{"open failed: connect failed", PROBLEM_UNREACHABLE, "ping %A   # on the jump host, which has no way to it"},
	{"Connection refused", PROBLEM_REFUSED, "systemctl status ssh   # on %N: is sshd running there, on this port?"},
	{"No route to host", PROBLEM_UNREACHABLE, "ping %N   # is it switched on, on the same network?"},
	{"Network is unreachable", PROBLEM_UNREACHABLE, "ip route get %N   # this machine has no way to that network"},
	{"Host is down", PROBLEM_UNREACHABLE, "ping %N   # is it switched on, on the same network?"},
	{"timed out during banner exchange", PROBLEM_TIMEOUT, "%S -v %T   # it accepts connections, but its sshd says nothing"},
	{"Operation timed out", PROBLEM_TIMEOUT, "ping %N   # switched off, or a firewall drops the packets"},
	{"Connection timed out", PROBLEM_TIMEOUT, "ping %N   # switched off, or a firewall drops the packets"},
	{"Timeout, server", PROBLEM_TIMEOUT, "ping %A   # it has stopped answering"},
	{"by UNKNOWN port", PROBLEM_CLOSED, "%S -v %T   # what connects in ssh's place (ProxyJump, ProxyCommand) has hung up"},
	{"Connection closed by remote host", PROBLEM_CLOSED,
	 "sudo journalctl -u ssh -u sshd -n 20   # on %N: why does its sshd hang up?"},
	{"closed by remote host", PROBLEM_CLOSED, "sudo journalctl -u ssh -u sshd -n 20   # on %N: why does its sshd hang up?"},
	{"Connection closed by", PROBLEM_CLOSED, "sudo journalctl -u ssh -u sshd -n 20   # on %N: why does its sshd hang up?"},
	{"Connection reset by", PROBLEM_CLOSED, "sudo journalctl -u ssh -u sshd -n 20   # on %N: why does its sshd hang up?"},
	{"Broken pipe", PROBLEM_CLOSED, "ping %A   # the connection broke: is it still there?"},
	{"Bad configuration option", PROBLEM_SSH,
	 "%S -G %A   # shows which line of the ssh configuration it does not understand"},
	{"Unable to negotiate with", PROBLEM_SSH, "%S -v %T   # the two sides share no algorithm; see the last lines"},
	{"no matching", PROBLEM_SSH, "%S -v %T   # the two sides share no algorithm; see the last lines"},
};

enum { PATTERNS = sizeof(patterns) / sizeof(patterns[0]) };

static void write_known_host(const struct ssh_target *target, char *out, size_t size)
{
	if (target->port > 0 && target->port != 22)
		snprintf(out, size, "[%s]:%d", target->address, target->port);
	else
		snprintf(out, size, "%s", target->address);
}

/* What stands for a %X of a hint; `words` are those of one failure. */
struct words {
	char *command, *target, *copy_id; /* owned */
	char known_host[320], named[256];
	const char *address, *user;
};

static const char *word_for(const struct words *words, char letter)
{
	switch (letter) {
	case 'S':
		return words->command;
	case 'T':
		return words->target;
	case 'C':
		return words->copy_id;
	case 'K':
		return words->known_host;
	case 'N':
		return words->named;
	case 'U':
		return words->user;
	default:
		return words->address;
	}
}

static void words_done(struct words *words)
{
	free(words->command);
	free(words->target);
	free(words->copy_id);
}

/* All or nothing: half of a command is none. */
static void write_hint(const char *hint, const struct words *words, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (const char *p = hint ? hint : ""; *p; p++) {
		char single[2] = {*p, '\0'};
		const char *piece = single;
		if (*p == '%' && p[1])
			piece = word_for(words, *++p);
		at += (size_t)snprintf(out + at, size - at, "%s", piece);
		if (at < size)
			continue;
		out[0] = '\0';
		return;
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

/* Whether a word is of no other characters than those of paths, addresses and host names: a person is going to run it. */
static bool is_plain(struct slice word)
{
	for (size_t i = 0; i < word.len; i++)
		if (!isalnum((unsigned char)word.ptr[i]) && !strchr("._/:[]-", word.ptr[i]))
			return false;
	return word.len > 0 && word.len < 200 && word.ptr[0] != '-';
}

/* The word of `line` between `before` and the character `end`. SLICE_NONE when there is none, or no plain one. */
static struct slice word_between(struct slice line, const char *before, char end)
{
	const char *at = line.ptr ? memmem(line.ptr, line.len, before, strlen(before)) : NULL;
	struct slice rest;

	if (!at)
		return SLICE_NONE;
	at += strlen(before);
	struct slice word = slice_split((struct slice){at, line.len - (size_t)(at - line.ptr)}, end, &rest);
	return rest.ptr && is_plain(word) ? word : SLICE_NONE;
}

/* The host that the line names. SLICE_NONE: none. */
static struct slice named_host(struct slice line, bool by_proxy)
{
	static const struct {
		const char *before;
		char end;
		bool of_jump; /* on the way to the host itself it would be no more than the number of %A */
	} places[] = {
		{"connect to host ", ' ', false}, {"resolve hostname ", ':', false}, {"host key is known for ", ' ', false},
		{"Host key for ", ' ', false},    {"closed by ", ' ', true},         {"reset by ", ' ', true},
		{"Connection to ", ' ', true},    {"Timeout, server ", ' ', true},
	};
	struct slice name = SLICE_NONE;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !name.ptr; i++)
		if (by_proxy || !places[i].of_jump)
			name = word_between(line, places[i].before, places[i].end);
	if (slice_is(name, "UNKNOWN") || slice_is(name, "remote"))
		name = SLICE_NONE;
	return !name.ptr && slice_contains(line, ": Permission denied (") ? word_between(line, "@", ':') : name;
}

/* To be ended with words_done(). */
static void choose_words(const struct ssh_target *target, struct slice line, bool by_proxy, struct words *ret)
{
	struct slice name = named_host(line, by_proxy);

	ret->command = ssh_line_command(target);
	ret->target = ssh_line_target(target);
	ret->copy_id = ssh_line_copy_id(target, NULL);
	write_known_host(target, ret->known_host, sizeof(ret->known_host));
	ret->address = target->address;
	ret->user = target->user ? target->user : "USER";
	snprintf(ret->named, sizeof(ret->named), "%.*s", SLICE_ARGS(name.ptr ? name : slice_of(target->address)));
}

/* The jump host has refused our key: its name is in the line, as "alice@jump: Permission denied". Then *words get the way to it. */
static const char *hint_for_denied(const struct ssh_target *target, struct slice line, bool by_proxy, struct words *words)
{
	struct slice host = word_between(line, "@", ':'), rest, user = slice_split(line, '@', &rest);

	/* At the level of our own log ssh does not tell of the key that was accepted. */
	if (!slice_contains(line, "publickey"))
		return "sudo grep -rn PubkeyAuthentication /etc/ssh   # on %N: it takes no keys, or wants a second factor "
		       "besides "
		       "(AuthenticationMethods), and nobody is here to type one; set this to yes";
	if (!by_proxy || !host.ptr || !is_plain(user))
		return "%C";
	cleanup_free char *jump = xasprintf("%.*s@%.*s", SLICE_ARGS(user), SLICE_ARGS(host));
	free(words->copy_id);
	words->copy_id = ssh_line_copy_id_jump(target, jump);
	return "%C   # the jump host on the way to %A";
}

/* `by_proxy`: it is the ssh of a jump host that said it. */
static void tell(size_t pattern, const struct ssh_target *target, struct slice line, bool by_proxy, struct ssh_error *ret)
{
	const char *hint = pattern < PATTERNS ? patterns[pattern].hint : "%S -v %T   # try it by hand";
	struct words words;

	ret->kind = pattern < PATTERNS ? patterns[pattern].kind : PROBLEM_SSH;
	ret->message = line;
	choose_words(target, line, by_proxy, &words);
	if (slice_contains(line, ": Permission denied ("))
		hint = hint_for_denied(target, line, by_proxy, &words);
	write_hint(hint, &words, ret->hint, sizeof(ret->hint));
	words_done(&words);
}

/*
 * With a changed key ssh says in which file the old one is, and under which name. Only these two words are taken from it: a far
 * host can print that line too, and a person is going to run ours.
 */
static void take_removal(struct slice tail, const struct ssh_target *target, struct ssh_error *ret)
{
	cleanup_free char *ssh = ssh_line(target, NULL);

	for (struct slice line = take_last_line(&tail); line.ptr; line = take_last_line(&tail)) {
		struct slice file = word_between(line, "ssh-keygen -f \"", '"'), name = word_between(line, " -R \"", '"');
		if (!file.ptr || !name.ptr)
			continue;
		snprintf(ret->hint, sizeof(ret->hint),
			 "ssh-keygen -f '%.*s' -R '%.*s' && %s   # only when you know why the key has changed", SLICE_ARGS(file),
			 SLICE_ARGS(name), ssh);
		return;
	}
}

/* What is at the root of a line that only says that the server has hung up: the line before it, when that says so. */
static size_t look_behind(size_t found, struct slice rest, struct slice *why)
{
	struct slice line = take_last_line(&rest);
	size_t before = find_pattern(line);

	if (found == PATTERNS || patterns[found].kind != PROBLEM_CLOSED || !line.ptr)
		return found;
	if (before == PATTERNS || patterns[before].kind != PROBLEM_AUTH)
		return found;
	*why = line;
	return before;
}

/* ssh died without a word, which with our options it does only when it was told to. */
static void tell_silence(const struct ssh_target *target, struct ssh_error *ret)
{
	struct words words;

	choose_words(target, SLICE_LITERAL(""), false, &words);
	ret->kind = PROBLEM_SSH;
	ret->message = SLICE_LITERAL("ssh ended without a word");
	write_hint("%S -v %T   # ssh said nothing: is -q, or LogLevel QUIET, set in ssh.command?", &words, ret->hint,
		   sizeof(ret->hint));
	words_done(&words);
}

/*
 * The tail ends with lines that only say that it is over: the line before them says why. Else they themselves say most, and of
 * these the one whose pattern comes first: a host key that was not accepted, a proxy that has hung up, a server that has.
 */
static size_t find_before_end(struct slice tail, struct slice *ret_why, bool *ret_by_proxy)
{
	size_t ending = PATTERNS;
	struct slice line, end = SLICE_NONE;

	for (line = take_last_line(&tail); line.ptr && only_ends(line); line = take_last_line(&tail)) {
		size_t pattern = find_pattern(line);
		ending = pattern < ending ? pattern : ending;
		*ret_by_proxy |= slice_contains(line, "UNKNOWN");
		end = line;
	}
	size_t found = line.ptr ? find_pattern(line) : PATTERNS;
	bool is_host_key = ending < PATTERNS && patterns[ending].kind == PROBLEM_HOST_KEY;
	bool ending_tells = found == PATTERNS && (!line.ptr || is_host_key);
	*ret_why = ending_tells ? end : line;
	return ending_tells ? ending : found;
}

/* What ssh said last counts: before that came banners, warnings, and whatever the far host let through. */
static size_t find_last(struct slice tail, struct slice *ret_why)
{
	struct slice line = take_last_line(&tail);
	size_t found = find_pattern(line);

	*ret_why = line;
	while (found == PATTERNS && (line = take_last_line(&tail)).ptr)
		found = find_pattern(line);
	if (found == PATTERNS)
		return found;
	*ret_why = line;
	return look_behind(found, tail, ret_why);
}

void ssh_errors_classify(struct slice tail, const struct ssh_target *target, struct ssh_error *ret)
{
	struct slice rest = tail, last = take_last_line(&rest), why;
	bool by_proxy = false;

	if (!last.ptr) {
		tell_silence(target, ret);
		return;
	}
	size_t found = only_ends(last) ? find_before_end(tail, &why, &by_proxy) : find_last(tail, &why);
	tell(found, target, why, by_proxy, ret);
	if (slice_contains(why, "has changed"))
		take_removal(tail, target, ret);
}
