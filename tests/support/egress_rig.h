/* Egress rig: an egress that sends to a test port, its queues, and the record of what it sent and when.
 *
 *     egress_rig_set_up(&rig, &(struct egress_rig_config){.arbiter = &arbiter_age, .limits = test_infinite()});
 *     egress_rig_add_queue(&rig, 0, 0);
 *     test_send(&rig.queues[0], test_write(0, 64, 7), 0);
 *     egress_rig_run(&rig, PS_PER_US);
 *     rig.sent[0].number ...
 *     egress_rig_tear_down(&rig);
 *
 * A byte takes a picosecond. The rig must not move while it is set up. */
#ifndef TESTS_SUPPORT_EGRESS_RIG_H
#define TESTS_SUPPORT_EGRESS_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/support/test_port.h"

#define EGRESS_RIG_QUEUES 256

struct egress_rig_config {
    const struct arbiter_ops *arbiter;
    uint64_t seed;
    uint32_t vc_count, vh_count; /* 0: one */
    struct credit_limits limits;
    bool per_vh; /* which makes it an MR link */
    uint64_t propagation_ps;
};

/* A TLP that has been sent. */
struct egress_rig_sent {
    uint64_t number; /* test_number() */
    uint64_t start_ps, end_ps;
    uint32_t queue;
};

struct egress_rig {
    struct fabric fabric;
    struct test_port sender, receiver;
    struct egress *egress; /* the sender's */
    struct egress_queue queues[EGRESS_RIG_QUEUES];
    uint32_t queue_count;
    struct egress_rig_sent *sent; /* owned, in the order of time */
    uint32_t sent_count, sent_capacity;

    /* Called when what has been sent is written down; may send more. NULL: nobody wants to know. */
    void (*on_sent)(struct egress_rig *rig, uint32_t queue, uint64_t end_ps);
};

void egress_rig_set_up(struct egress_rig *rig, const struct egress_rig_config *config);
void egress_rig_tear_down(struct egress_rig *rig);

/* Adds a queue, the next of `queues`, for hierarchy VH on channel VC. */
void egress_rig_add_queue(struct egress_rig *rig, uint16_t vh, uint32_t vc);

/* Runs up to and with AT_PS; the egress must be valid then. */
void egress_rig_run(struct egress_rig *rig, uint64_t at_ps);

#endif
