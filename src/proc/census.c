#include "proc/census.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "proc/members.h"
#include "proc/accounts.h"
#include "proc/words.h"
#include "smi/secrets.h"

/* So much later than the probe at the clock may ps have looked at its own. */
#define ELAPSED_SLACK 60

struct census {
	struct members members;
	struct accounts accounts;
	bool missed_telling;
};

struct census *census_new(void)
{
	struct census *census = xcalloc(1, sizeof(*census));

	members_init(&census->members);
	accounts_init(&census->accounts);
	return census;
}

void census_free(struct census *census)
{
	if (!census)
		return;
	members_done(&census->members);
	accounts_done(&census->accounts);
	free(census);
}

void census_forget(struct census *census)
{
	members_clear(&census->members);
	accounts_clear(&census->accounts);
	census->missed_telling = false;
}

static void read_ps(const struct members *members, struct slice ps)
{
	struct ps_row row;

	for (struct slice rest = ps; rest.ptr;) {
		if (!ps_parse(slice_split(rest, '\n', &rest), &row))
			continue;
		struct member *member = members_find(members, row.pid);
		if (!member)
			continue;
		member->telling.row = row;
		member->telling.rows++;
	}
	for (size_t i = 0; i < members->count; i++) {
		struct telling *telling = &members->list[i].telling;
		if (telling->rows != 1)
			telling->row = (struct ps_row){.elapsed = NAN, .rss = NAN};
	}
}

/* A line "PID/FILE:text" of one of our processes. */
struct proc_line {
	struct member *member;
	struct slice file, text;
};

static bool read_proc_line(const struct members *members, struct slice line, struct proc_line *ret)
{
	int64_t pid;
	struct slice rest;

	if (!words_count(slice_split(line, '/', &rest), &pid))
		return false;
	ret->file = slice_split(rest, ':', &ret->text);
	ret->member = members_find(members, pid);
	return ret->text.ptr && ret->member;
}

/* Now that its start is told: is it who it was? */
static void recognize(struct member *member)
{
	struct telling telling = member->telling;

	if (!telling.has_stat)
		return;
	if (member->start != telling.stat.start)
		member_init(member, member->pid);
	member->start = telling.stat.start;
	member->telling = telling;
	member->here = true;
}

/* The lines that come with each sample. */
static void read_stats(const struct members *members, struct slice proc)
{
	struct proc_line line;

	for (struct slice rest = proc; rest.ptr;) {
		struct slice text = slice_split(rest, '\n', &rest);
		if (read_proc_line(members, text, &line) && slice_is(line.file, "stat"))
			line.member->telling.has_stat |= pidstat_parse(line.text, &line.member->telling.stat);
	}
	for (size_t i = 0; i < members->count; i++)
		recognize(&members->list[i]);
}

/* The lines that come once a process; when they come again, they replace what they told before. */
static void read_origin(const struct proc_line *line)
{
	struct telling *telling = &line->member->telling;
	struct origin *origin = &line->member->origin;

	if (slice_is(line->file, "cgroup")) {
		if (!telling->has_cgroup)
			cgroup_init(&origin->cgroup);
		telling->has_cgroup = origin->told = true;
		cgroup_read(&origin->cgroup, line->text);
	} else if (slice_is(line->file, "loginuid")) {
		origin->loginuid = UID_NONE;
		words_uid(slice_trim(line->text), &origin->loginuid);
	} else if (slice_is(line->file, "mountinfo")) {
		if (!telling->has_mounts)
			homes_init(&origin->homes);
		telling->has_mounts = true;
		homes_read(&origin->homes, line->text);
	}
}

static void read_origins(const struct members *members, struct slice proc)
{
	struct proc_line line;

	for (struct slice rest = proc; rest.ptr;)
		if (read_proc_line(members, slice_split(rest, '\n', &rest), &line) && line.member->here)
			read_origin(&line);
}

