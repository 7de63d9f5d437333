/* Capability: the chains that capabilities stand in.
 *
 * Standard capabilities lie below 100h, from 40h on, one behind the other, and their chain begins at the header's
 * Capabilities Pointer (base specification 7.5.1.1.11); extended ones lie from 100h on, where their chain begins
 * (7.6.3). Builders add theirs to a layout; there is no way to take one out. */
#ifndef FABRIC_PCIE_CAPABILITY_H
#define FABRIC_PCIE_CAPABILITY_H

#include <stdint.h>

#include "fabric/pcie/config_layout.h"

/* Adds an empty standard capability of BYTES, its 2 bytes of header included, behind those that are there. Returns its
 * offset. */
uint16_t capability_add(struct config_layout *layout, enum capability_id id, uint16_t bytes);

/* Adds an empty extended capability of BYTES, its 4 bytes of header included. */
uint16_t
capability_add_extended(struct config_layout *layout, enum extended_capability_id id, uint8_t version, uint16_t bytes);

/* The offset of the first capability of that ID; 0 when there is none. */
uint16_t capability_find(const struct config_layout *layout, enum capability_id id);
uint16_t capability_find_extended(const struct config_layout *layout, enum extended_capability_id id);

#endif
