/* Buses: which bus numbers are free below a bridge of a tree that is in use, and how many a bridge is to have for what
 * may come behind it: those behind a bridge are a row, so there is room for more only before the numbers of its next
 * neighbour.
 *
 * Functions are by position here (struct host_function, `parent`), as while a walk is under way. */
#ifndef HOSTSIM_HOST_BUSES_H
#define HOSTSIM_HOST_BUSES_H

#include <stdbool.h>
#include <stddef.h>

#include "hostsim/host/host_function.h"

/* From first to last, both included. */
struct buses_range {
    uint8_t first, last;
};

/* The highest number that could be behind BRIDGE, were it and those above it extended. */
uint8_t buses_limit(const struct host_function *functions, size_t count, int bridge);

/* How many numbers, its secondary bus included, BRIDGE is to have: what it wants for all that may come behind it, or
 * where that is more than there are for all of its tree, its part of these, and at least one. 0: nobody says. */
uint32_t buses_share(const struct host_function *functions, size_t count, int bridge);

/* Numbers for a new bridge, NEXT, on the bus behind BRIDGE: its share at the beginning of the narrowest gap that has as
 * many, otherwise of the widest, so that what is wide stays so. Where nobody says what it wants the last eighth of
 * the widest gap, as its neighbours may grow. False when there is none. */
bool buses_find_room(
    const struct host_function *functions, size_t count, int bridge, int next, struct buses_range *range);

#endif
