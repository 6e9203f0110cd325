#include "selection.h"

#include <stdlib.h>
#include <string.h>

#include "out.h"

/* The lost GPU, NULL when there is none. */
static const struct gpu *find_lost(const struct lab_state *state)
{
	for (unsigned i = 0; i < state->count; i++)
		if (state->gpus[i].reach == REACH_NO_HANDLE)
			return &state->gpus[i];
	return NULL;
}

/* "3", and "3:0", which names an instance but selects the whole GPU. -1 for anything else. */
static int index_of(const char *id)
{
	size_t digits = strspn(id, "0123456789");
	bool whole = digits > 0 && digits < 4 && (id[digits] == '\0' || id[digits] == ':');
	bool bus_id = digits >= 4 || strchr(id, '.') != NULL;
	return whole && !bus_id ? (int)strtol(id, NULL, 10) : -1;
}

/* "0000:17:00.0" and "00000000:17:00.0" are one slot. */
static bool same_slot(const char *id, const char *short_bus_id)
{
	size_t length = strlen(id), expected = strlen(short_bus_id);
	return length >= expected && strspn(id, "0") >= length - expected &&
	       strcasecmp(id + length - expected, short_bus_id) == 0;
}

static const struct gpu *find(const struct lab_state *state, const char *id)
{
	int index = index_of(id);
	for (unsigned i = 0; i < state->count; i++) {
		const struct gpu *gpu = &state->gpus[i];
		if (index == gpu->index)
			return gpu;
		if (gpu->reach == REACH_NO_HANDLE)
			continue;
		if (strcmp(id, gpu->uuid) == 0 || strcmp(id, gpu->serial_number) == 0 || same_slot(id, gpu->short_bus_id))
			return gpu;
	}
	return NULL;
}

/* A number that exists is opened at once; for all else every GPU is asked who it is, and a lost one ends the search. */
static void choose(const struct control *control, const struct lab_state *state, const char *id, struct selection *ret)
{
	const struct gpu *gpu = find(state, id), *lost = find_lost(state);
	bool searched = index_of(id) < 0 || gpu == NULL;
	if (searched && lost != NULL && faults_one_hides_all(control))
		out_fail(255, "Problem with GPU %d: %s", lost->index, faults_long_reason(lost));
	if (gpu != NULL)
		ret->chosen[gpu->index] = true;
}

static void choose_all_of(const struct control *control, const struct lab_state *state, const char *ids, struct selection *ret)
{
	char list[4096] = "", *rest = NULL;
	strncpy(list, ids, sizeof(list) - 1);
	for (char *id = strtok_r(list, ",", &rest); id != NULL; id = strtok_r(NULL, ",", &rest))
		choose(control, state, id, ret);
}

static void drop_unreachable(const struct control *control, const struct lab_state *state, struct selection *ret)
{
	for (unsigned i = 0; i < state->count; i++) {
		const struct gpu *gpu = &state->gpus[i];
		if (gpu->reach == REACH_GONE)
			ret->chosen[i] = false;
		if (gpu->reach != REACH_NO_HANDLE || !ret->chosen[i])
			continue;
		ret->status = faults_no_handle_status(gpu);
		if (faults_one_hides_all(control)) {
			faults_print_no_handle(control, gpu, HANDLE_IN_QUERY);
			out_end(ret->status);
		}
	}
}

void selection_read(const struct control *control, const struct lab_state *state, const char *ids, struct selection *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (unsigned i = 0; i < state->count && ids == NULL; i++)
		ret->chosen[i] = true;
	if (ids != NULL)
		choose_all_of(control, state, ids, ret);
	drop_unreachable(control, state, ret);
	for (unsigned i = 0; i < state->count; i++)
		if (ret->chosen[i])
			return;
	out_fail(6, "No devices were found");
}
