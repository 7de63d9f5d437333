/* Slot change: a register by which a switch's bridge tells its host that one function of what is in its slot has come
 * or gone; the upstream bridge's, that a bridge of the internal bus has.
 *
 * The base specification's slot knows only the whole of what is in it. **The register is the project's own**:
 * device-specific, at SLOT_CHANGE of the configuration space of switches' bridges. It stands below 100h and in no
 * capability, as the base specification lets device-specific registers be (7.5.1). fabric/switch/slot.h drives it. */
#ifndef FABRIC_PCIE_SLOT_CHANGE_H
#define FABRIC_PCIE_SLOT_CHANGE_H

#include "fabric/pcie/config_layout.h"

#define SLOT_CHANGE 0xf0

enum slot_change {
    SLOT_CHANGE_PLACE = 0x00ff,     /* device and function, or the function by ARI */
    SLOT_CHANGE_VALID = 0x0100,     /* cleared by writing 1: then the register says the next change, if there is one */
    SLOT_CHANGE_COMES = 0x0200,     /* otherwise it has gone */
    SLOT_CHANGE_INTERRUPT = 0x8000, /* software: interrupt while it is valid */
};

/* Adds it to the layout of a bridge. */
void slot_change_add(struct config_layout *layout);

#endif
