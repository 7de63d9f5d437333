/* Capability power management (base specification 7.5.2). D0 and D3hot; no state is lost between them. */
#ifndef FABRIC_PCIE_CAPABILITY_POWER_H
#define FABRIC_PCIE_CAPABILITY_POWER_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_layout.h"
#include "fabric/pcie/config_space.h"

/* Adds the capability; PME: the function may wake the host (from D0 and D3). Returns its offset. Writes of D1 and D2
 * change nothing. */
uint16_t capability_power_add(struct config_layout *layout, bool pme);

/* True in D0, false in D3hot, where a function answers configuration requests only. */
bool power_is_on(const struct config_space *space, uint16_t base);

#endif
