/*
 * site: what is answered to a request. Pure: a request and the time in, a reply out; docs/http.md is the interface.
 *
 * The snapshot and the table are rendered when somebody asks, once for a generation, and at most four times a second: so that who
 * asks all the time costs little, and slow readers together cannot make us keep more than so many versions.
 */
#pragma once

#include "http/live.h"
#include "http/names.h"
#include "http/reply.h"
#include "http/request.h"

struct site;

/* All are borrowed. `live` knows whether one more reader of events fits; `nonce` tells our ETags from an earlier process'. */
struct site *site_new(const struct model *model, struct rendering *rendering, struct deflater *deflater, const struct live *live,
		      uint64_t nonce);
void site_free(struct site *site);
void site_set_names(struct site *site, const char *const *names, size_t count);

/*
 * Answers a request that came to a loopback listener or another one. reply->stream says that the connection becomes a reader of
 * events. For HEAD the reply is that to GET; whoever sends it leaves the body out. The caller ends it with reply_done().
 */
void site_answer(struct site *site, const struct request *request, bool loopback, struct moment now, struct reply *reply);
/* The answer to what was no request. */
void site_refuse(const struct request_parser *parser, struct reply *reply);
/* The answer when there is no room. */
void site_overload(struct reply *reply, const char *what);
