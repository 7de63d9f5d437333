/* Egress queue: TLPs of one input, hierarchy and virtual channel that wait for one direction of a link.
 *
 * Within a queue the ordering rules of the base specification hold (2.4.1, table 2-40). Each type keeps its order. What
 * came after a posted TLP does not pass it, unless it carries relaxed ordering (completions) or, with ID-based
 * ordering, comes from somebody else; posted TLPs and completions pass what waits for non-posted credits. Between
 * queues there is no order, only turns (fabric/pcie/arbiter.h).
 *
 * A queue belongs to who made it, must outlive its egress, and owns the TLPs in it. */
#ifndef FABRIC_PCIE_EGRESS_QUEUE_H
#define FABRIC_PCIE_EGRESS_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/cache_line.h"
#include "fabric/base/histogram.h"
#include "fabric/base/time.h"
#include "fabric/pcie/credits.h"
#include "fabric/pcie/gate.h"
#include "fabric/pcie/tlp_fifo.h"

struct egress;
struct rate_guarantee;

/* One virtual channel of one hierarchy on one direction of a link. */
struct egress_channel {
    CACHE_LINE_ALIGNED struct credits
        *credits;            /* [CREDIT_TYPES] of the receiver's buffer: `own`, or all hierarchies' */
    uint64_t payload_bytes;  /* in the window, as are all below */
    uint64_t stall_since_ps; /* TIME_NEVER: a TLP of it was not found waiting for credits */
    uint64_t stall_ps;
    CACHE_LINE_ALIGNED struct credits own[CREDIT_TYPES];
    CACHE_LINE_ALIGNED struct histogram wait; /* ps from ready to start of transmission */
};

/* The way back for the credits of a TLP that waits: to the sender in whose receiver's buffer it is. */
struct credit_way {
    struct egress *sender;          /* NULL: it is in no buffer. Not owned, like all here */
    struct egress_channel *channel; /* the sender's */
    uint64_t propagation_ps;
};

/* What a look at it needs is one line, what sending needs the next. */
struct egress_queue {
    CACHE_LINE_ALIGNED uint32_t index;   /* among the egress's queues */
    uint8_t types;                       /* bitmap of `fifos` that hold something */
    bool gated;                          /* there is a `gate` */
    struct egress_channel *channel;      /* the egress's */
    struct tlp_fifo fifos[CREDIT_TYPES]; /* in each, `ready_ps` ascends */

    struct egress *egress;  /* not owned */
    struct credit_way back; /* used when its last byte has left */

    /* TLP has started; its last byte leaves at END_PS. Called from within the egress: it may enqueue here and anywhere,
     * but not free the TLP. NULL: nobody wants to know. */
    void (*on_sent)(struct egress_queue *queue, struct tlp *tlp, uint64_t end_ps);
    struct gate *gate; /* how many TLPs its input may send at once; NULL: no bound. Not owned (egress_queue_set_gate) */
    struct rate_guarantee *guarantees; /* by enum guarantee_direction; NULL: none. Not owned (egress_queue_guarantee) */
    uint64_t deficit;                  /* the arbiter's: what it may still send in its turn */
    uint32_t weight;                   /* its share where the arbiter goes by weights: at least 1 */
    bool is_managed;                   /* MR-PCIM's own TLPs wait in it (egress_queue_manage), ... */
    struct egress_queue *next_managed; /* ... and in this one; the arbiter's, not owned */
};

/* A look at queues at one time: what it takes along and what it brings back. */
struct egress_look {
    uint64_t now_ps;
    uint64_t wake_ps; /* when to look again at those that it found waiting; TIME_NEVER: when credits come */
    uint32_t data;    /* the data credits that the last one found sendable takes */
    bool starved;     /* something was ready but for credits */
};

#define EGRESS_NO_TYPE CREDIT_TYPES

static inline void egress_look_wake(struct egress_look *look, uint64_t at_ps)
{
    if (at_ps < look->wake_ps)
        look->wake_ps = at_ps;
}

/* QUEUE as a claimant of credits. */
static inline uint32_t egress_queue_claim(const struct egress_queue *queue)
{
    return queue->index + 1;
}

/* HEAD, the oldest of TYPE, is ready but lacks DATA credits, or another queue has a claim on them: notes that. */
void egress_queue_starves(
    struct egress_queue *queue, enum credit_type type, uint32_t data, bool is_anothers, struct egress_look *look);

/* The type whose oldest TLP may leave QUEUE, which has several and whose gate is free; EGRESS_NO_TYPE when none may. */
enum credit_type egress_queue_sendable_of_several(struct egress_queue *queue, struct egress_look *look);

/* True when TLP, not posted itself, may pass POSTED, which came before it (base specification, table 2-40, column
 * "posted request"). */
bool egress_queue_may_pass(const struct tlp *tlp, const struct tlp *posted);

/* True when QUEUE holds something of TYPE that only credits can keep from going at NOW_PS. */
bool egress_queue_wants_credits(const struct egress_queue *queue, enum credit_type type, uint64_t now_ps);

/* True when HEAD, the oldest of TYPE in QUEUE, is ready and has credits; otherwise notes what it waits for. */
static inline bool
egress_queue_may_go(struct egress_queue *queue, enum credit_type type, const struct tlp *head, struct egress_look *look)
{
    if (head->ready_ps > look->now_ps) {
        egress_look_wake(look, head->ready_ps);
        return false;
    }
    struct credits *credits = &queue->channel->credits[type];
    uint32_t data = tlp_data_credits(head);
    bool is_anothers = credits->claimant != 0 && credits->claimant != egress_queue_claim(queue);
    if (__builtin_expect(is_anothers || !credits_suffice(credits, data, look->now_ps), 0)) {
        egress_queue_starves(queue, type, data, is_anothers, look);
        return false;
    }
    look->data = data;
    return true;
}

/* The type whose oldest TLP may leave QUEUE, which holds something, at look->now_ps; EGRESS_NO_TYPE when none may. */
static inline enum credit_type egress_queue_sendable(struct egress_queue *queue, struct egress_look *look)
{
    if (__builtin_expect(queue->gated, 0)) {
        uint64_t opens_ps = gate_opens_ps(queue->gate, queue, look->now_ps);
        if (opens_ps > look->now_ps) {
            egress_look_wake(look, opens_ps);
            return EGRESS_NO_TYPE;
        }
    }
    if ((queue->types & (queue->types - 1)) != 0)
        return egress_queue_sendable_of_several(queue, look);
    enum credit_type type = (enum credit_type)__builtin_ctz(queue->types);
    return egress_queue_may_go(queue, type, queue->fifos[type].first, look) ? type : EGRESS_NO_TYPE;
}

/* Takes the oldest TLP of TYPE out. */
static inline struct tlp *egress_queue_pop(struct egress_queue *queue, enum credit_type type)
{
    struct tlp *tlp = tlp_fifo_pop(&queue->fifos[type]);
    if (tlp_fifo_is_empty(&queue->fifos[type]))
        queue->types &= (uint8_t) ~(1u << type);
    return tlp;
}

static inline void egress_queue_push(struct egress_queue *queue, struct tlp *tlp)
{
    enum credit_type type = tlp_credit_type(tlp);
    tlp_fifo_push(&queue->fifos[type], tlp);
    queue->types |= (uint8_t)(1u << type);
}

/* Has QUEUE pass GATE from now on; NULL: none. */
static inline void egress_queue_set_gate(struct egress_queue *queue, struct gate *gate)
{
    queue->gate = gate;
    queue->gated = gate != NULL;
}

bool egress_queue_is_valid(const struct egress_queue *queue);

#endif
