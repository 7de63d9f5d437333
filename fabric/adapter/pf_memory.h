/* PF memory: the registers that stand behind the BAR of a PF whose VFs migrate, at its end: the VF migration state
 * array (fabric/adapter/vf_array.h), a byte a VF, and the MSI-X table with its pending bits (fabric/pcie/msix_table.h).
 * Where they are is what the SR-IOV and the MSI-X capability say (fabric/pcie/config_shelf.h).
 *
 * Software reads and writes them a DW at a time, by requests that carry their data (fabric/pcie/config_requester.h).
 * What workloads do there carries none: it changes nothing.
 *
 * And the interrupt by which the PF tells its host that MR-PCIM has changed a VF's state: an MSI-X of vector 0 when VF
 * Migration Status goes from 0 to 1 while its interrupt is enabled (SR-IOV 1.1, 3.3.4). Part of its adapter space. */
#ifndef FABRIC_ADAPTER_PF_MEMORY_H
#define FABRIC_ADAPTER_PF_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/adapter/vf_array.h"
#include "fabric/pcie/msix_table.h"
#include "fabric/pcie/tlp.h"

struct pf_memory {
    struct adapter_space *space; /* not owned */
    struct vf_array vfs;
    struct msix_table vectors;
    uint16_t msix; /* offset of the PF's capability */
    bool asserted; /* VF Migration Status has been told of */
    uint64_t interrupts;
};

/* That of the PF of SPACE, whose registers are there; NULL where its VFs do not migrate. The caller frees it. */
struct pf_memory *pf_memory_new(struct adapter_space *space);
void pf_memory_free(struct pf_memory *memory);

/* Vectors are as FROM has them, of the same PF. */
void pf_memory_take(struct pf_memory *memory, const struct pf_memory *from);

/* The PF has been reset: its vectors too. */
void pf_memory_reset(struct pf_memory *memory);

/* The PF's registers may have changed: before functions do as they say. */
void pf_memory_settle(struct pf_memory *memory);

/* Whether REQUEST, for the PF's BAR, is for these registers. */
bool pf_memory_is_for(const struct pf_memory *memory, const struct tlp *request);

/* Takes REQUEST over: answers it, or does what it writes. */
void pf_memory_access(struct pf_memory *memory, struct tlp *request);

/* MR-PCIM wants VF in state WANTED: as vf_array_command(), and the host is told. */
MUST_CHECK enum status pf_memory_migrate(struct pf_memory *memory, uint16_t vf, enum vf_state wanted);

bool pf_memory_is_valid(const struct pf_memory *memory);

#endif
