/*
 * names: which Host: a loopback listener answers to.
 *
 * A page from elsewhere may point its own host name at 127.0.0.1 and so read what only this machine should see (DNS rebinding);
 * its requests carry that name. So on loopback only loopback names pass, and those that the configuration lists.
 */
#pragma once

#include "base/text.h"

struct names {
	char **list; /* owned copies */
	size_t count;
};

void names_set(struct names *names, const char *const *list, size_t count);
void names_done(struct names *names);
/* `host` is the Host header, with a port or without. */
bool names_allow(const struct names *names, struct slice host);
