/* Hops: how far two chassis are from each other over the trunks. */
#ifndef HOSTSIM_RACK_HOPS_H
#define HOSTSIM_RACK_HOPS_H

#include "hostsim/rack/scenario.h"

#define HOPS_NO_PATH SCENARIO_NONE

/* How many trunks a shortest path between two chassis takes: 0 within one, HOPS_NO_PATH where there is none. */
int hops_between(const struct scenario *scenario, int from, int to);

/* The uplink of HOST with the fewest hops to chassis TO, the lowest of equals; SCENARIO_NONE where none gets there. */
int hops_nearest_uplink(const struct scenario *scenario, int host, int to);

#endif
