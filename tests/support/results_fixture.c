#include "tests/support/results_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"

/* A malloc'ed copy of an array, as results own them. */
#define OWNED(array) owned(array, sizeof array)

static void *owned(const void *bytes, size_t size)
{
    void *copy = malloc(size);
    CHECK(copy);
    return memcpy(copy, bytes, size);
}

static struct results_latency latency_of(uint64_t base_ps)
{
    return (struct results_latency){
        .min_ps = base_ps,
        .mean_ps = base_ps * 2 + 1,
        .mean_ci95_ps = 1250,
        .p50_ps = base_ps * 2,
        .p90_ps = base_ps * 3,
        .p99_ps = base_ps * 4,
        .p999_ps = base_ps * 5,
        .max_ps = base_ps * 6,
        .stddev_ps = base_ps / 2,
    };
}

/* Of a mean of MEAN_PS. */
static struct results_parts parts_of(uint64_t mean_ps)
{
    struct results_parts parts = {
        .source_ps = 1000,
        .credits_ps = 2000,
        .serialisation_ps = 30000,
        .switches_ps = 105000,
        .wires_ps = 10500,
        .memory_ps = 100000,
        .adapter_ps = 70,
    };
    parts.waiting_ps = mean_ps - 248570;
    return parts;
}

static void fill_flows(struct results *results)
{
    struct results_bucket fast[] = {{400000, 100}, {800000, 23}};
    struct results_bucket slow[] = {{180000000, 5}};
    struct results_flow_op ops[] = {
        {"dma-read", 5, 20480, 0.25, NAN, 7.5, 1, latency_of(90000000), parts_of(180000001), {OWNED(slow), 1}},
        {.op = "mmio-write",
         .goodput_ci95_gbps = NAN,
         .offered_gbps = NAN,
         .latency = results_latency_none(),
         .parts = results_parts_none()},
    };
    struct results_flow flows[] = {
        {.workload = 0,
         .name = "writes",
         .host = "h0",
         .function = "nic0.pf0",
         .op = "dma-write",
         .operations = 123,
         .bytes = 31488,
         .goodput_gbps = 57.6,
         .goodput_ci95_gbps = 0.1,
         .offered_gbps = NAN,
         .interruption_ps = RESULTS_NO_TIME,
         .down_ps = RESULTS_NO_TIME,
         .latency = latency_of(400000),
         .parts = parts_of(800001),
         .latency_histogram = {OWNED(fast), 2}},
        {.workload = 0,
         .name = "writes",
         .host = "h1",
         .function = "nic0.pf1",
         .op = "dma-write",
         .operations = 124,
         .bytes = 31744,
         .goodput_gbps = 28.8,
         .goodput_ci95_gbps = NAN,
         .offered_gbps = NAN,
         .interruption_ps = RESULTS_NO_TIME,
         .down_ps = RESULTS_NO_TIME,
         .latency = latency_of(500000),
         .parts = parts_of(1000001)},
        {.workload = 1,
         .name = "reads",
         .host = "h0",
         .guest = "vm1",
         .function = "ssd0.pf0.vf5",
         .op = "mix",
         .operations = 7,
         .bytes = 28672,
         .goodput_gbps = 1.0 / 3,
         .goodput_ci95_gbps = 0.0123456789123,
         .offered_gbps = 10,
         .failed = 1,
         .dropped = 2,
         .interruption_ps = 1200500,
         .down_ps = 2000250,
         .latency = latency_of(80000007),
         .parts = parts_of(160000015),
         .by_op = OWNED(ops),
         .by_op_count = 2},
        {.workload = 2,
         .name = "idle",
         .function = "nic*@h[0-1]",
         .op = "mmio-read",
         .goodput_gbps = 0,
         .goodput_ci95_gbps = NAN,
         .offered_gbps = 0,
         .interruption_ps = RESULTS_NO_TIME,
         .down_ps = RESULTS_NO_TIME,
         .latency = results_latency_none(),
         .parts = results_parts_none()},
    };
    results->flows = OWNED(flows);
    results->flow_count = sizeof flows / sizeof flows[0];
}

static void fill_links(struct results *results)
{
    struct results_link_vh by_vh[] = {{1, 31488, 2000, 1500, 9000}, {2, 0, 0, RESULTS_NO_TIME, RESULTS_NO_TIME}};
    struct results_bucket waits[] = {{0, 12}, {2000, 3}};
    struct results_link links[] = {
        {.name = "h0",
         .direction = LINK_UP,
         .gen = 4,
         .width = 8,
         .tlps = 130,
         .payload_bytes = 60160,
         .wire_bytes = 64000,
         .dllps = 9,
         .utilisation = 0.98765432198,
         .credit_stall_ps = 12345678,
         .replays = 0,
         .queue_max = 12,
         .queue_mean = 3.25,
         .wait_mean_ps = 1500,
         .wait_p99_ps = 9000,
         .wait_max_ps = 9001,
         .wait_histogram = {OWNED(waits), 2},
         .by_vh = OWNED(by_vh),
         .by_vh_count = 2},
        {.name = "h0",
         .direction = LINK_DOWN,
         .gen = 4,
         .width = 8,
         .queue_mean = NAN,
         .wait_mean_ps = RESULTS_NO_TIME,
         .wait_p99_ps = RESULTS_NO_TIME,
         .wait_max_ps = RESULTS_NO_TIME},
    };
    results->links = OWNED(links);
    results->link_count = sizeof links / sizeof links[0];
}

