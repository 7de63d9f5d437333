/* Capability SR-IOV: how a PF says what VFs it can have, and how software says which it wants (base
 * specification 9.3.3).
 *
 * What software may write when:
 * - NumVFs, System Page Size, VF Migration Enable and ARI Capable Hierarchy take a new value only while VF Enable is
 * off;
 * - NumVFs takes no value above TotalVFs, System Page Size only one single size that is supported;
 * - a VF BAR's size is what one VF needs, or the page where that is larger.
 * The specification leaves the results of other writes undefined; here they change nothing. First VF Offset and VF
 * Stride follow ARI Capable Hierarchy.
 *
 * What VF Enable does to VFs is a watch's. VFs count from 1, as in the specification. */
#ifndef FABRIC_PCIE_CAPABILITY_SR_IOV_H
#define FABRIC_PCIE_CAPABILITY_SR_IOV_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_header.h"
#include "fabric/pcie/config_layout.h"
#include "fabric/pcie/config_space.h"

/* Where VFs are, as routing IDs from their PF's. */
struct sr_iov_numbering {
    uint16_t first_offset, stride;
};

struct sr_iov_config {
    uint16_t vf_device;                       /* device ID of the VFs */
    uint8_t function;                         /* the PF's number: it depends on no other */
    struct sr_iov_numbering with_ari;         /* ARI Capable Hierarchy on: functions 0 to 255 of a bus */
    struct sr_iov_numbering without;          /* off: VFs must keep to functions 0 to 7, or to a bus of their own */
    struct config_bar_size bars[CONFIG_BARS]; /* of one VF; memory, 4 KiB or more */
    bool migration;                           /* VF migration: only where MR-PCIM moves VFs */
    uint8_t migration_message; /* which MSI-X vector tells of it; 11 bits in the register, 8 are enough */
    uint8_t migration_bar;     /* where the VF migration state array is: a byte a VF */
    uint32_t migration_offset; /* in that BAR; a multiple of 8 */
};

/* Adds the capability, without VFs until hardware sets how many. Returns its offset. */
uint16_t capability_sr_iov_add(struct config_layout *layout, const struct sr_iov_config *config);

/* Whether VFs migrate (VF Migration Capable). */
bool sr_iov_can_migrate(const struct config_space *space, uint16_t base);

/* Hardware: InitialVFs and TotalVFs. Without migration both must be equal. NumVFs falls to TotalVFs where it is above.
 */
void sr_iov_set_vfs(struct config_space *space, uint16_t base, uint16_t initial, uint16_t total);

/* Hardware: a VF's migration state has changed. Returns true when the PF interrupts its host. */
bool sr_iov_tell_migration(struct config_space *space, uint16_t base);

/* The capability as it stands. */
struct sr_iov_state {
    bool enabled;   /* VF Enable */
    bool memory;    /* VF MSE, and enabled */
    bool migration; /* VF Migration Enable, and enabled */
    uint16_t initial_vfs, total_vfs, num_vfs;
    uint16_t vfs; /* that exist: none unless enabled, otherwise NumVFs, without migration at most InitialVFs */
    struct sr_iov_numbering numbering;
    uint64_t page_bytes;
};

struct sr_iov_state sr_iov_state(const struct config_space *space, uint16_t base);

/* The routing ID of VF, 1 or more, of the PF that has the routing ID PF: modulo 2^16 (9.2.1.2). */
uint16_t sr_iov_vf_id(const struct sr_iov_state *state, uint16_t pf, uint16_t vf);

/* The address space of one VF behind VF BAR BAR (0 to 5), 0 bytes when there is none; the first VF's begins at
 * *ADDRESS, the others' follow it (9.2.1.1.1). */
uint64_t sr_iov_bar(const struct config_space *space, uint16_t base, uint32_t bar, uint64_t *address);

#endif
