/* finding_gpu: the rules for what is found at one GPU. */
#include <stdio.h>
#include <string.h>

#include "model/finding_rules.h"
#include "smi/roster.h"
#include "smi/throttle.h"

static const struct reading *reading_of(const struct gpu *gpu, enum reading_id id)
{
	return &gpu->readings[id];
}

/* Whether a reading was told, and is over `least`. */
static bool is_over(const struct gpu *gpu, enum reading_id id, double least)
{
	return !reading_of(gpu, id)->absent.ptr && reading_of(gpu, id)->value > least;
}

static bool says(const struct gpu *gpu, enum text_id id, const char *word)
{
	return slice_is(gpu->texts[id], word);
}

/* " -i 3", for a command; nothing when the index is not known. */
struct option_i {
	char text[16];
};

static struct option_i option_i(const struct gpu *gpu)
{
	struct option_i option = {""};

	if (gpu->index >= 0)
		snprintf(option.text, sizeof(option.text), " -i %d", gpu->index);
	return option;
}

static char *reset_remedy(const struct gpu *gpu)
{
	return xasprintf("when nothing runs on it, reset it: `sudo nvidia-smi -r%s`, or reboot the host", option_i(gpu).text);
}

static bool gpu_problem(const struct host *host, const struct gpu *gpu, struct tale *ret)
{
	bool reset = slice_contains(gpu->problem, "reset");

	if (!gpu->problem.ptr || slice_is(gpu->problem, ROSTER_MISSING))
		return false;
	ret->message = xasprintf("%.*s", SLICE_ARGS(gpu->problem));
	ret->since = gpu->problem_since;
	if (reset)
		ret->remedy = reset_remedy(gpu);
	else
		ret->remedy = xstrdup("see why in `sudo dmesg | grep -i -e xid -e nvrm`, then reboot the host; if it comes "
				      "again, look at its seat, its power cables and its cooling");
	return true;
}

static bool gpu_missing(const struct host *host, const struct gpu *gpu, struct tale *ret)
{
	if (!slice_is(gpu->problem, ROSTER_MISSING))
		return false;
	ret->message = xstrdup("it was there before, and nvidia-smi does not list it any more");
	ret->since = gpu->problem_since;
	ret->remedy =
		xstrdup("`lspci -d 10de:` tells whether the bus still sees it, `sudo dmesg | grep -i -e xid -e nvrm` why it "
			"went; then reboot the host. If it was taken out, restart nvwebmon: it forgets it then");
	return true;
}

static bool ecc_uncorrected(const struct host *host, const struct gpu *gpu, struct tale *ret)
{
	if (!is_over(gpu, READING_ecc_uncorrected, 0))
		return false;
	double errors = reading_of(gpu, READING_ecc_uncorrected)->value;
	ret->message = xasprintf("%.0f memory %s that ECC could not correct, since the driver was loaded", errors,
				 errors > 1 ? "errors" : "error");
	ret->remedy =
		xasprintf("what ran then may have computed wrongly; when nothing runs on it: `sudo nvidia-smi -r%s`, or "
			  "reboot the host. If it comes again, have the GPU replaced (`nvidia-smi -q%s -d ECC,ROW_REMAPPER`)",
			  option_i(gpu).text, option_i(gpu).text);
	return true;
}

static bool remap_failure(const struct host *host, const struct gpu *gpu, struct tale *ret)
{
	if (!says(gpu, TEXT_remap_failure, "Yes"))
		return false;
	ret->message = xstrdup("broken rows of its memory could not be replaced: there are no spare ones left");
	ret->remedy = xasprintf("have the GPU replaced (`nvidia-smi -q%s -d ROW_REMAPPER` for its maker)", option_i(gpu).text);
	return true;
}

static bool recovery(const struct host *host, const struct gpu *gpu, struct tale *ret)
{
	struct slice action = gpu->texts[TEXT_recovery_action];

	bool reset = slice_contains(action, "Reset"), reboot = slice_contains(action, "Reboot");

	/* "None", "Reset", "Reboot", "Drain P2P", "Drain and Reset"; or why it is not told. */
	if (!reset && !reboot && !slice_contains(action, "Drain"))
		return false;
	ret->message = xasprintf("the driver asks for: %.*s", SLICE_ARGS(action));
	if (reboot)
		ret->remedy = xstrdup("reboot the host: `sudo reboot`");
	else if (reset)
		ret->remedy = reset_remedy(gpu);
	else
		ret->remedy = xstrdup(
			"let what runs on it come to its end and start nothing new there, then see what it asks for next");
	return true;
}

