#include "collect/verdict.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/advice.h"
#include "collect/ssh_line.h"
#include "collect/tools.h"

enum { TEXT_MAX = 8192, GPU_NAMES_TOLD = 3, USERS_TOLD = 4 };

/* --- Texts --- */

/* A line that pieces are added to; what does not fit is left out. */
static void add(struct buf *text, const char *separator, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void add(struct buf *text, const char *separator, const char *format, ...)
{
	char *piece;
	va_list args;

	va_start(args, format);
	int len = vasprintf(&piece, format, args);
	va_end(args);
	if (len < 0)
		return;
	int r = buf_printf(text, "%s%s", text->len > 0 ? separator : "", piece);
	free(piece);
	if (r < 0)
		text->cap = text->len;
}

static char *finish(struct buf *text)
{
	char *string = text->len > 0 ? slice_dup(buf_slice(text)) : NULL;

	buf_done(text);
	return string;
}

static void complain(struct rung_verdict *verdict, enum rung_state state, const char *kind, char *message, char *remedy)
{
	if (state < verdict->state)
		return;
	free(verdict->message);
	free(verdict->remedy);
	verdict->state = state;
	verdict->kind = kind;
	verdict->message = message;
	verdict->remedy = remedy;
}

/* --- What was found on each rung that holds --- */

static char *tell_name(const struct ascent *ascent)
{
	return ascent->trace->address[0] ? xstrdup(ascent->trace->address) : NULL;
}

static char *tell_tcp(const struct ascent *ascent)
{
	return ascent->trace->port[0] ? xasprintf("port %s", ascent->trace->port) : NULL;
}

static char *tell_host_key(const struct ascent *ascent)
{
	const struct ssh_trace *trace = ascent->trace;

	return trace->key_type[0] ? xasprintf("%s %s", trace->key_type, trace->fingerprint) : NULL;
}

static char *tell_login(const struct ascent *ascent)
{
	const struct ssh_trace *trace = ascent->trace;
	struct buf text;

	buf_init(&text, TEXT_MAX);
	if (trace->user[0])
		add(&text, "", "as %s", trace->user);
	if (trace->method[0])
		add(&text, " ", "by %s", trace->method);
	if (trace->accepted && trace->key_file[0])
		add(&text, " ", "(%s)", trace->key_file);
	return finish(&text);
}

static char *tell_shell(const struct ascent *ascent)
{
	struct tools tools;
	struct buf text;
	char safe[128];

	tools_parse(ascent->tools, &tools);
	buf_init(&text, TEXT_MAX);
	if (tools.shell.ptr)
		add(&text, "", "%s", text_escape(tools.shell, safe, sizeof(safe)));
	if (tools.kernel.ptr)
		add(&text, ", ", "Linux %s", text_escape(tools.kernel, safe, sizeof(safe)));
	return finish(&text);
}

static char *tell_nvidia_smi(const struct ascent *ascent)
{
	char safe[256];
	struct tools tools;
	struct buf text;

	tools_parse(ascent->tools, &tools);
	buf_init(&text, TEXT_MAX);
	if (tools.nvidia_smi.ptr)
		add(&text, "", "%s", text_escape(tools.nvidia_smi, safe, sizeof(safe)));
	if (ascent->host->sample.driver.ptr)
		add(&text, ", ", "driver %s", text_escape(ascent->host->sample.driver, safe, sizeof(safe)));
	return finish(&text);
}

/* --- GPUs --- */

static size_t count_named(const struct sample *sample, struct slice name)
{
	size_t count = 0;

	for (size_t i = 0; i < sample->gpu_count; i++)
		count += slice_equal(sample->gpus[i].name, name);
	return count;
}

static bool named_before(const struct sample *sample, size_t position)
{
	for (size_t i = 0; i < position; i++)
		if (slice_equal(sample->gpus[i].name, sample->gpus[position].name))
			return true;
	return false;
}

/* "2 x NVIDIA A100, 1 x Tesla T4" */
static char *tell_gpus(const struct ascent *ascent)
{
	const struct sample *sample = &ascent->host->sample;
	unsigned told = 0;
	struct buf text;
	char safe[128];

	buf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < sample->gpu_count && told < GPU_NAMES_TOLD; i++) {
		struct slice name = sample->gpus[i].name;
		if (named_before(sample, i))
			continue;
		add(&text, ", ", "%zu x %s", count_named(sample, name),
		    name.ptr ? text_escape(name, safe, sizeof(safe)) : "unknown");
		told++;
	}
	return finish(&text);
}

