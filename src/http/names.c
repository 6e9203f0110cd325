#include "http/names.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void names_done(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->list[i]);
	free(names->list);
	*names = (struct names){0};
}

void names_set(struct names *names, const char *const *list, size_t count)
{
	names_done(names);
	names->list = xcalloc(count > 0 ? count : 1, sizeof(*names->list));
	for (names->count = 0; names->count < count; names->count++)
		names->list[names->count] = xstrdup(list[names->count]);
}

static bool is_port(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	return true;
}

/* "[::1]:5000" is "::1" in brackets and a port; anything else ends at its only colon. */
static struct slice without_port(struct slice host, bool *ret_bracketed)
{
	struct slice port, name;

	*ret_bracketed = slice_starts_with(host, "[");
	if (*ret_bracketed) {
		name = slice_split((struct slice){host.ptr + 1, host.len - 1}, ']', &port);
		if (!port.ptr || (port.len > 0 && port.ptr[0] != ':'))
			return SLICE_NONE;
		return port.len == 0 || is_port((struct slice){port.ptr + 1, port.len - 1}) ? name : SLICE_NONE;
	}
	name = slice_split(host, ':', &port);
	if (port.ptr && !is_port(port))
		return SLICE_NONE;
	if (name.len > 1 && name.ptr[name.len - 1] == '.') /* the root of the DNS, written out */
		name.len--;
	return name;
}

static bool ends_with(struct slice name, const char *end)
{
	size_t len = strlen(end);

	return name.len >= len && strncasecmp(name.ptr + name.len - len, end, len) == 0;
}

static bool is_loopback_address(const char *name, bool bracketed)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (bracketed)
		return inet_pton(AF_INET6, name, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
	return inet_pton(AF_INET, name, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

bool names_allow(const struct names *names, struct slice host)
{
	bool bracketed;
	struct slice name = without_port(host, &bracketed);
	cleanup_free char *text = slice_dup(name);

	if (!text || name.len == 0)
		return false;
	if (is_loopback_address(text, bracketed))
		return true;
	if (!bracketed && (strcasecmp(text, "localhost") == 0 || ends_with(name, ".localhost")))
		return true;
	for (size_t i = 0; i < names->count; i++)
		if (strcasecmp(text, names->list[i]) == 0)
			return true;
	return false;
}
