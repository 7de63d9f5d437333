/* Function list: every function of the rack, as the API shows it. */
#ifndef MGMT_FUNCTION_LIST_H
#define MGMT_FUNCTION_LIST_H

#include <stddef.h>

#include "fabric/pcim/inventory.h"
#include "hostsim/rack/world.h"
#include "mgmt/arena.h"
#include "proto/mriov.pb-c.h"

/* All that INVENTORY has, by adapter, then base function, then each PF followed by its VFs, and where hosts of WORLD
 * have them; *COUNT of them, in ARENA. */
Mriov__V1__Function **
function_list(const struct pcim_inventory *inventory, const struct world *world, struct arena *arena, size_t *count);

/* "free", "assigned", ...: the words for states. */
const char *function_state_word(Mriov__V1__FunctionState__Kind state);

#endif
