/*
 * json_host: one host's object of the HTTP interface (docs/http.md). For json.c.
 */
#pragma once

#include "base/buf.h"
#include "model/model.h"

/* Appends the object. */
void write_host(struct buf *buf, const struct host *host);
