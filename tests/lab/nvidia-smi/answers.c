#include "answers.h"

#include <stdio.h>
#include <string.h>

#include "fields.h"
#include "hash.h"
#include "out.h"

#define MAX_COLUMNS 512

/* Cuts the next name off a comma-separated list. A comma at the end asks for nothing more. */
static bool next_name(const char **list, char *name, size_t size)
{
	if (**list == '\0')
		return false;
	size_t length = strcspn(*list, ",");
	snprintf(name, size, "%.*s", (int)length, *list);
	*list += length + ((*list)[length] == ',');
	return true;
}

/* nvidia-smi names the first field that it does not know, and tells nothing else. */
__attribute__((noreturn)) static void refuse_field(const char *name)
{
	out_fail(2, "Field \"%s\" is not a valid field to query.\n", name);
}

static size_t read_columns(const struct control *control, const char *list, const struct field **ret)
{
	char name[256];
	size_t count = 0;
	while (count < MAX_COLUMNS && next_name(&list, name, sizeof(name))) {
		const struct field *field = field_find(control, name);
		bool refused = control_fault_is(control, "unknown-field") && strcmp(name, control->fault_field) == 0;
		if (field == NULL || refused)
			refuse_field(name);
		ret[count++] = field;
	}
	return count;
}

void answer_gpus(const struct control *control, const struct request *request, const struct lab_state *state,
		 const struct selection *selection, bool header)
{
	const struct field *columns[MAX_COLUMNS];
	size_t count = read_columns(control, request->fields, columns);
	for (size_t c = 0; c < count && header; c++) {
		out_text(c > 0 ? ", " : "");
		field_print_header(columns[c]);
	}
	out_text(header ? "\n" : "");
	for (unsigned i = 0; i < state->count; i++) {
		const struct gpu *gpu = &state->gpus[i];
		bool no_handle = gpu->reach == REACH_NO_HANDLE;
		if (!selection->chosen[i])
			continue;
		if (no_handle)
			faults_print_no_handle(control, gpu, HANDLE_IN_QUERY);
		if (no_handle && !control->fault_rows)
			continue;
		for (size_t c = 0; c < count; c++) {
			out_text(c > 0 ? ", " : "");
			field_print_value(control, columns[c], gpu, state->now, request->units);
		}
		out_text("\n");
	}
}

/* A column of the process query. */
enum app_column {
	APP_TIMESTAMP,
	APP_GPU_NAME,
	APP_GPU_BUS_ID,
	APP_GPU_SERIAL,
	APP_GPU_UUID,
	APP_PID,
	APP_NAME,
	APP_MEMORY,
	APP_GPU_UTILIZATION, /* this and the rest: of --query-accounted-apps alone */
	APP_MEMORY_UTILIZATION,
	APP_MAXIMUM_MEMORY,
	APP_TIME,
	APP_COUNT
};

static const struct {
	const char *name, *alias, *header;
} app_columns[APP_COUNT] = {
	[APP_TIMESTAMP] = {"timestamp", NULL, "timestamp"},
	[APP_GPU_NAME] = {"gpu_name", NULL, "gpu_name"},
	[APP_GPU_BUS_ID] = {"gpu_bus_id", NULL, "gpu_bus_id"},
	[APP_GPU_SERIAL] = {"gpu_serial", NULL, "gpu_serial"},
	[APP_GPU_UUID] = {"gpu_uuid", NULL, "gpu_uuid"},
	[APP_PID] = {"pid", NULL, "pid"},
	[APP_NAME] = {"process_name", "name", "process_name"},
	[APP_MEMORY] = {"used_gpu_memory", "used_memory", "used_gpu_memory [MiB]"},
	[APP_GPU_UTILIZATION] = {"gpu_utilization", "gpu_util", "gpu_utilization [%]"},
	[APP_MEMORY_UTILIZATION] = {"mem_utilization", "mem_util", "mem_utilization [%]"},
	[APP_MAXIMUM_MEMORY] = {"max_memory_usage", NULL, "max_memory_usage [MiB]"},
	[APP_TIME] = {"time", NULL, "time [ms]"},
};

static bool is_app_column(enum question question, enum app_column column, const char *name)
{
	const char *alias = app_columns[column].alias;
	bool accounted_only = column >= APP_GPU_UTILIZATION, current_only = column == APP_NAME || column == APP_MEMORY;
	if (question == ASK_APPS ? accounted_only : current_only)
		return false;
	return strcmp(app_columns[column].name, name) == 0 || (alias != NULL && strcmp(alias, name) == 0);
}

static size_t read_app_columns(const struct request *request, enum app_column *ret)
{
	const char *list = request->fields;
	char name[256];
	size_t count = 0;
	while (count < MAX_COLUMNS && next_name(&list, name, sizeof(name))) {
		enum app_column column = 0;
		while (column < APP_COUNT && !is_app_column(request->question, column, name))
			column++;
		if (column == APP_COUNT)
			refuse_field(name);
		ret[count++] = column;
	}
	return count;
}

