/* Future: what flows will get from now until a horizon, with some changes or without any. A copy of the daemon
 * (mgmt/child.h) finds it out, and is of no other use afterwards. */
#ifndef MGMT_FUTURE_H
#define MGMT_FUTURE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mgmt/change_request.h"

struct mriovd;

struct future {
    struct mriovd *daemon; /* the copy; its MR-PCIM is there when there are changes */
    uint64_t horizon_ps;   /* simulated time from now, above 0 */
    /* All at once, in this order; not owned. */
    const struct change_request *changes;
    size_t change_count;
};

/* Lives through FUTURE and writes a packed WhatIfResponse to OUT: a flow has `with_changes` only, and there is an
 * operation for each change. */
void future_write(const struct future *future, FILE *out);

#endif
