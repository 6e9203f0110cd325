#include "view/json_host.h"

#include <math.h>

#include "view/json_gpu.h"
#include "view/writer.h"

static void write_error(struct buf *buf, const struct host *host)
{
	if (host->error.kind == PROBLEM_NONE) {
		write_null(buf, "error");
		return;
	}
	write_open(buf, "error", '{');
	write_string(buf, "kind", problem_name(host->error.kind));
	write_string(buf, "message", host->error.message);
	write_string(buf, "hint", host->error.hint);
	write_time(buf, "since", host->error.since);
	write_time_if_any(buf, "next_try", host->error.next_try);
	write_close(buf, '}');
}

static void write_load(struct buf *buf, const struct machine *machine)
{
	if (!isfinite(machine->load[0])) {
		write_null(buf, "load");
		return;
	}
	write_open(buf, "load", '[');
	for (size_t i = 0; i < sizeof(machine->load) / sizeof(machine->load[0]); i++)
		write_number(buf, NULL, machine->load[i]);
	write_close(buf, ']');
}

static void write_disk(struct buf *buf, const struct disk *disk)
{
	if (!disk->mount[0]) {
		write_null(buf, "disk");
		return;
	}
	write_open(buf, "disk", '{');
	write_string(buf, "mount", disk->mount);
	write_number(buf, "size", disk->size);
	write_number(buf, "used", disk->used);
	write_number(buf, "percent", disk->percent);
	write_close(buf, '}');
}

static void write_machine(struct buf *buf, const struct host *host)
{
	const struct machine *machine = &host->machine;

	if (!host->machine_told) {
		write_null(buf, "machine");
		return;
	}
	write_open(buf, "machine", '{');
	write_load(buf, machine);
	write_number(buf, "cpus", machine->cpus > 0 ? (double)machine->cpus : (double)NAN);
	write_number(buf, "memory_total", machine->memory_total);
	write_number(buf, "memory_available", machine->memory_available);
	write_number(buf, "uptime", machine->uptime);
	write_number(buf, "clock_ahead", round(machine->clock_ahead * 10) / 10);
	write_bool(buf, "reboot_required", machine->reboot_required);
	write_disk(buf, &machine->disk);
	write_close(buf, '}');
}

static void write_finding(struct buf *buf, const struct finding *finding)
{
	char subject[128];
	cleanup_free char *message = NULL;

	finding_subject(finding, subject, sizeof(subject));
	message = xasprintf("%s%s%s", subject, subject[0] ? ": " : "", finding->message);
	write_open(buf, NULL, '{');
	write_string(buf, "kind", finding_name(finding->kind));
	write_string(buf, "severity", severity_name(finding_severity(finding->kind)));
	write_number(buf, "gpu", finding->gpu_index >= 0 ? (double)finding->gpu_index : (double)NAN);
	write_string(buf, "uuid", slice_starts_with(slice_of(finding->gpu), "GPU-") ? finding->gpu : NULL);
	write_string(buf, "message", message);
	write_string(buf, "remedy", finding->remedy);
	write_time(buf, "since", finding->since);
	write_close(buf, '}');
}

/* Those that may be told; they stand worst first. */
static void write_findings(struct buf *buf, const struct finding_list *list)
{
	write_open(buf, "findings", '[');
	for (size_t i = 0; i < list->count; i++)
		if (list->findings[i].held)
			write_finding(buf, &list->findings[i]);
	write_close(buf, ']');
}

static void write_last_error(struct buf *buf, const struct host *host)
{
	if (host->last_error.kind == PROBLEM_NONE) {
		write_null(buf, "last_error");
		return;
	}
	write_open(buf, "last_error", '{');
	write_string(buf, "kind", problem_name(host->last_error.kind));
	write_string(buf, "message", host->last_error.message);
	write_time(buf, "since", host->last_error.since);
	write_time(buf, "until", host->last_error.until);
	write_close(buf, '}');
}

static void write_session(struct buf *buf, const struct host *host)
{
	const struct host_session *session = &host->session;
	double samples = (double)session->probe_samples;

	write_open(buf, "session", '{');
	write_time_if_any(buf, "connected", session->connected);
	write_number(buf, "logins", (double)session->logins);
	write_number(buf, "attempts", (double)session->attempts);
	write_number(buf, "samples", (double)session->samples);
	write_number(buf, "bytes_in", (double)session->bytes_in);
	write_number(buf, "bytes_out", (double)session->bytes_out);
	write_number(buf, "probe_cpu_ms", samples > 0 ? round(session->probe_cpu / samples * 1e4) / 10 : NAN);
	write_bool(buf, "keeps_driver", session->keeps_driver);
	write_last_error(buf, host);
	write_close(buf, '}');
}

static void write_left_out(struct buf *buf, const struct sample *sample)
{
	if (sample->gpus_left_out == 0 && sample->processes_left_out == 0) {
		write_null(buf, "left_out");
		return;
	}
	write_open(buf, "left_out", '{');
	write_number(buf, "gpus", (double)sample->gpus_left_out);
	write_number(buf, "processes", (double)sample->processes_left_out);
	write_close(buf, '}');
}

static void write_label(struct buf *buf, const struct host *host)
{
	write_string(buf, "name", host->name);
	write_string(buf, "address", host->address);
	write_number(buf, "port", host->port > 0 ? (double)host->port : (double)NAN);
	write_string(buf, "people", host->people);
	write_string(buf, "kvm", host->kvm);
	write_string(buf, "comment", host->comment);
	write_string(buf, "group", host->group);
}

static void write_gpus(struct buf *buf, const struct host *host)
{
	struct parts parts;

	parts_init(&parts, host);
	write_open(buf, "gpus", '[');
	for (size_t i = 0; i < host->sample.gpu_count; i++)
		write_gpu(buf, host, &parts, i);
	write_close(buf, ']');
	parts_done(&parts);
}

void write_host(struct buf *buf, const struct host *host)
{
	write_open(buf, NULL, '{');
	write_label(buf, host);
	write_string(buf, "state", host_state_name(host->state));
	write_time(buf, "since", host->since);
	write_time_if_any(buf, "sampled", host->sampled);
	write_number(buf, "sample_ms", host->sampled > 0 ? round(host->sample_ms) : NAN);
	write_text(buf, "driver", host->sample.driver);
	write_error(buf, host);
	write_machine(buf, host);
	write_findings(buf, &host->findings);
	write_session(buf, host);
	write_text(buf, "process_problem", host->sample.process_problem);
	write_left_out(buf, &host->sample);
	write_gpus(buf, host);
	write_close(buf, '}');
}
