/* VF array: the VFs of one PF as its VF migration state array has them (SR-IOV 1.1, 2.4): which are there, which of
 * them may work, and what becomes of them when the host, which owns the PF, or MR-PCIM, which owns the adapter, changes
 * a state (fabric/pcie/vf_migration.h says who may change what).
 *
 *     Inactive.Unavailable   the VF has no registers and none of the adapter's functions: nobody answers
 *     Dormant.MigrateIn      it has both, and begins no request
 *     Active.*               it works
 *
 * A VF that becomes inactive or dormant stops in that very moment, so that no request with its ID follows: the 100 ms
 * that a device may take for it (2.4.2.1) are not used. The function of one that became inactive is proved to be clean,
 * as the next who gets it may be in another hierarchy.
 *
 * While VF Enable is off no VF is in the array: the first InitialVFs count as Active.Available, as they will be, and
 * what MR-PCIM gives or takes changes InitialVFs. When it is switched off InitialVFs becomes what the PF has by then.
 * Part of its adapter space. */
#ifndef FABRIC_ADAPTER_VF_ARRAY_H
#define FABRIC_ADAPTER_VF_ARRAY_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/status.h"
#include "fabric/pcie/vf_migration.h"

struct adapter_space;

struct vf_array {
    struct adapter_space *space; /* not owned */
    uint8_t *states;             /* enum vf_state, of VF n at [n - 1]; owned */
    uint16_t total;
    bool enabled;  /* VF Enable, as last seen */
    bool migrates; /* and VF Migration Enable */
};

/* The array of the PF of SPACE, which has registers with SR-IOV and VF migration, and no VF enabled. */
void vf_array_init(struct vf_array *array, struct adapter_space *space);
void vf_array_free(struct vf_array *array);

/* The PF's registers may have changed: VF Enable, above all. Before functions do as they say. */
void vf_array_settle(struct vf_array *array);

/* The state of VF, from 1 to `total`. */
enum vf_state vf_array_state(const struct vf_array *array, uint16_t vf);

/* Whether the function in SLOT of the space, a VF or (0) the PF, may begin requests, as far as the array says. */
bool vf_array_may_issue(const struct vf_array *array, uint32_t slot);

/* Software writes VALUE to the byte of VF, from 1. What it may not do changes nothing (2.4.2). */
void vf_array_write(struct vf_array *array, uint16_t vf, uint8_t value);

/* MR-PCIM wants VF in state WANTED. *TOLD: the host is to be told of a change. INVALID_ARGUMENT: there is no such VF;
 * UNSUPPORTED: VFs are enabled without migration; RESOURCES_EXHAUSTED: NumVFs leaves the VF out, or the adapter has no
 * function free; BUSY: that cannot be done in the VF's state, which the host may have changed since. */
MUST_CHECK enum status vf_array_command(struct vf_array *array, uint16_t vf, enum vf_state wanted, bool *told);

bool vf_array_is_valid(const struct vf_array *array);

#endif
