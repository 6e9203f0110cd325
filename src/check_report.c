#include "check_report.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/width.h"
#include "view/writer.h"

enum { TITLE_WIDTH = 10, NAME_WIDTH_MAX = 48 };

enum color { PLAIN, BOLD, RED, GREEN, YELLOW, DIM };

static const char *const escapes[] = {
	[PLAIN] = "", [BOLD] = "\033[1m", [RED] = "\033[31m", [GREEN] = "\033[32m", [YELLOW] = "\033[33m", [DIM] = "\033[2m"};

struct report {
	const struct report_style *style;
	int name_width;
	struct buf *out;
};

/* --- Text --- */

static void say(struct report *report, enum color color, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(struct report *report, enum color color, const char *format, ...)
{
	bool colored = report->style->color && color != PLAIN;
	char *text;
	va_list args;

	va_start(args, format);
	int len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		abort();
	int r = buf_printf(report->out, "%s%s%s", colored ? escapes[color] : "", text, colored ? "\033[0m" : "");
	free(text);
	if (r < 0)
		abort();
}

static const struct {
	const char *mark;
	enum color color;
} marks[] = {
	[RUNG_SKIPPED] = {"·", DIM},
	[RUNG_OK] = {"✓", GREEN},
	[RUNG_WARNING] = {"!", YELLOW},
	[RUNG_FAILED] = {"✗", RED},
};

static void say_remedy(struct report *report, const char *remedy)
{
	const char *label = "mend it:";

	for (struct slice rest = slice_of(remedy); rest.ptr && rest.len > 0; label = "") {
		struct slice line = slice_split(rest, '\n', &rest);
		say(report, PLAIN, "          %-8s  %.*s\n", label, SLICE_ARGS(line));
	}
}

/* What follows the title; "" when there is nothing to tell. */
static char *make_text(const struct rung_verdict *verdict)
{
	const char *detail = verdict->detail ? verdict->detail : "", *message = verdict->message ? verdict->message : "";

	return xasprintf("%s%s%s", detail, detail[0] && message[0] ? "; " : "", message);
}

static void say_rung(struct report *report, enum rung rung, const struct rung_verdict *verdict)
{
	cleanup_free char *text = make_text(verdict);
	char ms[32] = "";

	if (isfinite(verdict->ms))
		snprintf(ms, sizeof(ms), "%.0f ms", verdict->ms);
	say(report, marks[verdict->state].color, "      %s ", marks[verdict->state].mark);
	if (ms[0] || text[0])
		say(report, PLAIN, "%-*s%9s%s%s\n", TITLE_WIDTH, rung_title(rung), ms, text[0] ? "  " : "", text);
	else
		say(report, PLAIN, "%s\n", rung_title(rung));
	if (verdict->remedy)
		say_remedy(report, verdict->remedy);
}

/* Those that were not reached are one line: there is nothing to tell about each. */
static void say_not_reached(struct report *report, const struct checked *checked, enum rung first)
{
	if (first >= RUNG_COUNT)
		return;
	say(report, DIM, "      · ");
	for (enum rung rung = first; rung < RUNG_COUNT; rung++)
		say(report, DIM, "%s%s", rung > first ? ", " : "", rung_title(rung));
	say(report, DIM, ": not reached\n");
}

/* The first rung after one that ends the way; RUNG_COUNT when all were climbed. */
static enum rung end_of_way(const struct ladder *ladder)
{
	for (enum rung rung = RUNG_NAME; rung <= RUNG_GPUS; rung++)
		if (ladder->rungs[rung].state == RUNG_FAILED && ladder->rungs[rung + 1].state == RUNG_SKIPPED)
			return rung + 1;
	return RUNG_COUNT;
}

static void say_ladder(struct report *report, const struct checked *checked, bool in_full)
{
	enum rung end = end_of_way(checked->ladder);

	for (enum rung rung = checked->local ? RUNG_SHELL : RUNG_NAME; rung < end; rung++) {
		const struct rung_verdict *verdict = &checked->ladder->rungs[rung];
		if (in_full || verdict->state >= RUNG_WARNING)
			say_rung(report, rung, verdict);
	}
	say_not_reached(report, checked, end);
}

/* Whether a rung tells it already. */
static bool is_told(enum finding_kind kind)
{
	return finding_severity(kind) == SEVERITY_ERROR || kind == FINDING_OWNERS_HIDDEN;
}

static void say_findings(struct report *report, const struct finding_list *list)
{
	char subject[128], safe[1024];

	for (size_t i = 0; i < list->count; i++) {
		const struct finding *finding = &list->findings[i];
		if (!finding->held || is_told(finding->kind))
			continue;
		finding_subject(finding, subject, sizeof(subject));
		say(report, marks[RUNG_WARNING].color, "      %s ", marks[RUNG_WARNING].mark);
		say(report, PLAIN, "%s%s%s\n", subject, subject[0] ? ": " : "",
		    text_escape(slice_of(finding->message), safe, sizeof(safe)));
		if (finding->remedy)
			say_remedy(report, text_escape(slice_of(finding->remedy), safe, sizeof(safe)));
	}
}

static const struct rung_verdict *first_failed(const struct ladder *ladder, enum rung *ret)
{
	for (enum rung rung = RUNG_NAME; rung < RUNG_COUNT; rung++) {
		if (ladder->rungs[rung].state != RUNG_FAILED)
			continue;
		*ret = rung;
		return &ladder->rungs[rung];
	}
	return NULL;
}

static void say_head(struct report *report, const struct checked *checked)
{
	const struct rung_verdict *gpus = &checked->ladder->rungs[RUNG_GPUS], *failed;
	struct slice told = checked->host->sample.driver;
	char name[256], driver[64];
	enum rung rung;

	failed = first_failed(checked->ladder, &rung);
	say(report, failed ? RED : GREEN, "%s", failed ? "FAIL" : "ok  ");
	text_escape(slice_of(checked->host->name), name, sizeof(name));
	text_escape(told.ptr ? told : SLICE_LITERAL("unknown"), driver, sizeof(driver));
	say(report, BOLD, "  %-*s", report->name_width, name);
	if (failed)
		say(report, PLAIN, "  at %s: %s\n", rung_title(rung), failed->kind ? failed->kind : "");
	else
		say(report, PLAIN, "  %s, driver %s, %.1f s\n", gpus->detail ? gpus->detail : "no GPU", driver, checked->seconds);
}

static void say_host(struct report *report, const struct checked *checked)
{
	bool in_full = report->style->in_full || !ladder_is_well(checked->ladder);

	say_head(report, checked);
	say_ladder(report, checked, in_full);
	if (checked->host->state == HOST_OK)
		say_findings(report, &checked->host->findings);
}

static int name_width(const struct checked *hosts, size_t count)
{
	int width = 0;

	for (size_t i = 0; i < count; i++) {
		int len = (int)strlen(hosts[i].host->name);
		width = len > width && len < NAME_WIDTH_MAX ? len : width;
	}
	return width;
}

void report_text(const struct checked *hosts, size_t count, const struct report_style *style, struct buf *out)
{
	struct report report = {.style = style, .name_width = name_width(hosts, count), .out = out};
	size_t well = 0;

	for (size_t i = 0; i < count; i++) {
		say_host(&report, &hosts[i]);
		well += ladder_is_well(hosts[i].ladder);
	}
	say(&report, PLAIN, "%zu of %zu host%s well\n", well, count, count == 1 ? " is" : "s are");
}

/* --- JSON --- */

static void write_rung(struct buf *out, enum rung rung, const struct rung_verdict *verdict)
{
	write_open(out, NULL, '{');
	write_string(out, "rung", rung_name(rung));
	write_string(out, "state", rung_state_name(verdict->state));
	write_number(out, "ms", round(verdict->ms * 10) / 10);
	write_string(out, "detail", verdict->detail);
	write_string(out, "kind", verdict->kind);
	write_string(out, "message", verdict->message);
	write_string(out, "remedy", verdict->remedy);
	write_close(out, '}');
}

static void write_findings(struct buf *out, const struct finding_list *list)
{
	write_open(out, "findings", '[');
	for (size_t i = 0; i < list->count; i++) {
		const struct finding *finding = &list->findings[i];
		if (!finding->held)
			continue;
		write_open(out, NULL, '{');
		write_string(out, "kind", finding_name(finding->kind));
		write_string(out, "severity", severity_name(finding_severity(finding->kind)));
		write_number(out, "gpu", finding->gpu_index >= 0 ? (double)finding->gpu_index : (double)NAN);
		write_string(out, "message", finding->message);
		write_string(out, "remedy", finding->remedy);
		write_close(out, '}');
	}
	write_close(out, ']');
}

static void write_host(struct buf *out, const struct checked *checked)
{
	write_open(out, NULL, '{');
	write_string(out, "name", checked->host->name);
	write_string(out, "address", checked->host->address);
	write_bool(out, "ok", ladder_is_well(checked->ladder));
	write_number(out, "seconds", round(checked->seconds * 1000) / 1000);
	write_open(out, "rungs", '[');
	for (enum rung rung = checked->local ? RUNG_SHELL : RUNG_NAME; rung < RUNG_COUNT; rung++)
		write_rung(out, rung, &checked->ladder->rungs[rung]);
	write_close(out, ']');
	write_findings(out, &checked->host->findings);
	write_close(out, '}');
}

void report_json(const struct checked *hosts, size_t count, struct buf *out)
{
	bool ok = true;

	write_open(out, NULL, '{');
	write_open(out, "hosts", '[');
	for (size_t i = 0; i < count; i++) {
		write_host(out, &hosts[i]);
		ok &= ladder_is_well(hosts[i].ladder);
	}
	write_close(out, ']');
	write_bool(out, "ok", ok);
	write_close(out, '}');
}