/* The host was asked for all of its processes; this GPU alone does not tell. One that is broken has told so already. */
static bool processes_unknown(const struct host *host, const struct gpu *gpu, struct tale *ret)
{
	if (!gpu->process_problem.ptr || finding_is_reticence(gpu->process_problem) || gpu->problem.ptr)
		return false;
	ret->message = xasprintf("who computes on it is not known: %.*s", SLICE_ARGS(gpu->process_problem));
	ret->remedy = xasprintf("see what `nvidia-smi%s --query-compute-apps=pid,name --format=csv` says there, and `sudo dmesg "
				"| grep -i -e xid -e nvrm`",
				option_i(gpu).text);
	return true;
}

static bool has_processes(const struct sample *sample, const struct gpu *gpu)
{
	for (size_t i = 0; i < sample->process_count; i++)
		if (&sample->gpus[sample->processes[i].gpu] == gpu)
			return true;
	return false;
}

/* Whether the driver starts for our question alone: then its start is what the GPU was busy with. */
static bool starts_for_us(const struct host *host, const struct gpu *gpu)
{
	return says(gpu, TEXT_persistence_mode, "Disabled") && !host->session.keeps_driver && !has_processes(&host->sample, gpu);
}

/*
 * 100 % busy with the power of one that does nothing: a program that waits for ever, or a GPU that does not come back. A light
 * job is as busy, but takes more than idling does, which is a tenth of the limit.
 */
static bool stuck(const struct host *host, const struct gpu *gpu, struct tale *ret)
{
	const struct reading *power = reading_of(gpu, READING_power), *limit = reading_of(gpu, READING_power_limit);

	if (!is_over(gpu, READING_utilization, 98.5) || !is_over(gpu, READING_power, 0) || !is_over(gpu, READING_power_limit, 0))
		return false;
	if (power->value >= 0.15 * limit->value || starts_for_us(host, gpu))
		return false;
	ret->message = xasprintf("probably stuck: %.0f %% busy with %.0f of %.0f W", reading_of(gpu, READING_utilization)->value,
				 power->value, limit->value);
	ret->remedy =
		xstrdup("ask its people whether their program still gets on (one that waits for another looks like this); if "
			"not, end it, and see `sudo dmesg | grep -i xid`");
	return true;
}

static size_t append(char *out, size_t size, size_t len, const char *separator, const char *word)
{
	int more = len < size ? snprintf(out + len, size - len, "%s%s", len > 0 ? separator : "", word) : 0;

	return len + (size_t)more;
}

static bool throttled(const struct host *host, const struct gpu *gpu, struct tale *ret)
{
	const struct reading *mask = reading_of(gpu, READING_throttle);
	const struct reading *heat = reading_of(gpu, READING_temperature);
	char reasons[512], degrees[32] = "";
	bool power = false;
	size_t len = 0;

	if (mask->absent.ptr || !(mask->value > 0 && mask->value < 0x1p53))
		return false;
	for (const struct throttle_reason *reason = throttle_reasons; reason->name; reason++) {
		if (reason->kind != THROTTLE_TROUBLE || !((uint64_t)mask->value & reason->bit))
			continue;
		len = append(reasons, sizeof(reasons), len, "; ", reason->text);
		power |= strstr(reason->name, "power") != NULL;
	}
	if (len == 0)
		return false;
	if (!heat->absent.ptr)
		snprintf(degrees, sizeof(degrees), " (%.0f \u00b0C)", heat->value);
	ret->message = xasprintf("%s%s", reasons, degrees);
	ret->remedy = xstrdup(
		power ? "look at the power supply and at the cables to the GPU"
		      : "look at its fans, at dust, and at the air that comes in; `sudo nvidia-smi -pl WATTS` lowers what "
			"it may draw");
	return true;
}

static bool remap_pending(const struct host *host, const struct gpu *gpu, struct tale *ret)
{
	bool rows = says(gpu, TEXT_remap_pending, "Yes"), pages = says(gpu, TEXT_retired_pending, "Yes");

	if (!rows && !pages)
		return false;
	ret->message = xasprintf("broken %s of its memory wait to be replaced", rows ? "rows" : "pages");
	ret->remedy = reset_remedy(gpu);
	return true;
}

/* An idle link goes down to its slowest by design. */
static bool works(const struct gpu *gpu)
{
	return is_over(gpu, READING_utilization, 49.5) &&
	       (says(gpu, TEXT_pstate, "P0") || says(gpu, TEXT_pstate, "P1") || says(gpu, TEXT_pstate, "P2"));
}

