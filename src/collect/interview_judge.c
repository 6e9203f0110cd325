/* The half of an interview that hears: what the answers of a round come to. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/caps.h"
#include "collect/interview.h"
#include "smi/messages.h"
#include "smi/processes.h"
#include "smi/roster.h"

enum {
	/* A host whose answers never come to anything has had enough questions. */
	ROUNDS_MAX = CAP_COLUMNS + 16,
	/* With some GPUs lost, all of them are asked again: one may be back. */
	LOOK_AT_ALL_SAMPLES = 12,
	LOOK_AT_ALL_SECONDS = 60,
	LOOK_AT_ALL_SECONDS_MAX = 600,
	/* The second is for a GPU that is lost between the first and the question after it. */
	LISTS_MAX = 2,
	/*
	 * What a sample shows of MIG tells when to ask again: but parts can change without it, when nobody computes on them. When it failed,
	 * the sample is taken without parts, and so are the next ones.
	 */
	MIG_SECONDS = 60,
	/* Less than any driver takes to start, more than nvidia-smi with one that is loaded. */
	SLOW_MS = 500,
	/* The first one of a session reads nvidia-smi from the disk. */
	SLOW_SAMPLES = 2,
};

/* --- Time --- */

/* So many samples come in so many seconds. */
static unsigned samples_in(const struct interview *interview, unsigned seconds)
{
	double samples = seconds / interview->interval;

	return samples > 1 ? (unsigned)samples : 1;
}

static unsigned look_at_all_every(const struct interview *interview)
{
	unsigned usual = samples_in(interview, LOOK_AT_ALL_SECONDS), most = samples_in(interview, LOOK_AT_ALL_SECONDS_MAX);

	if (usual < LOOK_AT_ALL_SAMPLES)
		usual = LOOK_AT_ALL_SAMPLES;
	return usual < most ? usual : most;
}

/* --- Verdicts --- */

/* The next round begins a new sample. */
static void begin_anew(struct interview *interview)
{
	interview->next = ROUND_POLL;
	interview->rounds = interview->lists = 0;
}

static enum interview_verdict problem(struct interview *interview, enum problem_kind kind, struct slice message,
				      struct interview_problem *ret)
{
	begin_anew(interview);
	/* The repair may have to take the driver away. */
	interview->keeper = KEEPER_OFF;
	*ret = (struct interview_problem){kind, message, messages_remedy(kind, message)};
	return INTERVIEW_PROBLEM;
}

/* One more round, unless there have been too many for one sample. */
static enum interview_verdict ask_again(struct interview *interview, enum interview_round next, const struct smi_outcome *outcome,
					struct interview_problem *ret)
{
	if (interview->rounds >= ROUNDS_MAX)
		return problem(interview, outcome->problem, outcome->message, ret);
	interview->next = next;
	return INTERVIEW_ASK_AGAIN;
}

/* What a keeper gains is seen while there is none, and in the query alone: a ps or a network that is slow stays so. */
static void note_pace(struct interview *interview)
{
	double query_ms = interview->machine.query_ms, ms = isnan(query_ms) ? interview->took_ms : query_ms;

	if (!isnan(ms) && !interview->machine.has_keeper)
		interview->slow_samples = ms >= SLOW_MS ? interview->slow_samples + 1 : 0;
	interview->took_ms = NAN;
}

/* Whether the driver is unloaded between samples, as far as the GPUs tell, and none of them had better be left alone. */
static bool gains_by_keeper(const struct sample *sample)
{
	bool persistence_off = false;

	for (size_t i = 0; i < sample->gpu_count; i++) {
		const struct gpu *gpu = &sample->gpus[i];
		if (gpu_is_of_laptop(gpu) || gpu_awaits_repair(gpu))
			return false;
		persistence_off |= slice_is(gpu->texts[TEXT_persistence_mode], "Disabled");
	}
	return persistence_off;
}

static enum interview_keeper choose_keeper(const struct interview *interview)
{
	if (interview->keep == KEEP_ALWAYS)
		return KEEPER_ALWAYS;
	bool wanted = interview->keep == KEEP_AUTO && !interview->slept && interview->slow_samples >= SLOW_SAMPLES;
	return wanted && gains_by_keeper(&interview->sample) ? KEEPER_AUTO : KEEPER_OFF;
}

static enum interview_verdict take(struct interview *interview)
{
	begin_anew(interview);
	note_pace(interview);
	interview->keeper = choose_keeper(interview);
	return INTERVIEW_SAMPLE;
}

