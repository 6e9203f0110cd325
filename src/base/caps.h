/*
 * caps: every limit on what others can make us hold. One place in the code; the table in ARCHITECTURE.md
 * says what happens at each. Bytes unless the name says otherwise.
 */
#pragma once

#define CAP_LINE 8192u            /* one line from a far host */
#define CAP_FRAME (1024u * 1024u) /* one sample from a far host */
#define CAP_NOISE (1024u * 1024u) /* from a far host, what nobody asked for: rc files, stderr; between two samples */
#define CAP_STDERR_TAIL 4096u     /* the last words of an ssh child */
#define CAP_GPUS 64u              /* GPUs of a host */
#define CAP_PROCESSES_PER_GPU 256u
#define CAP_MIG_DEVICES 64u /* of a GPU */
#define CAP_CENSUS 8192u    /* processes of a host that are remembered from sample to sample */
#define CAP_COMMAND 4096u   /* a process' name, and its command line */
#define CAP_FINDINGS 256u   /* of a host */
#define CAP_COLUMNS 64u     /* configured columns */
#define CAP_CONFIG_FILE (4u * 1024u * 1024u)
#define CAP_CONFIG_DEPTH 16 /* collections in each other */
#define CAP_CONFIG_NODES 262144
#define CAP_CONFIG_ANCHORS 256
#define CAP_CONFIG_MERGES 65536 /* keys and values that << brings in */
#define CAP_CONFIG_LINE 16384
#define CAP_CONFIG_DIRECTIVES 16 /* lines that begin with % */
#define CAP_CONFIG_ERRORS 100    /* told; the rest is counted */
#define CAP_HOSTS 4096u
#define CAP_REQUEST_HEAD 8192u /* an HTTP request's head */
#define CAP_REQUEST_TARGET 2048u
#define CAP_CONNECTIONS 1100u                    /* HTTP connections at once */
#define CAP_REFUSALS 64u                         /* connections over the cap that are told so; those after them are just closed */
#define CAP_DISCARD (1024u * 1024u)              /* bytes that a client sends and nobody asked for */
#define CAP_SOCKET_UNSENT (64 * 1024)            /* of ours, in the kernel */
#define CAP_SOCKET_UNREAD (32 * 1024)            /* of a client's, in the kernel */
#define CAP_TEXT_TABLE (4u * 1024u * 1024u)      /* the text for curl */
#define CAP_FRONT_SNAPSHOT (512u * 1024u)        /* the snapshot inside the page; a larger one is fetched */
#define CAP_EVENT_READERS (CAP_CONNECTIONS - 76) /* some room stays for those who only ask */
#define CAP_EVENTS_KEPT 64                       /* for readers that are behind */
#define CAP_EVENT_BACKLOG (1024u * 1024u)        /* of events, for readers that are behind */
#define CAP_EVENTS_SENDING (64u * 1024u * 1024u) /* on their way to all readers of events together, each counted once */
