#include "collect/fleet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "collect/clocks.h"
#include "collect/session.h"

enum { TURNS_MS = 100 }; /* between two handfuls of logins, when there are that many */

struct fleet {
	uv_loop_t *loop;
	struct model *model;
	struct config *config;     /* owned; NULL before the first fleet_apply() */
	struct session **sessions; /* owned, in the order of the configuration */
	size_t session_count;
	size_t ending;          /* sessions that were stopped and are not over */
	struct session **queue; /* those that want to log in, first come first; room for every session */
	size_t queue_count;
	unsigned logins;  /* turns given */
	unsigned retries; /* of these, to hosts whose last login failed */
	uv_timer_t turns; /* runs out when turns are to be given */
	uv_timer_t look;  /* at the clocks */
	struct clocks clocks;
	void (*on_stopped)(void *user);
	void *user;
};

/* --- Whether we were away --- */

static void tell_news(const struct clocks_news *news)
{
	if (news->set != 0)
		log_info("the clock of this machine was set %s by %.0f s", news->set > 0 ? "forward" : "back", fabs(news->set));
	if (news->suspended > 0)
		log_info("this machine was suspended for %.0f s", news->suspended);
	else if (news->stopped > 0)
		log_info("this process did not run for about %.0f s", news->stopped);
}

static bool was_away(void *user)
{
	struct fleet *fleet = user;
	struct clocks now = clocks_read();
	struct clocks_news news;
	bool any = clocks_compare(&fleet->clocks, &now, &news);

	fleet->clocks = now;
	if (!any)
		return false;
	tell_news(&news);
	if (news.set != 0)
		model_shift_times(fleet->model, news.set);
	bool away = news.suspended > 0 || news.stopped > 0;
	for (size_t i = 0; away && i < fleet->session_count; i++)
		session_excuse(fleet->sessions[i], news.suspended > 0);
	return away;
}

static void on_look(uv_timer_t *timer)
{
	was_away(timer->data);
}

struct fleet *fleet_new(uv_loop_t *loop, struct model *model)
{
	struct fleet *fleet = xcalloc(1, sizeof(*fleet));

	fleet->loop = loop;
	fleet->model = model;
	uv_timer_init(loop, &fleet->turns);
	uv_timer_init(loop, &fleet->look);
	fleet->turns.data = fleet->look.data = fleet;
	fleet->clocks = clocks_read();
	uv_timer_start(&fleet->look, on_look, CLOCKS_LOOK_MS, CLOCKS_LOOK_MS);
	return fleet;
}

const struct config *fleet_config(const struct fleet *fleet)
{
	return fleet->config;
}

static void free_fleet(struct fleet *fleet)
{
	config_free(fleet->config);
	free(fleet->sessions);
	free(fleet->queue);
	free(fleet);
}

/* --- Whose turn it is to log in --- */

static void on_turns(uv_timer_t *timer);

/* Callbacks only mark; turns are given once, from the loop, however many became free. */
static void schedule_turns(struct fleet *fleet, uint64_t ms)
{
	if (!uv_is_closing((uv_handle_t *)&fleet->turns) && !uv_is_active((uv_handle_t *)&fleet->turns))
		uv_timer_start(&fleet->turns, on_turns, ms, 0);
}

static struct session *take_from_queue(struct fleet *fleet, size_t at)
{
	struct session *session = fleet->queue[at];

	fleet->queue_count--;
	memmove(fleet->queue + at, fleet->queue + at + 1, (fleet->queue_count - at) * sizeof(struct session *));
	return session;
}

static void leave_queue(struct fleet *fleet, const struct session *session)
{
	for (size_t i = 0; i < fleet->queue_count; i++) {
		if (fleet->queue[i] != session)
			continue;
		take_from_queue(fleet, i);
		return;
	}
}

/*
 * The next to log in; NULL when nobody may. Those whose last login failed come after all others and have half of the turns at
 * most: any number of dead hosts must not keep a living one waiting.
 */
static struct session *next_in_queue(struct fleet *fleet)
{
	unsigned turns = fleet->config->handshakes, retries = (turns + 1) / 2;

	if (fleet->logins >= turns)
		return NULL;
	for (size_t i = 0; i < fleet->queue_count; i++)
		if (!session_is_retry(fleet->queue[i]))
			return take_from_queue(fleet, i);
	return fleet->queue_count > 0 && fleet->retries < retries ? take_from_queue(fleet, 0) : NULL;
}

static void on_turns(uv_timer_t *timer)
{
	struct fleet *fleet = timer->data;
	struct session *session;

	/* At most a handful of children in one turn of the loop, also when each of them fails to start at once. */
	for (unsigned i = 0; i < fleet->config->handshakes; i++) {
		session = next_in_queue(fleet);
		if (!session)
			return;
		fleet->logins++;
		fleet->retries += session_is_retry(session);
		session_login(session);
	}
	schedule_turns(fleet, TURNS_MS);
}

static void on_wants_login(void *user, struct session *session)
{
	struct fleet *fleet = user;

	/* This machine costs no key exchange: it waits for nobody, and nobody for it. */
	if (session_host_config(session)->local) {
		session_login(session);
		return;
	}
	fleet->queue[fleet->queue_count++] = session;
	schedule_turns(fleet, 0);
}

static void on_login_done(void *user, struct session *session)
{
	struct fleet *fleet = user;

	if (session_host_config(session)->local)
		return;
	fleet->logins--;
	fleet->retries -= session_is_retry(session);
	schedule_turns(fleet, 0);
}

