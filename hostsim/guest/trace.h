/* Trace: operations as they were recorded somewhere: when each came, what it was, how large and where.
 *
 * Made when a scenario is loaded, and read by any number of flows; nothing changes it. */
#ifndef HOSTSIM_GUEST_TRACE_H
#define HOSTSIM_GUEST_TRACE_H

#include <stddef.h>
#include <stdint.h>

struct trace_entry {
    uint64_t at_ps;  /* after the start of its workload; no less than the entry's before */
    uint64_t bytes;  /* > 0 */
    uint64_t offset; /* in the workload's window */
    uint32_t op;     /* index in the workload's ops */
};

struct trace {
    struct trace_entry *entries; /* whoever made it owns them */
    size_t count;
};

#endif
