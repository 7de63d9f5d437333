/* Functions view: every function of a rack, and who has it: what `mriov show --functions` prints. */
#ifndef HOSTSIM_RACK_FUNCTIONS_VIEW_H
#define HOSTSIM_RACK_FUNCTIONS_VIEW_H

#include <stdio.h>

#include "hostsim/rack/world.h"

/* A line a function: NAME, OWNER ("h0", or "h0:1" where the host has several uplinks), GUEST, VH, ROUTING-ID, STATE and
 * BAR, with "-" for what it has not. `unseen` is what its owner's host cannot see, for want of a capability. */
void functions_view_table(const struct world *world, FILE *out);

/* A list of objects with `name`, `owner` ("h0", "h0:1" or "h0/vm1", as results have it), `state`, `guest`, `vh`,
 * `routing_id` and `bar`; null for what a function has not. */
void functions_view_json(const struct world *world, FILE *out);

#endif
