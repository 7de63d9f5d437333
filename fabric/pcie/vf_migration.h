/* VF migration: the state of each VF of a PF, and who may change it to what: the handshake between MR-PCIM, which owns
 * the adapter, and a host's SR-PCIM, which owns the PF (SR-IOV 1.1, 2.4).
 *
 * The states stand in memory behind a BAR of the PF, a byte a VF; this is what is in that memory and nothing else. */
#ifndef FABRIC_PCIE_VF_MIGRATION_H
#define FABRIC_PCIE_VF_MIGRATION_H

#include <stdbool.h>
#include <stdint.h>

/* VFs that a PF may come to have, unless it has more from the beginning: with ARI these are on its own bus. */
#define VF_MIGRATION_MOST 255

/* As in the bytes. */
enum vf_state {
    VF_INACTIVE_UNAVAILABLE, /* does not answer */
    VF_DORMANT_MIGRATE_IN,   /* may be configured, must not issue TLPs */
    VF_ACTIVE_MIGRATE_OUT,   /* works, and is wanted back */
    VF_ACTIVE_AVAILABLE,     /* works */
};

/* "Inactive.Unavailable", ... */
const char *vf_state_name(enum vf_state state);

/* True when SR-PCIM's write, or MR-PCIM's command, takes a VF from one state to the other while VF Enable is on. */
bool vf_state_host_may(enum vf_state from, enum vf_state to);
bool vf_state_manager_may(enum vf_state from, enum vf_state to);

/* The state of VF, counted from 1, right after VF Enable was turned on. */
enum vf_state vf_state_at_enable(uint16_t vf, uint16_t initial_vfs);

#endif