/* --- MIG and names --- */

/* The indices of GPUs with MIG on: "0,2". */
static void list_mig_gpus(const struct sample *sample, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < sample->gpu_count && len + 8 < size; i++) {
		const struct gpu *gpu = &sample->gpus[i];
		if (gpu_has_mig(gpu) && gpu->index >= 0)
			len += (size_t)snprintf(out + len, size - len, "%s%d", len > 0 ? "," : "", gpu->index);
	}
}

static bool wants_mig(struct interview *interview)
{
	list_mig_gpus(&interview->sample, interview->what, sizeof(interview->what));
	if (interview->what[0] == '\0' || interview->mig_asked)
		return false;
	if (++interview->mig_age >= samples_in(interview, MIG_SECONDS))
		return true;
	return !interview->mig_failed && !mig_report_fits(interview->mig, &interview->sample);
}

static void add_parts(struct interview *interview)
{
	if (mig_report_fits(interview->mig, &interview->sample))
		mig_report_apply(interview->mig, &interview->sample);
}

/* The poll's answer is good: what there is to ask on top of it, or the sample. */
static enum interview_verdict go_on(struct interview *interview)
{
	if (wants_mig(interview)) {
		interview->mig_asked = true;
		interview->next = ROUND_MIG;
		return INTERVIEW_ASK_AGAIN;
	}
	add_parts(interview);
	census_missing_names(interview->census, interview->what, sizeof(interview->what));
	if (interview->what[0] == '\0')
		return take(interview);
	interview->next = ROUND_NAMES;
	return INTERVIEW_ASK_AGAIN;
}

static void forget_mig(struct interview *interview)
{
	mig_report_clear(interview->mig);
	interview->mig_failed = true;
	interview->mig_age = 0;
}

static enum interview_verdict judge_mig(struct interview *interview)
{
	int status, list_status;
	struct slice xml = frame_section(&interview->frame, "xml", &status);
	struct slice list = frame_section(&interview->frame, "list", &list_status);
	bool whole = xml.ptr && status >= 0 && !messages_ended_by_force(status);

	interview->mig_age = 0;
	interview->mig_failed = false;
	if (whole && mig_report_parse(interview->mig, xml, list))
		mig_report_note(interview->mig, &interview->sample);
	else
		forget_mig(interview);
	return go_on(interview);
}

/* What did not come is not asked again. 2: some of the ids have no name. */
static enum interview_verdict judge_names(struct interview *interview)
{
	int status;
	struct slice passwd = frame_section(&interview->frame, "names", &status);

	census_take_names(interview->census, status == 0 || status == 2 ? passwd : SLICE_NONE, &interview->sample);
	return take(interview);
}

/* --- GPUs --- */

static void set_only(struct interview *interview, const char *indices)
{
	interview->send_only |= strcmp(interview->only, indices) != 0;
	snprintf(interview->only, sizeof(interview->only), "%s", indices);
	interview->samples_with_only = 0;
}

static enum interview_verdict judge_list(struct interview *interview, const struct sample *before, struct interview_problem *ret)
{
	char healthy[sizeof(interview->only)];
	struct smi_outcome outcome;
	int status;
	struct slice text = frame_section(&interview->frame, "list", &status);

	if (!list_parse(&interview->list, text)) {
		messages_classify(text, status, &outcome);
		if (outcome.problem == PROBLEM_NONE || !outcome.message.ptr)
			return problem(interview, PROBLEM_BAD_OUTPUT, SLICE_LITERAL("nvidia-smi -L names no GPU"), ret);
		return problem(interview, outcome.problem, outcome.message, ret);
	}
	set_only(interview, list_healthy(&interview->list, healthy, sizeof(healthy)));
	if (healthy[0])
		return INTERVIEW_ASK_AGAIN;
	/* Not one is left: the sample is the list of the dead. */
	sample_clear(&interview->sample);
	list_add_lost(&interview->list, before, &interview->sample);
	roster_add_missing(before, &interview->sample);
	return take(interview);
}

/* What was learned holds for one version of the driver: after an update all is asked for again. */
static void note_driver(struct interview *interview, struct slice driver)
{
	if (!driver.ptr || slice_is(driver, interview->driver))
		return;
	if (interview->driver[0]) {
		interview->send_fields |= query_restore(interview->query);
		mig_report_clear(interview->mig);
		interview->mig_failed = false;
	}
	snprintf(interview->driver, sizeof(interview->driver), "%.*s", SLICE_ARGS(driver));
}