static void fill_owners(struct results *results)
{
    struct results_function functions[] = {
        {"nic0.bf", NULL, 0, NULL, "free", 0, 0},
        {"nic0.pf0", "h0", 1, "02:00.0", "assigned", 123, 31488},
        {"ssd0.pf0.vf5", "h0/vm1", RESULTS_NO_VH, NULL, "free", 0, 0},
    };
    results->functions = OWNED(functions);
    results->function_count = sizeof functions / sizeof functions[0];
    struct results_hierarchy hierarchies[] = {{1, "h0", 2, 57.9333333333, 0, 0, 0, 0}, {2, "h1", 1, 28.8, 4, 1, 2, 3}};
    results->hierarchies = OWNED(hierarchies);
    results->hierarchy_count = sizeof hierarchies / sizeof hierarchies[0];
    struct results_host hosts[] = {{"h0", true, 120, 5, 3, 330500, 660000}, {.name = "h1"}};
    results->hosts = OWNED(hosts);
    results->host_count = sizeof hosts / sizeof hosts[0];
}

static void fill_checks(struct results *results)
{
    struct results_event timeline[] = {
        {500000000, "assign", "ok", 1200000, "", {0}},
        {600000000, "release", "running", RESULTS_NO_TIME, "waits for \"nic0\"", {0}},
    };
    for (enum pcim_part_of_time part = 0; part < PCIM_TIMES; part++)
        timeline[0].parts_ps[part] = timeline[1].parts_ps[part] = RESULTS_NO_TIME;
    timeline[0].parts_ps[PCIM_TIME_BIND] = 199999;
    timeline[0].parts_ps[PCIM_TIME_PRESENT] = 1000001;
    results->timeline = OWNED(timeline);
    results->timeline_count = sizeof timeline / sizeof timeline[0];
    struct results_expect expects[] = {
        {"writes goodput >= 20Gbps", 28.8, false, true, true, 1},
        {"writes p99 < 1us", 2000.0004, true, false, true, 1},
        {"idle p99 < 1us", NAN, true, false, true, 3},
    };
    results->expects = OWNED(expects);
    results->expect_count = sizeof expects / sizeof expects[0];
}

static void fill_samples(struct results *results)
{
    struct results_sample samples[] = {
        {10000000, SAMPLE_FLOW, 0, "goodput_gbps", 57.25},
        {10000000, SAMPLE_FLOW, 2, "goodput_gbps", 0},
        {10000000, SAMPLE_LINK, 0, "utilisation", 0.5},
        {20000500, SAMPLE_LINK, 1, "queue_tlps", NAN},
    };
    results->samples = OWNED(samples);
    results->sample_count = sizeof samples / sizeof samples[0];
}

void results_fixture(struct results *results)
{
    results->scenario = "two \"racks\" share what they can \xc3\xa9";
    const char *settings[] = {"run.duration=2ms", "workloads.*.size=512B"};
    results->settings = OWNED(settings);
    results->setting_count = 2;
    results->seed = UINT64_MAX;
    results->simulated_ps = 1020000500;
    results->measured_ps = 1000000000;
    fill_flows(results);
    fill_links(results);
    fill_owners(results);
    fill_checks(results);
    fill_samples(results);
    results->totals = (struct results_totals){123456, 1000, 990, 4, 6, 4000, 0, 0.9};
}

void results_fixture_wide(struct results *results, size_t count)
{
    results->scenario = "wide";
    results->seed = 1;
    results->simulated_ps = results->measured_ps = PS_PER_MS;
    results->flows = calloc(count, sizeof *results->flows);
    CHECK(results->flows);
    results->flow_count = count;
    for (size_t i = 0; i < count; i++)
        results->flows[i] = (struct results_flow){
            .name = "writes",
            .host = results_text(results, "h%zu", i),
            .function = results_text(results, "nic%zu.pf%zu", i % 4, i / 4),
            .op = "dma-write",
            .operations = 1000 + i,
            .bytes = 256000 + 256 * i,
            .goodput_gbps = 10 + (double)i / 8,
            .goodput_ci95_gbps = NAN,
            .offered_gbps = NAN,
            .interruption_ps = RESULTS_NO_TIME,
            .down_ps = RESULTS_NO_TIME,
            .latency = latency_of(1000000 + 1000 * i),
        };
    results->totals.fairness_jain = 0.99;
}
