/*
 * draft: a configuration on the way from a file and a command line to a struct config. Of this room only.
 */
#pragma once

#include "config/config.h"
#include "config/option.h"

/* Where a host was given. */
struct origin {
	const struct node *node; /* NULL: on the command line, or by default */
	char *path;              /* "hosts[3]" */
};

struct draft {
	struct config config;
	struct origin *origins; /* one for each host */
	char *nvidia_smi;       /* for hosts that do not name their own */
	bool localhost, localhost_given;
	size_t ssh_word_count; /* of config.ssh_command, without its NULL */
};

/* native.c: the native style. The tables are also there for the test that compares them with the manual. */
extern const struct option_table native_options, native_host_options, native_column_options, native_free_options,
	native_ssh_options;
void native_read(struct reader *reader, const struct node *root, struct draft *draft);
void native_set_initial(struct reader *reader, struct draft *draft);
/* One listener, or one host, as text: what the file and the command line have in common. */
void read_listener(struct reader *reader, const struct option *option, const struct node *value, void *draft);
void read_host(struct reader *reader, const struct option *option, const struct node *value, void *draft);
/* Fields of a host. */
void read_address(struct reader *reader, const struct option *option, const struct node *value, void *host);
void read_user(struct reader *reader, const struct option *option, const struct node *value, void *host);

/* original.c: the keys of the original NVIDIA Web Monitor. */
extern const struct option_table original_options, original_host_options;
void original_read(struct reader *reader, const struct node *root, struct draft *draft);

/* columns.c */
void columns_read(struct reader *reader, const struct option *option, const struct node *value, void *draft);
/* Takes field and title, both on the heap; title NULL: the field's name. False, and both freed, when the field can be none. */
bool columns_add(struct config *config, char *field, char *title);
/* When none is configured: the original's nine. */
void columns_set_default(struct config *config);

/* hosts.c */
/* Takes what `host` holds. Its origin's path is the reader's. */
void hosts_add(struct reader *reader, struct draft *draft, const struct host_config *host, const struct node *node);
void hosts_clear(struct draft *draft);
void host_done(struct host_config *host);
/* This machine when it is wanted, names for all, nothing twice. `root`: where to complain that there is nothing. */
void hosts_finish(struct reader *reader, struct draft *draft, const struct node *root);

/* overrides.c: what the command line says goes before the file. */
void overrides_apply(struct reader *reader, const struct config_overrides *overrides, struct draft *draft);
