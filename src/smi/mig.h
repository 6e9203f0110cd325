/*
 * mig: the parts that a GPU with MIG on is cut into, from `nvidia-smi -q -x` and `nvidia-smi -L`.
 *
 * The XML (DTD v9 to v13) alone tells the memory of each part and which process is on which; -L alone tells its UUID and profile.
 * They are joined by the order of the parts within a GPU. Both are heavy, so they are asked only when a sample shows that they may
 * have changed: a report is kept between samples, owns its text, and is applied to every sample that it fits.
 * XML by expat; a document that ends early or is no XML gives what it held up to there. No entity is ever expanded.
 */
#pragma once

#include "base/caps.h"
#include "smi/sample.h"

struct mig_report;

struct mig_report *mig_report_new(void);
void mig_report_free(struct mig_report *report);
/* Empty again, memory kept: it fits no sample with MIG on. */
void mig_report_clear(struct mig_report *report);
/* Replaces the report. `xml`, `list`: the two answers, copied as far as needed; `list` may be SLICE_NONE. False, and an empty
 * report, when the XML tells of no GPU at all (prose of nvidia-smi, for one). */
bool mig_report_parse(struct mig_report *report, struct slice xml, struct slice list);
/* Remembers what `sample` shows of GPUs with MIG on (which they are, memory used, their processes): what mig_report_fits() compares
 * with. To be called with the sample for which the report was asked. */
void mig_report_note(struct mig_report *report, const struct sample *sample);
/* Whether the GPUs with MIG on are those of the noted sample, with the same memory used and the same processes with the same
 * memory. A sample without such a GPU fits always. */
bool mig_report_fits(const struct mig_report *report, const struct sample *sample);
/* Adds the parts to the sample's GPUs (matched by UUID, else bus id) and tells its processes their part, by PID. Copies text with
 * sample_keep(). */
void mig_report_apply(const struct mig_report *report, struct sample *sample);