/* The section's last line, which says when the others were read; without it the section was cut, maybe within a user id. */
static struct slice take_uptime(struct slice *proc)
{
	static const char mark[] = "uptime:";
	struct slice text = slice_trim(*proc);

	*proc = SLICE_NONE;
	if (text.len == 0)
		return SLICE_NONE;
	const char *before = memrchr(text.ptr, '\n', text.len);
	const char *start = before ? before + 1 : text.ptr;
	struct slice last = {start, (size_t)(text.ptr + text.len - start)};

	if (before)
		*proc = (struct slice){text.ptr, (size_t)(before - text.ptr)};
	if (!slice_starts_with(last, mark))
		return SLICE_NONE;
	last = (struct slice){last.ptr + strlen(mark), last.len - strlen(mark)};
	return words_take(&last);
}

static void note_missed(struct census *census)
{
	census->missed_telling = false;
	for (size_t i = 0; i < census->members.count; i++) {
		struct member *member = &census->members.list[i];
		if (!member->here || member->origin.told || member->reminded)
			continue;
		member->reminded = census->missed_telling = true;
	}
}

static struct reading reading_of(double value)
{
	return isnan(value) ? reading_absent(SLICE_LITERAL("not known")) : (struct reading){.value = value};
}

/*
 * In place: the slice becomes shorter. Texts that are not the sample's own are literals. *plain is the hash of the last text that
 * had nothing to mask: it need not be looked through again.
 */
static struct slice mask(struct sample *sample, struct slice text, uint64_t *plain)
{
	uintptr_t at = (uintptr_t)text.ptr, start = (uintptr_t)sample->text.data;

	if (text.len == 0 || at < start || at >= start + sample->text.len)
		return text;
	uint64_t hash = words_hash(text);
	if (hash != *plain) {
		size_t len = secrets_mask(sample->text.data + (at - start), text.len);
		*plain = words_hash((struct slice){text.ptr, len}) == hash ? hash : 0;
		text.len = len;
	}
	return words_cut(text, CAP_COMMAND);
}

/* ps counts from its own clock: an absurd value is its mistake, the other way round is ours to try. */
static double elapsed_of(const struct telling *telling, double uptime, const struct machine *machine)
{
	double elapsed = telling->row.elapsed;

	if (!isnan(elapsed) && !(elapsed > uptime + ELAPSED_SLACK))
		return elapsed;
	return telling->has_stat ? floor(usage_age(&telling->stat, uptime, machine)) : NAN;
}

static double rss_of(const struct telling *telling, const struct machine *machine)
{
	if (telling->has_stat && machine->page > 0)
		return (double)telling->stat.rss * machine->page;
	return telling->row.rss;
}

/* What the sample itself tells. No text is moved here: the tellings lend from it. */
static void fill_told(struct process *process, const struct member *member, double uptime, const struct machine *machine)
{
	const struct telling *telling = &member->telling;

	process->owner = telling->row.owner;
	process->command = telling->row.command;
	process->elapsed = reading_of(elapsed_of(telling, uptime, machine));
	process->rss = reading_of(rss_of(telling, machine));
	process->cpu = reading_of(member->here ? member->usage.percent : NAN);
	process->runtime = member->here ? origin_runtime(&member->origin) : CONTAINER_NONE;
}

/* A copy in the sample's text. SLICE_NONE for an empty one, and when there is no room left. */
static struct slice keep(struct sample *sample, struct slice text)
{
	struct slice kept;

	return text.len > 0 && sample_keep(sample, text, &kept) == 0 ? kept : SLICE_NONE;
}

/* The origin of a process that nobody told of. */
static const struct origin *origin_of(const struct member *member)
{
	static const struct origin unknown = {
		.cgroup = {.slurm = UID_NONE, .session = UID_NONE},
		.loginuid = UID_NONE,
	};

	return member->here ? &member->origin : &unknown;
}

