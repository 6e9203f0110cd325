/*
 * secret_key: secrets that need no name, for they tell by their beginning what they are: keys of well-known services,
 * addresses of webhooks. For secrets.c.
 */
#pragma once

#include "base/text.h"

/* The length of the key that the text begins with; 0 when it is none. */
size_t secret_key_length(struct slice text);
/* How much of a text that begins with a webhook's address, host first, comes before what is secret in it; 0 when it is none. */
size_t secret_webhook_length(struct slice text);
