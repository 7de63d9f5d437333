/* Flow: a workload at work: the source of the operations of one (workload, owner, function), and what became of them.
 *
 * Its operations arrive by a process (arrival.h), have a size and a place in a window (pattern.h), and are pulled by
 * issuers: the DMA engine of a function, or a core. A flow that picks among several functions has a target for each;
 * targets of one function or core share an issuer. A flow that mixes ops, such as reads and writes, has an issuer for
 * each kind, and an op may have two: a read and a write that start together, one operation that has ended when both
 * have. Any flow is one thread: it hands an operation to the issuers of what it picked, and waits while one of them
 * has not taken its last.
 *
 * Arrivals, sizes, addresses, ops and picks are drawn from streams of their own, in the order of operations, so none of
 * them depends on what happens in the rack. */
#ifndef HOSTSIM_GUEST_FLOW_H
#define HOSTSIM_GUEST_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/batch_means.h"
#include "fabric/base/cache_line.h"
#include "fabric/base/histogram.h"
#include "fabric/engine/event.h"
#include "fabric/pcie/fabric.h"
#include "fabric/pcie/operation.h"
#include "hostsim/guest/arrival.h"
#include "hostsim/guest/pattern.h"
#include "hostsim/guest/tokens.h"

/* Journeys: all of a flow's operations are followed until so many have been counted, then one in so many. */
#define FLOW_FOLLOWS_ALL 1000
#define FLOW_FOLLOWS_BITS 3 /* one in 8 */

/* How many ops a flow may mix. */
#define FLOW_OPS_MAX 16

struct flow_config {
    const struct distribution *size; /* bytes; not owned */
    uint64_t stop_ps;                /* operations arrive before it; TIME_NEVER: no end */
    uint64_t count;                  /* operations; 0: no bound */
    uint64_t total_bytes;            /* the last operation is cut to it; 0: no bound */
    uint64_t most_bytes;             /* an operation is cut to it: what its target has room for; 0: no bound */
    uint32_t outstanding;            /* operations in flight; 0: no bound of its own */
    uint32_t op_count;               /* at least 1 */
    uint8_t traffic_class;
    uint8_t attributes; /* of its TLPs: bits of enum tlp_attribute */
    bool picks_in_turn; /* among several targets; otherwise at random */
    uint32_t zipf_millis;
    const struct pattern_ops *pattern;
    uint64_t window_bytes;
    uint64_t op_weights[FLOW_OPS_MAX]; /* how often it does each of its ops; of no matter with one, and with a trace */
    struct arrival_config arrival;
    const char *name; /* of its streams: "writes/h0/nic0.pf0"; not kept */
};

struct flow;

/* One who pulls from the flow. */
struct flow_issuer {
    CACHE_LINE_ALIGNED struct operation_source source;
    struct flow *flow;
    struct operation *inbox; /* picked for it, not taken yet */
};

/* One op's way to one target. */
struct flow_route {
    struct flow_issuer *issuers[OPERATION_KINDS]; /* by kind: one, or both for a read and a write together */
    uint64_t address;                             /* where the window begins */
    struct operation_source *source;              /* an issuer's; derived, as is what follows */
    uint32_t parts;                               /* how many issuers */
};

struct flow_target {
    uint64_t bytes; /* of a flow that picks: those of its counted ones that went there */
    bool absent;    /* it is not picked: its owner does not have it now */
};

struct flow_counters { /* in the window, by the time of completion (offered: of arrival) */
    CACHE_LINE_ALIGNED uint64_t operations;
    uint64_t bytes, failed;
    uint64_t offered_operations, offered_bytes;
    CACHE_LINE_ALIGNED struct batch_means batches; /* of latencies in ps, and of bytes */
    /* Where the latency of those that were followed went; what is missing was waiting. */
    CACHE_LINE_ALIGNED uint64_t parts_ps[JOURNEY_PARTS];
    uint64_t followed_ps;                        /* their latency */
    CACHE_LINE_ALIGNED struct histogram latency; /* ps, arrival to completion */
};

