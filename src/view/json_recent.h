/* json_recent: what the last minutes of a host were like, as JSON (docs/http.md). */
#pragma once

#include "base/buf.h"
#include "model/recent.h"

void write_recent(struct buf *buf, const struct recent *recent);
