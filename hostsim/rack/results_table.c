#include "hostsim/rack/results_table.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/human.h"
#include "hostsim/rack/number.h"
#include "hostsim/rack/text_table.h"

/* So many flows of one workload are shown one by one, and so many links and hosts. */
#define FLOWS_SHOWN 8
#define LINKS_SHOWN 8
#define HOSTS_SHOWN 8

#define OWNER_BYTES 96

/* "h0", "h0/vm1"; "(any)" for a flow that picks among several. */
static char *owner_of(const struct results_flow *flow, char buffer[OWNER_BYTES])
{
    if (!flow->host)
        return strcpy(buffer, "(any)");
    snprintf(buffer, OWNER_BYTES, "%.40s%s%.40s", flow->host, flow->guest ? "/" : "", flow->guest ? flow->guest : "");
    return buffer;
}

/* The figures of one row of the flows' table. */
struct figures {
    uint64_t operations;
    double offered_gbps, goodput_gbps;
    uint64_t p50_ps, p99_ps, max_ps;
};

static struct figures figures_of(const struct results_flow *flow)
{
    return (struct figures){flow->operations,     flow->offered_gbps,   flow->goodput_gbps,
                            flow->latency.p50_ps, flow->latency.p99_ps, flow->latency.max_ps};
}

static void add_figures(struct text_table *table, const char *flow, const char *function, const struct figures *figures)
{
    char operations[HUMAN_BYTES], offered[HUMAN_BYTES], goodput[HUMAN_BYTES];
    char p50[HUMAN_BYTES], p99[HUMAN_BYTES], max[HUMAN_BYTES];
    const char *const cells[] = {
        flow,
        function,
        human_count(figures->operations, operations),
        human_gbps(figures->offered_gbps, offered),
        human_gbps(figures->goodput_gbps, goodput),
        human_time(figures->p50_ps, p50),
        human_time(figures->p99_ps, p99),
        human_time(figures->max_ps, max),
    };
    text_table_row(table, cells);
}

/* The least or, with MOST, the greatest of two, where what was not measured does not count. */
static double extreme_real(double a, double b, bool most)
{
    if (isnan(a) || isnan(b))
        return isnan(a) ? b : a;
    return (a < b) == most ? b : a;
}

static uint64_t extreme_count(uint64_t a, uint64_t b, bool most)
{
    return (a < b) == most ? b : a;
}

static uint64_t extreme_time(uint64_t a, uint64_t b, bool most)
{
    if (a == RESULTS_NO_TIME || b == RESULTS_NO_TIME)
        return a == RESULTS_NO_TIME ? b : a;
    return extreme_count(a, b, most);
}

static struct figures extremes_of(const struct results_flow *flows, size_t count, bool most)
{
    struct figures all = figures_of(&flows[0]);
    for (size_t i = 1; i < count; i++) {
        struct figures one = figures_of(&flows[i]);
        all.operations = extreme_count(all.operations, one.operations, most);
        all.offered_gbps = extreme_real(all.offered_gbps, one.offered_gbps, most);
        all.goodput_gbps = extreme_real(all.goodput_gbps, one.goodput_gbps, most);
        all.p50_ps = extreme_time(all.p50_ps, one.p50_ps, most);
        all.p99_ps = extreme_time(all.p99_ps, one.p99_ps, most);
        all.max_ps = extreme_time(all.max_ps, one.max_ps, most);
    }
    return all;
}

/* The row of a whole workload; latencies have no sum. */
static void add_sum(struct text_table *table, const struct results_flow *flows, size_t count)
{
    uint64_t operations = 0;
    double offered_gbps = 0, goodput_gbps = 0;
    for (size_t i = 0; i < count; i++) {
        operations += flows[i].operations;
        offered_gbps += flows[i].offered_gbps;
        goodput_gbps += flows[i].goodput_gbps;
    }
    char text[OWNER_BYTES], total[HUMAN_BYTES], offered[HUMAN_BYTES], goodput[HUMAN_BYTES];
    snprintf(text, sizeof text, "%zu flows", count);
    const char *const cells[] = {
        flows->name,
        text,
        human_count(operations, total),
        human_gbps(offered_gbps, offered),
        human_gbps(goodput_gbps, goodput),
        NULL,
        NULL,
        NULL,
    };
    text_table_row(table, cells);
}

/* A workload of several flows: their sum, the least and the most that one of them has in each column, and the first
 * of them one by one. */
static void add_group(struct text_table *table, const struct results_flow *flows, size_t count)
{
    struct figures least = extremes_of(flows, count, false);
    struct figures most = extremes_of(flows, count, true);
    add_sum(table, flows, count);
    add_figures(table, "  least", NULL, &least);
    add_figures(table, "  most", NULL, &most);
    for (size_t i = 0; i < count && i < FLOWS_SHOWN; i++) {
        char owner[OWNER_BYTES], indented[OWNER_BYTES + 2];
        snprintf(indented, sizeof indented, "  %s", owner_of(&flows[i], owner));
        struct figures figures = figures_of(&flows[i]);
        add_figures(table, indented, flows[i].function, &figures);
    }
    if (count > FLOWS_SHOWN) {
        char text[OWNER_BYTES];
        snprintf(text, sizeof text, "  ... and %zu more; flows.csv of -o DIR has them all", count - FLOWS_SHOWN);
        text_table_line(table, text);
    }
}

