/* Hierarchy: what each virtual hierarchy consists of: the registers of its root port, its bridges and its functions.
 *
 * Nobody has a number or an address here: those are what the host's enumeration programs (hostsim/rack/boot.h), and
 * hostsim/rack/placement.h puts the model's functions where the registers then say. */
#ifndef HOSTSIM_RACK_HIERARCHY_H
#define HOSTSIM_RACK_HIERARCHY_H

#include "fabric/pcie/config_device.h"
#include "hostsim/rack/world.h"

/* Builds all hierarchies of a world whose links are connected. */
MUST_CHECK enum status hierarchies_build(struct world *world, char *reason, size_t reason_size);

/* The assignments of ADAPTER are those from the first on and before that of the next adapter. */
size_t hierarchy_first_of(const struct world *world, int adapter);

/* The place behind its port of assignment INDEX, the PLACED-th of its hierarchy and adapter: the PF first, then the
 * VFs; single VFs of an SR-IOV adapter one by one. */
uint32_t hierarchy_slot_of(const struct world *world, size_t index, uint32_t placed);

/* The least MPS and MRRS of the hosts that share the SR-IOV adapter ADAPTER lower *MPS and *MRRS: its PF has one of
 * each. */
void hierarchy_least_sizes(const struct world *world, int adapter, uint32_t *mps, uint32_t *mrrs);

/* What COUNT functions of ADAPTER are to who has them as they are: a PF, and its VFs. */
struct config_device_config hierarchy_device(const struct world *world, int adapter, uint32_t count);

/* VFs of a PF as its hierarchy sees them: what MR-PCIM makes of its SR-IOV capability. */
struct hierarchy_vfs {
    uint32_t initial; /* there from the beginning */
    uint32_t total;   /* that it can come to have */
    bool migrate;     /* VF Migration Capable; otherwise both are equal */
};

/* Those of a PF of ADAPTER with INITIAL ones, in a hierarchy of HOST: the same whether somebody manages the rack or
 * not. */
struct hierarchy_vfs hierarchy_vfs(const struct world *world, int host, int adapter, uint32_t initial);

/* What COUNT single VFs of the sr-iov ADAPTER are to a host: functions of their own. */
struct config_device_config hierarchy_split_device(const struct world *world, int adapter, uint32_t count);

/* The weight of what a function of ADAPTER, whose own is FUNCTION_WEIGHT, moves in the hierarchy of ROOT: times its
 * host's, where hosts' weights make a difference; no more than PCIM_WEIGHT_MOST. */
uint32_t
hierarchy_weight(const struct world *world, const struct topology_root *root, int adapter, uint32_t function_weight);

/* Likewise of what the hierarchy moves through a trunk: its host's times GREATEST_WEIGHT of the functions behind it. */
uint32_t hierarchy_trunk_weight(const struct world *world, const struct topology_root *root, uint32_t greatest_weight);

/* What firmware says of hierarchy VH of RACK, a struct world (hostsim/host/enumeration.h, `buses`). */
uint32_t hierarchy_buses(const void *rack, uint16_t vh, const uint8_t *places, size_t count);

#endif
