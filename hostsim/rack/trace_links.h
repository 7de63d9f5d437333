/* Trace links: which directions of a world's links a text chooses.
 *
 * Names as results have them, with commas between: a link ("h0", "h1:0", "isl0") means both its directions, and "h0 up"
 * one; a host of several root ports ("h0" of "h0:0" and "h0:1") means all of them. Ranges and `*` stand for several:
 * "h[0-3] up,nic*". */
#ifndef HOSTSIM_RACK_TRACE_LINKS_H
#define HOSTSIM_RACK_TRACE_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "fabric/base/status.h"
#include "hostsim/rack/world.h"

/* How long the name of a direction may be: a link's, and "down". */
#define TRACE_LINK_NAME_BYTES 128

/* The name of a direction of LINK, "h0 up", in NAME. Returns NAME. */
const char *
trace_link_name(const struct world_link *link, enum link_direction direction, char name[TRACE_LINK_NAME_BYTES]);

/* Sets CHOSEN, of LINK_DIRECTIONS for each link of WORLD, to what TEXT chooses; NULL chooses all.
 * STATUS_NOT_FOUND: a name is no link's, or cannot be read; one line in REASON (of REASON_SIZE bytes) says so,
 * naming the nearest there is. */
MUST_CHECK enum status trace_links_choose(
    const struct world *world, const char *text, bool (*chosen)[LINK_DIRECTIONS], char *reason, size_t reason_size);

#endif
