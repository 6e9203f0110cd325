#include "xml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "out.h"

static int depth;

static void indent(void)
{
	out_bytes("\t\t\t\t\t\t\t\t", (size_t)depth);
}

static void open_tag(const char *name)
{
	indent();
	out_printf("<%s>\n", name);
	depth++;
}

static void close_tag(const char *name)
{
	depth--;
	indent();
	out_printf("</%s>\n", name);
}

/* & < > " are escaped; newlines and what is not UTF-8 pass as they are. */
static void print_escaped(const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			out_text("&amp;");
			break;
		case '<':
			out_text("&lt;");
			break;
		case '>':
			out_text("&gt;");
			break;
		case '"':
			out_text("&quot;");
			break;
		default:
			out_bytes(text, 1);
		}
	}
}

static void leaf(const char *name, const char *text)
{
	indent();
	out_printf("<%s>", name);
	print_escaped(text != NULL ? text : "N/A");
	out_printf("</%s>\n", name);
}

__attribute__((format(printf, 2, 3))) static void leaf_of(const char *name, const char *format, ...)
{
	char text[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	leaf(name, text);
}

/* A number that moves; a broken GPU tells its trouble instead. */
static void moving(const struct gpu *gpu, const char *name, int value, const char *unit)
{
	if (gpu->reach == REACH_BROKEN)
		leaf(name, gpu->reason);
	else if (value == ABSENT)
		leaf(name, NULL);
	else
		leaf_of(name, "%d%s", value, unit);
}

static void watts(const struct gpu *gpu, const char *name, double value)
{
	if (gpu->reach == REACH_BROKEN)
		leaf(name, gpu->reason);
	else if (value < 0)
		leaf(name, NULL);
	else
		leaf_of(name, "%.2f W", value);
}

static void mebibytes(const char *name, int value)
{
	if (value == ABSENT)
		leaf(name, NULL);
	else
		leaf_of(name, "%d MiB", value);
}

static int dtd_version(const struct control *control)
{
	static const struct {
		unsigned since;
		int version;
	} rows[] = {{590, 13}, {525, 12}, {450, 11}, {410, 10}, {384, 9}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (control->major >= rows[i].since)
			return rows[i].version;
	return 6;
}

static void print_instance(const struct control *control, const struct lab_state *state, const struct gpu *gpu, int index)
{
	const struct mig_instance *instance = &mig_instances[index];
	int used = 19;
	for (unsigned p = 0; p < state->process_count; p++)
		if ((int)state->processes[p].gpu == gpu->index && state->processes[p].instance == index)
			used += state->processes[p].memory;
	open_tag("mig_device");
	leaf_of("index", "%d", index);
	leaf_of("gpu_instance_id", "%d", instance->gpu_instance);
	leaf_of("compute_instance_id", "%d", instance->compute_instance);
	open_tag("device_attributes");
	open_tag("shared");
	leaf_of("multiprocessor_count", "%d", instance->engines);
	close_tag("shared");
	close_tag("device_attributes");
	open_tag("fb_memory_usage");
	mebibytes("total", instance->memory);
	if (control->major >= 510)
		mebibytes("reserved", 0);
	mebibytes("used", used);
	mebibytes("free", instance->memory - used);
	close_tag("fb_memory_usage");
	close_tag("mig_device");
}

static void print_mig(const struct control *control, const struct lab_state *state, const struct gpu *gpu)
{
	open_tag("mig_mode");
	leaf("current_mig", gpu->mig);
	leaf("pending_mig", gpu->mig);
	close_tag("mig_mode");
	open_tag("mig_devices");
	for (int i = 0; i < MIG_INSTANCES && control_mig(control, (unsigned)gpu->index); i++)
		print_instance(control, state, gpu, i);
	if (!control_mig(control, (unsigned)gpu->index)) {
		indent();
		out_text("None\n");
	}
	close_tag("mig_devices");
}

static void print_identity(const struct control *control, const struct lab_state *state, const struct gpu *gpu)
{
	leaf("product_name", gpu->name);
	leaf("product_brand", control->model->traits & DISPLAY ? "GeForce" : control->major < 470 ? "Tesla" : "NVIDIA");
	leaf("display_mode", control->major >= 590 ? "Requested functionality has been deprecated" : "Disabled");
	leaf("display_active", "Disabled");
	leaf("persistence_mode", gpu->persistence);
	if (control->major >= 450)
		print_mig(control, state, gpu);
	leaf("accounting_mode", "Disabled");
	leaf("serial", gpu->serial);
	leaf("uuid", gpu->uuid);
	leaf_of("minor_number", "%d", gpu->index);
	leaf("vbios_version", gpu->vbios);
	open_tag("pci");
	leaf("pci_bus", gpu->bus + 2);
	leaf("pci_device", "00");
	leaf("pci_domain", gpu->domain + 2);
	leaf("pci_device_id", gpu->device + 2);
	leaf("pci_bus_id", gpu->bus_id);
	open_tag("pci_gpu_link_info");
	open_tag("pcie_gen");
	leaf_of("max_link_gen", "%d", gpu->generation_maximum);
	leaf_of("current_link_gen", "%d", gpu->generation);
	close_tag("pcie_gen");
	close_tag("pci_gpu_link_info");
	close_tag("pci");
}

static void print_memory_and_work(const struct control *control, const struct gpu *gpu)
{
	const char *reasons = control->major >= 535 ? "clocks_event_reasons" : "clocks_throttle_reasons";
	const char *reason = control->major >= 535 ? "clocks_event_reason" : "clocks_throttle_reason";
	char name[64];
	moving(gpu, "fan_speed", gpu->fan, " %");
	leaf("performance_state", gpu->pstate);
	open_tag(reasons);
	snprintf(name, sizeof(name), "%s_gpu_idle", reason);
	leaf(name, gpu_event(gpu, EVENT_IDLE));
	snprintf(name, sizeof(name), "%s_sw_power_cap", reason);
	leaf(name, gpu_event(gpu, EVENT_POWER_CAP));
	close_tag(reasons);
	open_tag("fb_memory_usage");
	mebibytes("total", gpu->memory_total);
	if (control->major >= 510)
		mebibytes("reserved", gpu->memory_reserved);
	mebibytes("used", gpu->memory_used);
	mebibytes("free", gpu->memory_free);
	close_tag("fb_memory_usage");
	leaf("compute_mode", gpu->compute_mode);
	open_tag("utilization");
	moving(gpu, "gpu_util", gpu->utilization, " %");
	moving(gpu, "memory_util", gpu->memory_utilization, " %");
	moving(gpu, "encoder_util", gpu->encoder, " %");
	moving(gpu, "decoder_util", gpu->encoder, " %");
	close_tag("utilization");
	open_tag("ecc_mode");
	leaf("current_ecc", gpu->ecc);
	leaf("pending_ecc", gpu->ecc);
	close_tag("ecc_mode");
}

static void print_power(const struct control *control, const struct gpu *gpu)
{
	const char *block = control->major >= 535 ? "gpu_power_readings" : "power_readings";
	bool two_draws = control->major >= 556;
	open_tag(block);
	leaf("power_state", gpu->pstate);
	if (!two_draws)
		leaf("power_management", gpu->power < 0 ? NULL : "Supported");
	watts(gpu, two_draws ? "average_power_draw" : "power_draw", gpu->power);
	if (two_draws)
		watts(gpu, "instant_power_draw", gpu->power_instant);
	watts(gpu, control->major >= 535 ? "current_power_limit" : "power_limit", gpu->power_limit);
	watts(gpu, "default_power_limit", gpu->power_limit);
	watts(gpu, "min_power_limit", gpu->power_minimum);
	watts(gpu, "max_power_limit", gpu->power_maximum);
	close_tag(block);
	if (!two_draws)
		return;
	/* The same names once more, about the whole module: a reader must not take these. */
	open_tag("module_power_readings");
	leaf("power_state", gpu->pstate);
	leaf("average_power_draw", NULL);
	leaf("instant_power_draw", NULL);
	leaf("current_power_limit", NULL);
	close_tag("module_power_readings");
}

static void print_heat_and_clocks(const struct control *control, const struct gpu *gpu)
{
	open_tag("temperature");
	moving(gpu, "gpu_temp", gpu->temperature, " C");
	leaf("gpu_temp_max_threshold", "92 C");
	if (control->major >= 418)
		moving(gpu, "memory_temp", gpu->memory_temperature, " C");
	close_tag("temperature");
	print_power(control, gpu);
	open_tag("clocks");
	moving(gpu, "graphics_clock", gpu->graphics, " MHz");
	moving(gpu, "sm_clock", gpu->sm, " MHz");
	moving(gpu, "mem_clock", gpu->memory_clock, " MHz");
	close_tag("clocks");
	open_tag("max_clocks");
	moving(gpu, "graphics_clock", gpu->graphics_maximum, " MHz");
	moving(gpu, "mem_clock", gpu->memory_clock_maximum, " MHz");
	close_tag("max_clocks");
	open_tag("supported_clocks");
	open_tag("supported_mem_clock");
	leaf_of("value", "%d MHz", gpu->memory_clock_maximum);
	for (int clock = gpu->graphics_maximum; clock >= 210; clock -= 15)
		leaf_of("supported_graphics_clock", "%d MHz", clock);
	close_tag("supported_mem_clock");
	close_tag("supported_clocks");
}

static void print_process(const struct control *control, int pid, const char *type, const char *name, int memory,
			  const struct mig_instance *in)
{
	open_tag("process_info");
	if (control->major >= 450 && in != NULL) {
		leaf_of("gpu_instance_id", "%d", in->gpu_instance);
		leaf_of("compute_instance_id", "%d", in->compute_instance);
	} else if (control->major >= 450) {
		leaf("gpu_instance_id", NULL);
		leaf("compute_instance_id", NULL);
	}
	leaf_of("pid", "%d", pid);
	leaf("type", type);
	leaf("process_name", name);
	mebibytes("used_memory", memory);
	close_tag("process_info");
}

/* Only here graphics clients are listed, never by --query-compute-apps: an X server has the first card of a desktop. */
static void print_processes(const struct control *control, const struct lab_state *state, const struct gpu *gpu)
{
	open_tag("processes");
	if (gpu->index == 0 && control->model->traits & DISPLAY)
		print_process(control, 1171, "G", "/usr/lib/xorg/Xorg", 38, NULL);
	for (unsigned p = 0; p < state->process_count; p++) {
		const struct process *process = &state->processes[p];
		const struct mig_instance *in = control_mig(control, process->gpu) ? &mig_instances[process->instance] : NULL;
		if ((int)process->gpu == gpu->index)
			print_process(control, process->pid, "C", process->name, process->memory, in);
	}
	close_tag("processes");
}

static void print_gpu(const struct control *control, const struct lab_state *state, const struct gpu *gpu)
{
	indent();
	out_printf("<gpu id=\"%s\">\n", gpu->bus_id);
	depth++;
	print_identity(control, state, gpu);
	print_memory_and_work(control, gpu);
	print_heat_and_clocks(control, gpu);
	print_processes(control, state, gpu);
	close_tag("gpu");
}

static void print_head(const struct control *control, const struct lab_state *state)
{
	char when[64];
	time_t seconds = (time_t)state->now;
	struct tm local;
	localtime_r(&seconds, &local);
	strftime(when, sizeof(when), "%a %b %e %H:%M:%S %Y", &local);
	out_printf("<?xml version=\"1.0\" ?>\n<!DOCTYPE nvidia_smi_log SYSTEM \"nvsmi_device_v%d.dtd\">\n", dtd_version(control));
	open_tag("nvidia_smi_log");
	leaf("timestamp", when);
	leaf("driver_version", control->driver);
	if (control->major >= 410)
		leaf("cuda_version", control->major < 450 ? "10.1" : control->major < 525 ? "11.4" : "12.4");
	leaf_of("attached_gpus", "%u", state->count);
}

void xml_print(const struct control *control, const struct lab_state *state, const struct selection *selection)
{
	depth = 0;
	for (unsigned i = 0; i < state->count; i++)
		if (selection->chosen[i] && state->gpus[i].reach == REACH_NO_HANDLE)
			faults_print_no_handle(control, &state->gpus[i], HANDLE_IN_QUERY);
	print_head(control, state);
	for (unsigned i = 0; i < state->count; i++)
		if (selection->chosen[i] && state->gpus[i].reach != REACH_NO_HANDLE)
			print_gpu(control, state, &state->gpus[i]);
	close_tag("nvidia_smi_log");
}
