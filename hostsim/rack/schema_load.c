/* The keys of what a rack does: assignments, quality of service, teams, workloads, expectations. */
#include "hostsim/rack/schema_types.h"

/* --- assign --- */

#define AT(field) offsetof(struct draft_assign, field)
static const struct schema_key assign_keys[] = {
    {"function", &schema_type_functions, AT(function), NULL, SCHEMA_REQUIRED, 0,
     "A function; an adapter alone means its next free one; a set is dealt in turn"},
    {"to", &schema_type_owners, AT(to), NULL, SCHEMA_REQUIRED, 0, "Who gets it"},
    {"vfs", &schema_type_number, AT(vfs), NULL, 0, 0,
     "VFs that come with a PF (none by default), or how many VFs of an sr-iov adapter (one by default)"},
    {"each", &schema_type_switch, AT(each), "off", 0, 0, "Every owner gets one of each of the set"},
    {.name = NULL},
};
const struct schema_map schema_assign = {.name = "an assign", .size = sizeof(struct draft_assign), .keys = assign_keys};
#undef AT

/* --- qos --- */

static const struct schema_type limit = {
    .scalar = SCHEMA_QUANTITY, .quantity = QUANTITY_BANDWIDTH, .what = "a rate, such as 40Gbps or 5GB/s, or 0: none"};

#define AT(field) offsetof(struct draft_qos, field)
static const struct schema_key qos_keys[] = {
    {"function", &schema_type_functions, AT(function), NULL, SCHEMA_REQUIRED, 0, "The function, both directions"},
    {"min", &limit, AT(min_bps), NULL, 0, 0, "Payload that it gets when it asks for it; 0: none"},
    {"max", &limit, AT(max_bps), NULL, 0, 0, "Payload that it gets at most; 0: no limit"},
    {"weight", &schema_type_weight, AT(weight), NULL, 0, 0, "Its share among its adapter's functions"},
    {.name = NULL},
};
const struct schema_map schema_qos = {.name = "a qos entry", .size = sizeof(struct draft_qos), .keys = qos_keys};
#undef AT

/* --- teams --- */

static const struct schema_word modes[] = {
    {"active-backup", 0, false, "One works, the others wait"},
    {"round-robin", 1, false, "In turn"},
    {"hash", 2, false, "By flow"},
    {.name = NULL},
};
static const struct schema_type mode = {.scalar = SCHEMA_WORD, .words = modes};
static const struct schema_type team_host = {.scalar = SCHEMA_REFERENCE, .what = "HOST or HOST/GUEST"};

#define AT(field) offsetof(struct draft_team, field)
static const struct schema_key team_keys[] = {
    {"name", &schema_type_name, AT(name), NULL, SCHEMA_REQUIRED, 0, "Its name"},
    {"host", &team_host, AT(host), NULL, SCHEMA_REQUIRED, 0, "Whose team it is"},
    {"members", &schema_type_functions, AT(members), NULL, SCHEMA_REQUIRED, 0, "Its functions"},
    {"mode", &mode, AT(mode), "active-backup", 0, 0, "Who carries what"},
    {"detect", &schema_type_time, AT(detect_ps), "1ms", 0, 0, "From a failure to the switch-over"},
    {.name = NULL},
};
const struct schema_map schema_team = {.name = "a team", .size = sizeof(struct draft_team), .keys = team_keys};
#undef AT

/* --- workloads --- */

const struct schema_word schema_ops[] = {
    {"dma-write", OP_DMA_WRITE, false, "The function writes to its owner's memory"},
    {"dma-read", OP_DMA_READ, false, "The function reads from its owner's memory"},
    {"dma-read-write", OP_DMA_READ_WRITE, false, "A read and a write started together"},
    {"mmio-write", OP_MMIO_WRITE, false, "A core writes to the function's BAR"},
    {"mmio-read", OP_MMIO_READ, false, "A core reads from the function's BAR"},
    {"peer-write", OP_PEER_WRITE, false, "The function writes to another of its hierarchy"},
    {"peer-read", OP_PEER_READ, false, "The function reads from another of its hierarchy"},
    {"transmit", OP_TRANSMIT, true, "nic: packets out"},
    {"receive", OP_RECEIVE, true, "nic: packets in"},
    {"send", OP_SEND, true, "nic: packets to another function of the adapter"},
    {"read", OP_READ, true, "nvme, raid, hba: block reads"},
    {"write", OP_WRITE, true, "nvme, raid, hba: block writes"},
    {"copy-in", OP_COPY_IN, true, "gpu: host memory to device"},
    {"copy-out", OP_COPY_OUT, true, "gpu: device to host memory"},
    {.name = NULL},
};

