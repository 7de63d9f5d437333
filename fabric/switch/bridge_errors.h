/* Bridge errors: what the bridges of a virtual switch make of errors: logged in their registers, told to the root port
 * of their hierarchy, and contained (base specification 6.2.5, 6.2.11).
 *
 * A downstream bridge whose DPC is on is triggered by an error message from below, which goes no further then, or by an
 * error of its own: its hierarchy is cut off there (fabric/switch/containment.h) until software clears DPC Trigger
 * Status. Nothing else of the link changes. */
#ifndef FABRIC_SWITCH_BRIDGE_ERRORS_H
#define FABRIC_SWITCH_BRIDGE_ERRORS_H

#include <stdbool.h>

#include "fabric/pcie/error_report.h"
#include "fabric/switch/switch.h"

/* Bridge BRIDGE of VIRTUAL_SWITCH has detected an error. */
void bridge_report(
    struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int bridge, const struct error_report *report);

/* MESSAGE, an error message, has come in through bridge FROM. False when it goes no further. In front of an sr-iov
 * adapter the registers of the function that sends it are the chassis's: they log the error, and say what is told. */
bool bridge_takes_message(
    struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int from, struct tlp *message);

/* Software may have written to the DPC registers of bridge BRIDGE. */
void bridge_apply_dpc(struct mr_switch *mr_switch, struct virtual_switch *virtual_switch, int bridge);

#endif
