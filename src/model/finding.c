#include "model/finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/finding_rules.h"
#include "model/host.h"

static const struct {
	const char *name;
	enum severity severity;
	double hold;
} kinds[] = {
#define FINDING(id, name, severity, hold) [FINDING_##id] = {name, SEVERITY_##severity, hold},
#include "model/finding.def"
};

const char *finding_name(enum finding_kind kind)
{
	return kinds[kind].name;
}

enum severity finding_severity(enum finding_kind kind)
{
	return kinds[kind].severity;
}

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_ERROR] = "error",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_NOTE] = "note",
	};
	return names[severity];
}

char *finding_subject(const struct finding *finding, char *out, size_t size)
{
	if (!finding->of_gpu)
		snprintf(out, size, "%s", "");
	else if (finding->gpu_index >= 0)
		snprintf(out, size, "GPU %d", finding->gpu_index);
	else if (finding->gpu[0])
		snprintf(out, size, "%s%s", strncmp(finding->gpu, "GPU-", 4) == 0 ? "" : "GPU ", finding->gpu);
	else
		snprintf(out, size, "a GPU");
	return out;
}

static void free_texts(struct finding *finding)
{
	free(finding->message);
	free(finding->remedy);
	finding->message = finding->remedy = NULL;
}

void finding_list_done(struct finding_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free_texts(&list->findings[i]);
	free(list->findings);
	*list = (struct finding_list){0};
}

/* A look at a host: what was found before, and what is found now. */
struct look {
	const struct host *host;
	struct finding_list *before;
	struct finding_list now;
	size_t size; /* allocated, in now */
};

static struct finding *add(struct look *look)
{
	struct finding_list *list = &look->now;

	if (list->count == look->size) {
		look->size = look->size > 0 ? look->size * 2 : 8;
		list->findings = xrealloc(list->findings, look->size * sizeof(*list->findings));
	}
	return &list->findings[list->count++];
}

static bool is_same(const struct finding *a, const struct finding *b)
{
	return a->kind == b->kind && a->of_gpu == b->of_gpu && strcmp(a->gpu, b->gpu) == 0 &&
	       (a->gpu[0] || a->gpu_index == b->gpu_index);
}

/* When it was first found; NULL is a finding that was not there before. */
static const struct finding *find_before(const struct look *look, const struct finding *finding)
{
	for (size_t i = 0; i < look->before->count; i++)
		if (is_same(&look->before->findings[i], finding))
			return &look->before->findings[i];
	return NULL;
}

static void name_gpu(struct finding *finding, const struct gpu *gpu)
{
	struct slice id = gpu->uuid.len > 0 ? gpu->uuid : gpu->bus_id;

	text_escape(id, finding->gpu, sizeof(finding->gpu));
	finding->gpu_index = gpu->index;
	finding->of_gpu = true;
}

/* Whether the rule applies; `gpu` is NULL for a rule of the host. */
static bool ask_rule(const struct look *look, enum finding_kind kind, const struct gpu *gpu, struct tale *ret)
{
	return gpu ? finding_gpu_rules[kind](look->host, gpu, ret) : finding_host_rules[kind](look->host, ret);
}

/* What is seen was so when the last sample came: since and held go by that time, not by when it is looked at. */
static void try_rule(struct look *look, enum finding_kind kind, const struct gpu *gpu)
{
	double seen = look->host->sampled;
	struct tale tale = {0};

	if (look->now.count >= CAP_FINDINGS || !ask_rule(look, kind, gpu, &tale))
		return;
	struct finding finding = {.kind = kind, .gpu_index = -1};
	if (gpu)
		name_gpu(&finding, gpu);
	const struct finding *before = find_before(look, &finding);
	finding.since = tale.since > 0 ? tale.since : before ? before->since : seen;
	finding.held = kinds[kind].hold <= 0 || seen - finding.since >= kinds[kind].hold;
	finding.message = tale.message;
	finding.remedy = tale.remedy;
	*add(look) = finding;
}

/* Of a GPU that has a problem only what is broken is told: its other values, where it has any, are not to be trusted. */
static void look_at_gpus(struct look *look, enum finding_kind kind)
{
	const struct sample *sample = &look->host->sample;

	for (size_t i = 0; i < sample->gpu_count; i++)
		if (!sample->gpus[i].problem.ptr || kinds[kind].severity == SEVERITY_ERROR)
			try_rule(look, kind, &sample->gpus[i]);
}

static void keep_told(struct look *look, enum finding_kind kind)
{
	for (size_t i = 0; i < look->before->count; i++) {
		struct finding *finding = &look->before->findings[i];
		if (finding->kind != kind || !finding->held)
			continue;
		*add(look) = *finding;
		finding->message = finding->remedy = NULL;
	}
}

static void look_for(struct look *look, enum finding_kind kind)
{
	/* A mismatch is an error of the host itself: no sample shows it. */
	if (look->host->error.kind != PROBLEM_NONE && kind != FINDING_DRIVER_MISMATCH) {
		keep_told(look, kind);
		return;
	}
	if (finding_host_rules[kind])
		try_rule(look, kind, NULL);
	if (finding_gpu_rules[kind])
		look_at_gpus(look, kind);
}

void findings_update(struct host *host)
{
	struct look look = {.host = host, .before = &host->findings};

	for (int kind = 0; kind < FINDING_COUNT; kind++)
		look_for(&look, (enum finding_kind)kind);
	finding_list_done(&host->findings);
	host->findings = look.now;
}
