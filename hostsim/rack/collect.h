/* Collect: what a world found, as results. */
#ifndef HOSTSIM_RACK_COLLECT_H
#define HOSTSIM_RACK_COLLECT_H

#include "fabric/pcim/inventory.h"
#include "hostsim/rack/results.h"
#include "hostsim/rack/world.h"

/* Fills RESULTS, {0} before but for its samples, from a world that has run to its end; closes the world's counters.
 * MANAGED: what MR-PCIM knows of it; NULL: nobody manages it. */
void collect_results(struct world *world, const struct pcim_inventory *managed, struct results *results);

#endif