static const struct schema_type share = {
    .scalar = SCHEMA_QUANTITY, .quantity = QUANTITY_WEIGHT, .least = 1, .what = "a relative weight, such as 0.7"};

#define MIX(op) offsetof(struct draft_op, mix[op])
static const struct schema_key mixed_keys[] = {
    {"read", &share, MIX(OP_READ), NULL, 0, 0, "Share of block reads"},
    {"write", &share, MIX(OP_WRITE), NULL, 0, 0, "Share of block writes"},
    {"dma-read", &share, MIX(OP_DMA_READ), NULL, 0, 0, "Share of reads of memory"},
    {"dma-write", &share, MIX(OP_DMA_WRITE), NULL, 0, 0, "Share of writes to memory"},
    {"dma-read-write", &share, MIX(OP_DMA_READ_WRITE), NULL, 0, 0, "Share of reads and writes started together"},
    {"mmio-read", &share, MIX(OP_MMIO_READ), NULL, 0, 0, "Share of reads of the BAR"},
    {"mmio-write", &share, MIX(OP_MMIO_WRITE), NULL, 0, 0, "Share of writes to the BAR"},
    {"peer-read", &share, MIX(OP_PEER_READ), NULL, 0, 0, "Share of reads from the peer"},
    {"peer-write", &share, MIX(OP_PEER_WRITE), NULL, 0, 0, "Share of writes to the peer"},
    {"transmit", &share, MIX(OP_TRANSMIT), NULL, 0, 0, "Share of packets out"},
    {"receive", &share, MIX(OP_RECEIVE), NULL, 0, 0, "Share of packets in"},
    {"send", &share, MIX(OP_SEND), NULL, 0, 0, "Share of packets to another function"},
    {"copy-in", &share, MIX(OP_COPY_IN), NULL, 0, 0, "Share of copies to the device"},
    {"copy-out", &share, MIX(OP_COPY_OUT), NULL, 0, 0, "Share of copies from the device"},
    {.name = NULL},
};
static const struct schema_map mixed = {.name = "a mix", .size = sizeof(struct draft_op), .keys = mixed_keys};
static const struct schema_type mix = {.map = &mixed};
static const struct schema_key op_keys[] = {
    {"mix", &mix, 0, NULL, SCHEMA_REQUIRED, 0, "Several, drawn by relative weight"},
    {.name = NULL},
};
static const struct schema_map op_map = {.name = "an op", .size = sizeof(struct draft_op), .keys = op_keys};
static const struct schema_type op = {.scalar = SCHEMA_WORD, .words = schema_ops, .map = &op_map};

#define AT(field) offsetof(struct draft_arrival, onoff.field) - offsetof(struct draft_arrival, onoff)
static const struct schema_key onoff_keys[] = {
    {"rate", &schema_type_rate, AT(rate), NULL, SCHEMA_REQUIRED, 0, "Rate while on"},
    {"on", &schema_type_latency, AT(on), NULL, SCHEMA_REQUIRED, 0, "Time on"},
    {"off", &schema_type_latency, AT(off), NULL, SCHEMA_REQUIRED, 0, "Time off"},
    {.name = NULL},
};
static const struct schema_map onoff_map = {
    .name = "an onoff arrival", .size = sizeof(((struct draft_arrival *)NULL)->onoff), .keys = onoff_keys};
static const struct schema_type onoff = {.map = &onoff_map};
#undef AT

static const struct schema_word saturates[] = {
    {"saturate", ARRIVAL_SATURATE, false, "As fast as they complete"},
    {.name = NULL},
};

