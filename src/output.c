#include "output.h"

#include <stdio.h>

#include "options.h"

int output_status(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	perror("nvwebmon: standard output");
	return EXIT_NOT_WELL;
}
