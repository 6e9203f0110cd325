#include "http/request.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/caps.h"

static const char *const header_names[HEADER_OTHER] = {
	[HEADER_HOST] = "host",
	[HEADER_ACCEPT] = "accept",
	[HEADER_ACCEPT_ENCODING] = "accept-encoding",
	[HEADER_IF_NONE_MATCH] = "if-none-match",
	[HEADER_CONTENT_LENGTH] = "content-length",
	[HEADER_TRANSFER_ENCODING] = "transfer-encoding",
	[HEADER_UPGRADE] = "upgrade",
};

static int refuse(struct request_parser *parser, int status, const char *reason)
{
	parser->refusal = status;
	parser->reason = reason;
	return HPE_USER;
}

static struct slice span_slice(const struct request_parser *parser, struct span span)
{
	return span.present ? (struct slice){parser->bytes + span.start, span.len} : SLICE_NONE;
}

/* llhttp hands over a piece in as many parts as it came in. */
static void extend(struct request_parser *parser, struct span *span, const char *at, size_t len)
{
	if (!span->present || span->len == 0)
		span->start = (unsigned)(at - parser->bytes);
	span->present = true;
	span->len = (unsigned)(at - parser->bytes + (ptrdiff_t)len) - span->start;
}

static int on_url(llhttp_t *llhttp, const char *at, size_t len)
{
	struct request_parser *parser = llhttp->data;

	extend(parser, &parser->target, at, len);
	return parser->target.len > CAP_REQUEST_TARGET ? refuse(parser, 414, "the address is too long") : 0;
}

static int on_header_field(llhttp_t *llhttp, const char *at, size_t len)
{
	struct request_parser *parser = llhttp->data;

	extend(parser, &parser->name, at, len);
	return 0;
}

static int on_header_field_complete(llhttp_t *llhttp)
{
	struct request_parser *parser = llhttp->data;
	struct slice name = span_slice(parser, parser->name);
	unsigned header;

	for (header = 0; header < HEADER_OTHER; header++)
		if (name.len == strlen(header_names[header]) && strncasecmp(name.ptr, header_names[header], name.len) == 0)
			break;
	parser->header = (enum request_header)header;
	parser->name = (struct span){0};
	if (header == HEADER_HOST && parser->values[header].present)
		return refuse(parser, 400, "more than one Host header");
	parser->values[header] = (struct span){.present = true};
	return 0;
}

static int on_header_value(llhttp_t *llhttp, const char *at, size_t len)
{
	struct request_parser *parser = llhttp->data;

	extend(parser, &parser->values[parser->header], at, len);
	return 0;
}

/* Any length but a plain 0 announces a body. */
static bool announces_body(const struct request_parser *parser)
{
	return parser->values[HEADER_TRANSFER_ENCODING].present ||
	       (parser->values[HEADER_CONTENT_LENGTH].present && parser->llhttp.content_length > 0);
}

static int on_headers_complete(llhttp_t *llhttp)
{
	struct request_parser *parser = llhttp->data;

	if (llhttp->http_major == 0)
		return refuse(parser, 400, "HTTP/0.9 is not spoken here");
	if (llhttp->http_major != 1 || llhttp->http_minor > 1)
		return refuse(parser, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	if (llhttp->method != HTTP_GET && llhttp->method != HTTP_HEAD)
		return refuse(parser, 405, "only GET and HEAD are answered here");
	if (!parser->values[HEADER_HOST].present && llhttp->http_minor == 1)
		return refuse(parser, 400, "a Host header is missing");
	if (announces_body(parser))
		return refuse(parser, 400, "a request has no body here");
	if (parser->values[HEADER_UPGRADE].present)
		return refuse(parser, 400, "no other protocol is spoken here");
	return 0;
}

/* Stops llhttp here: what follows is the next request, which has to wait for its turn. */
static int on_message_complete(llhttp_t *llhttp)
{
	(void)llhttp;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_url = on_url,
	.on_header_field = on_header_field,
	.on_header_field_complete = on_header_field_complete,
	.on_header_value = on_header_value,
	.on_headers_complete = on_headers_complete,
	.on_message_complete = on_message_complete,
};

void request_parser_init(struct request_parser *parser)
{
	memset(parser, 0, sizeof(*parser));
	llhttp_init(&parser->llhttp, HTTP_REQUEST, &settings);
	parser->llhttp.data = parser;
}

static bool is_token(struct slice name)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!alphanumeric && (c == '\0' || !strchr(marks, c)))
			return false;
	}
	return name.len > 0;
}

static bool has_control(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (((unsigned char)text.ptr[i] < ' ' && text.ptr[i] != '\t') || text.ptr[i] == 0x7f)
			return true;
	return false;
}

