/* Arbiter: whose turn it is among the queues that wait for one direction of a link.
 *
 * A family of disciplines behind one table:
 *
 *   round-robin   the queues in turn, a TLP each
 *   weighted      in turn, as many TLPs each as its weight
 *   deficit       in turn, as many bytes on the wire each as its weight: what a turn leaves over is kept for the next
 *                 (deficit round robin: Shreedhar and Varghese, SIGCOMM 1995)
 *   strict        the highest traffic class, in turn among equals
 *   age           what has been ready longest, in turn among equals
 *   random        any that may go, each as likely as the others
 *
 * All of them pass over a queue that may not go now, so the wire is never idle while something may. */
#ifndef FABRIC_PCIE_ARBITER_H
#define FABRIC_PCIE_ARBITER_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/random.h"
#include "fabric/pcie/egress_queue.h"
#include "fabric/pcie/rate_guarantee.h"
#include "fabric/pcie/wire.h"

struct arbiter;

struct arbiter_ops {
    const char *name; /* the scenario's word */

    /* The queue that may send at look->now_ps, and which of its types; NULL when none may, with LOOK saying when to
     * look again. At least one queue holds something. */
    struct egress_queue *(*choose)(struct arbiter *arbiter, struct egress_look *look, enum credit_type *type);

    /* QUEUE, just chosen, has sent a TLP of BYTES on the wire and may be empty now. */
    void (*sent)(struct arbiter *arbiter, struct egress_queue *queue, uint32_t bytes);
};

extern const struct arbiter_ops arbiter_round_robin, arbiter_weighted, arbiter_deficit, arbiter_strict, arbiter_age,
    arbiter_random;

/* What each look at it needs stands in front. */
struct arbiter {
    const struct arbiter_ops *ops;
    uint64_t *active; /* bitmap: queues that hold something; `few` until there are more than 64. Owned */
    uint64_t few;
    struct egress_queue **queues; /* owned array; the queues are not */
    uint32_t count;
    uint32_t active_count;
    uint32_t turn;           /* the queue that is asked first */
    uint32_t capacity;       /* of `queues` */
    uint64_t quantum;        /* what a weight of 1 stands for: a TLP, or the most bytes that one has taken so far */
    const struct wire *wire; /* what a TLP costs by bytes; not owned */
    struct random random;    /* of those that draw */

    const struct arbiter_ops *released; /* while it is held (fabric/pcie/egress_hold.h): whom it goes by when not */

    /* Where some go before others (fabric/pcie/arbiter_guaranteed.h): */
    const struct arbiter_ops *plain; /* the discipline of the others; otherwise NULL */
    struct egress_queue *managed;    /* MR-PCIM's own, by their `next_managed`; not owned */
    struct rate_reserve reserve;
    struct rate_guarantee *chosen; /* of the chosen one; NULL: it has none. Not owned */
    uint64_t chosen_ps;
    uint32_t owed_turn;
    uint16_t chosen_bytes;                                                        /* no TLP moves more than 4 KiB */
    enum arbiter_choice { ARBITER_COMMON, ARBITER_OWED, ARBITER_MANAGED } choice; /* why it was chosen */
};

/* Without queues, for WIRE. It draws from the stream STREAM of SEED. */
void arbiter_init(
    struct arbiter *arbiter, const struct arbiter_ops *ops, const struct wire *wire, uint64_t seed, const char *stream);
void arbiter_free(struct arbiter *arbiter);

/* Adds QUEUE, which is empty and gets its index and a weight of 1. */
void arbiter_add(struct arbiter *arbiter, struct egress_queue *queue);

bool arbiter_is_valid(const struct arbiter *arbiter);

/* QUEUE holds something now, whether or not it did. */
static inline void arbiter_activate(struct arbiter *arbiter, const struct egress_queue *queue)
{
    uint64_t *word = &arbiter->active[queue->index / 64], bit = UINT64_C(1) << queue->index % 64;
    arbiter->active_count += (*word & bit) == 0;
    *word |= bit;
}

/* QUEUE holds nothing any more. */
static inline void arbiter_deactivate(struct arbiter *arbiter, const struct egress_queue *queue)
{
    arbiter->active[queue->index / 64] &= ~(UINT64_C(1) << queue->index % 64);
    arbiter->active_count--;
}

/* The first queue that holds something, from number FROM on and round again. There is one. */
static inline uint32_t arbiter_next(const struct arbiter *arbiter, uint32_t from)
{
    if (from >= arbiter->count)
        from = 0;
    uint32_t word = from / 64, words = (arbiter->count + 63) / 64;
    uint64_t bits = arbiter->active[word] & ~UINT64_C(0) << from % 64;
    while (bits == 0) {
        word = word + 1 == words ? 0 : word + 1;
        bits = arbiter->active[word];
    }
    return word * 64 + (uint32_t)__builtin_ctzll(bits);
}

#endif
