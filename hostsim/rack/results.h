/* Results: what a run found, as plain structures: everything that results.json, the csv files and the table print.
 *
 * The world fills one at the end of a run; the writers (results_json.h, results_csv.h, results_table.h) only read it,
 * and compute nothing that is not arithmetic of the printed page. It holds nothing that depends on the wall clock.
 *
 * Null: a time that was not measured is RESULTS_NO_TIME, a real number NAN, a string NULL, a VH RESULTS_NO_VH.
 *
 * Ownership: the arrays are the results' (malloc'ed; results_free() frees them). Strings are either constants or made
 * by results_text(), which keeps them until results_free(); the same one may stand in several places.
 *
 * Units: times in ps (printed as ns with three decimals, hence exactly), rates in Gb/s of payload, sizes in bytes. */
#ifndef HOSTSIM_RACK_RESULTS_H
#define HOSTSIM_RACK_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/base/time.h"
#include "fabric/pcie/link.h"
#include "fabric/pcim/parts.h"

#define RESULTS_NO_TIME TIME_NEVER
#define RESULTS_NO_VH (-1)

/* A bucket of a histogram: how many values were at most UPPER and above the bucket before. */
struct results_bucket {
    uint64_t upper_ps;
    uint64_t count;
};

/* The buckets that hold something, ascending; for histograms.csv. */
struct results_histogram {
    struct results_bucket *buckets;
    size_t bucket_count;
};

/* Latency of the operations that completed in the window; every field RESULTS_NO_TIME when none did. */
struct results_latency {
    uint64_t min_ps;
    uint64_t mean_ps;
    uint64_t mean_ci95_ps; /* half width, by batch means; RESULTS_NO_TIME when there are too few batches */
    uint64_t p50_ps, p90_ps, p99_ps, p999_ps;
    uint64_t max_ps;
    uint64_t stddev_ps;
};

/* Where the mean latency went, in means of ps; they add up to it. RESULTS_NO_TIME when nothing was measured. */
struct results_parts {
    uint64_t source_ps;        /* before the issuer took the operation, and between core and root port */
    uint64_t waiting_ps;       /* for a turn, a wire, its other TLPs */
    uint64_t credits_ps;       /* ready but for credits */
    uint64_t serialisation_ps; /* bytes on wires, as far as no switch sends them on at the same time */
    uint64_t switches_ps;      /* the latency of chassis */
    uint64_t wires_ps;         /* propagation */
    uint64_t memory_ps;        /* the host's memory and IOMMU */
    uint64_t adapter_ps;       /* register access */
};

/* One op of a flow that does several, as those of the flow itself. */
struct results_flow_op {
    const char *op;
    uint64_t operations, bytes;
    double goodput_gbps, goodput_ci95_gbps, offered_gbps;
    uint64_t failed;
    struct results_latency latency;
    struct results_parts parts;
    struct results_histogram latency_histogram;
};

/* One flow: a (workload, owner, function), in the order of the scenario's flows. */
struct results_flow {
    size_t workload;          /* index in the scenario: flows of one workload are printed together */
    const char *name;         /* of the workload */
    const char *host;         /* NULL: a workload that picks among functions of several */
    const char *guest;        /* its bare name ("vm0"); NULL: the host's own */
    const char *function;     /* full name; the set as written for a workload that picks */
    const char *op;           /* the scenario's word: "dma-write"; "mix" when it does several */
    uint64_t operations;      /* completed in the window */
    uint64_t bytes;           /* their payload */
    double goodput_gbps;      /* bytes over the measured time */
    double goodput_ci95_gbps; /* NAN: too few batches */
    double offered_gbps;      /* arrivals in the window; NAN where arrivals follow completions (saturate, closed) */
    uint64_t failed;          /* operations that ended with an error in the window */
    uint64_t dropped;         /* operations that were given up before they started, in the window */
    uint64_t interruption_ps; /* longest time it stood still and went on; RESULTS_NO_TIME: it never did */
    uint64_t down_ps;         /* how long it has stood still by the end of the run; RESULTS_NO_TIME: it works */
    struct results_latency latency;
    struct results_parts parts;
    struct results_histogram latency_histogram;
    struct results_flow_op *by_op; /* when it does several; owned */
    size_t by_op_count;
};

/* What the TLPs of one VH met on one direction of a link, in the window. */
struct results_link_vh {
    int vh;
    uint64_t payload_bytes;
    uint64_t credit_stall_ps;
    uint64_t wait_mean_ps; /* RESULTS_NO_TIME: no TLP left */
    uint64_t wait_p99_ps;
};

