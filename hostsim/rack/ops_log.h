/* Ops log: a line for every operation of a run, as csv, written as they end.
 *
 *     time_ns,flow,host,guest,function,op,bytes,address,latency_ns,status
 *
 * time_ns is the arrival; time_ns + latency_ns the end. The operations that ended by the end of the run are there,
 * those of the warm-up too, in the order in which the model ended them: not quite that of time, as it knows the end of
 * a posted write beforehand. The host and function are those that the operation was for, also of a flow that picks. The
 * address is that of its first byte in its hierarchy, in hexadecimal. The status is "ok", or "failed". */
#ifndef HOSTSIM_RACK_OPS_LOG_H
#define HOSTSIM_RACK_OPS_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include "hostsim/rack/world.h"

struct ops_log {
    FILE *out;                 /* not owned; NULL: there is no log */
    const struct world *world; /* not owned */
    uint64_t end_ps;           /* what ends later is not in it; known from the start but for `until: done` */
    char **names;              /* of each flow's targets: "writes,h0,,nic0.pf0,"; owned, each */
    size_t *first_name;        /* by row of the loads: the first of its targets among them; owned */
    size_t name_count, row_count;
};

/* Has the operations of WORLD, which has not run yet, written to OUT. Errors of OUT are the caller's to look at. */
void ops_log_start(struct ops_log *log, struct world *world, FILE *out);

/* Frees; what is {0} may be stopped too. */
void ops_log_stop(struct ops_log *log);

#endif
