#include "hostsim/rack/live.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostsim/rack/results_json.h"
#include "hostsim/rack/run.h"
#include "tests/support/rack.h"

#define RACK                                                                                                           \
    "chassis: [{name: tor, latency: 100ns}]\n"                                                                         \
    "hosts: [{name: \"h[0-1]\", chassis: tor, iommu: {entries: 8}}]\n"                                                 \
    "adapters: [{name: nic, at: tor}]\n"                                                                               \
    "assign: [{function: nic, to: \"h[0-1]\"}]\n"                                                                      \
    "workloads:\n"                                                                                                     \
    "  - {name: w, function: nic@h0, op: dma-write, size: 256B, arrival: {poisson: 20Gbps}}\n"                         \
    "  - {name: r, function: nic@h1, op: dma-read, size: 4KiB, arrival: {closed: 8}}\n"                                \
    "expect:\n"                                                                                                        \
    "  - {flow: w, goodput: \"> 1Gbps\"}\n"

/* results.json of RESULTS, which are freed; the caller frees it. */
static char *json_of(struct results *results)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    results_json_write(results, out);
    fclose(out);
    results_free(results);
    return text;
}

static void slice(struct live *live, uint64_t until_ps, uint64_t events)
{
    char reason[256];
    cr_assert_eq(live_slice(live, until_ps, events, reason, sizeof reason), STATUS_OK, "%s", reason);
}

static void start(struct live *live, const struct scenario *scenario)
{
    char reason[256];
    cr_assert_eq(live_init(live, scenario, &(struct live_options){0}, reason, sizeof reason), STATUS_OK, "%s", reason);
}

/* In few large slices, in many small ones, and in steps that somebody else says. */
Test(live, however_time_is_cut_the_results_are_the_same_bytes)
{
    static const char *const texts[] = {
        "mriov: 1\nrun: {warmup: 5us, duration: 40us, sample: 7us}\n" RACK,
        "mriov: 1\nrun: {warmup: 5us, duration: 4us, sample: 1us}\n" RACK,
    };
    for (size_t n = 0; n < sizeof texts / sizeof texts[0]; n++) {
        struct scenario *scenario = rack_scenario(texts[n]);
        struct results expected = {0};
        char reason[256];
        cr_assert_eq(
            run_scenario(scenario, &(struct run_options){0}, &expected, reason, sizeof reason), STATUS_OK, "%s",
            reason);
        char *expected_json = json_of(&expected);
        for (uint64_t events = 1; events <= 10000; events *= 100) {
            struct live live;
            struct results results = {0};
            start(&live, scenario);
            for (uint64_t step_ps = 1; !live_has_ended(&live); step_ps = step_ps * 3 + 1) {
                uint64_t left_ps = live.end_ps - live_now_ps(&live);
                slice(&live, live_now_ps(&live) + (step_ps < left_ps ? step_ps : left_ps), events);
            }
            live_results(&live, &results);
            char *json = json_of(&results);
            cr_expect_str_eq(json, expected_json);
            free(json);
            live_free(&live);
        }
        free(expected_json);
        scenario_free(scenario);
    }
}

static struct results run_to(const struct scenario *scenario, uint64_t end_ps)
{
    struct live live;
    struct results results = {0};
    start(&live, scenario);
    while (live_now_ps(&live) < end_ps) {
        if (live_has_ended(&live))
            live_go_on(&live);
        slice(&live, live.end_ps < end_ps ? live.end_ps : end_ps, 1000);
    }
    cr_assert(world_is_valid(&live.world));
    live_results(&live, &results);
    live_free(&live);
    return results;
}

/* It measures as a run of that length does, but for what is under way when the first window ends. */
Test(live, goes_on_measuring_where_the_run_ends)
{
    struct scenario *once = rack_scenario("mriov: 1\nrun: {warmup: 5us, duration: 40us}\n" RACK);
    struct scenario *twice = rack_scenario("mriov: 1\nrun: {warmup: 5us, duration: 80us}\n" RACK);
    struct results on = run_to(once, 85 * PS_PER_US), whole = run_to(twice, 85 * PS_PER_US);
    cr_expect_eq(on.measured_ps, 80 * PS_PER_US);
    cr_expect_eq(on.totals.events, whole.totals.events);
    for (size_t n = 0; n < whole.flow_count; n++) {
        cr_expect_gt(on.flows[n].operations, 100);
        cr_expect_leq(on.flows[n].operations, whole.flows[n].operations);
        cr_expect_geq(on.flows[n].operations + 16, whole.flows[n].operations);
    }
    cr_expect_geq(
        on.hosts[0].iommu_hits + on.hosts[0].iommu_misses + 16,
        whole.hosts[0].iommu_hits + whole.hosts[0].iommu_misses);
    for (size_t n = 0; n < whole.link_count; n++) {
        cr_expect_float_eq(on.links[n].utilisation, whole.links[n].utilisation, 0.002);
        cr_expect_float_eq(on.links[n].queue_mean, whole.links[n].queue_mean, 1e-9, "%s", whole.links[n].name);
        cr_expect_eq(on.links[n].queue_max, whole.links[n].queue_max);
    }
    results_free(&on);
    results_free(&whole);
    scenario_free(once);
    scenario_free(twice);
}