#define AT(field) offsetof(struct draft_arrival, field)
static const struct schema_key arrival_keys[] = {
    {"poisson", &schema_type_rate, AT(poisson), NULL, SCHEMA_ONE_OF, 0, "Independent arrivals at this rate"},
    {"periodic", &schema_type_rate, AT(periodic), NULL, SCHEMA_ONE_OF, 0, "At equal distances"},
    {"closed", &schema_type_operations, AT(closed), NULL, SCHEMA_ONE_OF, 0,
     "So many in flight, each again after `think`"},
    {"onoff", &onoff, AT(onoff), NULL, SCHEMA_ONE_OF, 0,
     "Equally spaced over the time it is on, none while off; on first"},
    {"trace", &schema_type_text, AT(trace), NULL, SCHEMA_ONE_OF, 0,
     "A file of time_ns,op,bytes,address, from the scenario's folder; it replaces `op`, `size` and `pattern`"},
    {"think", &schema_type_latency, AT(think), "0s", 0, 0, "closed: from completion to the next operation"},
    {.name = NULL},
};
static const struct schema_map arrival_map = {
    .name = "an arrival", .size = sizeof(struct draft_arrival), .keys = arrival_keys};
static const struct schema_type arrival = {
    .scalar = SCHEMA_WORD,
    .words = saturates,
    .map = &arrival_map,
    .what = "saturate, or a map such as {poisson: 10Gbps} or {closed: 32, think: 10us}"};
#undef AT

static const struct schema_word patterns[] = {
    {"sequential", PATTERN_SEQUENTIAL, false, "One after the other, and again from the start"},
    {"random", PATTERN_RANDOM, false, "Anywhere in the window"},
    {"repeat", PATTERN_REPEAT, false, "Always the same place"},
    {.name = NULL},
};
static const struct schema_type zipf = {
    .scalar = SCHEMA_QUANTITY,
    .quantity = QUANTITY_DECIMAL,
    .narrow = true,
    .least = 1,
    .most = 10000,
    .what = "an exponent from 0.001 to 10"};
static const struct schema_key pattern_keys[] = {
    {"zipf", &zipf, offsetof(struct draft_pattern, zipf_millis), NULL, SCHEMA_REQUIRED, 0,
     "Some places more than others: the exponent"},
    {.name = NULL},
};
static const struct schema_map pattern_map = {
    .name = "a pattern", .size = sizeof(struct draft_pattern), .keys = pattern_keys};
static const struct schema_type pattern = {
    .scalar = SCHEMA_WORD,
    .words = patterns,
    .map = &pattern_map,
    .what = "sequential, random, repeat, or {zipf: 0.9}"};

static const struct schema_word spreads[] = {
    {"each", SPREAD_EACH, false, "A flow for each of the set"},
    {"random", SPREAD_RANDOM, false, "One flow that draws one for each operation"},
    {"round-robin", SPREAD_ROUND_ROBIN, false, "One flow that takes them in turn"},
    {.name = NULL},
};
static const struct schema_word orderings[] = {
    {"strict", ORDERING_STRICT, false, "Posted writes stay in order"},
    {"relaxed", ORDERING_RELAXED, false, "The TLPs have the relaxed ordering attribute"},
    {"id-based", ORDERING_ID_BASED, false, "The TLPs have the ID-based ordering attribute"},
    {.name = NULL},
};
static const struct schema_type spread = {.scalar = SCHEMA_WORD, .words = spreads};
static const struct schema_type ordering = {.scalar = SCHEMA_WORD, .words = orderings};
static const struct schema_type traffic_class = {
    .scalar = SCHEMA_INTEGER, .narrow = true, .most = 7, .what = "a whole number from 0 to 7"};
static const struct schema_type team = {.scalar = SCHEMA_REFERENCE, .what = "a team"};

