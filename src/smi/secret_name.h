/*
 * secret_name: whether the name of an option, a variable, a header or a key of JSON says that its value is secret. For secrets.c.
 */
#pragma once

#include "base/text.h"

enum secret_kind {
	SECRET_NONE,
	SECRET_VALUE,  /* all of it: passwords, tokens */
	SECRET_KEY,    /* all of it, unless it is the path of a file: keys, credentials */
	SECRET_PAIR,   /* what follows the colon: --auth user:password; without one all of it, if it looks like a key */
	SECRET_SCHEME, /* the word, and the one after it when the first only says how: Authorization: Bearer X */
};

/* In whatever case, with whatever between its words: api-key, API_KEY, apiKey, App.apikey. An option with its "-": --key. */
enum secret_kind secret_kind_of(struct slice name);
/* Of a name in the query of an address, ?sig=X, where some more are secret. */
enum secret_kind secret_kind_in_query(struct slice name);
/* Whether an option of such a name takes no value, unless with "=": --no-password, --ask-pass. */
bool secret_is_flag(struct slice name);
