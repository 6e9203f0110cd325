/*
 * config: what the user wants watched and served, read from a file, checked whole.
 *
 * Pure: text in, struct or errors out. Two styles of file are understood, the native one and that of the original NVIDIA Web
 * Monitor (LOCAL_HOST, HOST, ...); the result is the same struct. Every error says file:line:col, the key's path, what is wrong and what
 * would be right, as "config.yaml:17:9: hosts[2].port: 99999 is over 65535"; all errors of a file are reported, not only the first.
 */
#pragma once

#include "base/buf.h"

/* keep_driver_loaded: whether a quiet nvidia-smi -l stays on a host, so that its driver does not have to start for each query. */
enum keep_driver {
	KEEP_AUTO,   /* where persistence mode is off, and no GPU is one that the kernel suspends */
	KEEP_ALWAYS, /* but never while a GPU is suspended */
	KEEP_NEVER,
};

struct host_config {
	char *address;                /* what ssh is given: a name, an address, an alias of ssh_config */
	char *user;                   /* NULL: ssh decides */
	int port;                     /* 0: ssh decides */
	char *name;                   /* shown, unique; never NULL */
	char *people, *kvm, *comment; /* NULL: not given */
	char *group;                  /* a rack, a room, a team; NULL: not given */
	char *nvidia_smi;             /* the command on that host; never NULL */
	bool local;                   /* this machine, without ssh */
	unsigned line;                /* where it stands in the file; 0: on the command line or by default */
};

struct column_config {
	char *field, *title; /* title: never NULL */
};

struct config {
	char *path; /* NULL: no file, defaults */
	bool original_style;
	char **listen;
	size_t listen_count;
	char **names; /* host names accepted on a loopback listener */
	size_t name_count;
	double interval;           /* seconds */
	struct host_config *hosts; /* this machine first, unless the file lists it elsewhere; at least one */
	size_t host_count;
	struct column_config *columns;
	size_t column_count;
	char **ssh_command;           /* NULL-terminated: {"ssh", NULL} */
	unsigned connect_timeout;     /* seconds, ssh.connect_timeout: until TCP stands */
	unsigned login_timeout;       /* seconds, ssh.login_timeout: until the probe is ready */
	unsigned handshakes;          /* ssh.handshakes: logins in flight at once */
	unsigned nvidia_smi_timeout;  /* seconds, nvidia_smi_timeout: one sample */
	enum keep_driver keep_driver; /* keep_driver_loaded; auto by default */
	double free_memory;           /* percent, free.memory: below it a GPU without processes is free */
	double free_utilization;      /* percent, free.utilization: likewise */
};

/* What the command line says; NULL and 0 where it says nothing. */
struct config_overrides {
	const char *host;         /* --host */
	const char *port;         /* --port, as typed */
	const char *interval;     /* --interval, as typed */
	const char *const *hosts; /* HOST... */
	size_t host_count;
};

/*
 * Reads a configuration from `text`. `path` is only for messages. On success 0 and *ret, which the caller frees; else -EINVAL, and the
 * errors in *errors, sorted by place, a line each (two more, with an excerpt, for what is not YAML). With errors nothing is returned:
 * there is no half configuration. A buffer that is too small gets the first errors, whole.
 */
int must_check config_parse(struct slice text, const char *path, const struct config_overrides *overrides, struct config **ret,
			    struct buf *errors);
/* Without a file: this machine alone, or the hosts of the command line. */
int must_check config_defaults(const struct config_overrides *overrides, struct config **ret, struct buf *errors);
void config_free(struct config *config);
/* Whether two hosts are the same to a session: same target and same command. Label and place do not matter. */
bool host_config_same_target(const struct host_config *a, const struct host_config *b);
/* Whether both ask for the same fields, in the same order; headings do not matter. */
bool config_same_columns(const struct config *a, const struct config *b);
/* What would be watched and served, for --check-config: a few aligned lines for people. */
void config_describe(const struct config *config, struct buf *out);
