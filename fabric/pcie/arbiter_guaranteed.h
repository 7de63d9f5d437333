/* Arbiter guaranteed: what an egress goes by where some of its queues go before others.
 *
 *   1. MR-PCIM's own TLPs: a request at a time and its answer, which no guarantee and no weight may keep waiting
 *   2. queues that are owed something (fabric/pcie/rate_guarantee.h), in turn among themselves; what they are given so
 *      costs them none of their share. A queue has two guarantees: of the payload that it sends, and of what its reads
 *      ask for
 *   3. all, by the discipline of the egress: when nobody is owed anything, and for a part in RATE_GUARANTEE_PARTS of
 *      the bytes that go, whatever is owed, so that nobody is shut out by what others are guaranteed
 *
 * Egresses without guarantees, weights or disciplines that let anybody wait for ever never come here. */
#ifndef FABRIC_PCIE_ARBITER_GUARANTEED_H
#define FABRIC_PCIE_ARBITER_GUARANTEED_H

#include "fabric/pcie/egress_queue.h"
#include "fabric/pcie/rate_guarantee.h"

enum guarantee_direction { GUARANTEE_SENT, GUARANTEE_ASKED, GUARANTEE_DIRECTIONS };

/* QUEUE, of an egress, goes by GUARANTEES ([GUARANTEE_DIRECTIONS], not owned; they may change, and be empty) from now
 * on; several queues may share them. */
void egress_queue_guarantee(struct egress_queue *queue, struct rate_guarantee *guarantees);

/* QUEUE has WEIGHT, at least 1, from now on. When that is more than 1 turns go by weights where they were simply taken.
 */
void egress_queue_weigh(struct egress_queue *queue, uint32_t weight);

/* MR-PCIM's own TLPs wait in QUEUE, and nothing else: they go first where others might be kept waiting by guarantees,
 * weights or traffic classes. */
void egress_queue_manage(struct egress_queue *queue);

#endif
