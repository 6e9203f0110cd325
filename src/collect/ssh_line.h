/*
 * ssh_line: commands with ssh for people, to be pasted into a shell.
 *
 * Pure. Whoever runs nvwebmon gets them with the words of ssh.command, as the session uses them. On the page that all may see they are with
 * ssh alone: another person reaches the host in another way, and a wrapper's words may hold a password.
 */
#pragma once

#include "config/config.h"
#include "smi/messages.h"

struct ssh_target {
	const char *user; /* NULL: ssh decides */
	const char *address;
	int port;             /* 0: ssh decides */
	char *const *command; /* ssh.command, up to a NULL; NULL: ssh alone */
};

/* `command`: see struct ssh_target. Everything is borrowed. */
struct ssh_target ssh_target_of(const struct host_config *host, char *const *command);

/* All of these are on the heap. */

/* "ssh -F lab.conf": the ssh command alone. */
char *ssh_line_command(const struct ssh_target *target);
/* "-p 2222 alice@gpu2" */
char *ssh_line_target(const struct ssh_target *target);
/* "ssh -F lab.conf -v -p 2222 alice@gpu2", with an option more (NULL: none). */
char *ssh_line(const struct ssh_target *target, const char *option);
/*
 * What takes our public key there: ssh-copy-id, with whatever it has to know of ssh's options; or, through a command that is not ssh
 * itself, that command. `key`: the private or the public file; "" or NULL: that of ssh.command, else ssh-copy-id chooses.
 */
char *ssh_line_copy_id(const struct ssh_target *target, const char *key);
/* The same to a jump host on the way, "alice@jump": of our options its ssh is given -F alone (ssh.c, -J). */
char *ssh_line_copy_id_jump(const struct ssh_target *target, const char *jump);
/* The value of the first -X (a letter) among the options of ssh.command; NULL: there is none. Borrowed, not on the heap. */
const char *ssh_line_value(const struct ssh_target *target, char letter);

/* `command` as it is run on the host: by itself when that is this machine, else through ssh, with a terminal for sudo. */
char *ssh_line_there(const struct host_config *host, char *const *ssh_command, const char *command);
/* `command`, when it begins with nvidia-smi or sudo nvidia-smi, with what it is called on this host. */
char *ssh_line_smi(const struct host_config *host, const char *command);
/* As ssh_line_there() for what mends a problem there, and what is said about it; NULL when nothing does. */
char *ssh_line_remedy(const struct host_config *host, char *const *ssh_command, const struct remedy *remedy);
