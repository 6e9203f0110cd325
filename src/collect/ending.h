/*
 * ending: why a child ended, in words for people. Pure.
 */
#pragma once

#include "collect/transport.h"
#include "config/config.h"
#include "smi/problem.h"

struct ending {
	enum problem_kind kind;
	char message[512];
	char hint[1024]; /* empty: there is none */
};

/*
 * `ssh_command`: with whose words the hint is, see struct ssh_target. `was_ready`: the probe had begun to take orders. `last_words`: the last
 * line on stdout before that, "" when there was none.
 */
void ending_explain(const struct transport_end *end, const struct host_config *host, char *const *ssh_command, bool was_ready,
		    const char *last_words, struct ending *ret);
/* A locked-down key has run the host's own copy of the probe, which is not of our version. */
void ending_explain_version(const struct host_config *host, char *const *ssh_command, struct ending *ret);
