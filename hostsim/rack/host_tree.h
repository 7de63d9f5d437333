/* Host tree: the functions that a host has found below one of its root ports, with their registers as they stand. */
#ifndef HOSTSIM_RACK_HOST_TREE_H
#define HOSTSIM_RACK_HOST_TREE_H

#include <stddef.h>

#include "hostsim/rack/lspci.h"
#include "hostsim/rack/world.h"

/* The registers of the function with routing ID in the hierarchy of ROOT; NULL when there is none. For those who look
 * at a model from outside: hosts send configuration requests. */
const struct config_space *host_tree_find(const struct world *world, const struct topology_root *root, uint16_t id);

/* All functions in bus order, for lspci_write(), in an array of *COUNT that the caller frees. Each root port of a host
 * is a domain of its own: DOMAIN. IDENTIFIED: VFs have the vendor and device of their PF's, as Linux shows them;
 * otherwise as in their registers. */
struct lspci_function *host_tree_list(
    const struct world *world, const struct topology_root *root, uint16_t domain, bool identified, size_t *count);

#endif
