/* Management: VH 0 of every chassis of a world: MR-PCIM's root port, the switch's own bridges, and behind them the base
 * function of each mr-iov adapter, or the PF and the VFs of each sr-iov one. (An exclusive adapter is in one hierarchy,
 * its owner's.)
 *
 * MR-PCIM finds them before time zero as hosts find theirs (hostsim/rack/boot.h), and so the adapters of a chassis that
 * need more than the 256 buses of VH 0, the last ones, are not in it: they are what they are at time zero. */
#ifndef HOSTSIM_RACK_MANAGEMENT_H
#define HOSTSIM_RACK_MANAGEMENT_H

#include "hostsim/rack/world.h"

/* Builds VH 0 of a world whose hierarchies are built. */
void management_build(struct world *world);

/* Where MR-PCIM's commands go, and where sr-iov adapters have their own functions: as the registers of VH 0 say after
 * boot. */
void management_place(struct world *world);

void management_free(struct world *world);

/* The registers of the function with routing ID in VH 0 of CHASSIS; NULL when there is none. For those who look at a
 * model from outside. */
const struct config_space *management_find(const struct world *world, size_t chassis, uint16_t id);

/* True when ADAPTER is in VH 0 of its chassis, at routing ID *ID: its base function or PF. */
bool management_has(const struct world *world, size_t adapter, uint16_t *id);

#endif
