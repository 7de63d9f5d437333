/* Containment: what of a hierarchy's virtual switch is cut off, and what then becomes of TLPs.
 *
 * A virtual bridge is cut when the link at its port is down, which cuts the bridges of all hierarchies there; or when
 * its own hierarchy's part of that link is: by downstream port containment (base specification 6.2.11) or a reset of
 * one hierarchy. **That containment ends at the hierarchy is this project's choice**: contained by the port, one host's
 * fatal error would take a shared adapter from all others.
 *
 * Nothing goes through a bridge that is cut: posted requests and completions are dropped (DROP_LINK_DOWN,
 * DROP_CONTAINED), also those that waited for its link, non-posted requests are answered with Unsupported Request, or
 * with Completer Abort as DPC Control has it. What is below is told by on_virtual_link(), and is reset. It costs a
 * branch a TLP while nothing is cut. */
#ifndef FABRIC_SWITCH_CONTAINMENT_H
#define FABRIC_SWITCH_CONTAINMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/switch/switch.h"

/* Why; bits, as several may hold. */
enum bridge_cut {
    BRIDGE_CUT_LINK = 1 << 0,  /* the link at its port is down */
    BRIDGE_CUT_DPC = 1 << 1,   /* an error is contained */
    BRIDGE_CUT_RESET = 1 << 2, /* its secondary bus is held in reset */
};

/* Cuts bridge BRIDGE of hierarchy VH, or joins it again once no other reason holds. Nothing happens when it is so
 * already. */
void switch_cut_bridge(struct mr_switch *mr_switch, uint16_t vh, uint32_t bridge, enum bridge_cut why);
void switch_join_bridge(struct mr_switch *mr_switch, uint16_t vh, uint32_t bridge, enum bridge_cut why);

/* Hot reset of hierarchy VH alone below PORT, a port number: the link stays up. */
void switch_reset_hierarchy(struct mr_switch *mr_switch, uint16_t vh, uint32_t port);

/* Ends TLP, come in through bridge FROM of VIRTUAL_SWITCH at IN on its way to bridge TO, one of which is cut. Its place
 * in the input's buffer is the caller's to free. */
void switch_end_cut(
    struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int from, int to, struct tlp *tlp);

/* For paths as they are made: closed when a bridge at either end is cut. */
void switch_close_path(struct virtual_switch *virtual_switch, int from, int to);

/* For switch ports (fabric/pcie/port.h). */
void switch_on_link(struct port *port, bool up);
void switch_on_virtual_link(struct port *port, uint16_t vh, bool up);

#endif