static void fill_person(struct census *census, const struct member *member, struct sample *sample, struct process *process)
{
	struct person person = person_behind(process->owner, origin_of(member));
	struct slice name = person.uid == UID_NONE ? person.name : accounts_find(&census->accounts, person.uid);

	if (!name.ptr)
		return;
	bool is_owner = slice_equal(name, process->owner);
	/* What agrees with the owner makes him sure; the user id alone does not. */
	bool is_sure = is_owner && !slice_is(person.inferred, "uid");
	process->user = is_owner ? process->owner : keep(sample, name);
	process->inferred = is_sure || !process->user.ptr ? SLICE_NONE : person.inferred;
}

/* What was remembered: it moves the text. */
static void fill_remembered(struct census *census, const struct member *member, struct sample *sample, struct process *process)
{
	if (member->here) {
		process->container = keep(sample, slice_of(member->origin.cgroup.container));
		process->pod = keep(sample, slice_of(member->origin.cgroup.pod));
		process->job = keep(sample, slice_of(member->origin.cgroup.job));
	}
	fill_person(census, member, sample, process);
}

static void mask_all(const struct members *members, struct sample *sample)
{
	for (size_t i = 0; i < members->count; i++) {
		struct member *member = &members->list[i];
		member->telling.row.command = mask(sample, member->telling.row.command, &member->plain_command);
	}
	for (size_t i = 0; i < sample->process_count; i++) {
		struct process *process = &sample->processes[i];
		struct member *member = members_find(members, process->pid);
		process->name = mask(sample, process->name, member ? &member->plain_name : &(uint64_t){0});
	}
}

/*
 * Who has a process' PID here. NULL for nobody, and where nvidia-smi has not found it: then it has ended, or has this PID in
 * another namespace than ours, and whoever has it here is somebody else.
 */
static const struct member *member_of(const struct census *census, const struct process *process)
{
	return slice_is(process->name, "[Not Found]") ? NULL : members_find(&census->members, process->pid);
}

/* First all that lends from the sample's text, then what is copied into it and may move it. */
static void fill_all(struct census *census, double uptime, const struct machine *machine, struct sample *sample)
{
	for (size_t i = 0; i < sample->process_count; i++) {
		const struct member *member = member_of(census, &sample->processes[i]);
		if (member)
			fill_told(&sample->processes[i], member, uptime, machine);
	}
	for (size_t i = 0; i < sample->process_count; i++) {
		const struct member *member = member_of(census, &sample->processes[i]);
		if (member)
			fill_remembered(census, member, sample, &sample->processes[i]);
	}
}

void census_take(struct census *census, struct slice ps, struct slice proc, const struct machine *machine, struct sample *sample)
{
	const struct members *members = &census->members;
	struct slice told_once = proc;
	double uptime = words_amount(take_uptime(&told_once));

	if (isnan(uptime))
		uptime = machine->uptime;
	if (census->accounts.count >= CAP_CENSUS)
		accounts_clear(&census->accounts);
	members_follow(&census->members, sample);
	read_ps(members, ps);
	read_stats(members, proc);
	read_origins(members, told_once);
	note_missed(census);
	for (size_t i = 0; i < members->count; i++)
		if (members->list[i].here)
			usage_look(&members->list[i].usage, &members->list[i].telling.stat, uptime, machine);
	mask_all(members, sample);
	fill_all(census, uptime, machine, sample);
}

char *census_missing_names(struct census *census, char *out, size_t size)
{
	return accounts_ask(&census->accounts, out, size);
}

void census_take_names(struct census *census, struct slice passwd, struct sample *sample)
{
	accounts_answer(&census->accounts, passwd);
	for (size_t i = 0; i < sample->process_count; i++) {
		struct process *process = &sample->processes[i];
		const struct member *member = member_of(census, process);
		if (member && !process->user.ptr)
			fill_person(census, member, sample, process);
	}
}

bool census_missed_telling(const struct census *census)
{
	return census->missed_telling;
}
