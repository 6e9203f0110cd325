/*
 * tally: what the watching of one host costs, counted into the model.
 *
 * The sums stand in the host (struct host_session of model/host.h); here is only how much of the present child's is in them
 * already.
 */
#pragma once

#include "collect/transport.h"
#include "model/host.h"

struct tally {
	struct host *host; /* borrowed; the model's */
	struct transport_bytes bytes;
	double probe_cpu; /* NAN: nothing told since the login */
};

void tally_init(struct tally *tally, struct host *host);
/* A login begins. */
void tally_attempt(struct tally *tally);
/* Its probe is ready; `now` in Unix seconds. */
void tally_login(struct tally *tally, double now);
/* What has gone over the child's pipes so far. */
void tally_bytes(struct tally *tally, struct transport_bytes bytes);
/* A good sample; `probe_cpu`: seconds since the login, as struct machine has it. */
void tally_sample(struct tally *tally, double probe_cpu, bool keeps_driver);
/* The child is gone; the next one counts from 0. */
void tally_end(struct tally *tally);