/* Three words with one blank between them, and nothing in the target that belongs percent-encoded. */
static const char *check_request_line(struct slice line)
{
	struct slice method, target, version = line;

	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.ptr[i] < ' ' || (unsigned char)line.ptr[i] >= 0x7f)
			return "a byte in the request line that does not belong there";
	method = slice_split(version, ' ', &version);
	target = slice_split(version, ' ', &version);
	if (method.len == 0 || target.len == 0 || version.len != strlen("HTTP/1.1"))
		return "the request line is not three words";
	return slice_starts_with(version, "HTTP/") ? NULL : "only HTTP is spoken here";
}

static const char *check_header_line(struct slice line)
{
	struct slice value, name = slice_split(line, ':', &value);

	if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
		return "folded headers are not read here";
	if (!value.ptr || !is_token(name))
		return "a header name that is none";
	return has_control(value) ? "a control byte in a header" : NULL;
}

/* What llhttp lets pass, by a second look at the complete head, line by line. NULL: nothing is wrong. */
static const char *check_lines(struct slice head)
{
	bool first = true;

	while (head.len > 0) {
		const char *end = memchr(head.ptr, '\n', head.len);
		size_t len = end ? (size_t)(end - head.ptr) : 0;
		const char *wrong = NULL;

		if (len == 0 || head.ptr[len - 1] != '\r')
			return "a line that does not end in CR LF";
		if (len > 1) {
			struct slice line = {head.ptr, len - 1};

			wrong = first ? check_request_line(line) : check_header_line(line);
			first = false;
		}
		if (wrong)
			return wrong;
		head = (struct slice){end + 1, head.len - len - 1};
	}
	return NULL;
}

/* "http://host/path", as to a proxy: its host counts, whatever the Host header says (RFC 9112, 3.2.2). */
static struct slice take_authority(struct slice target, struct slice *host)
{
	static const char scheme[] = "http://";
	const char *path;

	if (target.len < sizeof(scheme) || strncasecmp(target.ptr, scheme, sizeof(scheme) - 1) != 0)
		return target;
	target.ptr += sizeof(scheme) - 1;
	target.len -= sizeof(scheme) - 1;
	path = memchr(target.ptr, '/', target.len);
	if (!path)
		return SLICE_NONE;
	*host = (struct slice){target.ptr, (size_t)(path - target.ptr)};
	return (struct slice){path, target.len - host->len};
}

static enum request_progress complete(struct request_parser *parser, struct request *ret)
{
	const char *wrong = check_lines((struct slice){parser->bytes, parser->consumed});
	struct slice host = slice_trim(span_slice(parser, parser->values[HEADER_HOST]));
	struct slice target = take_authority(span_slice(parser, parser->target), &host);

	if (!wrong && !slice_starts_with(target, "/"))
		wrong = "an address that does not begin with a slash";
	if (wrong) {
		refuse(parser, 400, wrong);
		return REQUEST_REFUSED;
	}
	*ret = (struct request){
		.head = parser->llhttp.method == HTTP_HEAD,
		.keep_alive = llhttp_should_keep_alive(&parser->llhttp),
		.minor = parser->llhttp.http_minor,
		.host = host,
		.accept = span_slice(parser, parser->values[HEADER_ACCEPT]),
		.accept_encoding = span_slice(parser, parser->values[HEADER_ACCEPT_ENCODING]),
		.if_none_match = span_slice(parser, parser->values[HEADER_IF_NONE_MATCH]),
	};
	ret->path = slice_split(target, '?', &ret->query);
	return REQUEST_COMPLETE;
}

static enum request_progress refused(struct request_parser *parser, llhttp_errno_t error)
{
	/* llhttp gives up on a method that it does not know within its first letters: enough to tell one from a request that is none. */
	if (parser->refusal == 0 && error == HPE_INVALID_METHOD && isalpha((unsigned char)parser->bytes[0]))
		refuse(parser, 405, "only GET and HEAD are answered here");
	else if (parser->refusal == 0 && (error == HPE_INVALID_VERSION || error == HPE_PAUSED_H2_UPGRADE))
		refuse(parser, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
	else if (parser->refusal == 0)
		refuse(parser, 400, "this is not an HTTP request");
	return REQUEST_REFUSED;
}

enum request_progress request_parser_feed(struct request_parser *parser, const char *bytes, size_t len, struct request *ret)
{
	llhttp_errno_t error;

	parser->bytes = bytes;
	error = llhttp_execute(&parser->llhttp, bytes + parser->consumed, len - parser->consumed);
	if (error == HPE_PAUSED) {
		parser->consumed = (size_t)(llhttp_get_error_pos(&parser->llhttp) - bytes);
		return complete(parser, ret);
	}
	if (error != HPE_OK)
		return refused(parser, error);
	parser->consumed = len;
	if (len >= CAP_REQUEST_HEAD) {
		refuse(parser, 431, "the request's head is too large");
		return REQUEST_REFUSED;
	}
	return REQUEST_PARTIAL;
}