static bool is_below(const struct gpu *gpu, enum reading_id id, enum reading_id max)
{
	return is_over(gpu, id, 0) && is_over(gpu, max, 0) && reading_of(gpu, id)->value < reading_of(gpu, max)->value;
}

/* Half of the lanes is how many slots and cloud machines are made, and costs next to nothing. */
static bool has_few_lanes(const struct gpu *gpu)
{
	return is_below(gpu, READING_pcie_width, READING_pcie_width_max) &&
	       reading_of(gpu, READING_pcie_width)->value * 4 <= reading_of(gpu, READING_pcie_width_max)->value;
}

static bool pcie_slow(const struct host *host, const struct gpu *gpu, struct tale *ret)
{
	const struct reading *readings = gpu->readings;

	/* In a laptop many lanes often lead nowhere. */
	if (has_few_lanes(gpu) && !gpu_is_of_laptop(gpu)) {
		ret->message = xasprintf("its PCIe link has %.0f of %.0f lanes", readings[READING_pcie_width].value,
					 readings[READING_pcie_width_max].value);
		ret->remedy = xstrdup("see whether the slot has all lanes (the manual of the mainboard; two cards may share "
				      "them), then the seat of the card, and its riser");
		return true;
	}
	if (!works(gpu) || !is_below(gpu, READING_pcie_gen, READING_pcie_gen_max))
		return false;
	ret->message = xasprintf("its PCIe link runs at generation %.0f of %.0f while it works", readings[READING_pcie_gen].value,
				 readings[READING_pcie_gen_max].value);
	ret->remedy = xstrdup("look at the speed of the slot in the BIOS setup, and at the riser, which may be made for less");
	return true;
}

/* "a query takes 2.1 s", "... 41 ms"; nothing when it was never measured. The caller frees it. */
static char *query_time(const char *words, double ms)
{
	if (!(ms > 0))
		return xstrdup("");
	return ms < 1000 ? xasprintf("%s %.0f ms", words, ms) : xasprintf("%s %.1f s", words, ms / 1000);
}

/*
 * In a laptop the mode would keep its GPU from being switched off: there, off is right. Where a question is answered fast while
 * nobody of ours keeps the driver loaded, somebody else does (a desktop, a job), and nothing is gained by it.
 */
bool finding_misses_persistence(const struct host *host, const struct gpu *gpu)
{
	bool slow = host->cold_ms >= 500, not_measured = !(host->cold_ms > 0);

	return says(gpu, TEXT_persistence_mode, "Disabled") && !gpu->problem.ptr && (slow || not_measured) &&
	       !gpu_is_of_laptop(gpu);
}

static bool persistence_off(const struct host *host, const struct gpu *gpu, struct tale *ret)
{
	static const char mend[] = "`sudo nvidia-smi -pm 1`, or for good: `sudo systemctl enable --now nvidia-persistenced`";

	if (!finding_misses_persistence(host, gpu))
		return false;
	if (host->session.keeps_driver) {
		cleanup_free char *before = query_time(" (without that a query took", host->cold_ms);
		ret->message = xasprintf("persistence mode is off; nvwebmon keeps the driver loaded meanwhile%s%s", before,
					 before[0] ? ")" : "");
		ret->remedy = xasprintf(
			"%s; nvwebmon lets go of the driver with `keep_driver_loaded: never` in its configuration", mend);
	} else {
		cleanup_free char *now = query_time("; a query takes", host->cold_ms);
		ret->message = xasprintf("persistence mode is off: the driver starts anew for whoever comes first%s", now);
		ret->remedy = xstrdup(mend);
	}
	return true;
}

const gpu_rule_fn finding_gpu_rules[FINDING_COUNT] = {
	[FINDING_GPU_PROBLEM] = gpu_problem,
	[FINDING_GPU_MISSING] = gpu_missing,
	[FINDING_ECC_UNCORRECTED] = ecc_uncorrected,
	[FINDING_REMAP_FAILURE] = remap_failure,
	[FINDING_RECOVERY] = recovery,
	[FINDING_PROCESSES_UNKNOWN] = processes_unknown,
	[FINDING_STUCK] = stuck,
	[FINDING_THROTTLED] = throttled,
	[FINDING_REMAP_PENDING] = remap_pending,
	[FINDING_PCIE_SLOW] = pcie_slow,
	[FINDING_PERSISTENCE_OFF] = persistence_off,
};
