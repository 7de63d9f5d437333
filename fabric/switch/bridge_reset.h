/* Bridge reset: what resets what is below a bridge, registers too, in one hierarchy and no other: software by Secondary
 * Bus Reset (base specification 7.5.1.3.13), or MR-PCIM by a hot reset of the hierarchy at a port.
 *
 * While the bit is set what is below is cut off (fabric/switch/containment.h). Set in the upstream bridge it resets the
 * downstream bridges, too, and none of them answers. */
#ifndef FABRIC_SWITCH_BRIDGE_RESET_H
#define FABRIC_SWITCH_BRIDGE_RESET_H

#include "fabric/switch/switch.h"

/* Software may have written to Bridge Control of bridges of VIRTUAL_SWITCH. */
void bridge_reset_apply(struct mr_switch *mr_switch, struct virtual_switch *virtual_switch);

/* Resets what is below downstream bridge BRIDGE of VIRTUAL_SWITCH. */
void bridge_reset_below(const struct virtual_switch *virtual_switch, int bridge);

/* For switch ports (fabric/pcie/port.h): the whole of hierarchy VH in this chassis, and below. */
void switch_on_reset(struct port *port, uint16_t vh);

#endif
