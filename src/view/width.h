/*
 * width: how many columns a text takes on a terminal.
 *
 * As wcwidth() would say, but without a locale to be set and loaded. Text is UTF-8; a byte that is not takes one column. A colour
 * sequence (ESC [ ... m) takes none: text from outside holds no ESC any more when it comes here, see text_escape().
 */
#pragma once

#include "base/text.h"

size_t width_of(struct slice text);
/* The longest beginning of whole characters that takes no more than `columns`, in bytes. */
size_t width_fit(struct slice text, size_t columns);
