/* Scenario: a rack and its loads as plain structures.
 *
 * The way of a scenario: text -> document (a tree with marks) -> expanded document (ranges, counts, defaults, --set)
 * -> this -> world. By the time a `struct scenario` exists, every name is expanded, every reference is resolved to
 * indices into the arrays below, sets are dealt, and every fault of the text has been reported; nothing that reads it
 * looks at YAML again. Arrays are in the order of the file. A scenario owns all it points to (scenario_free).
 *
 * Units: times in ps, sizes in bytes, rates in bits/s unless a name says otherwise. */
#ifndef HOSTSIM_RACK_SCENARIO_H
#define HOSTSIM_RACK_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/base/distribution.h"
#include "fabric/pcie/link.h"
#include "fabric/pcim/request.h"
#include "hostsim/guest/trace.h"
#include "hostsim/rack/fault.h"

/* An index that refers to nothing. */
#define SCENARIO_NONE (-1)

struct scenario_run {
    uint64_t warmup_ps;   /* kept out of all statistics */
    uint64_t duration_ps; /* the measured window; ignored when until_done */
    bool until_done;      /* ends when every finite workload has completed */
    uint64_t sample_ps;   /* time series; 0: none */
    bool standard_timing; /* timing: standard */
};

/* Each is a constant table of the model; here only the word, as an index into the words of the schema. */
enum scenario_forwarding { FORWARDING_CUT_THROUGH, FORWARDING_STORE_AND_FORWARD };
enum scenario_queueing { QUEUEING_VOQ, QUEUEING_FIFO };
enum scenario_arbitration {
    ARBITRATION_ROUND_ROBIN,
    ARBITRATION_WEIGHTED,
    ARBITRATION_DEFICIT,
    ARBITRATION_STRICT,
    ARBITRATION_AGE,
    ARBITRATION_RANDOM,
};

struct scenario_chassis {
    char *name;
    struct distribution latency; /* ps */
    enum scenario_forwarding forwarding;
    enum scenario_queueing queueing;
    enum scenario_arbitration arbitration;
    uint32_t speedup;
    bool credits_per_vh; /* credits: per-vh; false: shared */
    struct credit_limits buffer;
};

struct scenario_trunk {
    char *name;
    int between[2]; /* chassis */
    struct link_config link;
};

struct scenario_memory {
    struct distribution read_latency;  /* ps */
    struct distribution write_latency; /* ps */
    uint64_t bandwidth_bps;
};

struct scenario_iommu {
    bool present;
    uint32_t entries;
    uint64_t page_bytes;
    uint64_t walk_ps;
    uint32_t walkers;
};

struct scenario_guest {
    char *name;
    uint64_t memory_bytes;
    uint64_t dirty_bps;
};

enum scenario_hotplug { HOTPLUG_MANAGED, HOTPLUG_SURPRISE, HOTPLUG_NONE };
enum scenario_completions { COMPLETIONS_MPS, COMPLETIONS_RCB };

/* What a host's hypervisor supports: bits of scenario_host.capabilities. */
enum scenario_capability {
    CAPABILITY_SR_IOV = 1 << 0,
    CAPABILITY_ARI = 1 << 1,
    CAPABILITY_ACS = 1 << 2,
    CAPABILITY_HOTPLUG = 1 << 3,
    CAPABILITY_VF_MIGRATION = 1 << 4,
};

struct scenario_host {
    char *name;
    int *uplinks; /* the chassis of each root port toward a chassis: NAME:0, NAME:1, ...; none: uplink_count 0 */
    size_t uplink_count;
    struct link_config link; /* of each uplink */
    uint32_t mps, mrrs, rcb; /* bytes */
    enum scenario_completions completions;
    struct scenario_memory memory;
    struct distribution root_latency; /* ps */
    uint32_t outstanding;             /* MMIO reads of its cores in flight together */
    uint64_t completion_timeout_ps;   /* of these, and of configuration requests; 0: none */
    struct scenario_iommu iommu;
    enum scenario_hotplug hotplug;
    uint64_t hotplug_delay_ps;
    uint64_t vf_enable_delay_ps;
    unsigned capabilities;
    uint32_t weight;
    struct scenario_guest *guests;
    size_t guest_count;
};

enum scenario_adapter_kind { ADAPTER_DMA, ADAPTER_NIC, ADAPTER_NVME, ADAPTER_RAID, ADAPTER_HBA, ADAPTER_GPU };
enum scenario_sharing { SHARING_MR_IOV, SHARING_SR_IOV, SHARING_EXCLUSIVE };

struct scenario_adapter {
    char *name;
    int chassis; /* where it is; SCENARIO_NONE when in a host */
    int host;    /* likewise */
    enum scenario_adapter_kind kind;
    enum scenario_sharing sharing; /* an adapter in a host is that host's own: always exclusive */
    struct link_config link;
    uint32_t pfs; /* mr-iov: what it can offer; 1 otherwise */
    uint32_t vfs;
    uint32_t outstanding;
    uint32_t function_outstanding;  /* 0: only the adapter's own bound */
    uint64_t completion_timeout_ps; /* 0: none */
    uint64_t issue_interval_ps;
    struct distribution bar_latency; /* ps */
    uint64_t flr_delay_ps;
    /* The keys of the kinds other than dma come with their models. */
};

