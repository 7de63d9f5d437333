#include "hostsim/validation/measure.h"

#include <math.h>
#include <string.h>

#include "hostsim/rack/name_range.h"

static const struct results_flow *find_flow(const struct results *results, const char *of)
{
    for (size_t i = 0; i < results->flow_count; i++)
        if (strcmp(results->flows[i].name, of) == 0)
            return &results->flows[i];
    return NULL;
}

/* "a up": the name, a blank, the direction. */
static const struct results_link *find_link(const struct results *results, const char *of)
{
    const char *blank = strrchr(of, ' ');
    if (!blank)
        return NULL;
    enum link_direction direction = strcmp(blank, " up") == 0 ? LINK_UP : LINK_DOWN;
    size_t length = (size_t)(blank - of);
    for (size_t i = 0; i < results->link_count; i++) {
        const struct results_link *link = &results->links[i];
        if (link->direction == direction && strncmp(link->name, of, length) == 0 && link->name[length] == '\0')
            return link;
    }
    return NULL;
}

static double time_ns(uint64_t ps)
{
    return ps == RESULTS_NO_TIME ? NAN : (double)ps / PS_PER_NS;
}

/* How long the wire was busy. */
static double busy_ns(const struct results *results, const struct results_link *link)
{
    return link->utilisation * time_ns(results->measured_ps);
}

/* The goodput of the flows called OF. */
static double sum_goodput_gbps(const struct results *results, const char *of)
{
    double sum_gbps = 0;
    for (size_t i = 0; i < results->flow_count; i++)
        if (strcmp(results->flows[i].name, of) == 0)
            sum_gbps += results->flows[i].goodput_gbps;
    return find_flow(results, of) ? sum_gbps : NAN;
}

static double read_goodput_gbyte(const struct results *results, const char *of)
{
    return sum_goodput_gbps(results, of) / 8;
}

static double read_latency_ns(const struct results *results, const char *of)
{
    const struct results_flow *flow = find_flow(results, of);
    return flow ? time_ns(flow->latency.mean_ps) : NAN;
}

static double read_uneven_share(const struct results *results, const char *of)
{
    double sum_gbps = sum_goodput_gbps(results, of);
    size_t count = 0;
    for (size_t i = 0; i < results->flow_count; i++)
        count += strcmp(results->flows[i].name, of) == 0;
    double worst = NAN;
    for (size_t i = 0; i < results->flow_count; i++) {
        double share = results->flows[i].goodput_gbps / sum_gbps;
        if (strcmp(results->flows[i].name, of) != 0)
            continue;
        if (isnan(worst) || fabs(share - 1 / (double)count) > fabs(worst - 1 / (double)count))
            worst = share;
    }
    return worst;
}

static double read_wire_rate_gbps(const struct results *results, const char *of)
{
    const struct results_link *link = find_link(results, of);
    return link ? (double)link->wire_bytes * 8 / busy_ns(results, link) : NAN;
}

static double read_tlp_time_ns(const struct results *results, const char *of)
{
    const struct results_link *link = find_link(results, of);
    return link ? busy_ns(results, link) / (double)link->tlps : NAN;
}

static double read_wait_ns(const struct results *results, const char *of)
{
    const struct results_link *link = find_link(results, of);
    return link ? time_ns(link->wait_mean_ps) : NAN;
}

static double read_efficiency(const struct results *results, const char *of)
{
    const struct results_link *link = find_link(results, of);
    return link ? 100 * link->utilisation * (double)link->payload_bytes / (double)link->wire_bytes : NAN;
}

static double read_goodput_mbyte(const struct results *results, const char *of)
{
    return sum_goodput_gbps(results, of) * 1000 / 8;
}

/* Of the goodput of all flows. */
static double read_share(const struct results *results, const char *of)
{
    double all_gbps = 0;
    for (size_t i = 0; i < results->flow_count; i++)
        all_gbps += results->flows[i].goodput_gbps;
    return sum_goodput_gbps(results, of) / all_gbps;
}

static double read_wire_bytes(const struct results *results, const char *of)
{
    const struct results_link *link = find_link(results, of);
    return link ? (double)link->wire_bytes : NAN;
}

/* Over the links whose names OF matches, downward. */
static double read_mean_load(const struct results *results, const char *of)
{
    double sum = 0;
    size_t count = 0;
    for (size_t i = 0; i < results->link_count; i++) {
        const struct results_link *link = &results->links[i];
        if (link->direction != LINK_DOWN || !name_matches(of, link->name))
            continue;
        sum += link->utilisation;
        count++;
    }
    return count > 0 ? sum / (double)count : NAN;
}

static double read_jain(const struct results *results, const char *of)
{
    (void)of;
    return results->totals.fairness_jain;
}

static double difference(double value, double other)
{
    return value - other;
}

static double percent_more(double value, double other)
{
    return 100 * (value - other) / other;
}

static double share_of_both(double value, double other)
{
    return value / (value + other);
}

static double loss(double value, double other)
{
    return other - value;
}

const struct measure measure_goodput = {"goodput", "Gb/s", 4, sum_goodput_gbps, NULL};
const struct measure measure_goodput_gbyte = {"goodput", "GB/s", 4, read_goodput_gbyte, NULL};
const struct measure measure_goodput_mbyte = {"goodput", "MB/s", 2, read_goodput_mbyte, NULL};
const struct measure measure_share = {"share of goodput", "", 6, read_share, NULL};
const struct measure measure_latency = {"mean latency", "ns", 3, read_latency_ns, NULL};
const struct measure measure_latency_growth = {"latency growth", "ns", 3, read_latency_ns, difference};
const struct measure measure_latency_change = {"latency change", "%", 3, read_latency_ns, percent_more};
const struct measure measure_uneven_share = {"most uneven share", "", 6, read_uneven_share, NULL};
const struct measure measure_wire_rate = {"wire rate", "Gb/s", 7, read_wire_rate_gbps, NULL};
const struct measure measure_tlp_time = {"time a TLP", "ns", 4, read_tlp_time_ns, NULL};
const struct measure measure_wait = {"mean wait", "ns", 3, read_wait_ns, NULL};
const struct measure measure_efficiency_lost = {"efficiency lost", "points", 3, read_efficiency, loss};
const struct measure measure_wire_share = {"share of the wire", "", 6, read_wire_bytes, share_of_both};
const struct measure measure_mean_load = {"mean load", "", 6, read_mean_load, NULL};
const struct measure measure_jain = {"Jain index", "", 6, read_jain, NULL};

double measure_read(const struct measure *measure, const struct results *results, const char *of, const char *than)
{
    double value = measure->read(results, of);
    return measure->compare ? measure->compare(value, measure->read(results, than)) : value;
}
