/* Slot change: two registers by which a switch's bridge and its host talk about single functions of what is in its
 * slot; the upstream bridge's, about the bridges of the internal bus.
 *
 * The base specification's slot knows only the whole of what is in it. **The registers are the project's own**:
 * device-specific, at SLOT_CHANGE and SLOT_RELEASE of the configuration space of switches' bridges. They stand below
 * 100h and in no capability, as the base specification lets device-specific registers be (7.5.1). fabric/switch/slot.h
 * drives them. */
#ifndef FABRIC_PCIE_SLOT_CHANGE_H
#define FABRIC_PCIE_SLOT_CHANGE_H

#include "fabric/pcie/config_layout.h"

#define SLOT_CHANGE 0xf0
#define SLOT_RELEASE 0xf4

enum slot_change {
    SLOT_CHANGE_PLACE = 0x00ff,     /* device and function, or the function by ARI */
    SLOT_CHANGE_VALID = 0x0100,     /* cleared by writing 1: then the register says the next change, if there is one */
    SLOT_CHANGE_COMES = 0x0200,     /* it has come, or is not wanted back any more; otherwise it has gone ... */
    SLOT_CHANGE_WANTED = 0x0400,    /* ... or, with this, is wanted back */
    SLOT_CHANGE_INTERRUPT = 0x8000, /* software: interrupt while it is valid */
};

enum slot_release {
    SLOT_RELEASE_PLACE = 0x00ff,
    SLOT_RELEASE_GO = 0x0100,   /* software: nobody uses the function in that place any more. Reads as 0 */
    SLOT_RELEASE_KEPT = 0x0200, /* software: it is used after all, as it has been said to have come. Reads as 0 */
};

/* Adds them to the layout of a bridge. */
void slot_change_add(struct config_layout *layout);

#endif
