/*
 * json: the model as the JSON of the HTTP interface (docs/http.md).
 *
 * Rendered once per change: the rendering keeps each host's object by generation, and makes the whole out of those pieces.
 */
#pragma once

#include "base/blob.h"
#include "model/model.h"

struct rendering;

struct rendering *rendering_new(const struct model *model);
void rendering_free(struct rendering *rendering);

/* The whole snapshot at the model's present generation; `now` (Unix seconds) becomes "time" when it has to be rendered anew.
 * A reference for the caller. */
struct blob *rendering_snapshot(struct rendering *rendering, double now);
/* One host's object. NULL when there is no such host. A reference for the caller. */
struct blob *rendering_host(struct rendering *rendering, struct slice name);
/* What the last minutes of one host were like. NULL when there is no such host. A reference for the caller. */
struct blob *rendering_recent(struct rendering *rendering, struct slice name);
/* A JSON array of the objects of the hosts whose generation is over `after`. A reference for the caller. */
struct blob *rendering_changes(struct rendering *rendering, uint64_t after);
