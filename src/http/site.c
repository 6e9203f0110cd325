#include "http/site.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/caps.h"
#include "http/assets.h"
#include "http/front.h"
#include "http/negotiate.h"
#include "view/table.h"

#define RETRY_AFTER 5u /* seconds */

static const char type_json[] = "application/json";
static const char type_text[] = "text/plain; charset=utf-8";

/* The whole as it was at one generation; made when first asked for. */
struct snapshot {
	uint64_t generation;
	uint64_t rendered; /* ms */
	struct blob *plain, *gzip;
};

struct site {
	const struct model *model;
	struct rendering *rendering;
	struct deflater *deflater;
	const struct live *live;
	struct assets *assets; /* owned, as is the rest */
	struct names names;
	struct snapshot snapshot;
	struct snapshot front; /* the page with it inside; plain is NULL where that would be too large */
	struct {
		uint64_t generation;
		uint64_t rendered; /* ms */
		int64_t second;    /* it speaks of ages */
		struct blob *text;
	} table;
	uint64_t nonce;
};

/* What a handler gets and makes. */
struct exchange {
	struct site *site;
	const struct request *request;
	struct moment now;
	struct reply *reply;
};

struct site *site_new(const struct model *model, struct rendering *rendering, struct deflater *deflater, const struct live *live,
		      uint64_t nonce)
{
	struct site *site = xcalloc(1, sizeof(*site));

	site->model = model;
	site->rendering = rendering;
	site->deflater = deflater;
	site->live = live;
	site->assets = assets_new(deflater);
	site->nonce = nonce;
	return site;
}

static void drop(struct snapshot *snapshot)
{
	blob_unref(snapshot->plain);
	blob_unref(snapshot->gzip);
	*snapshot = (struct snapshot){0};
}

void site_free(struct site *site)
{
	if (!site)
		return;
	assets_free(site->assets);
	names_done(&site->names);
	drop(&site->snapshot);
	drop(&site->front);
	blob_unref(site->table.text);
	free(site);
}

void site_set_names(struct site *site, const char *const *names, size_t count)
{
	names_set(&site->names, names, count);
}

/* Turns a reply with an ETag into 304 when the client has it already. */
static bool not_modified(const struct exchange *exchange)
{
	struct reply *reply = exchange->reply;

	if (!etag_matches(exchange->request->if_none_match, reply->etag))
		return false;
	reply_done(reply);
	reply->status = 304;
	reply->type = NULL;
	return true;
}

static void answer_asset(const struct exchange *exchange, const struct asset *asset)
{
	struct reply *reply = exchange->reply;
	bool gzip = accepts_gzip(exchange->request->accept_encoding);

	reply_content(reply, asset->type, blob_ref(gzip ? asset->gzip : asset->plain));
	reply->gzip = gzip;
	reply->vary = "Accept-Encoding";
	/* The page names the version of the files it means; nobody names the page's. */
	if (slice_starts_with(slice_of(asset->path), "/assets/") && slice_starts_with(exchange->request->query, "v="))
		reply->caching = "public, max-age=31536000, immutable";
	snprintf(reply->etag, sizeof(reply->etag), "\"%s%s\"", asset->tag, gzip ? "-gz" : "");
	not_modified(exchange);
}

static void render_table(struct site *site, struct moment now)
{
	struct buf text;

	buf_init(&text, CAP_TEXT_TABLE);
	blob_unref(site->table.text);
	site->table.text = NULL;
	if (table_render(site->model, &(struct table_options){.color = false}, now.unix_time, &text) == 0)
		site->table.text = blob_new(text.data, text.len);
	buf_done(&text);
	site->table.generation = site->model->generation;
	site->table.rendered = now.ms;
	site->table.second = (int64_t)now.unix_time;
}

/* Whether what was rendered then is not to be rendered anew yet. Nobody may see an older generation than was told in an event. */
static bool is_recent(const struct site *site, uint64_t generation, uint64_t rendered, struct moment now)
{
	return generation > 0 && now.ms - rendered < LIVE_EVENT_MS && generation >= live_generation(site->live);
}

