/* Egress hold: stopping the sending half of a port, and taking out what waits there.
 *
 * A held egress starts nothing; what is on its wire goes on, and what comes waits. It costs nothing while it is not
 * held: its arbiter is another one. */
#ifndef FABRIC_PCIE_EGRESS_HOLD_H
#define FABRIC_PCIE_EGRESS_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/egress.h"

/* Why; bits, as several may hold. */
enum egress_hold {
    EGRESS_HOLD_LINK = 1 << 0, /* its link is down, or in recovery */
    EGRESS_HOLD_HANG = 1 << 1, /* its owner has stopped */
};

void egress_hold(struct egress *egress, enum egress_hold why);
void egress_release(struct egress *egress, enum egress_hold why);

/* Ends a TLP that was taken out of QUEUE, and which it owns now. */
typedef void egress_end(struct egress_queue *queue, struct tlp *tlp);

/* Takes all out that waits in QUEUE now, as if it were sent: its place in the buffer that it came through is free, and
 * on_sent() is told; then END has it. What is queued meanwhile stays. */
void egress_queue_drain(struct egress_queue *queue, egress_end *end);

/* The same of all queues. */
void egress_drain(struct egress *egress, egress_end *end);

/* Holds QUEUE alone, which must have no gate; or lets it go on. */
void egress_queue_hold(struct egress_queue *queue);
void egress_queue_release(struct egress_queue *queue);

#endif
