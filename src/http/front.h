/*
 * front: the page's HTML with the snapshot inside, so that a browser draws what is known without asking again. Pure.
 *
 * It stands in a data block, `<script type="application/json" id="snapshot">`, which is no script to a browser and so is allowed by the strictest
 * Content-Security-Policy.
 */
#pragma once

#include "base/blob.h"

/* Put where index.html has its "<!--snapshot-->". NULL when there is no such place, or the snapshot is over CAP_FRONT_SNAPSHOT. A reference for the
 * caller. */
struct blob *front_render(struct slice index, struct slice snapshot);
