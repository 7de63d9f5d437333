/* Loads parts: what the sources of loads (hostsim/rack/loads.h) have in common. */
#ifndef HOSTSIM_RACK_LOADS_PARTS_H
#define HOSTSIM_RACK_LOADS_PARTS_H

#include "hostsim/rack/loads.h"

/* The world's function for a reference of the scenario, which somebody has or had. */
struct world_function *loads_find_function(struct world *world, struct scenario_function function);

/* One more row, for SPEC, with FLOW, which is all zeros; the functions of its members have drivers. */
MUST_CHECK enum status loads_make_row(
    struct loads *loads, struct flow *flow, const struct scenario_flow *spec, char *reason, size_t reason_size);

/* Finds out which of its workload's targets ROW is about. */
void loads_place_row(const struct loads *loads, struct load_row *row);

/* A suspended flow has nothing under way. */
void loads_on_quiet(struct flow *flow);

#endif