static void refresh_table(struct site *site, struct moment now)
{
	bool current = site->table.generation == site->model->generation && site->table.second == (int64_t)now.unix_time;

	if (!current && !is_recent(site, site->table.generation, site->table.rendered, now))
		render_table(site, now);
}

static void answer_table(const struct exchange *exchange)
{
	struct site *site = exchange->site;

	refresh_table(site, exchange->now);
	if (site->table.text)
		reply_content(exchange->reply, type_text, blob_ref(site->table.text));
	else
		reply_error(exchange->reply, 500, "the table is too large for a text; try api/v1/snapshot");
}

/* Decides which generation is served now, and has it rendered. */
static void refresh_snapshot(struct site *site, struct moment now)
{
	struct snapshot *snapshot = &site->snapshot;

	if (snapshot->generation == site->model->generation || is_recent(site, snapshot->generation, snapshot->rendered, now))
		return;
	drop(snapshot);
	*snapshot = (struct snapshot){.generation = site->model->generation, .rendered = now.ms};
	snapshot->plain = rendering_snapshot(site->rendering, now.unix_time);
}

static struct blob *body_of(struct site *site, struct snapshot *snapshot, bool gzip)
{
	if (!gzip)
		return blob_ref(snapshot->plain);
	if (!snapshot->gzip)
		snapshot->gzip = deflater_file(site->deflater, blob_slice(snapshot->plain));
	return blob_ref(snapshot->gzip);
}

/* The page as of the generation that the snapshot is of; made when first asked for. */
static void refresh_front(struct site *site, const struct asset *index, struct moment now)
{
	refresh_snapshot(site, now);
	if (site->front.generation == site->snapshot.generation)
		return;
	drop(&site->front);
	site->front.generation = site->snapshot.generation;
	site->front.plain = front_render(blob_slice(index->plain), blob_slice(site->snapshot.plain));
}

/* With what is known in it, so that the browser has something to draw when it has the script; without where that is too much. */
static void answer_front(const struct exchange *exchange)
{
	struct site *site = exchange->site;
	struct reply *reply = exchange->reply;
	const struct asset *index = assets_find(site->assets, SLICE_LITERAL("/"));
	bool gzip = accepts_gzip(exchange->request->accept_encoding);

	refresh_front(site, index, exchange->now);
	if (!site->front.plain) {
		answer_asset(exchange, index);
		return;
	}
	reply_content(reply, index->type, NULL);
	reply->gzip = gzip;
	snprintf(reply->etag, sizeof(reply->etag), "\"%s-%" PRIx64 "-%" PRIu64 "%s\"", index->tag, site->nonce,
		 site->front.generation, gzip ? "-gz" : "");
	if (!not_modified(exchange))
		reply->body = body_of(site, &site->front, gzip);
}

static void answer_page(const struct exchange *exchange)
{
	if (accepts_html(exchange->request->accept))
		answer_front(exchange);
	else
		answer_table(exchange);
	exchange->reply->vary = "Accept, Accept-Encoding";
}

static void answer_snapshot(const struct exchange *exchange)
{
	struct site *site = exchange->site;
	struct reply *reply = exchange->reply;
	bool gzip = accepts_gzip(exchange->request->accept_encoding);

	refresh_snapshot(site, exchange->now);
	reply_content(reply, type_json, NULL);
	reply->gzip = gzip;
	reply->vary = "Accept-Encoding";
	snprintf(reply->etag, sizeof(reply->etag), "\"%" PRIx64 "-%" PRIu64 "%s\"", site->nonce, site->snapshot.generation,
		 gzip ? "-gz" : "");
	if (!not_modified(exchange))
		reply->body = body_of(site, &site->snapshot, gzip);
}

static void answer_events(const struct exchange *exchange)
{
	struct reply *reply = exchange->reply;

	if (live_is_full(exchange->site->live)) {
		site_overload(reply, "readers of events");
		return;
	}
	reply_content(reply, "text/event-stream", NULL);
	reply->vary = "Accept-Encoding";
	reply->stream = true;
	reply->gzip = accepts_gzip(exchange->request->accept_encoding);
	reply->body = reply->gzip ? gzip_stream_head() : NULL;
}

