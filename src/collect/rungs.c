#include "collect/rungs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What ssh tells of its work begins with this. */
#define TALK "debug1: "

void rungs_init(struct ssh_trace *trace)
{
	*trace = (struct ssh_trace){0};
}

static void keep(char *out, size_t size, struct slice text)
{
	text_escape(slice_trim(text), out, size);
}

/* What will stand in a command that a person runs: of no other characters than those of paths, names and keys. A server's banner can
 * look like a line of ssh's. */
static void keep_word(char *out, size_t size, struct slice word)
{
	bool plain = word.len > 0 && word.len < size && word.ptr[0] != '-';

	for (size_t i = 0; plain && i < word.len; i++)
		plain = isalnum((unsigned char)word.ptr[i]) || (word.ptr[i] && strchr("._/:@%+=,-", word.ptr[i]));
	snprintf(out, size, "%.*s", plain ? (int)word.len : 0, plain ? word.ptr : "");
}

/* Takes `prefix` off the front of *line. */
static bool take(struct slice *line, const char *prefix)
{
	size_t len = strlen(prefix);

	if (!slice_starts_with(*line, prefix))
		return false;
	*line = (struct slice){line->ptr + len, line->len - len};
	return true;
}

/* What stands before `separator`; *rest is what follows it, SLICE_NONE when there is none. */
static struct slice before(struct slice text, const char *separator, struct slice *rest)
{
	size_t len = strlen(separator);
	const char *at = text.len > 0 ? memmem(text.ptr, text.len, separator, len) : NULL;

	*rest = SLICE_NONE;
	if (!at)
		return text;
	*rest = (struct slice){at + len, text.len - (size_t)(at - text.ptr) - len};
	return (struct slice){text.ptr, (size_t)(at - text.ptr)};
}

/* What stands between the first two of `quote`. */
static struct slice quoted(struct slice text, char quote)
{
	struct slice rest;

	slice_split(text, quote, &rest);
	return rest.ptr ? slice_split(rest, quote, &rest) : SLICE_NONE;
}

static void advance(struct ssh_trace *trace, enum ssh_step step)
{
	if (trace->step < step)
		trace->step = step;
}

/* --- One function for each line that tells something; the line comes without what it was recognised by. --- */

/* gpu1 [192.168.1.25] port 22. */
static void on_connecting(struct ssh_trace *trace, struct slice line)
{
	struct slice rest, address;

	slice_split(line, '[', &rest);
	address = slice_split(rest, ']', &rest);
	before(rest, "port ", &rest);
	keep_word(trace->address, sizeof(trace->address), address);
	keep_word(trace->port, sizeof(trace->port), slice_split(rest, '.', &address));
	advance(trace, SSH_RESOLVED);
}

static void on_established(struct ssh_trace *trace, struct slice line)
{
	advance(trace, SSH_CONNECTED);
}

static void on_proxy(struct ssh_trace *trace, struct slice line)
{
	take(&line, "exec ");
	keep(trace->proxy, sizeof(trace->proxy), line);
}

/* 2.0, remote software version OpenSSH_9.2p1 Debian-2+deb12u3 */
static void on_greeting(struct ssh_trace *trace, struct slice line)
{
	struct slice version;

	before(line, "remote software version ", &version);
	keep(trace->server, sizeof(trace->server), version);
	advance(trace, SSH_GREETED);
}

/* gpu1:22 as 'alice' */
static void on_user(struct ssh_trace *trace, struct slice line)
{
	keep_word(trace->user, sizeof(trace->user), quoted(line, '\''));
}

static void on_host_key(struct ssh_trace *trace, struct slice line)
{
	struct slice fingerprint, rest, type = slice_split(line, ' ', &fingerprint);

	keep_word(trace->key_type, sizeof(trace->key_type), type);
	keep_word(trace->fingerprint, sizeof(trace->fingerprint), slice_split(fingerprint, ' ', &rest));
	advance(trace, SSH_KEY_SHOWN);
}

/* The exchange of keys goes on only when the host's is trusted, whatever the reason (a certificate, DNS, no check at all). */
static void on_new_keys(struct ssh_trace *trace, struct slice line)
{
	if (trace->step >= SSH_KEY_SHOWN)
		advance(trace, SSH_KEY_TRUSTED);
}

/* One of those that ssh looks for without having been told to. */
static bool is_usual_key(struct slice file)
{
	static const char *const names[] = {"/.ssh/id_rsa",        "/.ssh/id_ecdsa", "/.ssh/id_ecdsa_sk", "/.ssh/id_ed25519",
					    "/.ssh/id_ed25519_sk", "/.ssh/id_xmss",  "/.ssh/id_dsa"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t len = strlen(names[i]);
		if (file.len > len && memcmp(file.ptr + file.len - len, names[i], len) == 0)
			return true;
	}
	return false;
}

/* /home/alice/.ssh/id_ed25519 type 3; -1: there is none */
static void on_identity(struct ssh_trace *trace, struct slice line)
{
	struct slice type, file = before(line, " type ", &type);

	if (!type.ptr || slice_contains(file, "-cert"))
		return;
	if (!slice_starts_with(type, "-"))
		trace->identities++;
	else if (!trace->missing_key[0] && !is_usual_key(file))
		keep_word(trace->missing_key, sizeof(trace->missing_key), file);
}

