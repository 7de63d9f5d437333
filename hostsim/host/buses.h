/* Buses: which bus numbers are free below a bridge of a tree that is in use: those behind a bridge are a row, so there
 * is room for more only before the numbers of its next neighbour.
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

/* Numbers for a new bridge on the bus behind BRIDGE: the last eighth of the widest gap, so that the neighbour before it
 * may grow too. False when there is none. */
bool buses_find_room(const struct host_function *functions, size_t count, int bridge, struct buses_range *range);

#endif
