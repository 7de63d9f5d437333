/* Manager: MR-PCIM of a world: what it knows of the rack at time zero, and its way to the rack's hardware and hosts.
 *
 * The scenario's timeline, the management daemon and tests submit to `pcim` (fabric/pcim/pcim.h). */
#ifndef HOSTSIM_RACK_MANAGER_H
#define HOSTSIM_RACK_MANAGER_H

#include "fabric/pcim/pcim.h"
#include "hostsim/rack/commands.h"
#include "hostsim/rack/world.h"

struct manager {
    struct pcim pcim;
    struct commands commands; /* its hardware table's */
};

/* MR-PCIM of WORLD, which is built and booted and outlives it. MANAGER must not be moved afterwards. */
void manager_init(struct manager *manager, struct world *world);
void manager_free(struct manager *manager);

/* The scenario's word for a function is the inventory's. */
struct pcim_function_id manager_function_id(struct scenario_function function);
struct pcim_owner manager_owner(struct scenario_owner owner);

/* Fills INVENTORY, empty before, with what SCENARIO has, at time zero. */
void manager_take_inventory(struct pcim_inventory *inventory, const struct scenario *scenario);

#endif