/* A flow that does several ops: a row for each. */
static void add_ops(struct text_table *table, const struct results_flow *flow, const char *indent)
{
    for (size_t i = 0; i < flow->by_op_count; i++) {
        const struct results_flow_op *op = &flow->by_op[i];
        char name[OWNER_BYTES];
        snprintf(name, sizeof name, "%s%s", indent, op->op);
        struct figures figures = {op->operations,     op->offered_gbps,   op->goodput_gbps,
                                  op->latency.p50_ps, op->latency.p99_ps, op->latency.max_ps};
        add_figures(table, name, NULL, &figures);
    }
}

static void add_single(struct text_table *table, const struct results_flow *flow)
{
    char owner[OWNER_BYTES], name[OWNER_BYTES * 2];
    snprintf(name, sizeof name, "%s %s", flow->name, owner_of(flow, owner));
    struct figures figures = figures_of(flow);
    add_figures(table, name, flow->function, &figures);
    add_ops(table, flow, "  ");
}

static void write_flows(const struct results *results, FILE *out)
{
    static const char *const headings[] = {"FLOW", "FUNCTION", "OPS", "OFFERED", "GOODPUT", "P50", "P99", "MAX"};
    struct text_table table = text_table_start(headings, "<<>>>>>>");
    for (size_t first = 0, next; first < results->flow_count; first = next) {
        const struct results_flow *flows = &results->flows[first];
        for (next = first + 1; next < results->flow_count; next++)
            if (strcmp(results->flows[next].name, flows->name) != 0)
                break;
        if (next - first > 1)
            add_group(&table, flows, next - first);
        else
            add_single(&table, flows);
    }
    text_table_print(&table, out);
    text_table_free(&table);
    if (results->flow_count == 0)
        fputs("(no workload had a function to work on)\n", out);
}

static void write_losses(const struct results *results, FILE *out)
{
    for (size_t i = 0; i < results->flow_count; i++) {
        const struct results_flow *flow = &results->flows[i];
        char owner[OWNER_BYTES];
        if (flow->failed || flow->dropped)
            fprintf(
                out, "%s %s %s: %" PRIu64 " failed, %" PRIu64 " dropped\n", flow->name, owner_of(flow, owner),
                flow->function, flow->failed, flow->dropped);
    }
}

/* Busiest first; equal ones in the order of the results. */
static int by_utilisation(const void *left, const void *right)
{
    const struct results_link *a = *(const struct results_link *const *)left;
    const struct results_link *b = *(const struct results_link *const *)right;
    if (a->utilisation != b->utilisation)
        return a->utilisation < b->utilisation ? 1 : -1;
    return a < b ? -1 : a > b;
}

static void add_link(struct text_table *table, const struct results_link *link, uint64_t measured_ps)
{
    char kind[HUMAN_BYTES], used[HUMAN_BYTES], payload[HUMAN_BYTES], stalled[HUMAN_BYTES];
    char mean[HUMAN_BYTES], p99[HUMAN_BYTES], queue[HUMAN_BYTES];
    snprintf(kind, sizeof kind, "gen%" PRIu32 " x%" PRIu32, link->gen, link->width);
    double measured = (double)measured_ps; /* 0 makes what is divided by it not finite, shown as "-" */
    const char *const cells[] = {
        link->name,
        link->direction == LINK_UP ? "up" : "down",
        kind,
        human_share(link->utilisation, used),
        human_gbps((double)link->payload_bytes * 8 * 1000 / measured, payload),
        human_share((double)link->credit_stall_ps / measured, stalled),
        human_time(link->wait_mean_ps, mean),
        human_time(link->wait_p99_ps, p99),
        human_count(link->queue_max, queue),
    };
    text_table_row(table, cells);
}

static void write_links(const struct results *results, FILE *out)
{
    static const char *const headings[] = {"LINK",      "WAY",       "KIND",     "BUSY",     "PAYLOAD",
                                           "NO CREDIT", "WAIT MEAN", "WAIT P99", "QUEUE MAX"};
    if (results->link_count == 0)
        return;
    const struct results_link **order = malloc(results->link_count * sizeof(struct results_link *));
    CHECK(order);
    for (size_t i = 0; i < results->link_count; i++)
        order[i] = &results->links[i];
    qsort(order, results->link_count, sizeof(struct results_link *), by_utilisation);
    struct text_table table = text_table_start(headings, "<<<>>>>>>");
    size_t shown = 0;
    while (shown < results->link_count && shown < LINKS_SHOWN)
        add_link(&table, order[shown++], results->measured_ps);
    fputc('\n', out);
    text_table_print(&table, out);
    if (shown < results->link_count)
        fprintf(out, "... and %zu less busy\n", results->link_count - shown);
    text_table_free(&table);
    free(order);
}

