/*
 * secrets: passwords, tokens and keys in command lines, made unreadable before anybody sees them.
 *
 * Masked is the value of an option, a variable or a key of JSON whose name says that it is secret (--api-key=X, --token X,
 * WANDB_API_KEY=X, environ["API_KEY"] = "X"), what few programs take without such a name (-pX, wandb login X), the password in a
 * URL (scheme://user:X@host), its signature (?sig=X), the address of a webhook, a bearer token, and words that look like a
 * well-known key (hf_..., sk-..., ghp_..., AKIA..., eyJ... of a JWT). What is masked reads "***", or "*" when it was shorter than
 * that. Errs on the side of masking a harmless word; never touches anything outside of the text.
 */
#pragma once

#include "base/text.h"

/* Masks in place. The text only ever becomes shorter; returns its new length in bytes. It stays valid UTF-8. */
size_t must_check secrets_mask(char *text, size_t len);
