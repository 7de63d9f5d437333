/* Config shelf: the kinds of functions that a model has, and the layout of each, made when it is first asked for.
 *
 * Which capabilities a function has is decided here (and how they work in fabric/pcie/capability_*.h): bridges have
 * power management, MSI, PCI Express, AER, and those with a link below ACS and, in a switch, DPC; endpoints have power
 * management, MSI-X, PCI Express, AER, ARI, ACS, a serial number, and PFs SR-IOV; VFs what of it is theirs.
 *
 * One model has one shelf, which owns the layouts; configuration spaces borrow them. */
#ifndef FABRIC_PCIE_CONFIG_SHELF_H
#define FABRIC_PCIE_CONFIG_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/pcie/config_layout.h"
#include "fabric/pcie/express_registers.h"

/* What functions of one layout have in common. */
struct config_kind {
    enum express_type type;
    uint16_t device;           /* device ID; a VF's: what its PF's SR-IOV capability says */
    uint32_t class_code;       /* 24 bits */
    uint8_t generation, width; /* of its link, at most */
    uint32_t mps_bytes;        /* largest payload that it can take */
    bool multi_function;       /* its device has other functions that need no ARI to be found */
    bool hot_plug, surprise;   /* root and downstream ports: what their slot can do */
    bool rcb_128;              /* root port: its read completion boundary is 128 bytes, otherwise 64 */
    bool vf;                   /* endpoints: a VF ... */
    bool sr_iov, migration;    /* ... or a PF, and whether MR-PCIM may move its VFs */
    uint16_t vf_device;        /* PFs: the device ID of their VFs */
    uint64_t bar_bytes;        /* endpoints: of BAR 0, and of VF BAR 0; 0: no BAR and no vectors */
    uint16_t vectors;          /* endpoints: MSI-X vectors */
    bool base;                 /* endpoints: a base function */
    uint16_t commands;         /* of MR-PCIM's: the kind of its command registers; 0: none */
};

/* Where the MSI-X table and its pending bits begin, counted back from the end of BAR 0; before them, in a PF that
 * supports it, the VF migration state array. */
#define CONFIG_SHELF_TABLE_FROM_END 0x20000u
#define CONFIG_SHELF_PENDING_FROM_END 0x10000u
#define CONFIG_SHELF_MIGRATION_FROM_END 0x30000u

struct config_shelf_entry;

struct config_shelf {
    struct config_shelf_entry **entries; /* owned */
    size_t count;
};

void config_shelf_free(struct config_shelf *shelf);

/* The layout of KIND. */
const struct config_layout *config_shelf_layout(struct config_shelf *shelf, const struct config_kind *kind);

#endif