static void on_look_closed(uv_handle_t *handle)
{
	struct fleet *fleet = handle->data;

	fleet->on_stopped(fleet->user);
	free_fleet(fleet);
}

static void on_turns_closed(uv_handle_t *handle)
{
	struct fleet *fleet = handle->data;

	uv_close((uv_handle_t *)&fleet->look, on_look_closed);
}

static void on_over(void *user, struct session *session)
{
	struct fleet *fleet = user;

	session_free(session);
	fleet->ending--;
	if (fleet->ending == 0 && fleet->on_stopped)
		uv_close((uv_handle_t *)&fleet->turns, on_turns_closed);
}

static const struct session_owner owner = {
	.on_wants_login = on_wants_login,
	.on_login_done = on_login_done,
	.was_away = was_away,
	.on_over = on_over,
};

/* --- From one configuration to the next --- */

static bool same_words(char *const *a, char *const *b)
{
	while (*a && *b && strcmp(*a, *b) == 0) {
		a++;
		b++;
	}
	return !*a && !*b;
}

/* Whether a child started under the one configuration is as good under the other. */
static bool same_children(const struct config *a, const struct config *b)
{
	return a->nvidia_smi_timeout == b->nvidia_smi_timeout && same_words(a->ssh_command, b->ssh_command);
}

static struct host_label label_of(const struct host_config *host)
{
	return (struct host_label){
		.name = host->name,
		.address = host->address,
		.people = host->people,
		.kvm = host->kvm,
		.group = host->group,
		.comment = host->comment,
		.port = host->port,
	};
}

/* Takes the session that watches this target out of `sessions`; NULL when there is none. */
static struct session *take_session(struct session **sessions, size_t count, const struct host_config *host)
{
	for (size_t i = 0; i < count; i++) {
		struct session *session = sessions[i];
		if (!session || !host_config_same_target(session_host_config(session), host))
			continue;
		sessions[i] = NULL;
		return session;
	}
	return NULL;
}

static struct session *begin_session(struct fleet *fleet, const struct config *config, const struct host_config *host_config)
{
	struct host_label label = label_of(host_config);

	struct host *host = model_add_host(fleet->model, &label, clocks_wall());
	return session_new(fleet->loop, config, host_config, host, &owner, fleet);
}

static struct session *keep_session(struct session *session, const struct config *config, const struct host_config *host_config)
{
	struct host_label label = label_of(host_config);

	host_set_label(session_host(session), &label);
	session_set_config(session, config, host_config);
	return session;
}

static void end_session(struct fleet *fleet, struct session *session)
{
	leave_queue(fleet, session);
	fleet->ending++;
	session_stop(session);
	model_remove_host(fleet->model, session_host(session));
}

/* What is left in `old` after the new list has taken what it needs. */
static void end_sessions(struct fleet *fleet, struct session **old, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (old[i])
			end_session(fleet, old[i]);
}

static void order_model(struct fleet *fleet)
{
	struct host **order = xcalloc(fleet->session_count, sizeof(struct host *));

	for (size_t i = 0; i < fleet->session_count; i++)
		order[i] = session_host(fleet->sessions[i]);
	model_reorder(fleet->model, order);
	free(order);
}

static void apply_to_model(struct fleet *fleet, const struct config *config)
{
	struct column *columns = xcalloc(config->column_count, sizeof(*columns));

	for (size_t i = 0; i < config->column_count; i++)
		columns[i] = (struct column){config->columns[i].field, config->columns[i].title};
	model_set_columns(fleet->model, columns, config->column_count);
	model_set_interval(fleet->model, config->interval);
	model_set_free_rule(fleet->model, &(struct free_rule){config->free_memory, config->free_utilization});
	free(columns);
}

void fleet_apply(struct fleet *fleet, struct config *config)
{
	bool keep = fleet->config && same_children(fleet->config, config);
	struct session **old = fleet->sessions;
	size_t old_count = fleet->session_count;
	struct session **kept = xcalloc(config->host_count, sizeof(struct session *));

	for (size_t i = 0; keep && i < config->host_count; i++)
		kept[i] = take_session(old, old_count, &config->hosts[i]);
	/* Those that go, go first: their names may be wanted by those that come. */
	end_sessions(fleet, old, old_count);
	free(old);

	fleet->queue = xrealloc(fleet->queue, config->host_count * sizeof(struct session *));
	for (size_t i = 0; i < config->host_count; i++)
		kept[i] = kept[i] ? keep_session(kept[i], config, &config->hosts[i])
				  : begin_session(fleet, config, &config->hosts[i]);
	fleet->sessions = kept;
	fleet->session_count = config->host_count;
	apply_to_model(fleet, config);
	order_model(fleet);
	config_free(fleet->config);
	fleet->config = config;
}

void fleet_stop(struct fleet *fleet, void (*on_stopped)(void *user), void *user)
{
	fleet->on_stopped = on_stopped;
	fleet->user = user;
	fleet->queue_count = 0;
	/* One for ourselves, so that it cannot be over before the last of them has been told. */
	fleet->ending++;
	for (size_t i = 0; i < fleet->session_count; i++) {
		fleet->ending++;
		session_stop(fleet->sessions[i]);
	}
	fleet->session_count = 0;
	if (--fleet->ending == 0)
		uv_close((uv_handle_t *)&fleet->turns, on_turns_closed);
}
