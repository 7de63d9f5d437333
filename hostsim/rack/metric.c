#include "hostsim/rack/metric.h"

#include <math.h>
#include <string.h>

#define IN_FLOW(field) offsetof(struct results_flow, field)

const struct metric metrics[] = {
    {"goodput", METRIC_GBPS, IN_FLOW(goodput_gbps), true, "payload of completed operations over the measured time"},
    {"offered", METRIC_GBPS, IN_FLOW(offered_gbps), true, "payload of arrivals over the measured time"},
    {"operations", METRIC_COUNT, IN_FLOW(operations), true, "operations completed in the window"},
    {"bytes", METRIC_BYTES, IN_FLOW(bytes), true, "payload of the operations completed in the window"},
    {"failed", METRIC_COUNT, IN_FLOW(failed), true, "operations that ended with an error"},
    {"dropped", METRIC_COUNT, IN_FLOW(dropped), true, "operations given up before they started"},
    {"interruption", METRIC_NS, IN_FLOW(interruption_ps), false,
     "longest time that the flow stood still before it went on"},
    {"min", METRIC_NS, IN_FLOW(latency.min_ps), false, "least latency of an operation"},
    {"mean", METRIC_NS, IN_FLOW(latency.mean_ps), false, "mean latency"},
    {"p50", METRIC_NS, IN_FLOW(latency.p50_ps), false, "median latency"},
    {"p90", METRIC_NS, IN_FLOW(latency.p90_ps), false, "90th percentile of latency"},
    {"p99", METRIC_NS, IN_FLOW(latency.p99_ps), false, "99th percentile of latency"},
    {"p999", METRIC_NS, IN_FLOW(latency.p999_ps), false, "99.9th percentile of latency"},
    {"max", METRIC_NS, IN_FLOW(latency.max_ps), false, "greatest latency"},
    {"stddev", METRIC_NS, IN_FLOW(latency.stddev_ps), false, "standard deviation of latency"},
    {.name = NULL},
};

size_t metric_count(void)
{
    return sizeof(metrics) / sizeof(metrics[0]) - 1;
}

const struct metric *metric_find(const char *name)
{
    for (const struct metric *metric = metrics; metric->name; metric++)
        if (strcmp(metric->name, name) == 0)
            return metric;
    return NULL;
}

double metric_read(const struct metric *metric, const struct results_flow *flow)
{
    const char *field = (const char *)flow + metric->offset;
    if (metric->unit == METRIC_GBPS) {
        double gbps;
        memcpy(&gbps, field, sizeof(gbps));
        return gbps;
    }
    uint64_t value;
    memcpy(&value, field, sizeof(value));
    if (metric->unit != METRIC_NS)
        return (double)value;
    return value == RESULTS_NO_TIME ? (double)NAN : (double)value / (double)PS_PER_NS;
}
