/*
 * negotiate: the request headers by which a client says what it takes (RFC 9110, sections 12.5 and 13.1). Pure.
 */
#pragma once

#include "base/text.h"

/* Whether Accept-Encoding lets us send gzip: named, or meant by "*", and not with q=0. */
bool accepts_gzip(struct slice accept_encoding);
/* Whether Accept names text/html. "*" does not count: curl says it, and wants text. */
bool accepts_html(struct slice accept);
/* Whether If-None-Match names `etag` (quotes included), in a list, weak or strong, or by "*". */
bool etag_matches(struct slice if_none_match, const char *etag);
