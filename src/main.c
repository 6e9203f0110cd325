/* nvwebmon: the GPUs of many hosts on one live page. Where to begin reading: ARCHITECTURE.md. */

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "options.h"

/* Started with a standard descriptor closed, our first socket would get its number, and a message be written into it. */
static void open_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	struct options options;
	int status;

	open_standard_descriptors();
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
	case COMMAND_PROBE:
		return cmd_probe(&options);
	default:
		return cmd_serve(&options);
	}
}
