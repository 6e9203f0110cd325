#include "smi/bus_id.h"

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes 1 to `max` hexadecimal digits from the front of *text. */
static bool take_hex(struct slice *text, size_t max, uint64_t *ret)
{
	uint64_t value = 0;
	size_t len = 0;

	while (len < max && len < text->len && hex_value(text->ptr[len]) >= 0)
		value = value << 4 | (uint64_t)hex_value(text->ptr[len++]);
	if (len == 0)
		return false;
	*text = (struct slice){text->ptr + len, text->len - len};
	*ret = value;
	return true;
}

static bool take_char(struct slice *text, char c)
{
	if (text->len == 0 || text->ptr[0] != c)
		return false;
	*text = (struct slice){text->ptr + 1, text->len - 1};
	return true;
}

/* Takes "bus:device.function" from the front of *text. */
static bool take_slot(struct slice *text, uint64_t *ret)
{
	uint64_t bus, device, function;

	if (!take_hex(text, 2, &bus) || !take_char(text, ':') || !take_hex(text, 2, &device) || !take_char(text, '.') ||
	    !take_hex(text, 1, &function))
		return false;
	*ret = bus << 16 | device << 8 | function;
	return true;
}

/* Takes "domain:bus:device.function" from the front of *text. */
static bool take_address(struct slice *text, uint64_t *ret)
{
	uint64_t domain, slot;

	if (!take_hex(text, 8, &domain) || !take_char(text, ':') || !take_slot(text, &slot))
		return false;
	*ret = domain << 24 | slot;
	return true;
}

size_t bus_id_length(struct slice text)
{
	struct slice rest = text;
	uint64_t address;

	return take_address(&rest, &address) ? text.len - rest.len : 0;
}

static bool parse(struct slice text, uint64_t *ret)
{
	struct slice rest = text;

	if (take_address(&rest, ret) && rest.len == 0)
		return true;
	rest = text;
	return take_slot(&rest, ret) && rest.len == 0;
}

bool bus_id_equal(struct slice a, struct slice b)
{
	uint64_t left, right;

	return parse(a, &left) && parse(b, &right) && left == right;
}
