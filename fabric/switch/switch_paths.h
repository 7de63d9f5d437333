/* Switch paths: the queues by which TLPs go from one bridge of a virtual switch to another: made when both are there,
 * never before, and kept from then on.
 *
 * What MR-PCIM moves in its own hierarchy is a request at a time: it passes no gate and counts for no input's outputs.
 */
#ifndef FABRIC_SWITCH_SWITCH_PATHS_H
#define FABRIC_SWITCH_SWITCH_PATHS_H

#include "fabric/switch/switch.h"

/* Makes the paths among all bridges that are shown; or those from and to BRIDGE, which is. */
void switch_paths_add_all(struct virtual_switch *virtual_switch);
void switch_paths_add(struct virtual_switch *virtual_switch, int bridge);

/* Inputs may reach more outputs than before: sees to it that those pass a gate that have to. */
void switch_paths_set_gates(struct mr_switch *mr_switch);

/* Weights of bridges have changed. */
void switch_paths_set_weights(struct virtual_switch *virtual_switch);

#endif
