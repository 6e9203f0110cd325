#include "model/model.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct model *model_new(void)
{
	struct model *model = xcalloc(1, sizeof(*model));

	model->generation = 1;
	model->layout = 1;
	model->next_id = 1;
	model->free_rule = (struct free_rule){.memory = 5, .utilization = 5};
	return model;
}

static void free_host(struct host *host)
{
	free(host->name);
	free(host->address);
	free(host->people);
	free(host->kvm);
	free(host->group);
	free(host->comment);
	free(host->error.message);
	free(host->error.hint);
	free(host->last_error.message);
	sample_done(&host->sample);
	finding_list_done(&host->findings);
	recent_done(&host->recent);
	free(host);
}

static void clear_columns(struct model *model)
{
	for (size_t i = 0; i < model->column_count; i++) {
		free(model->columns[i].field);
		free(model->columns[i].title);
	}
	free(model->columns);
	model->columns = NULL;
	model->column_count = 0;
}

void model_free(struct model *model)
{
	if (!model)
		return;
	for (size_t i = 0; i < model->host_count; i++)
		free_host(model->hosts[i]);
	clear_columns(model);
	free(model->hosts);
	free(model);
}

void model_touch(struct host *host)
{
	host->generation = ++host->model->generation;
}

static void touch_layout(struct model *model)
{
	model->layout = ++model->generation;
}

struct host *model_add_host(struct model *model, const struct host_label *label, double now)
{
	struct host *host = xcalloc(1, sizeof(*host));
	size_t count = model->host_count + 1;

	model->hosts = xrealloc(model->hosts, count * sizeof(struct host *));
	model->hosts[model->host_count++] = host;

	host->model = model;
	host->id = model->next_id++;
	host->state = HOST_CONNECTING;
	host->since = now;
	sample_init(&host->sample);
	machine_init(&host->machine);
	host_set_label(host, label);
	touch_layout(model);
	return host;
}

/* Takes `host` out of an array of `count`; returns the new count. */
static size_t take_out(struct host **hosts, size_t count, const struct host *host)
{
	for (size_t i = 0; i < count; i++) {
		if (hosts[i] != host)
			continue;
		memmove(hosts + i, hosts + i + 1, (count - i - 1) * sizeof(struct host *));
		return count - 1;
	}
	return count;
}

void model_remove_host(struct model *model, struct host *host)
{
	assert(host->model == model);
	model->host_count = take_out(model->hosts, model->host_count, host);
	free_host(host);
	touch_layout(model);
}

void model_reorder(struct model *model, struct host *const *order)
{
	if (model->host_count == 0 || memcmp(model->hosts, order, model->host_count * sizeof(struct host *)) == 0)
		return;
	memcpy(model->hosts, order, model->host_count * sizeof(struct host *));
	touch_layout(model);
}

struct host *model_find_host(const struct model *model, struct slice name)
{
	for (size_t i = 0; i < model->host_count; i++)
		if (slice_is(name, model->hosts[i]->name))
			return model->hosts[i];
	return NULL;
}

static bool same_columns(const struct model *model, const struct column *columns, size_t count)
{
	if (count != model->column_count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(columns[i].field, model->columns[i].field) != 0 ||
		    strcmp(columns[i].title, model->columns[i].title) != 0)
			return false;
	return true;
}

void model_set_columns(struct model *model, const struct column *columns, size_t count)
{
	if (same_columns(model, columns, count))
		return;
	clear_columns(model);
	model->columns = xcalloc(count, sizeof(struct column));
	model->column_count = count;
	for (size_t i = 0; i < count; i++)
		model->columns[i] = (struct column){xstrdup(columns[i].field), xstrdup(columns[i].title)};
	touch_layout(model);
}

void model_set_interval(struct model *model, double interval)
{
	if (model->interval == interval)
		return;
	model->interval = interval;
	touch_layout(model);
}

void model_set_free_rule(struct model *model, const struct free_rule *rule)
{
	if (model->free_rule.memory == rule->memory && model->free_rule.utilization == rule->utilization)
		return;
	model->free_rule = *rule;
	touch_layout(model);
}

void model_set_demo(struct model *model, bool demo)
{
	if (model->demo == demo)
		return;
	model->demo = demo;
	touch_layout(model);
}

void model_shift_times(struct model *model, double seconds)
{
	for (size_t i = 0; i < model->host_count; i++)
		host_shift_times(model->hosts[i], seconds);
}
