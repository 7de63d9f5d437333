/* MSI-X table: where each interrupt vector of a function is written to, and which wait (base specification 7.7.2).
 *
 * Table and pending bits stand in memory behind BARs, at the offsets that the MSI-X capability says
 * (fabric/pcie/capability_msi.h); offsets here count from their own starts. A vector that is raised while it is masked,
 * by itself or with all others, is pending until it is not. */
#ifndef FABRIC_PCIE_MSIX_TABLE_H
#define FABRIC_PCIE_MSIX_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/capability_msi.h"
#include "fabric/pcie/config_space.h"

struct msix_vector {
    uint64_t address;
    uint32_t data;
    bool masked;
    bool pending;
};

struct msix_table {
    struct msix_vector *vectors; /* owned */
    uint16_t count;
};

/* A table of COUNT vectors (1 to 2048), all masked, as a reset leaves it. */
void msix_table_init(struct msix_table *table, uint16_t count);
void msix_table_free(struct msix_table *table);
void msix_table_reset(struct msix_table *table);

/* The DW at OFFSET, a multiple of 4, of the table; 0 behind its end. Software writes the bytes that ENABLES names;
 * behind the end nothing. */
uint32_t msix_table_read(const struct msix_table *table, uint32_t offset);
void msix_table_write(struct msix_table *table, uint32_t offset, uint8_t enables, uint32_t value);

/* The DW at OFFSET of the pending bits, which software cannot write. */
uint32_t msix_table_read_pending(const struct msix_table *table, uint32_t offset);

/* Raises VECTOR of the function whose MSI-X capability is at BASE of SPACE. True when MESSAGE is to be sent now;
 * otherwise it is pending, or lost where MSI-X is not enabled. */
bool msix_table_raise(
    struct msix_table *table, const struct config_space *space, uint16_t base, uint16_t vector,
    struct msi_message *message);

/* The lowest pending vector that may be sent, which is then no longer pending; false when there is none. To be asked
 * until then after a write to the table or to Message Control. */
bool msix_table_take_pending(
    struct msix_table *table, const struct config_space *space, uint16_t base, struct msi_message *message);

bool msix_table_is_valid(const struct msix_table *table);

#endif
