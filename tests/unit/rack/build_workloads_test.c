/* Workloads and their flows. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/base/time.h"
#include "tests/support/scenario_sheet.h"

/* h0 has nic0.pf0 (vf0, and vf1 as vm0's) and nic1.pf1; h1 nic1.pf0; h2 two VFs of ssd0, h3 one. */
#define RACK                                                                                                           \
    "mriov: 1\n"                                                                                                       \
    "chassis:\n"                                                                                                       \
    "  - name: tor0\n"                                                                                                 \
    "hosts:\n"                                                                                                         \
    "  - {name: \"h[0-3]\", chassis: tor0, guests: [{name: vm0}]}\n"                                                   \
    "adapters:\n"                                                                                                      \
    "  - {name: nic, count: 2, at: tor0}\n"                                                                            \
    "  - {name: ssd0, at: tor0, sharing: sr-iov, vfs: 6}\n"                                                            \
    "  - {name: disk0, at: h0}\n"                                                                                      \
    "assign:\n"                                                                                                        \
    "  - {function: nic0, to: h0, vfs: 2}\n"                                                                           \
    "  - {function: nic0.vf1, to: h0/vm0}\n"                                                                           \
    "  - {function: nic1, to: [h1]}\n"                                                                                 \
    "  - {function: nic1, to: h0}\n"                                                                                   \
    "  - {function: \"ssd0.vf[2-3]\", to: h2}\n"                                                                       \
    "  - {function: ssd0.vf4, to: h3/vm0}\n"                                                                           \
    "workloads:\n"

static struct scenario *load(const char *keys)
{
    char text[4096];
    snprintf(text, sizeof text, RACK "  - {name: w, op: dma-write, %s}\n", keys);
    return scenario_sheet_load(text, NULL);
}

Test(build_workloads, references_name_what_is_owned)
{
    static const struct {
        const char *keys, *expected;
    } examples[] = {
        {"function: nic0", "w:nic0.pf0=h0:0"},
        {"function: nic1.pf1", "w:nic1.pf1=h0:0"},
        {"function: nic0.pf0.vf0", "w:nic0.pf0.vf0=h0:0"},
        {"function: nic0.vf1", "w:nic0.pf0.vf1=h0:0/vm0"},
        {"function: nic1@h0", "w:nic1.pf1=h0:0"},
        {"function: ssd0@h2", "w:ssd0.pf0.vf2=h2:0"},
        {"function: ssd0@h2.vf1", "w:ssd0.pf0.vf3=h2:0"},
        /* Guests' functions count for their host; the guest's own are the guest's. */
        {"function: ssd0@h3", "w:ssd0.pf0.vf4=h3:0/vm0"},
        {"function: nic0@h0.vf1", "w:nic0.pf0.vf1=h0:0/vm0"},
        {"function: nic0@h0/vm0", "w:nic0.pf0.vf1=h0:0/vm0"},
        {"function: nic0@h0/vm0.vf0", "w:nic0.pf0.vf1=h0:0/vm0"},
        {"function: \"nic1@h0:0\"", "w:nic1.pf1=h0:0"},
        /* In the host itself: its own, assigned or not. */
        {"function: disk0", "w:disk0.pf0=h0:-"},
        {"function: disk0.vf7", "w:disk0.pf0.vf7=h0:-"},
        /* Sets, in the order of the file. */
        {"function: \"nic*@h0\"", "w:nic0.pf0=h0:0 w:nic1.pf1=h0:0"},
        {"function: \"nic*@h[0-1]\"", "w:nic0.pf0=h0:0 w:nic1.pf1=h0:0 w:nic1.pf0=h1:0"},
        {"function: \"ssd0@h*\"", "w:ssd0.pf0.vf2=h2:0 w:ssd0.pf0.vf4=h3:0/vm0"},
        {"function: \"ssd0.vf*\"", "w:ssd0.pf0.vf2=h2:0 w:ssd0.pf0.vf3=h2:0 w:ssd0.pf0.vf4=h3:0/vm0"},
        {"function: \"nic1.pf*\"", "w:nic1.pf0=h1:0 w:nic1.pf1=h0:0"},
        {"function: \"*@h0\"", "w:nic0.pf0=h0:0 w:nic1.pf1=h0:0 w:disk0.pf0=h0:-"},
        {"function: [nic1@h1, nic0@h0]", "w:nic1.pf0=h1:0 w:nic0.pf0=h0:0"},
        {"function: \"nic*@h0\", spread: random", "w{nic*@h0}:nic0.pf0=h0:0,nic1.pf1=h0:0"},
        {"function: [nic1@h1, nic0], spread: round-robin", "w{[nic1@h1, nic0]}:nic1.pf0=h1:0,nic0.pf0=h0:0"},
        {"function: nic0, spread: random", "w:nic0.pf0=h0:0"},
        {"function: \"nic1.pf*\", host: h0", "w:nic1.pf1=h0:0"},
        {"function: nic0.vf1, host: h0/vm0", "w:nic0.pf0.vf1=h0:0/vm0"},
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct scenario *scenario = load(examples[i].keys);
        char *got = scenario_sheet_flows(scenario);
        cr_expect_str_eq(
            got, examples[i].expected, "%s\n  gives     %s\n  should be %s", examples[i].keys, got,
            examples[i].expected);
        free(got);
        scenario_free(scenario);
    }
}