/* Whether a path is over here: at the end of the line, or before the key's type and fingerprint. Else it goes on after a blank. */
static bool is_after_path(struct slice text)
{
	struct slice fingerprint;

	slice_split(text, ' ', &fingerprint);
	return text.len == 0 || slice_starts_with(fingerprint, "SHA256:") || slice_starts_with(fingerprint, "MD5:");
}

/* The path in: "/home/alice/.ssh/id_ed25519 ED25519 SHA256:... explicit", "RSA SHA256:... /home/alice/.ssh/id_rsa". Half of one
 * would be another file. */
static void keep_key_file(struct ssh_trace *trace, struct slice line)
{
	const char *start = line.len > 0 ? memchr(line.ptr, '/', line.len) : NULL;
	struct slice path, rest;

	while (start && start > line.ptr && start[-1] != ' ' && start[-1] != '"')
		start = memchr(start + 1, '/', line.len - (size_t)(start + 1 - line.ptr));
	if (!start)
		return;
	path = (struct slice){start, line.len - (size_t)(start - line.ptr)};
	path = slice_split(path, ' ', &rest);
	keep_word(trace->key_file, sizeof(trace->key_file), is_after_path(rest) ? path : SLICE_NONE);
}

static void on_offer(struct ssh_trace *trace, struct slice line)
{
	trace->offered++;
	keep_key_file(trace, line);
}

static void on_accepted(struct ssh_trace *trace, struct slice line)
{
	trace->accepted = true;
	keep_key_file(trace, line);
}

static void on_allowed(struct ssh_trace *trace, struct slice line)
{
	keep_word(trace->allowed, sizeof(trace->allowed), line);
}

/* gpu1 ([192.168.1.25]:22) using "publickey". */
static void on_logged_in(struct ssh_trace *trace, struct slice line)
{
	keep_word(trace->method, sizeof(trace->method), quoted(line, '"'));
	advance(trace, SSH_LOGGED_IN);
}

/* publickey). */
static void on_logged_in_old(struct ssh_trace *trace, struct slice line)
{
	struct slice rest;

	keep_word(trace->method, sizeof(trace->method), slice_split(line, ')', &rest));
	advance(trace, SSH_LOGGED_IN);
}

/* The lines of ssh's work; all but "Authenticated to" begin with TALK. */
static const struct {
	const char *prefix;
	void (*on_line)(struct ssh_trace *trace, struct slice line);
} work[] = {
	{"Connecting to ", on_connecting},
	{"Connection established.", on_established},
	{"Executing proxy command: ", on_proxy},
	{"Remote protocol version ", on_greeting},
	{"Authenticating to ", on_user},
	{"Server host key: ", on_host_key},
	{"SSH2_MSG_NEWKEYS sent", on_new_keys},
	{"identity file ", on_identity},
	{"Offering ", on_offer},
	{"Server accepts key: ", on_accepted},
	{"Authentications that can continue: ", on_allowed},
	{"Authenticated to ", on_logged_in},
	/* Before OpenSSH 8.6 */
	{"Authentication succeeded (", on_logged_in_old},
};

static void hear_work(struct ssh_trace *trace, struct slice line)
{
	for (size_t i = 0; i < sizeof(work) / sizeof(work[0]); i++) {
		if (!take(&line, work[i].prefix))
			continue;
		work[i].on_line(trace, line);
		return;
	}
}

/* What ssh says to people is kept by the caller; some of it is worth a remedy of its own. */
static void hear_message(struct ssh_trace *trace, struct slice line)
{
	struct slice rest;

	if (take(&line, "Offending ")) {
		before(line, " in ", &rest);
		keep_word(trace->offending, sizeof(trace->offending), rest);
	}
	if (slice_starts_with(line, "Warning: Permanently added "))
		trace->key_added = true;
	else if (slice_contains(line, "agent refused operation"))
		trace->agent_refused = true;
	else if (slice_starts_with(line, "Permissions ") && slice_contains(line, " are too open"))
		keep_word(trace->loose_file, sizeof(trace->loose_file), quoted(line, '\''));
}

/* These two come at the end of every session from this level on, without a mark. */
static bool is_statistics(struct slice line)
{
	return slice_starts_with(line, "Transferred: sent ") || slice_starts_with(line, "Bytes per second: sent ");
}

/* A line that is ssh's from its beginning. */
static bool is_talk(struct slice line)
{
	return slice_starts_with(line, TALK) || slice_starts_with(line, "Authenticated to ") || is_statistics(line);
}

static void hear(struct ssh_trace *trace, struct slice line)
{
	/* From here on the far side writes to the same stderr. */
	if (trace->step == SSH_LOGGED_IN)
		return;
	if (!is_talk(line)) {
		hear_message(trace, line);
		return;
	}
	take(&line, TALK);
	hear_work(trace, line);
}

struct slice rungs_hear(struct ssh_trace *trace, struct slice line)
{
	struct slice talk;

	line = slice_trim(line);
	if (is_talk(line)) {
		hear(trace, line);
		return SLICE_NONE;
	}
	line = before(line, TALK, &talk);
	hear(trace, line);
	if (talk.ptr)
		hear(trace, (struct slice){talk.ptr - strlen(TALK), talk.len + strlen(TALK)});
	return line;
}
