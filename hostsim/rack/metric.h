/* Metric: the figures of a flow that `expect:` may speak of.
 *
 * A constant table: the word of the scenario, its unit, and the field of `struct results_flow` it reads. */
#ifndef HOSTSIM_RACK_METRIC_H
#define HOSTSIM_RACK_METRIC_H

#include <stdbool.h>
#include <stddef.h>

#include "hostsim/rack/results.h"

enum metric_unit {
    METRIC_GBPS,  /* written as a bandwidth ("40Gbps"); compared in Gb/s; a double */
    METRIC_NS,    /* written as a time ("20us"); compared in ns; uint64_t in ps, RESULTS_NO_TIME when not measured */
    METRIC_BYTES, /* written as a size ("1GiB"); uint64_t */
    METRIC_COUNT, /* a bare number; uint64_t */
};

struct metric {
    const char *name; /* "goodput", "p99"; NULL ends the table */
    enum metric_unit unit;
    size_t offset; /* in struct results_flow */
    bool adds_up;  /* the sum over the flows of a workload means something: allowed with `total:` */
    const char *doc;
};

extern const struct metric metrics[];

/* How many metrics there are. */
size_t metric_count(void);

/* The metric NAME; NULL when there is none. */
const struct metric *metric_find(const char *name);

/* Its value for FLOW, in the unit it is compared in (Gb/s, ns, bytes, plain); NAN when nothing was measured. */
double metric_read(const struct metric *metric, const struct results_flow *flow);

#endif
