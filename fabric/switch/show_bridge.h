/* Show bridge: bridges of a hierarchy's virtual switch that come and go while the rack runs: the mechanism behind
 * MR-PCIM's commands (fabric/switch/switch_commands.h).
 *
 * A hierarchy that comes to a chassis for the first time is shown its upstream bridge there too, at the port of the
 * trunk by which it comes. */
#ifndef FABRIC_SWITCH_SHOW_BRIDGE_H
#define FABRIC_SWITCH_SHOW_BRIDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/status.h"
#include "fabric/switch/switch.h"

/* Hierarchy VH has the bridge at PORT, a port number, from now on: with registers at their reset values, its windows
 * closed, its slot OCCUPIED or not. NOT_FOUND: no bridge of the hierarchy can be there. OK when it had it already. */
MUST_CHECK enum status switch_show_bridge(struct mr_switch *mr_switch, uint16_t vh, uint32_t port, bool occupied);

/* It does not have it any more: the bridge answers no request and claims nothing. What had been routed through it goes
 * on to where it was going; what comes in by it is dropped as stale. OK when it had not. */
MUST_CHECK enum status switch_hide_bridge(struct mr_switch *mr_switch, uint16_t vh, uint32_t port);

/* The bridge of hierarchy VH at PORT, shown or not; NULL: there can be none. */
struct virtual_bridge *switch_find_bridge(const struct mr_switch *mr_switch, uint32_t vh, uint32_t port);

#endif
