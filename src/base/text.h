/*
 * text: slices of text, and the few things done to text that comes from outside.
 *
 * A slice is a borrowed piece of somebody else's buffer: it is not terminated by a NUL, and is valid
 * as long as that buffer is. Nothing here allocates except the functions that say so; those that
 * allocate abort when memory is gone (see xmalloc), so they have no error to return.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define must_check __attribute__((warn_unused_result))

struct slice {
	const char *ptr; /* NULL is "there is none", which is not the same as empty */
	size_t len;      /* bytes */
};

#define SLICE_NONE ((struct slice){NULL, 0})
#define SLICE_LITERAL(s) ((struct slice){(s), sizeof(s) - 1})
/* For printf's "%.*s". */
#define SLICE_ARGS(s) (int)(s).len, (s).ptr ? (s).ptr : ""

#ifdef __clang_analyzer__
/* Once it sees that slice_of() asks for NULL, it takes every text for one that may be NULL. */
struct slice slice_of(const char *string);
bool slice_equal(struct slice a, struct slice b);
bool slice_is(struct slice a, const char *string);
bool slice_starts_with(struct slice a, const char *prefix);
bool text_is_blank(char c);
struct slice slice_trim(struct slice a);
struct slice slice_split(struct slice a, char separator, struct slice *rest);
#else
/* These are inline because they run a thousand times a sample, mostly with literals, whose length the compiler then knows. */
static inline struct slice slice_of(const char *string)
{
	return string ? (struct slice){string, strlen(string)} : SLICE_NONE;
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_is(struct slice a, const char *string)
{
	return slice_equal(a, slice_of(string));
}

static inline bool slice_starts_with(struct slice a, const char *prefix)
{
	size_t len = strlen(prefix);

	return a.len >= len && (len == 0 || memcmp(a.ptr, prefix, len) == 0);
}
static inline bool text_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without blanks, tabs, CR and LF at both ends. */
static inline struct slice slice_trim(struct slice a)
{
	while (a.len > 0 && text_is_blank(a.ptr[0])) {
		a.ptr++;
		a.len--;
	}
	while (a.len > 0 && text_is_blank(a.ptr[a.len - 1]))
		a.len--;
	return a;
}

/* The part before the first `separator`; *rest is what follows it, SLICE_NONE when there was none. */
static inline struct slice slice_split(struct slice a, char separator, struct slice *rest)
{
	const char *found = a.len > 0 ? memchr(a.ptr, separator, a.len) : NULL;

	if (!found) {
		*rest = SLICE_NONE;
		return a;
	}
	struct slice first = {a.ptr, (size_t)(found - a.ptr)};
	*rest = (struct slice){found + 1, a.len - first.len - 1};
	return first;
}
#endif

bool slice_contains(struct slice a, const char *needle);
/* A copy of its own, NUL-terminated; the caller frees it. NULL for SLICE_NONE. */
char *slice_dup(struct slice a);

/* Whole slice as a number. False, and *ret untouched, when it is anything else. Always in the C locale. */
bool slice_to_int64(struct slice a, int64_t *ret);
bool slice_to_double(struct slice a, double *ret);

/*
 * Bytes of the first UTF-8 character in [p, p+len): 1 to 4, or 0 when they are not well-formed UTF-8
 * (overlong forms, surrogates and values over U+10FFFF included; Unicode 15, table 3-7).
 */
size_t utf8_length(const char *p, size_t len);
/* Bytes at the beginning of [p, p+len) that are ASCII, and no NUL. */
size_t ascii_length(const char *p, size_t len);

/*
 * Writes text from outside so that a terminal or a log can show it: control bytes, DEL, C1 controls, marks that reverse the direction, and
 * bytes that are not UTF-8 become \xNN. `out` is always terminated; what does not fit is cut at a whole
 * character. Returns out.
 */
char *text_escape(struct slice text, char *out, size_t size);

/* Sets *field to a copy of `text` (NULL for SLICE_NONE). Returns true when that changed it. */
bool text_set(char **field, struct slice text);

/* malloc and friends that abort: we ask for small things, and have no better idea than to stop. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *string); /* NULL for NULL */
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For temporaries: `cleanup_free char *s = ...` */
void free_pointer(void *pointer_to_pointer);
#define cleanup_free __attribute__((cleanup(free_pointer)))
