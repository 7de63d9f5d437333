/* Draft: a scenario as its text says it, before names mean anything.
 *
 * The structures that the tables of the schema describe and the reader fills: values are converted and in bounds,
 * references are still the nodes in which they were written (so that whatever resolves them can name the place). What
 * the model knows already is embedded as the structure of scenario.h that it will become.
 *
 * A draft points into its document and must not outlive it. reader_free() frees it. */
#ifndef HOSTSIM_RACK_DRAFT_H
#define HOSTSIM_RACK_DRAFT_H

#include "hostsim/rack/document.h"
#include "hostsim/rack/scenario.h"

/* Entries, each a structure that begins with the node it was read from. */
struct draft_list {
    void *entries;
    size_t count;
};

/* `credits:` and `buffer:`. */
struct draft_credits {
    int all; /* the word `infinite` stood for all of them */
    struct credit_limits limits;
};

struct draft_link {
    struct link_config config;
    struct place gen_place; /* where `gen` was written; line 0 and no source: nowhere */
    /* As written in the last layer; `finish` takes them over into config. */
    uint64_t cable_um;
    uint64_t propagation_ps;
    struct draft_credits credits;
    struct {
        uint64_t both, up, down;
    } rate_bps;
    uint64_t ber; /* QUANTITY_RATIO_ONE-ths */
    int address, dllp;
};

struct draft_chassis {
    const struct node *node, *name;
    struct distribution latency;
    int forwarding, queueing, arbitration, credits;
    uint32_t speedup;
    struct draft_credits buffer;
};

struct draft_trunk {
    const struct node *node, *name, *between;
    struct draft_link link;
};

struct draft_iommu {
    uint32_t entries, walkers;
    uint64_t page_bytes, walk_ps;
};

struct draft_guest {
    const struct node *node, *name;
    uint64_t memory_bytes, dirty_bps;
};

struct draft_host {
    const struct node *node, *name, *chassis;
    uint32_t uplinks;
    struct draft_link link;
    uint32_t mps, mrrs, rcb;
    int completions, hotplug;
    struct scenario_memory memory;
    struct distribution root_latency;
    uint32_t outstanding, weight;
    uint64_t completion_timeout_ps;
    struct draft_iommu iommu;
    uint64_t hotplug_delay_ps, vf_enable_delay_ps;
    unsigned capabilities;
    struct draft_list guests; /* draft_guest */
};

/* The keys of the kinds other than dma: checked now, for their models to take up. */
struct draft_port {
    const struct node *node;
    uint64_t rate_bps;
};

struct draft_device {
    struct draft_list ports; /* draft_port */
    bool veb;
    uint64_t descriptor_bytes;
    int interface;
    struct distribution read_latency, write_latency, target_latency;
    uint32_t parallelism, namespaces, disks, luns, copy_engines;
    uint64_t iops_milli, capacity_bytes, cache_bytes, bandwidth_bps;
    int level;
};

struct draft_adapter {
    const struct node *node, *name, *at;
    int kind, sharing;
    struct draft_link link;
    uint32_t pfs, vfs, outstanding, function_outstanding;
    uint64_t issue_interval_ps, flr_delay_ps, completion_timeout_ps;
    struct distribution bar_latency;
    struct draft_device device;
};

struct draft_assign {
    const struct node *node, *function, *to;
    uint32_t vfs;
    bool each;
};

struct draft_qos {
    const struct node *node, *function;
    uint64_t min_bps, max_bps;
    uint32_t weight;
};

struct draft_team {
    const struct node *node, *name, *host, *members;
    int mode;
    uint64_t detect_ps;
};

/* An arrival is the word `saturate`, or a map with the key of its kind. */
struct draft_arrival {
    int word;
    struct scenario_rate poisson, periodic;
    struct {
        struct scenario_rate rate;
        struct distribution on, off;
    } onoff;
    uint32_t closed;
    struct distribution think;
    const struct node *trace;
};

struct draft_op {
    int word;
    uint64_t mix[SCENARIO_OPS]; /* {mix: {...}}: weights, QUANTITY_WEIGHT_ONE-ths */
};

struct draft_pattern {
    int word;
    uint32_t zipf_millis;
};

struct draft_workload {
    const struct node *node, *name, *function, *team, *host, *peer, *to;
    int spread, ordering;
    struct draft_op op;
    struct distribution size;
    struct draft_arrival arrival;
    uint32_t outstanding, traffic_class;
    uint64_t window_bytes, span_bytes;
    struct draft_pattern pattern;
    uint64_t start_ps, stop_ps, count, total_bytes;
};

/* An entry of the timeline: the operation is the one key that is there. */
struct draft_event {
    const struct node *node;
    uint64_t at_ps;
    struct {
        const struct node *function, *to;
        uint32_t vfs;
    } assign;
    struct {
        const struct node *function, *to;
        int policy;
        uint64_t deadline_ps;
    } release, move;
    struct {
        const struct node *function;
        uint32_t count;
    } vfs;
    struct draft_qos qos;
    struct {
        struct draft_list bindings; /* draft_assign */
        int policy;
        uint64_t deadline_ps;
        bool prune;
    } apply;
    struct {
        const struct node *name;
        int action;
    } port;
    struct {
        const struct node *vh;
    } reset;
    struct {
        const struct node *link, *adapter, *chassis, *function, *host;
        uint64_t duration_ps; /* fail */
    } fail, repair;
    struct {
        const struct node *target, *host;
        int fault, direction;
        uint64_t count, duration_ps, rate;
    } inject;
    struct {
        const struct node *guest, *to;
    } migrate;
};

struct draft_expect {
    const struct node *node, *flow, *total;
    const struct node *metrics[24]; /* by the index in metric.h's table */
};

struct draft_run {
    uint64_t warmup_ps, duration_ps, sample_ps;
    int until, timing;
};

/* The whole file. */
struct draft {
    const struct node *node;
    uint32_t version;
    const struct node *name;
    uint64_t seed;
    struct draft_run run;
    struct {
        struct draft_link link;
    } defaults;
    struct draft_list chassis, trunks, hosts, adapters, assign, qos, teams, workloads, timeline, expect;
};

#endif
