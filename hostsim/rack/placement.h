/* Placement: the assigned functions, put where their owners' hosts have found and programmed them. */
#ifndef HOSTSIM_RACK_PLACEMENT_H
#define HOSTSIM_RACK_PLACEMENT_H

#include "hostsim/rack/world.h"

/* Activates the assigned functions of a world whose registers are as enumeration left them. Those that the host does
 * not see, for want of a capability, stay inactive: world_function.function is NULL. */
void functions_place(struct world *world);

#endif
