/* Loads: the workloads of a world: a flow for each of the scenario's, with the DMA engines and cores that serve it. */
#ifndef HOSTSIM_RACK_LOADS_H
#define HOSTSIM_RACK_LOADS_H

#include "hostsim/guest/flow.h"
#include "hostsim/host/core.h"
#include "hostsim/rack/world.h"

struct ops_log;

/* A flow of the results: one of the scenario's, or one that came with a new owner. */
struct load_row {
    const struct scenario_flow *spec; /* the scenario's, or `added` */
    struct scenario_flow added;
    struct flow *flow;
    bool *there;       /* by member: its owner's driver has the function; owned */
    size_t place;      /* among those of its workload: which of its targets */
    bool owns_flow;    /* otherwise it is one of loads.flows */
    bool is_succeeded; /* what it had left to do is another row's */
};

struct loads {
    struct world *world; /* not owned */
    struct flow *flows;  /* by the scenario's flows; owned */
    size_t flow_count;
    struct load_row **rows; /* the scenario's flows in their order, then those that were added; owned, each */
    size_t row_count;
    /* No workload uses FUNCTION any more, as loads_release() asked; NULL: nobody asks. */
    void (*on_released)(struct loads *loads, struct scenario_function function);
    /* A row has been added; NULL: nobody asks. */
    void (*on_added)(struct loads *loads, struct load_row *row);
    void *context;       /* theirs */
    struct core **cores; /* of MMIO; owned, each */
    size_t core_count;
    uint64_t *next_buffer;   /* by host: where the next window of its memory begins; owned */
    size_t unfinished;       /* finite flows that have not ended */
    struct ops_log *ops_log; /* who is told of every operation; not owned; NULL: nobody */
    struct component component;
    struct event finish; /* all finite flows have ended: stops the simulation (`until: done`) */
};

/* Makes the workloads of a world whose hierarchies are built. On failure it says why, and is to be freed all the same.
 */
MUST_CHECK enum status loads_init(struct loads *loads, struct world *world, char *reason, size_t reason_size);
void loads_free(struct loads *loads);

/* The rows in the order of the results, as indices: by workload, then as their functions stand in the workload, then by
 * time. The caller frees it. */
size_t *loads_result_order(const struct loads *loads);

/* When ROW, which is interrupted, worked last; TIME_NEVER: it is not, or what it did another owner's row does now. */
uint64_t loads_down_since_ps(const struct loads *loads, const struct load_row *row);

/* --- owners that change (loads_change.c) --- */

/* The owner of FUNCTION, which the world's holdings know, has it: workloads that are about it and its owner begin or go
 * on. */
void loads_attach(struct loads *loads, struct scenario_function function);

/* Its owner wants it back: workloads begin nothing more with it, and on_released() tells when all that they had begun
 * has ended: maybe before this returns. */
void loads_release(struct loads *loads, struct scenario_function function);

/* As before loads_release(): who wanted it back does not any more. */
void loads_keep(struct loads *loads, struct scenario_function function);

/* Between the two: it has stopped, and what workloads have handed to it and it has not begun is dropped. */
void loads_cut(struct loads *loads, struct scenario_function function);

/* Its owner has it no longer: what workloads have under way ends by itself, or has. */
void loads_detach(struct loads *loads, struct scenario_function function);

/* The cores at ROOT_PORT, whose workloads have been detached, do nothing more before they are kicked. */
void loads_stop_cores(struct loads *loads, const struct root_port *root_port);

/* The link of ROOT_PORT is up again: what its cores waited with arrives now, of workloads that are closed loops. */
void loads_go_on(struct loads *loads, const struct root_port *root_port);

/* Something has gone down: workloads of functions that can do nothing now are interrupted, whether anything of theirs
 * fails or only waits. */
void loads_interrupt_dead(struct loads *loads);

/* Whether workloads have operations under way with it. */
bool loads_are_using(const struct loads *loads, struct scenario_function function);

bool loads_are_valid(const struct loads *loads);

#endif
