#include "public_key.h"

#include <string.h>

static const char *const types[] = {
	"ssh-ed25519",
	"ecdsa-sha2-nistp256",
	"ecdsa-sha2-nistp384",
	"ecdsa-sha2-nistp521",
	"ssh-rsa",
	"sk-ssh-ed25519@openssh.com",
	"sk-ecdsa-sha2-nistp256@openssh.com",
};

static bool is_type(struct slice word)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (slice_is(word, types[i]))
			return true;
	return false;
}

static int base64_value(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *digit = c != '\0' ? strchr(digits, c) : NULL;

	return digit ? (int)(digit - digits) : -1;
}

/* The first bytes that the digits stand for; all of them must be digits, padded to a multiple of four. False when they are not. */
static bool decode_front(struct slice base64, unsigned char *out, size_t size)
{
	size_t at = 0, padding = 0;
	unsigned bits = 0;

	if (base64.len % 4 != 0)
		return false;
	for (size_t i = 0; i < base64.len; i++) {
		int value = base64_value(base64.ptr[i]);
		if (base64.ptr[i] == '=')
			padding++;
		else if (value < 0 || padding > 0)
			return false;
		bits = bits << 6 | (value < 0 ? 0u : (unsigned)value);
		if (i % 4 != 3)
			continue;
		for (unsigned shift = 24; shift > 0 && at < size; shift -= 8)
			out[at++] = (unsigned char)(bits >> (shift - 8));
		bits = 0;
	}
	return padding <= 2 && at == size;
}

static bool names_type(struct slice base64, struct slice type)
{
	unsigned char front[64] = {0};
	size_t len = 4 + type.len;

	if (len > sizeof(front) || !decode_front(base64, front, len))
		return false;
	return front[0] == 0 && front[1] == 0 && front[2] == 0 && front[3] == type.len &&
	       memcmp(front + 4, type.ptr, type.len) == 0;
}

static bool has_control_bytes(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 127)
			return true;
	return false;
}

/* Whether a key comes later in the line: what is before it are options. */
static bool has_type_inside(struct slice line)
{
	for (struct slice rest = line; rest.ptr;)
		if (is_type(slice_split(rest, ' ', &rest)))
			return true;
	return false;
}

static const char *read_line(struct slice line, struct slice *ret_key, struct slice *ret_comment)
{
	struct slice rest, after, type = slice_split(line, ' ', &rest), base64 = slice_split(rest, ' ', &after);

	if (has_control_bytes(line))
		return "holds control characters";
	if (!is_type(type))
		return has_type_inside(line) ? "holds options before the key already: give the key alone"
					     : "is no public key of OpenSSH";
	if (!names_type(base64, type))
		return "is damaged: what follows the type is no key of it";
	*ret_key = (struct slice){line.ptr, (size_t)(base64.ptr - line.ptr) + base64.len};
	after = slice_trim(after);
	*ret_comment = after.len > 0 ? after : SLICE_NONE;
	return NULL;
}

const char *public_key_find(struct slice text, struct slice *ret_key, struct slice *ret_comment)
{
	const char *wrong = "is empty";
	bool found = false;

	if (slice_contains(text, "PRIVATE KEY"))
		return "is a private key, which must never leave this machine: its public half is in the file that ends in .pub";
	for (struct slice rest = text; rest.ptr;) {
		struct slice line = slice_trim(slice_split(rest, '\n', &rest));
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		wrong = found ? "holds more than one key" : read_line(line, ret_key, ret_comment);
		if (wrong)
			return wrong;
		found = true;
	}
	return wrong;
}
