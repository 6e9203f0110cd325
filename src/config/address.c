#include "config/address.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/un.h>

enum { ADDRESS_MAX = 255, USER_MAX = 64, PORT_MAX = 65535 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ASCII letters and digits, whatever the locale, and those in `more`. */
static bool made_of(struct slice text, const char *more)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i], lower = (char)(c | 0x20);
		if (!is_digit(c) && !(lower >= 'a' && lower <= 'z') && (c == '\0' || !strchr(more, c)))
			return false;
	}
	return true;
}

static bool all_digits(struct slice text, const char *more)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_digit(text.ptr[i]) && (text.ptr[i] == '\0' || !strchr(more, text.ptr[i])))
			return false;
	return text.len > 0;
}

static bool is_ip(int family, struct slice text)
{
	char copy[INET6_ADDRSTRLEN + 1];
	unsigned char binary[sizeof(struct in6_addr)];

	if (text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return strlen(copy) == text.len && inet_pton(family, copy, binary) == 1;
}

static bool is_ipv6_with_zone(struct slice text)
{
	struct slice zone, address = slice_split(text, '%', &zone);

	return is_ip(AF_INET6, address) && (!zone.ptr || (zone.len > 0 && made_of(zone, "._-")));
}

static size_t count_of(struct slice text, char c)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.ptr[i] == c;
	return count;
}

/* Splits at the last `c`; false, with everything in *after, when there is none. */
static bool split_last(struct slice text, char c, struct slice *before, struct slice *after)
{
	*before = SLICE_NONE;
	*after = text;
	for (size_t i = text.len; i-- > 0;) {
		if (text.ptr[i] != c)
			continue;
		*before = (struct slice){text.ptr, i};
		*after = (struct slice){text.ptr + i + 1, text.len - i - 1};
		return true;
	}
	return false;
}

const char *address_check(struct slice address)
{
	if (address.len == 0)
		return "the host is missing";
	if (address.len > ADDRESS_MAX)
		return "too long for a host";
	if (address.ptr[0] == '-')
		return "a host cannot begin with \"-\"";
	if (count_of(address, ':') > 1)
		return is_ipv6_with_zone(address) ? NULL : "not an IPv6 address";
	if (all_digits(address, ".") && count_of(address, '.') > 0)
		return is_ip(AF_INET, address) ? NULL : "not an IPv4 address";
	return made_of(address, "._-") ? NULL : "not a host name: letters, digits, \".\", \"-\" and \"_\" make one";
}

const char *user_check(struct slice user)
{
	if (user.len == 0)
		return "the user is missing";
	if (user.len > USER_MAX)
		return "too long for a user";
	if (user.ptr[0] == '-')
		return "a user cannot begin with \"-\"";
	/* "@": the users of a directory service may be called alice@lab.example. */
	return made_of(user, "._-+@") ? NULL : "not a user: letters, digits, \".\", \"-\", \"_\", \"+\" and \"@\" make one";
}

static bool port_of(struct slice text, int64_t least, int *ret)
{
	int64_t port;

	if (!all_digits(text, "") || !slice_to_int64(text, &port) || port < least || port > PORT_MAX)
		return false;
	*ret = (int)port;
	return true;
}

/* "[ADDRESS]" and what follows it. */
static bool split_brackets(struct slice text, struct slice *address, struct slice *after)
{
	struct slice inside = slice_split((struct slice){text.ptr + 1, text.len - 1}, ']', after);

	*address = inside;
	return after->ptr && count_of(inside, ':') > 1;
}

static const char *split_address(struct slice text, struct target *target, struct slice *port)
{
	*port = SLICE_NONE;
	target->address = text;
	if (slice_starts_with(text, "[")) {
		struct slice after;
		if (!split_brackets(text, &target->address, &after))
			return "brackets hold an IPv6 address, as in [fe80::1]:22";
		if (after.len > 0 && after.ptr[0] != ':')
			return "after the bracket only :PORT may follow";
		if (after.len > 0)
			*port = (struct slice){after.ptr + 1, after.len - 1};
	} else if (count_of(text, ':') == 1) {
		target->address = slice_split(text, ':', port);
	}
	return NULL;
}

const char *target_split(struct slice text, struct target *ret)
{
	struct target target = {SLICE_NONE, SLICE_NONE, 0};
	struct slice rest, port = SLICE_NONE;
	const char *problem = NULL;

	if (slice_contains(text, "://"))
		return "a host is wanted, not a URL: alice@gpu2:2222";
	/* As ssh does, at the last one. */
	if (split_last(text, '@', &target.user, &rest))
		problem = user_check(target.user);
	if (!problem)
		problem = split_address(rest, &target, &port);
	if (!problem)
		problem = address_check(target.address);
	if (!problem && port.ptr && !port_of(port, 1, &target.port))
		problem = "the port has to be a number from 1 to 65535";
	if (!problem)
		*ret = target;
	return problem;
}

char *target_join(const char *user, const char *address, int port)
{
	bool brackets = port > 0 && strchr(address, ':');
	cleanup_free char *suffix = port > 0 ? xasprintf(":%d", port) : xstrdup("");

	return xasprintf("%s%s%s%s%s%s", user ? user : "", user ? "@" : "", brackets ? "[" : "", address, brackets ? "]" : "",
			 suffix);
}

static const char *check_socket_path(struct slice path)
{
	if (path.len == 0 || path.ptr[0] != '/')
		return "the path of a socket has to begin with \"/\"";
	return path.len < sizeof((struct sockaddr_un){0}.sun_path) ? NULL : "too long for the path of a socket";
}

/* ADDRESS:PORT in the full form. */
static const char *check_inet(struct slice address, struct slice port, char **ret)
{
	bool v6 = count_of(address, ':') > 1;
	int number;

	if (slice_is(address, "localhost"))
		address = SLICE_LITERAL("127.0.0.1");
	if (v6 ? !is_ipv6_with_zone(address) : !is_ip(AF_INET, address))
		return "a listener wants an IP address of this machine, as in 127.0.0.1:5000 or \"[::]:5000\"";
	if (!port_of(port, 0, &number))
		return "the port has to be a number from 0 to 65535";
	*ret = xasprintf(v6 ? "[%.*s]:%d" : "%.*s:%d", SLICE_ARGS(address), number);
	return NULL;
}

const char *listener_check(struct slice text, char **ret)
{
	struct slice address, port;

	if (slice_starts_with(text, "unix:")) {
		const char *problem = check_socket_path((struct slice){text.ptr + 5, text.len - 5});
		if (!problem)
			*ret = slice_dup(text);
		return problem;
	}
	if (all_digits(text, ""))
		return check_inet(SLICE_LITERAL("127.0.0.1"), text, ret);
	if (!split_last(text, ':', &address, &port))
		return "ADDRESS:PORT, PORT or unix:/PATH is wanted";
	if (count_of(address, ':') > 0 && !slice_starts_with(address, "["))
		return "an IPv6 address stands in brackets, as in \"[::]:5000\"";
	if (slice_starts_with(address, "[")) {
		struct slice after;
		if (!split_brackets(address, &address, &after) || after.len > 0)
			return "brackets hold an IPv6 address, as in \"[::]:5000\"";
	}
	return check_inet(address, port, ret);
}

const char *listener_join(const char *address, const char *port, char **ret)
{
	bool bare_v6 = strchr(address, ':') && address[0] != '[' && strncmp(address, "unix:", 5) != 0;
	cleanup_free char *text = xasprintf(bare_v6 ? "[%s]:%s" : "%s:%s", address, port);

	return listener_check(slice_of(text), ret);
}
