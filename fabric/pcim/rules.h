/* Rules: who may have what, now. The one place that knows them for operations; what a scenario assigns at time zero
 * follows the same ones (hostsim/rack/grant.c), with the places of its text. */
#ifndef FABRIC_PCIM_RULES_H
#define FABRIC_PCIM_RULES_H

#include "fabric/pcim/inventory.h"
#include "fabric/pcim/request.h"

/* What an assignment comes to. */
struct pcim_grant {
    struct pcim_function_id function; /* the first; further single VFs are found with pcim_rules_next_vf() */
    struct pcim_owner owner;          /* with its uplink */
    uint32_t vfs;                     /* that come with a PF */
    uint32_t count;                   /* functions: 1, or single VFs of an sr-iov adapter */
    bool nothing_to_do;               /* it is so already */
};

/* FUNCTION (pf may be PCIM_NEXT) to OWNER, with VFS if VFS_GIVEN. */
MUST_CHECK enum status pcim_rules_assign(
    const struct pcim_inventory *inventory, struct pcim_function_id function, struct pcim_owner owner, bool vfs_given,
    uint32_t vfs, struct pcim_grant *grant, struct pcim_refusal *refusal);

/* FUNCTION, which somebody has, to OWNER. */
MUST_CHECK enum status pcim_rules_move(
    const struct pcim_inventory *inventory, struct pcim_function_id function, struct pcim_owner owner,
    struct pcim_grant *grant, struct pcim_refusal *refusal);

/* FUNCTION away from whoever has it. */
MUST_CHECK enum status pcim_rules_release(
    const struct pcim_inventory *inventory, struct pcim_function_id function, struct pcim_refusal *refusal);

/* The next free single VF of an sr-iov adapter from number VF on; PCIM_NONE: none. */
int pcim_rules_next_vf(const struct pcim_inventory *inventory, int adapter, int vf);

/* BUSY while an operation changes FUNCTION, or any of its VFs. */
MUST_CHECK enum status pcim_rules_unclaimed(
    const struct pcim_inventory *inventory, struct pcim_function_id function, struct pcim_refusal *refusal);

/* GENERATION_MISMATCH when EXPECTED is given and not FUNCTION's. */
MUST_CHECK enum status pcim_rules_generation(
    const struct pcim_inventory *inventory, struct pcim_function_id function, struct pcim_expected expected,
    struct pcim_refusal *refusal);

#endif
