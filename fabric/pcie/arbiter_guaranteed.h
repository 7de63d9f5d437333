/* Arbiter guaranteed: what an egress goes by where some of its queues have been guaranteed a rate.
 *
 * Queues that are owed something (fabric/pcie/rate_guarantee.h) go first, in turn among themselves; what they are given
 * so costs them none of their share in the discipline of the egress, by which all others go. A queue has two
 * guarantees: of the payload that it sends, and of what its reads ask for. Egresses without any never come here. */
#ifndef FABRIC_PCIE_ARBITER_GUARANTEED_H
#define FABRIC_PCIE_ARBITER_GUARANTEED_H

#include "fabric/pcie/egress_queue.h"
#include "fabric/pcie/rate_guarantee.h"

enum guarantee_direction { GUARANTEE_SENT, GUARANTEE_ASKED, GUARANTEE_DIRECTIONS };

/* QUEUE, of an egress, goes by GUARANTEES ([GUARANTEE_DIRECTIONS], not owned; they may change, and be empty) from now
 * on; several queues may share them. */
void egress_queue_guarantee(struct egress_queue *queue, struct rate_guarantee *guarantees);

#endif
