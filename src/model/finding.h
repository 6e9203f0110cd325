/*
 * finding: what is not as it should be on a host that answers, each with its remedy. The rows are in finding.def.
 *
 * Pure: looked for anew in each sample; what is found again keeps its `since`. Most are of one GPU, some of the host. A host in
 * error keeps what was told with its last sample (it is as old as that); what had not been so for long enough yet begins anew
 * with the next.
 */
#pragma once

#include "base/caps.h"
#include "base/text.h"

struct host;

enum finding_kind {
#define FINDING(id, name, severity, hold) FINDING_##id,
#include "model/finding.def"
	FINDING_COUNT
};

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

struct finding {
	enum finding_kind kind;
	char gpu[96];  /* the UUID, else bus id, of the GPU it is about; "" when it told neither, and for the host */
	int gpu_index; /* nvidia-smi's; -1 when it did not tell, and for the host */
	double since;  /* Unix seconds; by the time of the samples that show it */
	bool of_gpu;   /* else it is about the host */
	bool held;     /* for as long as finding.def asks: it may be told */
	char *message; /* for people: "persistence mode is off, ..."; the GPU is not named, see finding_subject() */
	char *remedy;  /* a command, or what to do; NULL when there is none */
};

struct finding_list {
	struct finding *findings; /* owned; by kind, then GPU; those not held too */
	size_t count;
};

void finding_list_done(struct finding_list *list);
/* "persistence-off" */
const char *finding_name(enum finding_kind kind);
enum severity finding_severity(enum finding_kind kind);
/* "error", "warning", "note" */
const char *severity_name(enum severity severity);
/* Whom the message is about: "GPU 3", "GPU 00000000:07:00.0" when its index is not known; "" for the host. Returns `out`. */
char *finding_subject(const struct finding *finding, char *out, size_t size);
/* Looks at what is known of the host now, and replaces host->findings. For host.c. */
void findings_update(struct host *host);
