/* suggest: the known key that somebody may have meant. */
#pragma once

#include "config/option.h"

/* The name in the table that is nearest to `key`, case ignored; NULL when none is near. */
const char *suggest_option(const struct option_table *table, struct slice key);
