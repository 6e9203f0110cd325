/*
 * bus_id: the PCI address of a GPU, however it is spelled.
 *
 * "0000:17:00.0" up to driver 3xx and in the messages of all, "00000000:17:00.0" in the rows of later ones, "17:00.0" by hand.
 */
#pragma once

#include "base/text.h"

/* How many bytes at the beginning of `text` are a bus id with its domain; 0 when none stands there. */
size_t bus_id_length(struct slice text);
/* Whether two bus ids name one slot: "0000:17:00.0" and "00000000:17:00.0" do. False when either is no bus id. */
bool bus_id_equal(struct slice a, struct slice b);