Test(build_workloads, peers_are_of_one_hierarchy)
{
    struct scenario *scenario =
        scenario_sheet_load(RACK "  - {name: p, op: peer-write, function: nic0, peer: nic1@h0}\n", NULL);
    char *got = scenario_sheet_flows(scenario);
    cr_expect_str_eq(got, "p:nic0.pf0=h0:0>nic1.pf1");
    free(got);
    scenario_free(scenario);
}

Test(build_workloads, arrivals)
{
    struct scenario *scenario = load("function: nic0");
    const struct scenario_workload *workload = &scenario->workloads[0];
    cr_expect_eq(workload->arrival.kind, ARRIVAL_SATURATE);
    cr_expect_eq(workload->size.a, 256);
    cr_expect_eq(workload->window_bytes, 8192);
    cr_expect_eq(workload->span_bytes, UINT64_C(1) << 30);
    cr_expect_eq(workload->outstanding, 0);
    cr_expect_eq(workload->host, SCENARIO_NONE);
    cr_expect_eq(workload->stop_ps, TIME_NEVER);
    cr_expect_eq(workload->pattern, PATTERN_SEQUENTIAL);
    scenario_free(scenario);

    scenario = load("function: nic0, arrival: {poisson: 10Gbps}");
    cr_expect_eq(scenario->workloads[0].arrival.kind, ARRIVAL_POISSON);
    cr_expect_eq(scenario->workloads[0].arrival.rate.milli_per_s, UINT64_C(10000000000000));
    cr_expect_not(scenario->workloads[0].arrival.rate.of_operations);
    scenario_free(scenario);

    scenario = load("function: nic0, arrival: {periodic: 0.5ops/s}, pattern: {zipf: 0.9}, count: 200, total: 1GiB");
    cr_expect_eq(scenario->workloads[0].arrival.kind, ARRIVAL_PERIODIC);
    cr_expect_eq(scenario->workloads[0].arrival.rate.milli_per_s, 500);
    cr_expect(scenario->workloads[0].arrival.rate.of_operations);
    cr_expect_eq(scenario->workloads[0].pattern, PATTERN_ZIPF);
    cr_expect_eq(scenario->workloads[0].zipf_millis, 900);
    cr_expect_eq(scenario->workloads[0].count, 200);
    cr_expect_eq(scenario->workloads[0].total_bytes, UINT64_C(1) << 30);
    scenario_free(scenario);

    scenario = load("function: nic0, arrival: {closed: 32, think: {exponential: 10us}}, start: 5us, stop: 1ms");
    cr_expect_eq(scenario->workloads[0].arrival.kind, ARRIVAL_CLOSED);
    cr_expect_eq(scenario->workloads[0].arrival.in_flight, 32);
    cr_expect_eq(scenario->workloads[0].arrival.think.kind, DISTRIBUTION_EXPONENTIAL);
    cr_expect_eq(scenario->workloads[0].arrival.think.a, 10 * PS_PER_US);
    cr_expect_eq(scenario->workloads[0].start_ps, 5 * PS_PER_US);
    cr_expect_eq(scenario->workloads[0].stop_ps, PS_PER_MS);
    scenario_free(scenario);

    scenario = load("function: nic0, arrival: {onoff: {rate: 1GB/s, on: 50us, off: {uniform: [1us, 2us]}}}");
    cr_expect_eq(scenario->workloads[0].arrival.kind, ARRIVAL_ONOFF);
    cr_expect_eq(scenario->workloads[0].arrival.rate.milli_per_s, UINT64_C(8000000000000));
    cr_expect_eq(scenario->workloads[0].arrival.on.a, 50 * PS_PER_US);
    cr_expect_eq(scenario->workloads[0].arrival.off.b, 2 * PS_PER_US);
    scenario_free(scenario);
}