static void take_census(struct interview *interview, struct slice ps, struct slice proc)
{
	/* First, for the census moves the text when it adds to it. */
	told_take(&interview->told, proc, &interview->sample);
	census_take(interview->census, ps, proc, &interview->machine, &interview->sample);
	if (census_missed_telling(interview->census))
		told_forget(&interview->told);
}

static void add_apps(struct interview *interview)
{
	struct sample *sample = &interview->sample;
	int status;
	struct slice apps = frame_section(&interview->frame, "apps", &status);

	if (apps.ptr)
		processes_parse_apps(apps, status, sample);
	else
		sample->process_problem = SLICE_LITERAL("the host did not answer the process query");
}

static void set_process_problem(struct sample *sample, struct slice problem)
{
	if (!sample->process_problem.ptr && problem.len > 0)
		sample->process_problem = problem;
}

static void add_owners(struct interview *interview)
{
	int ps_status, proc_status;
	struct slice ps = frame_section(&interview->frame, "ps", &ps_status);
	struct slice proc = frame_section(&interview->frame, "proc", &proc_status);

	if (ps_status == 124)
		set_process_problem(&interview->sample, slice_trim(ps));
	take_census(interview, ps_status == 124 ? SLICE_NONE : ps, proc);
}

static void add_lost(struct interview *interview, const struct sample *before)
{
	/* Drivers from 570 on name a lost GPU among the healthy by its bus id alone: what it is called was known before. */
	list_recall(before, &interview->sample);
	if (interview->only[0]) {
		list_add_lost(&interview->list, before, &interview->sample);
		if (++interview->samples_with_only >= look_at_all_every(interview))
			set_only(interview, "");
	}
	roster_add_missing(before, &interview->sample);
}

/* Of "5000.50 5000.91", seconds after the host's start, in steps of a hundredth. NAN where it has no such clock. */
static double query_ms(const struct frame *frame)
{
	static const double least = 10;
	double asked, answered;
	struct slice rest;
	int status;
	struct slice text = slice_trim(frame_section(frame, "took", &status));

	if (!slice_to_double(slice_split(text, ' ', &rest), &asked) || !slice_to_double(slice_trim(rest), &answered))
		return NAN;
	double ms = round((answered - asked) * 1000);
	return ms > least ? ms : least;
}

/* What the host tells of itself. */
static void read_host(struct interview *interview)
{
	int status;

	machine_parse(frame_section(&interview->frame, "host", &status), &interview->machine);
	interview->machine.query_ms = query_ms(&interview->frame);
}

/* False when the frame tells of no GPUs. */
static bool read_gpus(struct interview *interview, struct smi_outcome *ret)
{
	int status;
	struct slice text = frame_section(&interview->frame, "gpus", &status);

	if (!text.ptr)
		return false;
	/* The far side cuts an answer that has no end. */
	if (status < 0)
		*ret = (struct smi_outcome){.problem = PROBLEM_BAD_OUTPUT,
					    .message = SLICE_LITERAL("nvidia-smi printed no end of text")};
	else
		csv_parse_gpus(text, status, interview->query, &interview->sample, ret);
	return true;
}

static enum interview_verdict judge_gpus(struct interview *interview, const struct sample *before, struct interview_problem *ret)
{
	struct smi_outcome outcome;

	if (!read_gpus(interview, &outcome))
		return problem(interview, PROBLEM_BAD_OUTPUT, SLICE_LITERAL("the answer holds no GPU section"), ret);
	if (outcome.unknown_field.ptr && query_drop(interview->query, outcome.unknown_field)) {
		interview->send_fields = true;
		return ask_again(interview, ROUND_POLL, &outcome, ret);
	}
	if (outcome.ask_list && interview->lists < LISTS_MAX) {
		interview->lists++;
		return ask_again(interview, ROUND_LIST, &outcome, ret);
	}
	if (outcome.problem != PROBLEM_NONE) {
		/* Whatever was lost: this is another trouble, and its end is looked for among all GPUs. */
		set_only(interview, "");
		return problem(interview, outcome.problem, outcome.message, ret);
	}
	note_driver(interview, interview->sample.driver);
	add_apps(interview);
	add_owners(interview);
	add_lost(interview, before);
	return go_on(interview);
}

/* --- Without nvidia-smi --- */

