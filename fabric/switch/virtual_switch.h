/* Virtual switch: what one chassis is to one virtual hierarchy.
 *
 * A set of virtual PCI-PCI bridges: the upstream one (index 0), toward the hierarchy's root port, and a downstream one
 * for each adapter port that the hierarchy shares and each trunk that leads to more of it. Each downstream bridge
 * claims a range of bus numbers and windows of memory addresses of its hierarchy; nothing here knows any other
 * hierarchy, so nothing can be routed into one.
 *
 * It has a bridge for everything that the hierarchy could ever be given here. Those that it has not been given are
 * absent: nobody's requests find them, they claim nothing, and no path leads to them (fabric/switch/show_bridge.h).
 * Even all may be absent: then the hierarchy does not come to this chassis. */
#ifndef FABRIC_SWITCH_VIRTUAL_SWITCH_H
#define FABRIC_SWITCH_VIRTUAL_SWITCH_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/port.h"
#include "fabric/pcie/tlp.h"
#include "fabric/switch/input_fifos.h"

struct command_registers;
struct bridge_rates;
struct config_space;
struct slot;
struct switch_port;
struct translator;

#define VIRTUAL_SWITCH_UPSTREAM 0
#define VIRTUAL_SWITCH_NOWHERE (-1)

/* The hierarchy of MR-PCIM, which has a virtual switch of its own in every chassis. */
#define VIRTUAL_SWITCH_MANAGEMENT_VH EGRESS_MANAGEMENT_VH

/* What a bridge is. */
struct bridge_config {
    bool upstream;             /* otherwise a downstream bridge */
    uint8_t generation, width; /* of the link at its port, which is up */
    bool hot_plug, surprise;   /* downstream: what its slot can do */
    bool multi_function;       /* it shares its device number with others (bridge_config_is_multi_function) */
    uint8_t port;              /* its number among the ports of the switch */
    uint16_t slot;             /* downstream: physical slot number, 1 to 8191 */
    uint64_t training_ps;      /* downstream: until the link of what is put into the slot is up */
    uint16_t buses; /* that all that may ever come behind it takes; as hosts' firmware is told; 0: it is not */
    bool manages;   /* upstream: it has the switch's command registers (fabric/switch/switch_commands.h) */
};

/* With registers (fabric/switch/bridge_config.h) its numbers and windows are what those say. */
struct virtual_bridge {
    struct switch_port *port;     /* the chassis's port that it stands for; not owned */
    struct config_space *config;  /* its registers, the virtual switch's; NULL: none */
    struct bridge_config what;    /* where it has, or is to have, registers */
    bool absent;                  /* not shown to the hierarchy */
    struct slot *slot;            /* where registers are: what comes and goes below; the virtual switch's */
    uint8_t cuts;                 /* why nothing passes: bits of enum bridge_cut (fabric/switch/containment.h) */
    uint8_t guards;               /* what is asked of what comes in by it (fabric/switch/bridge_guard.h) */
    uint8_t primary;              /* the upstream bridge: the bus that it is on, as it has learned */
    uint8_t secondary;            /* first bus behind it; the upstream bridge's is the switch's internal bus */
    uint8_t subordinate;          /* last bus behind it */
    uint64_t base, limit;         /* memory window [base, limit), the prefetchable one; empty when equal */
    uint64_t low_base, low_limit; /* likewise the one below 4 GiB */
    uint32_t weight;              /* a downstream one: the share of what comes from it or goes to it; 0: 1 */
    struct bridge_rates *rates;   /* likewise what it may move, and must be able to; NULL: as it comes; owned */
};

/* What a downstream bridge claims: buses or addresses. */
struct virtual_range {
    uint64_t first, last;
    int bridge;
};

/* Ranges by `first`. Those of one kind that software has made overlap are searched as if they did not: some bridge of
 * the hierarchy claims what several could, always the same one. */
struct virtual_ranges {
    struct virtual_range *ranges; /* owned */
    uint32_t count;
};

/* Where the TLPs of a path wait for the egress, those of one virtual channel of the input and of the output. */
struct path_queue {
    struct egress_queue queue;
    uint64_t ready_ps;         /* of the last TLP that it was given, where latencies are drawn */
    struct input_fifos *fifos; /* of the input and channel, where inputs queue by `fifo`; otherwise NULL. Not owned */
};

