/*
 * secret_value: what a value looks like, whatever it is called. For secrets.c.
 */
#pragma once

#include "base/text.h"

/* "true", "none": no secret, whatever the name says. */
bool secret_value_is_plain(struct slice value);
/* The path of a file, or the name of one by its ending. */
bool secret_value_is_path(struct slice value);
/* Too long, and with a digit in it, to be a word like "basic": a key. */
bool secret_value_is_long(struct slice value);
/* What stands before the secret of an Authorization header: "Bearer". */
bool secret_value_is_scheme(struct slice value);
