/* Hierarchy: what each virtual hierarchy consists of: bridges, bus numbers, windows, and where its functions are.
 *
 * Numbers are given as a depth-first enumeration would: the root port is 00:00.0, the chassis's upstream bridge is on
 * bus 1, its downstream bridges on bus 2, adapters behind them from bus 3 on, and a trunk leads to the next chassis's
 * upstream bridge. Windows follow each other in the same order. */
#ifndef HOSTSIM_RACK_HIERARCHY_H
#define HOSTSIM_RACK_HIERARCHY_H

#include "hostsim/rack/world.h"

/* Builds all hierarchies of a world whose links are connected, and activates the assigned functions. */
MUST_CHECK enum status hierarchies_build(struct world *world, char *reason, size_t reason_size);

#endif
