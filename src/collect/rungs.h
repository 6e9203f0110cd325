/*
 * rungs: how far a login has come, from what ssh says of itself.
 *
 * Pure. Reads ssh's stderr at LogLevel DEBUG1, line by line. The texts are those of OpenSSH 7.4 to 10 (ssh.c, sshconnect.c, sshconnect2.c,
 * kex.c), in English: ssh is not translated. After the login the far side writes to the same stderr: nothing is read any
 * more once we are in. A server's banner comes before that, and may look like a line of ssh's; what could end up in a command for people is
 * kept only when it is a plain word.
 */
#pragma once

#include "base/text.h"

enum ssh_step {
	SSH_STARTED,
	SSH_RESOLVED,    /* the name has an address, which is being connected to */
	SSH_CONNECTED,   /* TCP stands */
	SSH_GREETED,     /* the server has said its version: it is an sshd, and awake */
	SSH_KEY_SHOWN,   /* its host key is known to us; not yet whether it is the right one */
	SSH_KEY_TRUSTED, /* it is */
	SSH_LOGGED_IN,
};

/* Texts are valid UTF-8 without control characters; "" when ssh did not tell. */
struct ssh_trace {
	enum ssh_step step;
	char proxy[256];      /* the command that connects in ssh's place (ProxyJump, ProxyCommand) */
	char address[128];    /* what is connected to: "192.168.1.25" */
	char port[8];         /* and its port */
	char server[96];      /* what the server calls itself: "OpenSSH_9.2p1" */
	char key_type[48];    /* of the host key that was shown: "ssh-ed25519" */
	char fingerprint[80]; /* and its fingerprint: "SHA256:..." */
	char offending[384];  /* where another key of this host stands: "/home/alice/.ssh/known_hosts:12" */
	char user[64];        /* whom we log in as */
	char allowed[128];    /* the ways to log in that the server names: "publickey,password" */
	char method[32];      /* the one that it was in the end */
	char key_file[256];   /* a key of ours that was offered last, or accepted */
	char loose_file[256]; /* a key of ours that ssh refuses to use: others may read it */
	char missing_key
		[256];       /* the first key file of ours that ssh has looked for in vain, but for those with the usual names */
	unsigned identities; /* key files of ours that there are */
	unsigned offered;    /* keys that were offered, those of an agent too */
	bool key_added;      /* the host key was not known, and ssh has taken it over all the same (StrictHostKeyChecking) */
	bool accepted;       /* the server would take one of our keys */
	bool agent_refused;  /* the agent would not sign with it */
};

void rungs_init(struct ssh_trace *trace);
/*
 * One line of ssh's stderr. Returns what of it is a message to people, and to be kept; SLICE_NONE when it is all ssh talking of its work. The
 * far side may have left a line without its end: ssh's talk begins in the middle then.
 */
struct slice must_check rungs_hear(struct ssh_trace *trace, struct slice line);