/* What each operation needs stands together, in front. */
struct flow {
    CACHE_LINE_ALIGNED struct fabric *fabric; /* not owned */
    uint64_t issued, issued_bytes, in_flight;
    uint64_t completed_bytes; /* over the whole run */
    uint64_t last_done_ps;    /* the end of the last operation that did not fail */
    struct operation *held;   /* picked, while an inbox is full */
    bool asleep;              /* an issuer was told that there is nothing */
    bool interrupted;         /* since `interrupted_ps` nothing has completed that has not failed */
    bool suspended;           /* nothing arrives (hostsim/guest/flow_suspend.h) */
    uint32_t issuer_count;

    struct flow_route *routes;   /* by target, then by op; owned */
    struct flow_target *targets; /* owned */
    uint32_t target_count;
    struct flow_counters *by_op; /* as `counters`, by op; NULL with one op; owned */
    /* An operation has ended, at operation->done_ps, which may be later than now; NULL: nobody asks. */
    void (*on_operation)(struct flow *flow, const struct operation *operation);
    void (*on_finished)(struct flow *flow); /* the last operation of a finite flow has ended; NULL: nobody asks */
    void (*on_quiet)(struct flow *flow);    /* the last one under way of a suspended flow has; NULL likewise */
    void *context;                          /* theirs */

    CACHE_LINE_ALIGNED struct flow_config config;
    CACHE_LINE_ALIGNED struct pattern pattern;
    CACHE_LINE_ALIGNED struct arrival arrival;
    struct flow_counters counters;
    struct flow_issuer *held_for[OPERATION_KINDS]; /* whose `held` is */
    uint32_t turn;                                 /* the next target of one that picks in turn */
    struct random sizes, picks, ops;
    uint64_t op_weight;           /* of all ops together */
    uint32_t absent_count;        /* targets that are absent */
    uint64_t resumed_stop_ps;     /* of a suspended flow: the `stop_ps` that it will have again */
    uint64_t last_failed_ps;      /* the end of the last that did */
    uint64_t interrupted_ps;      /* the last completion before the interruption */
    uint64_t interruption_ps;     /* the longest one that has ended in the window; TIME_NEVER: there was none */
    uint64_t dropped;             /* operations that came to nothing before they began; in the window */
    struct tokens slots;          /* `outstanding` */
    struct flow_issuer **issuers; /* owned, each */
    struct component component;
    struct event kick; /* an issuer may have an operation again */
};

void flow_init(struct flow *flow, struct fabric *fabric, const struct flow_config *config);
void flow_free(struct flow *flow);

/* One more issuer of operations of KIND, whose source the caller gives to a DMA engine or a core; the flow owns it. */
struct flow_issuer *flow_add_issuer(struct flow *flow, enum operation_kind kind);

/* One more target, with a route for each of the flow's ops (copied). */
void flow_add_target(struct flow *flow, const struct flow_route *routes);

/* The route of OP to TARGET. */
static inline const struct flow_route *flow_route(const struct flow *flow, uint32_t target, uint32_t op)
{
    return &flow->routes[target * flow->config.op_count + op];
}

/* Bytes in the window that went to its target N. */
static inline uint64_t flow_target_bytes(const struct flow *flow, uint32_t n)
{
    return flow->target_count > 1 ? flow->targets[n].bytes : flow->counters.bytes;
}

/* True when it has a bound on operations or bytes, or replays a trace. */
bool flow_is_finite(const struct flow *flow);

/* True when it has begun all that it may. */
bool flow_is_exhausted(const struct flow *flow);

/* Ends the counting at UNTIL_PS, the end of the window: batches, and arrivals that nobody has asked for yet. */
void flow_settle(struct flow *flow, uint64_t until_ps);

bool flow_is_valid(const struct flow *flow);

#endif