static bool concerns_gpus(enum finding_kind kind)
{
	return kind != FINDING_PROCESSES_UNKNOWN && finding_severity(kind) == SEVERITY_ERROR;
}

/* Everything that is broken, in one line; the remedy is that of the first. */
static void judge_gpus(const struct ascent *ascent, struct rung_verdict *verdict)
{
	const struct finding_list *list = &ascent->host->findings;
	const struct finding *first = NULL;
	struct buf text;
	char subject[128], safe[512];

	buf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < list->count; i++) {
		const struct finding *finding = &list->findings[i];
		if (!finding->held || !concerns_gpus(finding->kind))
			continue;
		first = first ? first : finding;
		finding_subject(finding, subject, sizeof(subject));
		add(&text, "; ", "%s%s%s", subject, subject[0] ? ": " : "",
		    text_escape(slice_of(finding->message), safe, sizeof(safe)));
	}
	char *message = finish(&text);
	if (first)
		complain(verdict, RUNG_FAILED, finding_name(first->kind), message, advise_finding(ascent, first->remedy));
}

/* --- Processes --- */

static bool owner_told_before(const struct sample *sample, size_t position)
{
	for (size_t i = 0; i < position; i++)
		if (slice_equal(sample->processes[i].owner, sample->processes[position].owner))
			return true;
	return false;
}

static char *tell_processes(const struct ascent *ascent)
{
	const struct sample *sample = &ascent->host->sample;
	unsigned told = 0;
	struct buf text;
	char safe[64];

	if (sample->process_count == 0)
		return sample->process_problem.ptr ? NULL : xstrdup("none");
	buf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < sample->process_count; i++) {
		if (!sample->processes[i].owner.ptr || owner_told_before(sample, i))
			continue;
		if (told++ < USERS_TOLD)
			add(&text, ", ", "%s", text_escape(sample->processes[i].owner, safe, sizeof(safe)));
	}
	if (told > USERS_TOLD)
		add(&text, ", ", "...");
	cleanup_free char *users = finish(&text);
	return xasprintf("%zu%s%s", sample->process_count, users ? ", of " : "", users ? users : "");
}

/* It is told without waiting for it to last: there is this one look. */
static const struct finding *find_hidden(const struct finding_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->findings[i].kind == FINDING_OWNERS_HIDDEN)
			return &list->findings[i];
	return NULL;
}

/* Without sudo for the account: a group that may see all processes. */
static char *show_processes(const struct ascent *ascent)
{
	cleanup_free char *group = xasprintf("sudo groupadd -f proc && sudo usermod -aG proc %s", advise_user(ascent));
	cleanup_free char *join = advise_there(ascent, group);
	cleanup_free char *mount = advise_there(ascent, "sudo mount -o remount,hidepid=2,gid=proc /proc");

	return xasprintf("%s   # no rights but to see them\n%s   # and the same options for /proc in /etc/fstab", join, mount);
}

static void judge_owners(const struct ascent *ascent, struct rung_verdict *verdict)
{
	const struct finding *finding = find_hidden(&ascent->host->findings);

	if (!finding)
		return;
	bool mounted_so = ascent->host->machine_told && ascent->host->machine.hidepid > 0;
	complain(verdict, RUNG_WARNING, finding_name(finding->kind), xstrdup(finding->message),
		 mounted_so ? show_processes(ascent) : advise_finding(ascent, finding->remedy));
}

static void judge_processes(const struct ascent *ascent, struct rung_verdict *verdict)
{
	const struct finding_list *list = &ascent->host->findings;
	char safe[512];
	size_t at = 0;

	judge_owners(ascent, verdict);
	while (at < list->count && list->findings[at].kind != FINDING_PROCESSES_UNKNOWN)
		at++;
	if (at == list->count)
		return;
	text_escape(slice_of(list->findings[at].message), safe, sizeof(safe));
	const struct remedy look = {"nvidia-smi --query-compute-apps=pid --format=csv", "what does it say?"};
	complain(verdict, RUNG_FAILED, finding_name(FINDING_PROCESSES_UNKNOWN), xstrdup(safe),
		 ssh_line_remedy(ascent->host_config, ascent->config->ssh_command, &look));
}

