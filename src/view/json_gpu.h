/*
 * json_gpu: one GPU's object, with its parts and its processes. For json_host.c.
 */
#pragma once

#include "base/buf.h"
#include "model/model.h"
#include "view/parts.h"

/* Appends the object of the GPU at `position` of the host's sample. */
void write_gpu(struct buf *buf, const struct host *host, const struct parts *parts, size_t position);
/* A time of which 0 says that there is none. */
void write_time_if_any(struct buf *buf, const char *key, double seconds);
