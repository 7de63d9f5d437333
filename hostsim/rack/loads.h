/* Loads: the workloads of a world: a flow for each of the scenario's, with the DMA engines and cores that serve it. */
#ifndef HOSTSIM_RACK_LOADS_H
#define HOSTSIM_RACK_LOADS_H

#include "hostsim/guest/flow.h"
#include "hostsim/host/core.h"
#include "hostsim/rack/world.h"

struct ops_log;

struct loads {
    struct world *world; /* not owned */
    struct flow *flows;  /* by the scenario's flows; owned */
    size_t flow_count;
    struct core **cores; /* of MMIO; owned, each */
    size_t core_count;
    uint64_t *next_buffer;         /* by host: where the next window of its memory begins; owned */
    size_t unfinished;             /* finite flows that have not ended */
    const struct ops_log *ops_log; /* who is told of every operation; not owned; NULL: nobody */
    struct component component;
    struct event finish; /* all finite flows have ended: stops the simulation (`until: done`) */
};

/* Makes the workloads of a world whose hierarchies are built. On failure it says why, and is to be freed all the same.
 */
MUST_CHECK enum status loads_init(struct loads *loads, struct world *world, char *reason, size_t reason_size);
void loads_free(struct loads *loads);

bool loads_are_valid(const struct loads *loads);

#endif
