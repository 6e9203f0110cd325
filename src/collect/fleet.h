/*
 * fleet: the sessions of all hosts.
 *
 * It keeps the model's list of hosts in step with the configuration, and lets so many sessions log in at a time as the
 * configuration says (ssh.handshakes): a login costs a key exchange, and 200 at once would stop this machine.
 */
#pragma once

#include <uv.h>

#include "config/config.h"
#include "model/model.h"

struct fleet;

/* Borrows the loop and the model, which must outlive the fleet. Nothing is watched before fleet_apply(). */
struct fleet *fleet_new(uv_loop_t *loop, struct model *model);
/*
 * Watches what `config` says from now on; takes the configuration over. A host whose target did not change keeps its session (and
 * its ssh process), wherever it now stands in the list and whatever it is called; the others end, or begin.
 */
void fleet_apply(struct fleet *fleet, struct config *config);
/* Ends every session; `on_stopped` is called from the loop when nothing is left, and the fleet is freed then. */
void fleet_stop(struct fleet *fleet, void (*on_stopped)(void *user), void *user);
const struct config *fleet_config(const struct fleet *fleet);
