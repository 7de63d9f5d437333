/* Capability MSI and MSI-X: where interrupts are written to (base specification 7.7.1 and 7.7.2). */
#ifndef FABRIC_PCIE_CAPABILITY_MSI_H
#define FABRIC_PCIE_CAPABILITY_MSI_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_layout.h"
#include "fabric/pcie/config_space.h"

struct msix_config {
    uint16_t vectors;      /* 1 to 2048 */
    uint8_t table_bar;     /* where the table is: 16 bytes a vector */
    uint32_t table_offset; /* in that BAR; a multiple of 8 */
    uint8_t pending_bar;   /* likewise the pending bits: a bit a vector, in whole 8 bytes */
    uint32_t pending_offset;
};

/* Adds MSI of VECTORS (1 to 32, a power of two) with 64-bit addresses and masks. Returns its offset. Software may
 * enable no more vectors than there are. */
uint16_t capability_msi_add(struct config_layout *layout, uint8_t vectors);

/* Adds MSI-X. Its table is in memory: not part of configuration space. */
uint16_t capability_msix_add(struct config_layout *layout, const struct msix_config *config);

/* What an MSI says: where the write goes and what it carries. */
struct msi_message {
    uint64_t address;
    uint32_t data;
};

/* The message of VECTOR, counted from 0, as MSI at BASE has been programmed. False while MSI is not enabled, VECTOR is
 * beyond what is granted, or it is masked: it is then pending where masked. */
bool msi_message(struct config_space *space, uint16_t base, uint8_t vector, struct msi_message *message);

/* True when MSI-X at BASE is enabled and not masked as a whole. */
bool msix_is_on(const struct config_space *space, uint16_t base);

#endif
