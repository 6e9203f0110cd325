/*
 * climb: one host tried once, rung by rung, for `nvwebmon check`.
 *
 * The session that a server would have, with the same ssh and the same probe, but for one sample: no beat, no second try. ssh tells of its
 * steps (rungs.h), then the probe is asked for a sample and for its tools, and what came of it all is a ladder. Owned by whoever started it,
 * until climb_free().
 */
#pragma once

#include <uv.h>

#include "collect/ladder.h"
#include "model/model.h"

struct climb;

struct climb_owner {
	/* Another rung is being climbed. */
	void (*on_rung)(void *user, struct climb *climb);
	/* Once: the login has come to its end, well or not; the next may begin. May be before climb_start() returns. */
	void (*on_login_done)(void *user, struct climb *climb);
	/* Last: the child is gone, and the ladder stands. It may be freed here. Not before climb_start() has returned. */
	void (*on_over)(void *user, struct climb *climb);
};

/* `host`, the model's, takes the sample; config and host_config are borrowed too. */
struct climb *climb_new(uv_loop_t *loop, const struct config *config, const struct host_config *host_config, struct host *host,
			const struct climb_owner *owner, void *user);
void climb_start(struct climb *climb);
/* Gives up: on_over follows. */
void climb_stop(struct climb *climb);
void climb_free(struct climb *climb);

/* The rung that is being climbed; RUNG_COUNT: it is over. */
enum rung climb_rung(const struct climb *climb);
struct host *climb_host(const struct climb *climb);
/* Valid from on_over on. */
const struct ladder *climb_ladder(const struct climb *climb);
/* Seconds that it took in all, from on_over on. */
double climb_seconds(const struct climb *climb);
