/* Egress: the sending half of a port: what waits for the wire, whose turn it is, and the credits that let it go.
 *
 * TLPs wait in queues, one for each (input, hierarchy) in a switch, one for each function in an adapter, one for each
 * core and one for completions in a host. Within a queue the ordering rules of the base specification hold (2.4.1):
 * nothing passes a posted TLP, and posted TLPs and completions pass what waits for non-posted credits. Between queues
 * there is no order, only turns.
 *
 * The arbiter runs when the wire is free: the next queue in turn with a TLP that is ready and has credits sends it.
 * When there is none, the egress sleeps until the first time at which that may change: a TLP becomes ready, a credit
 * comes back, an input may send again. A queue found without enough credits when its turn came has a claim on the next
 * ones of that type and buffer: otherwise small TLPs would take them as they come back, one by one, and a large TLP
 * would never see enough at once.
 *
 * An egress is part of its port; queues belong to who made them and must outlive it. */
#ifndef FABRIC_PCIE_EGRESS_H
#define FABRIC_PCIE_EGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/check.h"
#include "fabric/base/histogram.h"
#include "fabric/engine/event.h"
#include "fabric/pcie/credits.h"
#include "fabric/pcie/gate.h"
#include "fabric/pcie/tlp_fifo.h"
#include "fabric/pcie/wire.h"

/* One hierarchy on one direction of a link. */
struct egress_vh {
    struct credits *credits; /* [CREDIT_TYPES] of the receiver's buffer: `own` or the egress's `shared` */
    struct credits own[CREDIT_TYPES];
    uint64_t payload_bytes;  /* in the window, as are all below */
    uint64_t stall_since_ps; /* TIME_NEVER: a TLP of it was not found waiting for credits */
    uint64_t stall_ps;
    struct histogram wait; /* ps from ready to start of transmission */
};

struct egress_queue {
    struct egress *egress; /* not owned */
    struct egress_vh *vh;  /* the egress's */
    struct gate *gate;     /* how many TLPs its input may send at once; NULL: no bound. Not owned */

    /* TLP has started; its last byte leaves at END_PS. Called from within the egress: it may enqueue here and anywhere,
     * but not free the TLP. NULL: nobody wants to know. */
    void (*on_sent)(struct egress_queue *queue, struct tlp *tlp, uint64_t end_ps);
    uint32_t index;                      /* among the egress's queues */
    uint8_t types;                       /* bitmap of `fifos` that hold something */
    struct tlp_fifo fifos[CREDIT_TYPES]; /* in each, `ready_ps` ascends */
};

struct egress_counters { /* in the window */
    uint64_t tlps, payload_bytes, wire_bytes, busy_ps, stall_ps;
    uint64_t queue_max;
    unsigned __int128 queue_ps; /* TLPs waiting, integrated over time */
};

/* What each look at it needs stands together, in front: a rack has more of them than the cache holds. */
struct egress {
    struct fabric *fabric; /* not owned */
    uint64_t free_ps;      /* when the next TLP may start */
    uint64_t *active;      /* bitmap: queues that hold something; `few` until there are more than 64 */
    uint64_t few;
    struct egress_queue **queues;
    uint32_t queue_count;
    uint32_t active_count;
    uint32_t turn;              /* the queue whose turn it is */
    uint32_t waiting;           /* TLPs in the queues */
    struct egress_vh *foreseen; /* whose stall, from free_ps on, was foreseen; NULL: none */
    bool starved;               /* asleep, and credits may end that */
    bool sending;               /* in on_sent() */
    bool per_vh;                /* a buffer for each hierarchy at the receiver; otherwise `shared` */
    uint64_t stall_since_ps;    /* TIME_NEVER, or since when TLPs are ready and none has credits */
    uint64_t integrated_ps;     /* up to when `queue_ps` counts them */
    uint64_t wire_free_ps;      /* when the wire is idle again */
    uint64_t interval_ps;       /* least time between two starts */
    struct egress_counters counters;
    struct event wake;
    struct component component;
    struct wire wire;
    struct credits shared[CREDIT_TYPES];
    struct credit_limits limits;
    struct egress_vh **vhs; /* by VH number; NULL: it does not use this direction */
    uint32_t vh_count;
    uint32_t queue_capacity;
};

/* An egress whose wire is not set yet (wire_init). VH_COUNT: one more than the highest VH number. LIMITS: what the
 * receiver at the other end advertises, each hierarchy its own when PER_VH. */
void egress_init(
    struct egress *egress, struct fabric *fabric, uint32_t vh_count, const struct credit_limits *limits, bool per_vh);
void egress_free(struct egress *egress);

/* Prepares for TLPs of hierarchy VH; again does nothing. */
void egress_open_vh(struct egress *egress, uint16_t vh);

/* Adds an empty queue for TLPs of hierarchy VH (opened if need be), with `on_sent` as given and no gate. */
void egress_add_queue(
    struct egress *egress, struct egress_queue *queue, uint16_t vh,
    void (*on_sent)(struct egress_queue *, struct tlp *, uint64_t));

/* Takes TLP over, to leave at READY_PS (now or later) at the earliest. */
void egress_enqueue(struct egress_queue *queue, struct tlp *tlp, uint64_t ready_ps);

/* Hierarchy VH on this egress, which must have been opened. */
static inline struct egress_vh *egress_vh(const struct egress *egress, uint16_t vh)
{
    CHECK(vh < egress->vh_count && egress->vhs[vh] != NULL);
    return egress->vhs[vh];
}

/* The receiver frees a TLP's place, of hierarchy VH of EGRESS, such that this sender knows it at AT_PS. */
void egress_return_credits(
    struct egress *egress, struct egress_vh *vh, enum credit_type type, uint32_t data, uint64_t at_ps);

/* Brings the counters that run over time up to now; what lies after the window does not count. */
void egress_settle(struct egress *egress);

/* How long the wire has been busy in the window until now. (The counter has a TLP's whole time from its start on.) */
uint64_t egress_busy_ps(const struct egress *egress);

bool egress_is_valid(const struct egress *egress);

#endif
