#include "gather.h"

#include <signal.h>
#include <stdio.h>
#include <uv.h>

#include "base/log.h"
#include "collect/fleet.h"
#include "output.h"

struct gathering {
	struct model *model;
	uv_check_t turn; /* after each turn of the loop: have all answered? */
	uv_signal_t terminate, interrupt;
	int signal; /* that ended it; 0: none */
};

bool gather_is_well(const struct host *host)
{
	const struct finding_list *list = &host->findings;

	if (host->state != HOST_OK)
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (list->findings[i].held && finding_severity(list->findings[i].kind) == SEVERITY_ERROR)
			return false;
	return true;
}

static void on_turn(uv_check_t *turn)
{
	const struct gathering *gathering = turn->data;

	for (size_t i = 0; i < gathering->model->host_count; i++)
		if (gathering->model->hosts[i]->state == HOST_CONNECTING)
			return;
	uv_stop(turn->loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct gathering *gathering = handle->data;

	gathering->signal = number;
	uv_stop(handle->loop);
}

static void init_handles(struct gathering *gathering, uv_loop_t *loop)
{
	uv_check_init(loop, &gathering->turn);
	uv_signal_init(loop, &gathering->terminate);
	uv_signal_init(loop, &gathering->interrupt);
	gathering->turn.data = gathering->terminate.data = gathering->interrupt.data = gathering;
	uv_check_start(&gathering->turn, on_turn);
	uv_signal_start(&gathering->terminate, on_signal, SIGTERM);
	uv_signal_start(&gathering->interrupt, on_signal, SIGINT);
}

static void on_stopped(void *user)
{
	struct gathering *gathering = user;

	uv_close((uv_handle_t *)&gathering->turn, NULL);
	uv_close((uv_handle_t *)&gathering->terminate, NULL);
	uv_close((uv_handle_t *)&gathering->interrupt, NULL);
}

int gather(const struct options *options, int (*on_gathered)(const struct model *model, const struct options *options))
{
	struct config *config;
	struct gathering gathering = {0};
	uv_loop_t loop;

	if (options_load_config(options, &config) < 0)
		return EXIT_USAGE;
	/* What goes wrong is in the table; the log is for those who ask. */
	if (!options->verbose)
		log_set_level(LOG_LEVEL_ERROR);
	uv_loop_init(&loop);
	gathering.model = model_new();
	struct fleet *fleet = fleet_new(&loop, gathering.model);
	init_handles(&gathering, &loop);

	fleet_apply(fleet, config);
	uv_run(&loop, UV_RUN_DEFAULT);
	int status = gathering.signal ? 128 + gathering.signal : output_status(on_gathered(gathering.model, options));

	uv_check_stop(&gathering.turn);
	fleet_stop(fleet, on_stopped, &gathering);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	model_free(gathering.model);
	return status;
}