Test(build_workloads, distributions)
{
    static const struct {
        const char *size;
        enum distribution_kind kind;
        uint64_t a, b;
    } examples[] = {
        {"1KiB", DISTRIBUTION_CONSTANT, 1024, 0},
        {"{exponential: 4kB}", DISTRIBUTION_EXPONENTIAL, 4000, 0},
        {"{uniform: [64B, 1KiB]}", DISTRIBUTION_UNIFORM, 64, 1024},
        {"{normal: [1KiB, 100B]}", DISTRIBUTION_NORMAL, 1024, 100},
        {"{lognormal: [1KiB, 2KiB]}", DISTRIBUTION_LOGNORMAL, 1024, 2048},
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        char keys[128];
        snprintf(keys, sizeof keys, "function: nic0, size: %s", examples[i].size);
        struct scenario *scenario = load(keys);
        const struct distribution *size = &scenario->workloads[0].size;
        cr_expect_eq(size->kind, examples[i].kind, "%s", examples[i].size);
        cr_expect_eq(size->a, examples[i].a, "%s", examples[i].size);
        cr_expect_eq(size->b, examples[i].b, "%s", examples[i].size);
        scenario_free(scenario);
    }
    struct scenario *scenario = load("function: nic0, size: {mix: {64B: 0.9, 4KiB: 10%, 9KiB: 0}}");
    const struct distribution *mix = &scenario->workloads[0].size;
    cr_assert_eq(mix->point_count, 2);
    cr_expect_eq(mix->points[0].value, 64);
    cr_expect_eq(mix->points[0].weight, 900000);
    cr_expect_eq(mix->points[1].value, 4096);
    cr_expect_eq(mix->points[1].weight, 100000);
    scenario_free(scenario);
}

Test(build_workloads, a_file_of_values_and_weights)
{
    FILE *file = fopen("sizes.csv", "w");
    cr_assert_not_null(file);
    fputs("value,weight\n# small ones\n64,3\n1KiB, 0.5\n\n", file);
    fclose(file);
    struct scenario *scenario = load("function: nic0, size: {file: sizes.csv}");
    const struct distribution *mix = &scenario->workloads[0].size;
    cr_assert_eq(mix->point_count, 2);
    cr_expect_eq(mix->points[0].value, 64);
    cr_expect_eq(mix->points[0].weight, 3000000);
    cr_expect_eq(mix->points[1].value, 1024);
    cr_expect_eq(mix->points[1].weight, 500000);
    scenario_free(scenario);
    remove("sizes.csv");
}