#define AT(field) offsetof(struct draft_workload, field)
static const struct schema_key workload_keys[] = {
    {"name", &schema_type_name, AT(name), NULL, SCHEMA_REQUIRED, 0, "Its name, in results and `expect`"},
    {"function", &schema_type_functions, AT(function), NULL, SCHEMA_ONE_OF, 0, "The function, or a set; or `team`"},
    {"team", &team, AT(team), NULL, SCHEMA_ONE_OF | SCHEMA_LATER, 0, "The team, instead of a function"},
    {"spread", &spread, AT(spread), "each", 0, 0, "What a set means"},
    {"op", &op, AT(op), NULL, SCHEMA_REQUIRED, 0, "What an operation is"},
    {"peer", &schema_type_function, AT(peer), NULL, 0, 0, "peer-write, peer-read: the other function"},
    {"to", &schema_type_any, AT(to), NULL, 0, 0, "send: the other HOST/GUEST or its function"},
    {"size", &schema_type_bytes, AT(size), "256B", 0, 0, "Bytes an operation"},
    {"arrival", &arrival, AT(arrival), "saturate", 0, 0, "When operations arrive; rates are payload, each flow's own"},
    {"outstanding", &schema_type_operations, AT(outstanding), NULL, 0, 0,
     "Its operations in flight; absent: only the device's bounds"},
    {"window", &schema_type_size, AT(window_bytes), "8KiB", 0, 0, "Host memory touched"},
    {"span", &schema_type_size, AT(span_bytes), "1GiB", 0, 0, "Device blocks touched"},
    {"pattern", &pattern, AT(pattern), "sequential", 0, 0, "Where operations start in the window"},
    {"traffic-class", &traffic_class, AT(traffic_class), "0", 0, 0, "Arbitration `strict` serves the higher first"},
    {"ordering", &ordering, AT(ordering), "strict", 0, 0, "The TLPs' ordering attribute"},
    {"host", &team_host, AT(host), NULL, 0, 0,
     "It runs while this owner has the function, and waits otherwise; absent: it follows the function"},
    {"start", &schema_type_time, AT(start_ps), "0us", 0, 0, "From time zero, the warm-up included"},
    {"stop", &schema_type_time, AT(stop_ps), NULL, 0, 0, "From time zero; absent: the end of the run"},
    {"count", &schema_type_long_count, AT(count), NULL, 0, 0, "Operations in all; absent: no bound"},
    {"total", &schema_type_size, AT(total_bytes), NULL, 0, 0, "Bytes in all; absent: no bound"},
    {.name = NULL},
};
const struct schema_map schema_workload = {
    .name = "a workload", .size = sizeof(struct draft_workload), .keys = workload_keys};
#undef AT

/* --- expect --- */

/* `>= 40Gbps`: read with the metric at hand. The order is that of metric.h's table, which schema_is_valid() checks. */
static const struct schema_type comparison = {
    .scalar = SCHEMA_REFERENCE, .what = "a comparison in quotes, such as \">= 40Gbps\""};
static const struct schema_type workload_name = {.scalar = SCHEMA_REFERENCE, .what = "a workload"};

#define AT(field) offsetof(struct draft_expect, field)
#define METRIC(index, word, meaning)                                                                                   \
    {                                                                                                                  \
        word, &comparison, AT(metrics[index]), NULL, 0, 0, meaning                                                     \
    }
static const struct schema_key expect_keys[] = {
    {"flow", &workload_name, AT(flow), NULL, SCHEMA_ONE_OF, 0, "A workload: each of its flows"},
    {"total", &workload_name, AT(total), NULL, SCHEMA_ONE_OF, 0, "A workload: the sum of its flows"},
    METRIC(0, "goodput", "Payload of completed operations over the measured time"),
    METRIC(1, "offered", "Payload of arrivals over the measured time"),
    METRIC(2, "operations", "Operations completed in the window"),
    METRIC(3, "bytes", "Payload of the operations completed in the window"),
    METRIC(4, "failed", "Operations that ended with an error"),
    METRIC(5, "dropped", "Operations given up before they started"),
    METRIC(6, "interruption", "Longest time that the flow stood still before it went on"),
    METRIC(7, "min", "Least latency"),
    METRIC(8, "mean", "Mean latency"),
    METRIC(9, "p50", "Median latency"),
    METRIC(10, "p90", "90th percentile of latency"),
    METRIC(11, "p99", "99th percentile of latency"),
    METRIC(12, "p999", "99.9th percentile of latency"),
    METRIC(13, "max", "Greatest latency"),
    METRIC(14, "stddev", "Standard deviation of latency"),
    {.name = NULL},
};
const struct schema_map schema_expect = {
    .name = "an expectation", .size = sizeof(struct draft_expect), .keys = expect_keys};