/* One function: nic0.bf has pf SCENARIO_BF; nic0.pf2 has vf SCENARIO_NONE; nic0.pf2.vf5 has both. */
#define SCENARIO_BF (-2)
struct scenario_function {
    int adapter;
    int pf;
    int vf;
};

/* Who owns a function. */
struct scenario_owner {
    int host;
    int uplink; /* which root port toward a chassis; SCENARIO_NONE for an adapter in the host itself */
    int guest;  /* SCENARIO_NONE: the host itself */
};

/* Ownership at time zero: the assigns, dealt, and the adapters in hosts. One entry a function. An mr-iov PF and the VFs
 * that came with it (`vfs:`) are an entry each. Sorted by adapter, then pf, then vf (a PF before its VFs). */
struct scenario_assignment {
    struct scenario_function function;
    struct scenario_owner owner;
    uint32_t weight;           /* of `qos`; 1 where it has none */
    uint64_t min_bps, max_bps; /* likewise; 0: none */
};

enum scenario_op {
    OP_DMA_WRITE,
    OP_DMA_READ,
    OP_DMA_READ_WRITE,
    OP_MMIO_WRITE,
    OP_MMIO_READ,
    OP_PEER_WRITE,
    OP_PEER_READ,
    OP_TRANSMIT,
    OP_RECEIVE,
    OP_SEND,
    OP_READ,
    OP_WRITE,
    OP_MIX, /* {mix: {read: w, write: w}} */
    OP_COPY_IN,
    OP_COPY_OUT,
};
#define SCENARIO_OPS (OP_COPY_OUT + 1)

enum scenario_arrival_kind {
    ARRIVAL_SATURATE,
    ARRIVAL_POISSON,
    ARRIVAL_PERIODIC,
    ARRIVAL_CLOSED,
    ARRIVAL_ONOFF,
    ARRIVAL_TRACE,
};

/* A rate of arrivals: of payload (bits) or of operations, in thousandths a second so that 0.5ops/s and 92.4Gbps fit. */
struct scenario_rate {
    uint64_t milli_per_s;
    bool of_operations; /* otherwise of payload bits */
};

struct scenario_arrival {
    enum scenario_arrival_kind kind;
    struct scenario_rate rate;   /* poisson, periodic, onoff */
    struct distribution on, off; /* onoff: ps */
    uint32_t in_flight;          /* closed */
    struct distribution think;   /* closed: ps */
    struct trace trace;          /* trace: its entries are owned; their ops are indices in the workload's */
    char *trace_path;            /* where that is from */
};

enum scenario_pattern_kind { PATTERN_SEQUENTIAL, PATTERN_RANDOM, PATTERN_ZIPF, PATTERN_REPEAT };
enum scenario_ordering { ORDERING_STRICT, ORDERING_RELAXED, ORDERING_ID_BASED };
enum scenario_spread { SPREAD_EACH, SPREAD_RANDOM, SPREAD_ROUND_ROBIN };

/* One of the ops that a workload does. */
struct scenario_workload_op {
    enum scenario_op op;
    uint64_t weight; /* of a mix */
};

/* What a workload's `function` means when owners change: a function of that name, whoever has it, or one that OWNER has
 * then. */
#define SCENARIO_ANY (-3)
struct scenario_target {
    struct scenario_function function; /* by name: pf and vf may be SCENARIO_ANY; of an owner: its adapter */
    bool of_owner;
    struct scenario_owner owner;
    int nth; /* of an owner: which of its VFs; SCENARIO_ANY; SCENARIO_NONE: its PF, otherwise its lowest VF */
};

struct scenario_workload {
    char *name;
    enum scenario_op op;                           /* as written; OP_MIX */
    struct scenario_workload_op ops[SCENARIO_OPS]; /* what it does: that, those of the mix, or those of its trace */
    size_t op_count;
    enum scenario_spread spread;
    struct distribution size; /* bytes an operation */
    struct scenario_arrival arrival;
    uint32_t outstanding; /* its operations in flight; 0: only the device's bounds */
    uint64_t window_bytes;
    uint64_t span_bytes;
    enum scenario_pattern_kind pattern;
    uint32_t zipf_millis; /* the exponent in thousandths */
    uint32_t traffic_class;
    enum scenario_ordering ordering;
    struct scenario_target *targets; /* in the order of the file */
    size_t target_count;
    struct scenario_function peer; /* adapter SCENARIO_NONE: none */
    int host;                      /* `host:`: only while that host owns the function; SCENARIO_NONE */
    int guest;                     /* `host: h0/vm1`: only while that guest of it does; SCENARIO_NONE */
    uint64_t start_ps, stop_ps;    /* from time zero; stop TIME_NEVER: none */
    uint64_t count;                /* operations; 0: no bound */
    uint64_t total_bytes;          /* 0: no bound */
};