/* From one bridge to another. */
struct virtual_path {
    struct path_queue *queues; /* by traffic class, spread evenly; owned */
    uint32_t queue_count;
    bool closed;                   /* a bridge at one of its ends is cut */
    uint8_t guards;                /* what is asked of what takes it: bits of enum bridge_guard */
    struct translator *translator; /* of the port that it leads to; NULL: none. Not owned */
    uint64_t prefix_ps;       /* what the MR prefix takes of the input's wire, where it does not go on; otherwise 0 */
    struct rate_limit *limit; /* of posted payload (fabric/switch/bridge_rates.h); NULL: none. Not owned */
};

struct virtual_switch {
    uint16_t vh;
    uint32_t bridge_count;                /* absent ones too */
    uint32_t place_count;                 /* downstream bridges that there were at first: places go by it */
    uint32_t path_stride;                 /* the paths of a bridge: those that were there at first, or all */
    uint64_t low, high;                   /* [low, high): from the lowest downstream window to the highest one's end */
    struct virtual_bridge *bridges;       /* the upstream one first; owned, and their registers */
    struct virtual_path *paths;           /* [from * path_stride + to], of those shown so far; owned */
    struct virtual_ranges buses, windows; /* of downstream bridges */
    int16_t *bridge_of_port;              /* by the chassis's port index; VIRTUAL_SWITCH_NOWHERE: not in it; owned */
    uint64_t unsupported_requests;        /* refused here */
    uint64_t acs_violations;              /* likewise, by access control services */
    struct command_registers *commands;   /* of the upstream bridge; NULL: it has none. Not owned */
};

/* A virtual switch in a chassis of PORT_COUNT ports, BRIDGES copied, absent ones last. Its paths' queues are empty and
 * in no egress. */
struct virtual_switch *
virtual_switch_new(uint16_t vh, const struct virtual_bridge *bridges, uint32_t bridge_count, uint32_t port_count);
void virtual_switch_free(struct virtual_switch *virtual_switch);

/* The numbers and windows of bridges have changed. */
void virtual_switch_sort(struct virtual_switch *virtual_switch);

/* What stands between the hierarchy and the adapter behind downstream bridge BRIDGE; NULL: nothing. MR-PCIM has an
 * sr-iov adapter as it is. */
struct translator *virtual_switch_translator(const struct virtual_switch *virtual_switch, int bridge);

/* Makes room for the paths of all bridges, absent ones too. */
void virtual_switch_widen(struct virtual_switch *virtual_switch);

/* The bridge at PORT, a port number of the chassis, absent or not; VIRTUAL_SWITCH_NOWHERE: there can be none. */
int virtual_switch_at_port(const struct virtual_switch *virtual_switch, uint32_t port);

/* Bridges that are not absent. */
uint32_t virtual_switch_shown(const struct virtual_switch *virtual_switch);

/* The downstream bridge that claims BUS; VIRTUAL_SWITCH_NOWHERE when none does. */
int virtual_switch_by_bus(const struct virtual_switch *virtual_switch, uint8_t bus);

/* The bridge through which TLP, come in through bridge FROM, goes on; VIRTUAL_SWITCH_NOWHERE when nothing in the
 * hierarchy claims it. From below, what no downstream bridge claims goes up; from above it is unsupported; nothing goes
 * back where it came from (PCI-to-PCI bridge architecture 1.2, 4; base specification 2.3.1). */
int virtual_switch_route(const struct virtual_switch *virtual_switch, int from, const struct tlp *tlp);

static inline struct virtual_path *virtual_switch_path(struct virtual_switch *virtual_switch, int from, int to)
{
    return &virtual_switch->paths[(uint32_t)from * virtual_switch->path_stride + (uint32_t)to];
}

/* The queue for TLPs of TRAFFIC_CLASS on PATH. */
static inline struct path_queue *virtual_path_queue(const struct virtual_path *path, uint8_t traffic_class)
{
    return &path->queues[egress_vc(path->queue_count, traffic_class)];
}

/* Where what comes in through bridge FROM and goes to TO has its weight: at the downstream bridge of the two, or where
 * it comes from when both are. */
static inline uint32_t virtual_switch_weight(const struct virtual_switch *virtual_switch, int from, int to)
{
    uint32_t weight = virtual_switch->bridges[from != VIRTUAL_SWITCH_UPSTREAM ? from : to].weight;
    return weight > 0 ? weight : 1;
}

bool virtual_switch_is_valid(const struct virtual_switch *virtual_switch);

#endif
