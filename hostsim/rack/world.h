/* World: a scenario as wired components.
 *
 * Built in the order of the file, so that one scenario always is one world; it owns all its parts. The steps: fabric,
 * switches, root complexes and adapters with their links (world.c), then the bridges and functions of each hierarchy
 * (hierarchy.c), which its host then finds and programs (boot.c), and which are where that has put them (placement.c),
 * then the workloads (loads.c). Nothing is allocated after that. */
#ifndef HOSTSIM_RACK_WORLD_H
#define HOSTSIM_RACK_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/adapter/adapter.h"
#include "fabric/base/status.h"
#include "fabric/pcie/fabric.h"
#include "fabric/pcim/adapter_port.h"
#include "fabric/pcim/chassis_port.h"
#include "fabric/pcim/management_port.h"
#include "fabric/switch/switch.h"
#include "hostsim/host/host_function.h"
#include "hostsim/host/root_complex.h"
#include "hostsim/rack/holdings.h"
#include "hostsim/rack/scenario.h"
#include "hostsim/rack/topology.h"

/* A function as its owner's hierarchy has it; one for each of scenario.assignments. */
struct world_function {
    const struct topology_root *root; /* of its hierarchy; not owned */
    struct function *function;        /* the adapter's; NULL: its host does not see it */
    uint16_t vh;
    uint16_t id;       /* routing ID */
    uint64_t bar_base; /* address */
};

/* What a host has found below one of its root ports, in bus order. */
struct world_tree {
    struct host_function *functions; /* owned */
    size_t count;
};

/* An adapter is in a hierarchy. */
struct world_presence {
    const struct topology_root *root; /* not owned */
    int adapter;
};

/* MR-PCIM's way into a chassis and what it has found there, in VH 0. */
struct world_management {
    struct management_port port;
    struct chassis_port chassis;
    struct world_tree tree; /* as booted */
};

struct loads;
struct plugs;
struct enumeration_config;

/* A link as results name it. `up` sends toward the host, or the first chassis of a trunk. */
struct world_link {
    char *name;                                 /* owned */
    const struct link_config *config;           /* the scenario's */
    struct egress *directions[LINK_DIRECTIONS]; /* not owned */
};

struct world {
    const struct scenario *scenario; /* not owned */
    struct fabric fabric;
    struct topology topology;
    struct mr_switch *switches;          /* by chassis; owned, as is all below */
    struct root_complex *root_complexes; /* by host */
    struct adapter *adapters;            /* by adapter */
    struct world_function *functions;    /* by assignment */
    struct holdings holdings;            /* who has them now */
    struct world_tree *trees;            /* by root of the topology, as booted */
    struct world_presence *presences;    /* hierarchy by hierarchy, in the order of the walk */
    size_t presence_count;
    struct world_management *management;   /* by chassis */
    struct adapter_port *adapter_ports;    /* by adapter: MR-PCIM's, of those in a chassis */
    struct switch_port *(*trunk_ports)[2]; /* by trunk: at each of `between` */
    struct world_link *links;              /* hosts, trunks, adapters, in the order of the file */
    size_t link_count;
    uint64_t boot_ps;            /* how long hosts took to boot, before time zero */
    uint64_t management_boot_ps; /* likewise MR-PCIM, in the chassis where it took longest */
    struct loads *loads;         /* the workloads (loads.h) */
    struct plugs *plugs;         /* what hosts do when functions come and go (plugs.h); NULL: nothing does */
};

/* Builds the world of SCENARIO, which must outlive it. On failure it says why in REASON, of REASON_SIZE bytes, and the
 * world is to be freed all the same. */
MUST_CHECK enum status
world_init(struct world *world, const struct scenario *scenario, char *reason, size_t reason_size);
void world_free(struct world *world);

/* How HOST walks its hierarchies. */
struct enumeration_config world_enumeration_config(const struct world *world, const struct topology_root *root);

/* The registers that the hierarchy of ROOT has of ADAPTER; NULL: none, or never. */
const struct config_device *world_device(const struct world *world, const struct topology_root *root, int adapter);

/* The translator in front of ADAPTER, which is an sr-iov one in a chassis. */
struct translator *world_translator(const struct world *world, int adapter);

/* True when every part is valid and the ledger of TLPs agrees with a walk over all places where they can be. Slow. */
bool world_is_valid(const struct world *world);

/* TLPs on wires, in queues and in hands, counted by walking. */
uint64_t world_count_tlps(const struct world *world);

#endif