/* --- Tools --- */

static char *tell_tools(const struct ascent *ascent)
{
	return xstrdup(ascent->tools.ptr ? "all that can be made use of" : "the host did not tell");
}

static void judge_tools(const struct ascent *ascent, struct rung_verdict *verdict)
{
	struct buf messages, packages;
	struct tools tools;

	tools_parse(ascent->tools, &tools);
	if (!ascent->tools.ptr)
		verdict->state = RUNG_SKIPPED;
	if (tools.loss_count == 0)
		return;
	buf_init(&messages, TEXT_MAX);
	buf_init(&packages, TEXT_MAX);
	for (size_t i = 0; i < tools.loss_count; i++) {
		add(&messages, "; ", "%s", tools.losses[i].message);
		if (!slice_contains(buf_slice(&packages), tools.losses[i].package))
			add(&packages, " ", "%s", tools.losses[i].package);
	}
	cleanup_free char *install = xasprintf("sudo apt install %.*s", SLICE_ARGS(buf_slice(&packages)));
	buf_done(&packages);
	free(verdict->detail);
	verdict->detail = NULL;
	complain(verdict, RUNG_WARNING, NULL, finish(&messages), advise_there(ascent, install));
}

/* --- Host key and shell: what holds, but is worth a word --- */

static void judge_host_key(const struct ascent *ascent, struct rung_verdict *verdict)
{
	if (ascent->trace->key_added)
		complain(verdict, RUNG_WARNING, "host-key",
			 xstrdup("this key was not known: ssh has just taken it over, as its configuration says"),
			 xasprintf("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub   # on %s: is it the same?",
				   advise_where(ascent)));
}

static void judge_shell(const struct ascent *ascent, struct rung_verdict *verdict)
{
	if (ascent->noise_lines > 0)
		complain(verdict, RUNG_WARNING, "shell",
			 xasprintf("its rc files print %u line%s at each login, which nobody reads", ascent->noise_lines,
				   ascent->noise_lines == 1 ? "" : "s"),
			 xasprintf(
				 "case $- in *i*) ;; *) return ;; esac   # on %s, as the first line of ~/.bashrc: only who types "
				 "sees what it prints",
				 advise_where(ascent)));
}

/* --- All of it --- */

static const struct {
	char *(*tell)(const struct ascent *ascent);
	void (*judge)(const struct ascent *ascent, struct rung_verdict *verdict);
} rungs[RUNG_COUNT] = {
	[RUNG_NAME] = {tell_name, NULL},
	[RUNG_TCP] = {tell_tcp, NULL},
	[RUNG_HOST_KEY] = {tell_host_key, judge_host_key},
	[RUNG_LOGIN] = {tell_login, NULL},
	[RUNG_SHELL] = {tell_shell, judge_shell},
	[RUNG_NVIDIA_SMI] = {tell_nvidia_smi, NULL},
	[RUNG_GPUS] = {tell_gpus, judge_gpus},
	[RUNG_PROCESSES] = {tell_processes, judge_processes},
	[RUNG_TOOLS] = {tell_tools, judge_tools},
};

void verdict_tell(const struct ascent *ascent, enum rung rung, struct rung_verdict *verdict)
{
	verdict->state = RUNG_OK;
	verdict->detail = rungs[rung].tell(ascent);
	if (rungs[rung].judge)
		rungs[rung].judge(ascent, verdict);
}

void verdict_fail(const struct ascent *ascent, struct rung_verdict *verdict)
{
	char safe[sizeof(ascent->ending.message)];

	if (ascent->top == RUNG_HOST_KEY)
		verdict->detail = tell_host_key(ascent);
	complain(verdict, RUNG_FAILED, problem_name(ascent->ending.kind),
		 xstrdup(text_escape(slice_of(ascent->ending.message), safe, sizeof(safe))), advise(ascent));
}