static void answer_health(const struct exchange *exchange)
{
	reply_content(exchange->reply, type_text, blob_new("ok\n", 3));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Undoes %XX. False when a '%' is not followed by two digits. `out` has room for text.len bytes. */
static bool percent_decode(struct slice text, char *out, size_t *ret_len)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '%') {
			out[len++] = text.ptr[i];
			continue;
		}
		if (text.len - i < 3 || hex_digit(text.ptr[i + 1]) < 0 || hex_digit(text.ptr[i + 2]) < 0)
			return false;
		out[len++] = (char)(hex_digit(text.ptr[i + 1]) << 4 | hex_digit(text.ptr[i + 2]));
		i += 2;
	}
	*ret_len = len;
	return true;
}

/* "NAME" or "NAME/recent". A name may have a slash of its own, so the whole is tried first. */
static struct blob *find_host(struct rendering *rendering, struct slice name)
{
	static const struct slice recent = SLICE_LITERAL("/recent");
	struct blob *host = rendering_host(rendering, name);

	if (host || name.len < recent.len || !slice_is((struct slice){name.ptr + name.len - recent.len, recent.len}, recent.ptr))
		return host;
	return rendering_recent(rendering, (struct slice){name.ptr, name.len - recent.len});
}

static void answer_host(const struct exchange *exchange, struct slice encoded)
{
	char name[CAP_REQUEST_TARGET], shown[256];
	struct blob *host;
	size_t len;

	if (!percent_decode(encoded, name, &len)) {
		reply_error(exchange->reply, 400, "a %% in the address without its two digits");
		return;
	}
	host = find_host(exchange->site->rendering, (struct slice){name, len});
	if (host)
		reply_content(exchange->reply, type_json, host);
	else
		reply_error(exchange->reply, 404, "no host is called \"%s\"",
			    text_escape((struct slice){name, len}, shown, sizeof(shown)));
}

static void route(const struct exchange *exchange)
{
	static const struct {
		const char *path;
		void (*answer)(const struct exchange *exchange);
	} routes[] = {
		{"/", answer_page},
		{"/api/v1/snapshot", answer_snapshot},
		{"/api/v1/events", answer_events},
		{"/healthz", answer_health},
	};
	static const struct slice hosts = SLICE_LITERAL("/api/v1/hosts/");
	struct slice path = exchange->request->path;
	const struct asset *asset;

	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (slice_is(path, routes[i].path)) {
			routes[i].answer(exchange);
			return;
		}
	asset = assets_find(exchange->site->assets, path);
	if (asset)
		answer_asset(exchange, asset);
	else if (slice_starts_with(path, hosts.ptr))
		answer_host(exchange, (struct slice){path.ptr + hosts.len, path.len - hosts.len});
	else
		reply_error(exchange->reply, 404, "there is nothing here");
}

static void refuse_name(const struct exchange *exchange)
{
	char shown[256];

	reply_error(
		exchange->reply, 403,
		"\"%s\" is not a name of this server; to reach it by that name, list it under \"names:\" in the configuration",
		text_escape(exchange->request->host, shown, sizeof(shown)));
}

void site_answer(struct site *site, const struct request *request, bool loopback, struct moment now, struct reply *reply)
{
	const struct exchange exchange = {.site = site, .request = request, .now = now, .reply = reply};

	*reply = (struct reply){0};
	if (loopback && request->host.ptr && !names_allow(&site->names, request->host))
		refuse_name(&exchange);
	else
		route(&exchange);
	reply->close |= !request->keep_alive;
}

void site_refuse(const struct request_parser *parser, struct reply *reply)
{
	*reply = (struct reply){0};
	reply_error(reply, parser->refusal, "%s", parser->reason);
	reply->close = true;
}

void site_overload(struct reply *reply, const char *what)
{
	*reply = (struct reply){0};
	reply_error(reply, 503, "too many %s; please come back in %u seconds", what, RETRY_AFTER);
	reply->retry_after = RETRY_AFTER;
	reply->close = true;
}
