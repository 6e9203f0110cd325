/* nvwebmon: the GPUs of many hosts on one live page. Where to begin reading: ARCHITECTURE.md. */

#include <signal.h>

#include "base/log.h"
#include "options.h"

int main(int argc, char **argv)
{
	struct options options;
	int status;

	if (!options_parse(argc, argv, &options, &status))
		return status;
	/* A child or a client that is gone is told by the write that fails. */
	signal(SIGPIPE, SIG_IGN);
	if (options.verbose)
		log_set_level(LOG_LEVEL_DEBUG);
	switch (options.command) {
	case COMMAND_LIST:
		return cmd_list(&options);
	case COMMAND_CHECK:
		return cmd_check(&options);
	default:
		return cmd_serve(&options);
	}
}