/* One direction of a link, in the window. */
struct results_link {
    const char *name; /* of its host (or root port "h0:1"), adapter or trunk */
    enum link_direction direction;
    uint32_t gen, width;
    uint64_t tlps, payload_bytes, wire_bytes, dllps;
    double utilisation;       /* share of the measured time the wire was busy, 0 to 1 */
    uint64_t credit_stall_ps; /* time with a TLP ready and no credit for it */
    uint64_t replays;
    uint64_t queue_max;                              /* TLPs waiting */
    double queue_mean;                               /* over time; NAN: nothing measured */
    uint64_t wait_mean_ps, wait_p99_ps, wait_max_ps; /* from ready to start of transmission; RESULTS_NO_TIME: no TLP */
    struct results_histogram wait_histogram;
    struct results_link_vh *by_vh; /* those that used it, ascending */
    size_t by_vh_count;
};

/* One function that was assigned or carried something. TLPs are those it sent or received in the window. */
struct results_function {
    const char *name;       /* "nic0.pf0.vf5" */
    const char *owner;      /* "h0", "h0:1", "h0/vm1"; NULL: nobody */
    int vh;                 /* RESULTS_NO_VH: in none */
    const char *routing_id; /* "02:00.0"; NULL: not in a hierarchy */
    const char *state;      /* "assigned", "free", ... */
    uint64_t tlps, payload_bytes;
};

struct results_hierarchy {
    int vh;
    const char *host; /* its root port's; one with several root ports has as many; NULL: MR-PCIM's own, 0 */
    uint64_t functions;
    double goodput_gbps;    /* of its flows */
    uint64_t dropped_stale; /* TLPs under way when their function changed hands */
    uint64_t errors_ur, errors_ca, errors_timeout;
};

/* A host. What its IOMMU did in the window, by when requests came. */
struct results_host {
    const char *name;
    bool has_iommu;
    uint64_t iommu_hits, iommu_misses; /* requests whose page was in the TLB, and others */
    uint64_t iommu_walks;              /* begun; the other misses joined one */
    uint64_t iommu_wait_mean_ps; /* of the misses, until their address was known; RESULTS_NO_TIME: there was none */
    uint64_t iommu_wait_max_ps;
};

/* An operation of the timeline. */
struct results_event {
    uint64_t at_ps;
    const char *op;                /* "assign", "move", ... */
    const char *status;            /* status_name(), or "running" */
    uint64_t took_ps;              /* RESULTS_NO_TIME: it has not ended */
    const char *detail;            /* never NULL; "" when there is nothing to say */
    uint64_t parts_ps[PCIM_TIMES]; /* what each of its steps took; RESULTS_NO_TIME: it had none such */
};

/* An `expect:` after evaluation (expectation.h fills these), one each in the order of the file. */
struct results_expect {
    const char *text; /* as the scenario has it */
    double value;     /* of the flow that is farthest from holding, or the sum: Gb/s, ns, or plain; NAN: not measured */
    bool is_time;     /* value is in ns */
    bool held;        /* by every flow of the name; false where nothing was measured */
    bool has_flow;
    uint32_t flow; /* has_flow: which one VALUE is of; index in flows */
};

/* Over the whole run, warm-up included. */
struct results_totals {
    uint64_t events; /* simulation events processed */
    uint64_t tlps_created, tlps_delivered, tlps_dropped, tlps_in_flight;
    uint64_t tlp_hops; /* link crossings */
    uint64_t cross_vh_deliveries;
    double fairness_jain; /* of the flows' goodput; NAN: no flow, or nothing moved */
};

enum results_sample_kind { SAMPLE_FLOW, SAMPLE_LINK };

/* A point of a time series (`run.sample`): a figure of the interval that ends at time_ps. In the order of printing. */
struct results_sample {
    uint64_t time_ps;
    enum results_sample_kind kind;
    uint32_t index;     /* in flows or links */
    const char *metric; /* "goodput_gbps", "utilisation", "queue_tlps", ... */
    double value;
};

struct results_text; /* a block of the store of strings */

/* Start from {0}. */
struct results {
    const char *scenario;  /* its name */
    const char **settings; /* --set as given, then seed and duration where the command line gave them */
    size_t setting_count;
    uint64_t seed;
    uint64_t boot_ps;      /* what the boot took before time zero */
    uint64_t simulated_ps; /* from time zero */
    uint64_t measured_ps;  /* the window; 0 when the run ended before it */
    struct results_flow *flows;
    size_t flow_count;
    struct results_link *links;
    size_t link_count;
    struct results_function *functions;
    size_t function_count;
    struct results_hierarchy *hierarchies;
    size_t hierarchy_count;
    struct results_host *hosts;
    size_t host_count;
    struct results_event *timeline;
    size_t timeline_count;
    struct results_expect *expects;
    size_t expect_count;
    struct results_totals totals;
    struct results_sample *samples;
    size_t sample_count;
    struct results_text *texts;
};

/* A formatted string that lives as long as the results. */
const char *results_text(struct results *results, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A latency of which nothing was measured. */
struct results_latency results_latency_none(void);
struct results_parts results_parts_none(void);

/* True when all expectations held (also when there are none). */
bool results_all_held(const struct results *results);

/* True when what is always so is so: counts agree with pointers, names are there, indices in range. */
bool results_is_valid(const struct results *results);

/* Frees what it owns; it is {0} again. */
void results_free(struct results *results);

#endif
