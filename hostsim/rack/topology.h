/* Topology: root ports, the hierarchies that begin there, and the ways between chassis.
 *
 * Every root port is the root of one virtual hierarchy. They are numbered from 1 in the order of the file: first the
 * root ports toward chassis, then those of adapters in hosts; 0 is MR-PCIM's own. */
#ifndef HOSTSIM_RACK_TOPOLOGY_H
#define HOSTSIM_RACK_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostsim/rack/scenario.h"

struct topology_root {
    uint16_t vh;
    int host;
    int uplink;    /* of the host, toward `chassis`; SCENARIO_NONE for the root port of an adapter in the host */
    int chassis;   /* SCENARIO_NONE likewise */
    int adapter;   /* in the host; SCENARIO_NONE for an uplink */
    uint32_t port; /* among the host's root ports */
};

/* How one chassis reaches the others: fewest hops, then the lowest name of the last trunk. */
struct topology_tree {
    int *parent_trunk; /* by chassis: the trunk through which it is reached; SCENARIO_NONE for the root and the rest */
    int *distance;     /* by chassis: trunks on the way; SCENARIO_NONE: out of reach */
};

struct topology {
    const struct scenario *scenario; /* not owned */
    struct topology_root *roots;     /* roots[n] is of hierarchy n + 1; owned */
    size_t root_count;
};

void topology_init(struct topology *topology, const struct scenario *scenario);
void topology_free(struct topology *topology);

/* One more than the highest VH number. */
static inline uint32_t topology_vh_count(const struct topology *topology)
{
    return (uint32_t)topology->root_count + 1;
}

/* The root port through which OWNER has functions of ADAPTER. */
const struct topology_root *topology_root_of(const struct topology *topology, struct scenario_owner owner, int adapter);

/* Root ports of HOST, toward chassis and in all. */
uint32_t topology_port_count(const struct topology *topology, int host);

/* The ways from CHASSIS. A trunk with an end at no chassis (SCENARIO_NONE, while faults are looked for) leads nowhere.
 * The caller frees it. */
struct topology_tree topology_tree_from(const struct scenario *scenario, int chassis);
void topology_tree_free(struct topology_tree *tree);

/* Which end of TRUNK is at CHASSIS, 0 or 1; SCENARIO_NONE when neither is. */
int topology_end_at(const struct scenario_trunk *trunk, int chassis);

#endif
