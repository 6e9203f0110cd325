/*
 * public_key: a public key of OpenSSH, as it stands in a .pub file, made sure of.
 *
 * Format: sshd(8), AUTHORIZED_KEYS FILE FORMAT: "TYPE BASE64 COMMENT", where the bytes in BASE64 begin with TYPE again, as a string with
 * its length before it (RFC 4253, 6.6).
 */
#pragma once

#include "base/text.h"

/* The line of the only key in `text`: its first two words, and the comment, SLICE_NONE when there is none. Returns what is wrong, a
 * literal for people that follows the file's name; NULL when nothing is. */
const char *must_check public_key_find(struct slice text, struct slice *ret_key, struct slice *ret_comment);
