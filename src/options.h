/*
 * options: the command line, understood.
 */
#pragma once

#include "config/config.h"

enum command { COMMAND_SERVE, COMMAND_LIST, COMMAND_CHECK, COMMAND_PROBE };

/* Exit statuses, the same for every command. */
enum {
	EXIT_FINE = 0,
	EXIT_NOT_WELL = 1,     /* something that is watched is not well */
	EXIT_USAGE = 2,        /* the command line or the configuration is wrong */
	EXIT_CANNOT_START = 3, /* the server could not start */
};

struct options {
	enum command command;
	const char *config_path; /* --config; NULL: looked for */
	struct config_overrides overrides;
	bool check_config, demo, json, verbose;
	bool authorized_key;  /* --authorized-key */
	const char *key_file; /* its file; NULL: looked for */
};

/*
 * Reads the command line. True when there is something to do; else *ret_status is what to exit with: --help and --version have
 * been answered, a wrong line has been explained on stderr. Everything in *ret points into argv, which is reordered.
 */
bool options_parse(int argc, char **argv, struct options *ret, int *ret_status);

/* Loads the configuration that the command line names. Errors as config_load(), explained on stderr. */
int must_check options_load_config(const struct options *options, struct config **ret);

int cmd_serve(const struct options *options);
int cmd_list(const struct options *options);
int cmd_check(const struct options *options);
int cmd_probe(const struct options *options);
