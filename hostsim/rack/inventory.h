/* Inventory: every function of a rack at time zero, and who has it.
 *
 *     struct inventory inventory;
 *     inventory_take(&inventory, scenario, NULL);
 *     for (size_t i = 0; i < inventory.count; i++)
 *         ... inventory.entries[i] ...
 *     inventory_free(&inventory);
 *
 * By adapter, in the order of the file: an mr-iov adapter's base function, then each PF, followed by its VFs that
 * exist: those that are assigned, and of an sr-iov adapter all. */
#ifndef HOSTSIM_RACK_INVENTORY_H
#define HOSTSIM_RACK_INVENTORY_H

#include <stddef.h>

#include "hostsim/rack/holdings.h"
#include "hostsim/rack/scenario.h"

enum inventory_state {
    INVENTORY_FREE,     /* for whoever it is assigned to */
    INVENTORY_ASSIGNED, /* somebody's */
    INVENTORY_MANAGED,  /* MR-PCIM's own: a base function, the PF of an sr-iov adapter */
};

struct inventory_entry {
    struct scenario_function function;
    enum inventory_state state;
    int assignment; /* index in scenario.assignments when ASSIGNED; otherwise SCENARIO_NONE */
};

struct inventory {
    struct inventory_entry *entries; /* owned */
    size_t count;
};

/* HOLDINGS: VFs of mr-iov PFs that exist are those that anybody ever had; NULL: those that are assigned at time zero.
 */
void inventory_take(struct inventory *inventory, const struct scenario *scenario, const struct holdings *holdings);
void inventory_free(struct inventory *inventory);

/* "free", "assigned", "managed": as results and `mriov show` have it. */
const char *inventory_state_name(enum inventory_state state);

#endif
