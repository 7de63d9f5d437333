/* Egress reference: what an egress should do, found out slowly: picosecond by picosecond, every queue asked in each,
 * credits counted from a list of what is under way. The wire takes a picosecond a byte. */
#ifndef TESTS_SUPPORT_EGRESS_REFERENCE_H
#define TESTS_SUPPORT_EGRESS_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/engine/window.h"
#include "fabric/pcie/credits.h"

#define EGRESS_REFERENCE_QUEUES 8
#define EGRESS_REFERENCE_VHS 4

/* A TLP, and what becomes of it. */
struct egress_item {
    uint64_t at_ps;    /* enqueued; ascending from item to item */
    uint64_t ready_ps; /* may leave; not before at_ps */
    uint64_t hold_ps;  /* how long the receiver keeps it */
    uint32_t queue;
    uint32_t bytes; /* on the wire */
    uint32_t data;  /* credits */
    enum credit_type type;
    uint64_t start_ps; /* of its transmission: the answer; TIME_NEVER: none by the end */
};

struct egress_reference {
    uint32_t queue_count;
    uint32_t vh_of_queue[EGRESS_REFERENCE_QUEUES];
    struct credit_limits limits;
    bool per_vh;
    uint64_t interval_ps, propagation_ps;
    struct window window;
    struct egress_item *items; /* the caller's */
    uint32_t item_count;
};

struct egress_reference_vh {
    uint64_t stall_ps, wait_ps, tlps;
};

/* In the window. */
struct egress_reference_result {
    uint64_t tlps, wire_bytes, busy_ps, stall_ps, queue_ps, queue_max;
    struct egress_reference_vh vhs[EGRESS_REFERENCE_VHS];
};

/* Runs REFERENCE from 0 up to but without END_PS. */
struct egress_reference_result egress_reference_run(const struct egress_reference *reference, uint64_t end_ps);

#endif