static void keep_driver_version(struct sample *sample, const struct sample *before)
{
	struct slice kept;

	if (before && sample_keep(sample, before->driver, &kept) == 0)
		sample->driver = kept;
}

/* The GPUs are suspended, and nobody computes on them: that is a good sample. Who they are was told when they were awake. */
static enum interview_verdict judge_sleep(struct interview *interview, struct slice addresses, const struct sample *before)
{
	struct sample *sample = &interview->sample;

	for (struct slice rest = addresses; rest.ptr;) {
		struct slice address = slice_trim(slice_split(rest, '\n', &rest));
		struct gpu *gpu = address.len > 0 && bus_id_length(address) == address.len ? sample_add_gpu(sample) : NULL;
		if (!gpu)
			continue;
		gpu->index = -1;
		gpu->bus_id = address;
		/* Only one with a problem is recalled. */
		gpu_set_problem(gpu, SLICE_LITERAL("asleep"));
	}
	list_recall(before, sample);
	for (size_t i = 0; i < sample->gpu_count; i++) {
		sample->gpus[i].problem = SLICE_NONE;
		sample->gpus[i].asleep = true;
	}
	interview->slept = true;
	keep_driver_version(sample, before);
	take_census(interview, SLICE_NONE, SLICE_NONE);
	roster_add_missing(before, sample);
	return take(interview);
}

static enum interview_verdict judge_stuck(struct interview *interview, struct slice pids, struct interview_problem *ret)
{
	struct slice rest;
	int64_t pid = 0;

	slice_to_int64(slice_trim(slice_split(pids, '\n', &rest)), &pid);
	snprintf(interview->message, sizeof(interview->message),
		 "nvidia-smi (PID %lld) has been hanging since before this session: none is started behind it", (long long)pid);
	return problem(interview, PROBLEM_NVIDIA_SMI_HANGS, slice_of(interview->message), ret);
}

static enum interview_verdict judge_poll(struct interview *interview, const struct sample *before, struct interview_problem *ret)
{
	int status;

	read_host(interview);
	struct slice asleep = frame_section(&interview->frame, "asleep", &status);
	if (asleep.len > 0)
		return judge_sleep(interview, asleep, before);
	struct slice stuck = frame_section(&interview->frame, "stuck", &status);
	if (stuck.len > 0)
		return judge_stuck(interview, stuck, ret);
	return judge_gpus(interview, before, ret);
}

enum interview_verdict interview_judge(struct interview *interview, const struct sample *before, struct interview_problem *ret)
{
	/* What answers an old query, or was taken before its end, is worth nothing now. */
	if (interview->query_changed || interview->spent) {
		begin_anew(interview);
		return INTERVIEW_ASK_AGAIN;
	}
	switch (interview->round) {
	case ROUND_MIG:
		return judge_mig(interview);
	case ROUND_NAMES:
		return judge_names(interview);
	default:
		break;
	}
	if (interview->frame.gone)
		return problem(interview, PROBLEM_BAD_OUTPUT,
			       SLICE_LITERAL("the sample was killed on the host before it was whole"), ret);
	if (interview->round == ROUND_LIST)
		return judge_list(interview, before, ret);
	return judge_poll(interview, before, ret);
}

/* A sample of a poll without an end: the GPUs and who is on them, but not whose processes they are. */
static bool take_gpus(struct interview *interview, const struct sample *before)
{
	struct smi_outcome outcome;

	if (!read_gpus(interview, &outcome) || outcome.problem != PROBLEM_NONE)
		return false;
	read_host(interview);
	note_driver(interview, interview->sample.driver);
	add_apps(interview);
	set_process_problem(&interview->sample, SLICE_LITERAL("ps does not come back: whose processes these are is not known"));
	take_census(interview, SLICE_NONE, SLICE_NONE);
	add_lost(interview, before);
	return true;
}

bool interview_judge_partial(struct interview *interview, const struct sample *before)
{
	bool is_sample = interview->round == ROUND_MIG || interview->round == ROUND_NAMES;

	if (interview->query_changed || interview->spent)
		return false;
	if (interview->round == ROUND_MIG)
		forget_mig(interview);
	else if (interview->round == ROUND_NAMES)
		census_take_names(interview->census, SLICE_NONE, &interview->sample);
	else if (interview->round == ROUND_POLL)
		is_sample = take_gpus(interview, before);
	if (!is_sample)
		return false;
	if (interview->round == ROUND_POLL)
		add_parts(interview);
	frame_give_away(&interview->frame);
	interview->spent = true;
	return true;
}
