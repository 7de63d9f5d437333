/* Capability multi-root: what MR-PCIM finds in the base function of an MR adapter.
 *
 * Of the MR-IOV capability (0011h) only the ID is public: it is added as a header and nothing more. What MR-PCIM works
 * with is this project's own, in a designated vendor-specific capability (0023h) of this project's own vendor ID:
 *
 *     08h  0001h: the layout below          0Ah  highest VH number
 *     0Ch  PFs                              0Eh  VFs, of all PFs together
 *     10h  offset of the PF table           12h  offset of the VH table
 *     14h  VF migration command: 15:0 VF (from 1), 23:16 PF, 25:24 state wanted (fabric/pcie/vf_migration.h), 31 go
 *     18h  VF migration result: 1:0 state of that VF now, 8 refused
 *     20h  PF table, 8 bytes a PF:
 *            0   7:0 VH number that the PF is in, 15:8 key of its TLPs, 16 enable, 17 reset (reads as 0),
 *                24 busy: a reset is under way, 25 quiet: nothing of it is in flight
 *            4   15:0 InitialVFs, 31:16 TotalVFs: as its host will see them
 *     then VH table, 4 bytes a VH from 1 on: 0 hold in reset, 8 is in reset,
 *            16 fatal, 17 non-fatal, 18 correctable: errors that functions in it have had (cleared by writing 1)
 *
 * What software may write when: a PF's VH number and key only while it is not enabled; it is enabled only where no
 * other is, and in VH 1 to the highest; InitialVFs are at most TotalVFs, and all TotalVFs together no more than there
 * are VFs. Other writes change nothing. A hot reset of VH 0 leaves all of it alone, or MR-PCIM's host could not boot
 * without taking the adapter from everybody. */
#ifndef FABRIC_PCIE_CAPABILITY_MULTI_ROOT_H
#define FABRIC_PCIE_CAPABILITY_MULTI_ROOT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_layout.h"
#include "fabric/pcie/config_space.h"

/* The most that fit. */
#define MULTI_ROOT_PFS_MAX 255
#define MULTI_ROOT_VHS_MAX 255

#define MULTI_ROOT_DESIGNATED_ID 0x0001

enum {
    MULTI_ROOT_VHS = 0x0a,
    MULTI_ROOT_PFS = 0x0c,
    MULTI_ROOT_VFS = 0x0e,
    MULTI_ROOT_PF_TABLE = 0x10,
    MULTI_ROOT_VH_TABLE = 0x12,
    MULTI_ROOT_MIGRATION_COMMAND = 0x14,
    MULTI_ROOT_MIGRATION_RESULT = 0x18,
    MULTI_ROOT_TABLES = 0x20,
    MULTI_ROOT_PF_BYTES = 8,
    MULTI_ROOT_VH_BYTES = 4,
};

enum multi_root_pf_bits {
    MULTI_ROOT_PF_VH = 0x000000ff,
    MULTI_ROOT_PF_KEY = 0x0000ff00,
    MULTI_ROOT_PF_ENABLE = 0x00010000,
    MULTI_ROOT_PF_RESET = 0x00020000,
    MULTI_ROOT_PF_BUSY = 0x01000000,
    MULTI_ROOT_PF_QUIET = 0x02000000,
};

enum multi_root_vh_bits {
    MULTI_ROOT_VH_HOLD = 0x00000001,
    MULTI_ROOT_VH_IN_RESET = 0x00000100,
    MULTI_ROOT_VH_FATAL = 0x00010000,
    MULTI_ROOT_VH_NONFATAL = 0x00020000,
    MULTI_ROOT_VH_CORRECTABLE = 0x00040000,
};

enum multi_root_migration {
    MULTI_ROOT_MIGRATION_VF = 0x0000ffff,
    MULTI_ROOT_MIGRATION_PF = 0x00ff0000,
    MULTI_ROOT_MIGRATION_PF_SHIFT = 16,
    MULTI_ROOT_MIGRATION_STATE = 0x03000000,
    MULTI_ROOT_MIGRATION_STATE_SHIFT = 24,
    MULTI_ROOT_MIGRATION_REFUSED = 0x00000100, /* of the result */
};
#define MULTI_ROOT_MIGRATION_GO UINT32_C(0x80000000)

struct multi_root_config {
    uint8_t pfs;  /* 1 or more */
    uint8_t vhs;  /* highest VH number; 1 or more */
    uint16_t vfs; /* of all PFs together */
};

/* Adds a designated vendor-specific capability of this project's, BYTES in all. Returns its offset. */
uint16_t capability_designated_add(struct config_layout *layout, uint16_t id, uint8_t revision, uint16_t bytes);

/* Adds the 0011h header and this project's layout. Returns the offset of the latter. */
uint16_t capability_multi_root_add(struct config_layout *layout, const struct multi_root_config *config);

/* Where the registers of PF (from 0) and of VH (from 1) are in configuration space. */
uint16_t multi_root_pf_offset(const struct config_space *space, uint16_t base, uint8_t pf);
uint16_t multi_root_vh_offset(const struct config_space *space, uint16_t base, uint8_t vh);

/* What MR-PCIM has made of a PF. */
struct multi_root_pf {
    bool enabled;
    uint8_t vh, key;
    uint16_t initial_vfs, total_vfs;
};

struct multi_root_pf multi_root_pf(const struct config_space *space, uint16_t base, uint8_t pf);

#endif