static void write_iommus(const struct results *results, FILE *out)
{
    static const char *const headings[] = {"IOMMU", "HITS", "MISSES", "WALKS", "WAIT MEAN", "WAIT MAX"};
    struct text_table table = text_table_start(headings, "<>>>>>");
    size_t shown = 0;
    for (size_t i = 0; i < results->host_count; i++) {
        const struct results_host *host = &results->hosts[i];
        char hits[HUMAN_BYTES], misses[HUMAN_BYTES], walks[HUMAN_BYTES], mean[HUMAN_BYTES], max[HUMAN_BYTES];
        if (!host->has_iommu || shown++ >= HOSTS_SHOWN)
            continue;
        text_table_row(
            &table, (const char *const[]){
                        host->name, human_count(host->iommu_hits, hits), human_count(host->iommu_misses, misses),
                        human_count(host->iommu_walks, walks), human_time(host->iommu_wait_mean_ps, mean),
                        human_time(host->iommu_wait_max_ps, max)});
    }
    if (shown > 0) {
        fputc('\n', out);
        text_table_print(&table, out);
    }
    if (shown > HOSTS_SHOWN)
        fprintf(out, "... and %zu more\n", shown - HOSTS_SHOWN);
    text_table_free(&table);
}

static void write_timeline(const struct results *results, FILE *out)
{
    if (results->timeline_count == 0)
        return;
    static const char *const headings[] = {"AT", "OPERATION", "STATUS", "TOOK", ""};
    struct text_table table = text_table_start(headings, "><<><");
    for (size_t i = 0; i < results->timeline_count; i++) {
        const struct results_event *event = &results->timeline[i];
        char at[HUMAN_BYTES], took[HUMAN_BYTES];
        text_table_row(
            &table, (const char *const[]){
                        human_time(event->at_ps, at), event->op, event->status, human_time(event->took_ps, took),
                        event->detail});
    }
    fputc('\n', out);
    text_table_print(&table, out);
    text_table_free(&table);
}

static void write_expects(const struct results *results, FILE *out)
{
    if (results->expect_count)
        fputc('\n', out);
    for (size_t i = 0; i < results->expect_count; i++) {
        char line[RESULTS_EXPECT_BYTES];
        fprintf(
            out, "%-8s  %s\n", results->expects[i].held ? "held" : "NOT HELD",
            results_expect_line(results, &results->expects[i], line));
    }
}

char *
results_expect_line(const struct results *results, const struct results_expect *expect, char line[RESULTS_EXPECT_BYTES])
{
    char value[NUMBER_BYTES] = "nothing was measured", where[OWNER_BYTES * 3] = "";
    if (isfinite(expect->value) && expect->is_time)
        human_time((uint64_t)(expect->value * (double)PS_PER_NS + 0.5), value);
    else if (isfinite(expect->value))
        number_real(expect->value, value);
    if (expect->has_flow) {
        const struct results_flow *flow = &results->flows[expect->flow];
        char owner[OWNER_BYTES];
        snprintf(where, sizeof where, " (%s %s)", owner_of(flow, owner), flow->function);
    }
    snprintf(line, RESULTS_EXPECT_BYTES, "%s: %s%s", expect->text, value, where);
    return line;
}

static void write_totals(const struct results *results, FILE *out)
{
    const struct results_totals *totals = &results->totals;
    char created[HUMAN_BYTES], delivered[HUMAN_BYTES], hops[HUMAN_BYTES], jain[NUMBER_BYTES];
    fprintf(
        out, "\nTLPs: %s created, %s delivered, %" PRIu64 " dropped, %" PRIu64 " in flight; %s hops\n",
        human_count(totals->tlps_created, created), human_count(totals->tlps_delivered, delivered),
        totals->tlps_dropped, totals->tlps_in_flight, human_count(totals->tlp_hops, hops));
    if (totals->cross_vh_deliveries)
        fprintf(out, "DELIVERED ACROSS HIERARCHIES: %" PRIu64 " TLPs\n", totals->cross_vh_deliveries);
    if (isfinite(totals->fairness_jain))
        fprintf(out, "Fairness of goodput (Jain): %s\n", number_real(totals->fairness_jain, jain));
}

/* A name may hold any text: nothing of it shall steer the terminal. */
static void write_name(const char *name, FILE *out)
{
    for (; *name; name++)
        fputc((unsigned char)*name < 0x20 || *name == 0x7f ? '?' : *name, out);
}

void results_table_write(const struct results *results, FILE *out)
{
    CHECK(results_is_valid(results));
    char simulated[HUMAN_BYTES], measured[HUMAN_BYTES];
    write_name(results->scenario, out);
    fprintf(
        out, ": %s simulated, %s measured, seed %" PRIu64 "\nRates are Gb/s of payload.\n\n",
        human_time(results->simulated_ps, simulated), human_time(results->measured_ps, measured), results->seed);
    write_flows(results, out);
    write_losses(results, out);
    write_links(results, out);
    write_iommus(results, out);
    write_timeline(results, out);
    write_expects(results, out);
    write_totals(results, out);
}