/* Commas become question marks; nothing else is made harmless. */
static void print_process_name(const char *name)
{
	for (size_t length; *name != '\0'; name += length) {
		length = strcspn(name, ",");
		if (length == 0)
			out_text("?");
		else
			out_bytes(name, length);
		length += length == 0;
	}
}

static void print_app_value(const struct control *control, const struct request *request, const struct lab_state *state,
			    const struct process *process, enum app_column column)
{
	const struct gpu *gpu = &state->gpus[process->gpu];
	switch (column) {
	case APP_TIMESTAMP:
		field_print_timestamp(state->now);
		break;
	case APP_GPU_NAME:
		out_text(gpu->name);
		break;
	case APP_GPU_BUS_ID:
		out_text(gpu->bus_id);
		break;
	case APP_GPU_SERIAL:
		out_text(gpu->serial != NULL ? gpu->serial : field_absent(control));
		break;
	case APP_GPU_UUID:
		out_text(gpu->uuid);
		break;
	case APP_PID:
		out_printf("%d", process->pid);
		break;
	case APP_NAME:
		print_process_name(process->name);
		break;
	default:
		out_printf(request->units ? "%d MiB" : "%d", process->memory);
		break;
	}
}

/* From driver 556 on a lost GPU is reported here too, and the others are still listed. */
static void report_lost(const struct control *control, const struct lab_state *state, const struct selection *selection)
{
	for (unsigned i = 0; i < state->count; i++)
		if (selection->chosen[i] && state->gpus[i].reach == REACH_NO_HANDLE)
			faults_print_no_handle(control, &state->gpus[i], HANDLE_IN_QUERY);
}

void answer_apps(const struct control *control, const struct request *request, const struct lab_state *state,
		 const struct selection *selection, bool header)
{
	enum app_column columns[MAX_COLUMNS];
	size_t count = read_app_columns(request, columns);
	for (size_t c = 0; c < count && header; c++)
		out_printf("%s%s", c > 0 ? ", " : "", app_columns[columns[c]].header);
	out_text(header ? "\n" : "");
	report_lost(control, state, selection);
	for (unsigned p = 0; p < state->process_count && request->question == ASK_APPS; p++) {
		if (!selection->chosen[state->processes[p].gpu])
			continue;
		for (size_t c = 0; c < count; c++) {
			out_text(c > 0 ? ", " : "");
			print_app_value(control, request, state, &state->processes[p], columns[c]);
		}
		out_text("\n");
	}
}

/* Before 470 an instance was named by its GPU and its numbers, since then it has a UUID of its own. */
static void list_instances(const struct control *control, const struct gpu *gpu)
{
	for (int i = 0; i < MIG_INSTANCES && control->major >= 450; i++) {
		const struct mig_instance *instance = &mig_instances[i];
		uint64_t a = hash(hash_text(gpu->uuid), (uint64_t)i), b = hash(a, 1);
		if (control->major < 470)
			out_printf("  MIG %s Device %d: (UUID: MIG-%s/%d/%d)\n", instance->profile, i, gpu->uuid,
				   instance->gpu_instance, instance->compute_instance);
		else
			out_printf("  MIG %-11s Device %2d: (UUID: MIG-%08x-%04x-%04x-%04x-%012llx)\n", instance->profile, i,
				   (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xffff, (unsigned)(b >> 48),
				   (unsigned long long)b & 0xffffffffffff);
	}
}

int answer_list(const struct control *control, const struct lab_state *state)
{
	int status = 0;
	for (unsigned i = 0; i < state->count; i++) {
		const struct gpu *gpu = &state->gpus[i];
		if (gpu->reach == REACH_GONE)
			continue;
		if (gpu->reach == REACH_NO_HANDLE) {
			faults_print_no_handle(control, gpu, HANDLE_IN_LIST);
			status = faults_no_handle_status(gpu);
			continue;
		}
		out_printf("GPU %d: %s (UUID: %s)\n", gpu->index, gpu->name, gpu->uuid);
		if (control_mig(control, i))
			list_instances(control, gpu);
	}
	return status;
}

void answer_version(const struct control *control)
{
	const char *minor = strchr(control->driver, '.');
	int digits = minor != NULL ? (int)(minor - control->driver) + 1 + (int)strcspn(minor + 1, ".") : 0;
	out_printf("NVIDIA-SMI version  : %s\n", control->driver);
	out_printf("NVML version        : %.*s\n", digits, control->driver);
	out_printf("DRIVER version      : %s\n", control->driver);
	out_printf("CUDA Version        : %s\n", control->major < 570 ? "12.4" : control->major < 590 ? "12.8" : "13.1");
}
