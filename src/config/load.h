/*
 * load: finds and reads the configuration file. The one file of this room that opens anything.
 *
 * Looked for: `explicit_path`, else ./config.yaml, else $XDG_CONFIG_HOME/nvwebmon/config.yaml (~/.config when not set), else
 * /etc/nvwebmon/config.yaml, else none.
 */
#pragma once

#include "config/config.h"

/* 0, or a negative errno with the reason in *errors: -EINVAL for a bad file, else why it could not be read. */
int must_check config_load(const char *explicit_path, const struct config_overrides *overrides, struct config **ret,
			   struct buf *errors);