/* One flow of the results: a (workload, owner, function). A workload that picks (spread random or round-robin) is one
 * flow over a set: then the owner or function that differs between its members is unset and `text` is the set as
 * written. `members` has one entry for a plain flow. */
struct scenario_flow_member {
    struct scenario_function function;
    struct scenario_owner owner;
    struct scenario_function peer; /* peer-write, peer-read: the target; otherwise adapter SCENARIO_NONE */
};

struct scenario_flow {
    int workload;
    struct scenario_flow_member *members;
    size_t member_count;
    char *text; /* the set as written; NULL for a plain flow */
};

/* An entry of the timeline: what the management API would be asked at that time. An assign of a set is as many. */
struct scenario_event {
    uint64_t at_ps; /* from time zero */
    const char *op; /* its key: "assign", "move", "reset", ... */
    struct pcim_request request;
    struct pcim_wish *wishes; /* of an apply; owned */
    char **texts;             /* what the request points to; owned */
    size_t text_count;
};

enum scenario_metric_scope { EXPECT_FLOW, EXPECT_TOTAL };

struct scenario_expect {
    char *text;                       /* as written, on one line: "writes goodput >= 40Gbps" */
    enum scenario_metric_scope scope; /* each flow of the name, or the sum of its flows */
    int workload; /* the first of the name; every workload of that name counts (ranges make several of one name) */
    const char *metric; /* a key of the table in hostsim/rack/metric.h: "goodput", "p99", ... */
    enum scenario_comparison { EXPECT_LT, EXPECT_LE, EXPECT_GT, EXPECT_GE, EXPECT_EQ, EXPECT_NE } comparison;
    double bound; /* Gb/s for rates, ns for times, plain otherwise */
};

struct scenario {
    char *name; /* the file's own name without its ending where the file does not say */
    char *path; /* as given; "-" for standard input */
    uint64_t seed;
    char **settings; /* the --set arguments as given, then "seed=..." and "run.duration=..." of theirs */
    size_t setting_count;
    struct scenario_run run;
    struct scenario_chassis *chassis;
    size_t chassis_count;
    struct scenario_trunk *trunks;
    size_t trunk_count;
    struct scenario_host *hosts;
    size_t host_count;
    struct scenario_adapter *adapters;
    size_t adapter_count;
    struct scenario_assignment *assignments;
    size_t assignment_count;
    struct scenario_workload *workloads;
    size_t workload_count;
    struct scenario_flow *flows;
    size_t flow_count;
    struct scenario_event *events; /* the timeline */
    size_t event_count;
    struct scenario_expect *expects;
    size_t expect_count;
    /* Ownership may change while it runs: hosts turn hot-plug on at boot, and keep room for what may come. */
    bool managed;
    /* Valid, and not modelled yet: "`timeline` is not modelled yet", each with its place. While there is one the
     * scenario may be looked at and not be run; faults_print() prints them as they must read. */
    struct faults refusals;
};

/* What to load, all the caller's. */
struct scenario_request {
    const char *path;        /* a file, or "-" for standard input; with TEXT only the name in messages */
    const char *text;        /* NULL: read PATH */
    size_t length;           /* of TEXT */
    const char *const *sets; /* the arguments of `--set`: "hosts.h0.link.gen=5", from left to right */
    size_t set_count;
    const char *seed;     /* the argument of `--seed`; NULL: the file's */
    const char *duration; /* the argument of `--duration`; it replaces `until` too; NULL: the file's */
    bool managed;         /* ownership may change even though the file has no timeline: somebody else asks for it */
    /* What is assigned is asked of a rack that runs: `assign`, also an empty one, becomes an apply at time zero, before
     * the timeline's. */
    bool is_change;
    /* Keys of the file that are not looked at, NULL at the end; NULL: none. */
    const char *const *left_out;
};

/* Reads, expands, checks and resolves a scenario. NULL when it is not valid: then every fault was added to FAULTS (a
 * syntax error is the only one of its file). The scenario is the caller's to free. */
struct scenario *scenario_load(const struct scenario_request *request, struct faults *faults);

/* How many assignments come before FUNCTION in their order (adapter, pf, vf). O(log n). */
size_t scenario_assignments_before(const struct scenario *scenario, struct scenario_function function);

/* The assignment of FUNCTION; SCENARIO_NONE when nobody owns it. O(log n). */
int scenario_find_assignment(const struct scenario *scenario, struct scenario_function function);

/* Frees all it owns; NULL is allowed. */
void scenario_free(struct scenario *scenario);

/* Writes the full name of a function ("nic0.pf0.vf5", "nic0.bf") and returns BUFFER, of SIZE bytes (64 is plenty for
 * names up to 40 bytes; longer ones are cut). */
char *
scenario_function_name(const struct scenario *scenario, struct scenario_function function, char *buffer, size_t size);

#endif
