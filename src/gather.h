/*
 * gather: one sample of every host, for the commands that look once and go.
 */
#pragma once

#include "model/model.h"
#include "options.h"

/*
 * Loads the configuration that `options` names and watches its hosts until each has a sample or an error; `on_gathered` gets the
 * model then, before the sessions are ended. Returns what on_gathered returned, or EXIT_USAGE with the configuration's errors on stderr.
 */
int gather(const struct options *options, int (*on_gathered)(const struct model *model, const struct options *options));

/* Whether the host answers, and nothing that was found there is an error: a GPU in trouble, processes that are not told. */
bool gather_is_well(const struct host *host);
