/* Config space: the configuration registers of one function.
 *
 * Values only: what may change them, and what happens then, is its layout's (fabric/pcie/config_layout.h), which many
 * functions share. Software (configuration requests) reads and writes whole DWs with byte enables; hardware (the model)
 * gets and sets single registers.
 *
 *     struct config_space space;
 *     config_space_init(&space, &layout, function);
 *     config_space_write(&space, CONFIG_COMMAND, 0x3, COMMAND_MEMORY);      software, through the masks; rules, watches
 *     config_space_set(&space, base + EXPRESS_LINK_STATUS, 2, status);      hardware
 *     config_space_free(&space);
 *
 * The space borrows its layout and its owner. */
#ifndef FABRIC_PCIE_CONFIG_SPACE_H
#define FABRIC_PCIE_CONFIG_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_layout.h"

struct config_space {
    const struct config_layout *layout;
    void *owner;      /* whom watches are told of; not owned */
    uint32_t *values; /* as many DWs as the layout has; owned */
};

/* What resets (base specification 6.6). What hardware alone changes (live) is hardware's to reset, unless it is sticky.
 */
enum config_reset {
    CONFIG_RESET_COLD,         /* power comes on, or a VF comes into being: sticky registers too */
    CONFIG_RESET_CONVENTIONAL, /* hot reset, secondary bus reset, link down: all but sticky ones */
    CONFIG_RESET_FUNCTION,     /* function-level reset: all but sticky ones and those kept */
};

/* A space with all registers at their reset values. */
void config_space_init(struct config_space *space, const struct config_layout *layout, void *owner);
void config_space_free(struct config_space *space);

/* The DW at OFFSET, a multiple of 4 below 4096, as software reads it. */
uint32_t config_space_read(const struct config_space *space, uint16_t offset);

/* Software writes the bytes of VALUE that ENABLES (bit 0: bits 7:0) names to the DW at OFFSET, a multiple of 4 below
 * 4096. Rules and watches act. What may not be written stays as it is: no write is an error. */
void config_space_write(struct config_space *space, uint16_t offset, uint8_t enables, uint32_t value);

/* The bits of the bytes of a DW that ENABLES names. */
uint32_t config_enabled_bits(uint8_t enables);

/* The register of BYTES (1, 2 or 4) at OFFSET, which must not cross a DW. */
uint32_t config_space_get(const struct config_space *space, uint16_t offset, uint8_t bytes);

/* Hardware sets a register. Only bits that something may change. Rules and watches do not act. */
void config_space_set(struct config_space *space, uint16_t offset, uint8_t bytes, uint32_t value);

/* Hardware sets and clears bits of a register: a status for example. */
void config_space_set_bits(struct config_space *space, uint16_t offset, uint8_t bytes, uint32_t bits);
void config_space_clear_bits(struct config_space *space, uint16_t offset, uint8_t bytes, uint32_t bits);

/* Rules act, watches do not: who resets knows. */
void config_space_reset(struct config_space *space, enum config_reset kind);

/* The bits of the register of BYTES at OFFSET that WRITE wrote as ones: for those that act and read as 0. Zero when the
 * write was to another DW. */
uint32_t config_write_ones(const struct config_write *write, uint16_t offset, uint8_t bytes);

/* False when a read-only bit differs from the layout. */
bool config_space_is_valid(const struct config_space *space);

#endif
