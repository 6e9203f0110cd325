/*
 * address: the forms of hosts and listeners, checked without asking anybody.
 *
 * What passes here goes into ssh's arguments and to the far side's programs, so it can neither be taken for an option nor mean
 * anything to a shell. A function that returns `const char *` says what is wrong, NULL when nothing is.
 */
#pragma once

#include "base/text.h"

struct target {
	struct slice user;    /* SLICE_NONE: not given */
	struct slice address; /* an IPv6 address without its brackets */
	int port;             /* 0: not given */
};

/* A host name, an alias of ssh_config, an IPv4 or (with or without a zone) an IPv6 address. */
const char *must_check address_check(struct slice address);
const char *must_check user_check(struct slice user);
/* [USER@]ADDRESS[:PORT]; an IPv6 address takes brackets to have a port. *ret is borrowed from `text`. */
const char *must_check target_split(struct slice text, struct target *ret);
/* The reverse: "alice@[fe80::1]:22". user may be NULL, port 0. On the heap. */
char *target_join(const char *user, const char *address, int port);

/*
 * A listener: IPV4:PORT, [IPV6]:PORT, localhost:PORT, PORT (on 127.0.0.1) or unix:/PATH. *ret, on the heap, is its full form:
 * "127.0.0.1:5000", "[::1]:5000", "unix:/run/sock". Port 0: the kernel picks one.
 */
const char *must_check listener_check(struct slice text, char **ret);
/* The same from an address, with or without brackets, and a port. */
const char *must_check listener_join(const char *address, const char *port, char **ret);
