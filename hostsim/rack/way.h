/* Way: the chassis between a root port and an adapter, and the hierarchy's bridges there. */
#ifndef HOSTSIM_RACK_WAY_H
#define HOSTSIM_RACK_WAY_H

#include <stdbool.h>
#include <stdint.h>

struct scenario;
struct topology_tree;
struct world;

#define WAY_HOPS 128 /* chassis on a way: each takes two of the 256 buses */

/* A chassis on the way, with the downstream bridge there, at PORT. That of the last one is in front of the adapter. */
struct way_hop {
    int chassis;
    uint32_t port;
    bool has_up;      /* it is come to by a trunk, */
    uint32_t up_port; /* where the hierarchy's upstream bridge is */
};

/* A chassis that is too far for any way, of those that TREE reaches; SCENARIO_NONE: none is. */
int way_too_far(const struct scenario *scenario, const struct topology_tree *tree);

/* The way from the root port of hierarchy VH to ADAPTER, into HOPS, in this order. Returns how many there are: 0 for an
 * adapter in a host, and for VH 0. */
uint32_t way_find(const struct world *world, uint16_t vh, int adapter, struct way_hop hops[WAY_HOPS]);

/* Whether what goes between hierarchy VH's root port and ADAPTER passes the bridge at PORT of CHASSIS. */
bool way_passes(const struct world *world, uint16_t vh, int adapter, int chassis, uint32_t port);

#endif
