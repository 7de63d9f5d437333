/* Capability designated: designated vendor-specific capabilities (0023h; base specification 7.9.6) of this project's
 * own vendor ID, which no vendor has.
 *
 * Of the MR-IOV capability (0011h) only the ID is public: base functions have it as a header and nothing more. What
 * MR-PCIM works with stands in capabilities of this kind (fabric/pcie/command_registers.h). */
#ifndef FABRIC_PCIE_CAPABILITY_DESIGNATED_H
#define FABRIC_PCIE_CAPABILITY_DESIGNATED_H

#include <stdint.h>

#include "fabric/pcie/config_layout.h"

/* Adds one of kind ID, BYTES in all. Returns its offset. */
uint16_t capability_designated_add(struct config_layout *layout, uint16_t id, uint8_t revision, uint16_t bytes);

/* Adds the header of the MR-IOV capability. Returns its offset. */
uint16_t capability_mr_iov_add(struct config_layout *layout);

#endif
