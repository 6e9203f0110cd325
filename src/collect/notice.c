#include "collect/notice.h"

#include <math.h>
#include <stdio.h>

#include "base/log.h"
#include "collect/clocks.h"

void notice_init(struct notice *notice, struct host *host)
{
	*notice = (struct notice){.host = host};
}

static void log_problem(struct notice *notice, enum problem_kind kind, struct slice message, double next_try_s)
{
	char safe[512], when[48] = "waiting for it";

	if (notice->logged == kind)
		return;
	notice->logged = kind;
	if (next_try_s >= 0)
		snprintf(when, sizeof(when), "next try in %.0f s", ceil(next_try_s));
	log_warning("%s: %s: %s; %s", notice->host->name, problem_name(kind), text_escape(message, safe, sizeof(safe)), when);
}

void notice_problem(struct notice *notice, enum problem_kind kind, struct slice message, const char *hint, double next_try_s)
{
	double now = clocks_wall();

	host_set_error(notice->host, kind, message, slice_of(hint), next_try_s < 0 ? 0 : now + next_try_s, now);
	log_problem(notice, kind, message, next_try_s);
}

static void log_left_out(struct notice *notice, const struct sample *sample)
{
	bool some = sample->gpus_left_out > 0 || sample->processes_left_out > 0;

	if (some && !notice->logged_left_out)
		log_warning("%s: more than we take: %zu GPUs and %zu processes are left out", notice->host->name,
			    sample->gpus_left_out, sample->processes_left_out);
	notice->logged_left_out = some;
}

void notice_sample(struct notice *notice, struct sample *sample, const struct machine *machine, double ms)
{
	log_left_out(notice, sample);
	host_set_sample(notice->host, sample, machine, ms, clocks_wall());
	if (notice->logged != PROBLEM_NONE)
		log_info("%s: well again", notice->host->name);
	notice->logged = PROBLEM_NONE;
}

void notice_stale(struct notice *notice)
{
	host_set_stale(notice->host, clocks_wall());
}

void notice_try(struct notice *notice)
{
	host_set_next_try(notice->host, 0);
}
