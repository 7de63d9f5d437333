#include "hostsim/rack/run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/rack.h"

#define RACK                                                                                                           \
    "defaults: {link: {rate: 8Gbps, propagation: 0ns}}\n"                                                              \
    "chassis: [{name: tor, latency: 100ns}]\n"                                                                         \
    "hosts: [{name: \"h[0-1]\", chassis: tor}]\n"                                                                      \
    "adapters: [{name: nic, at: tor}]\n"                                                                               \
    "assign: [{function: nic, to: \"h[0-1]\"}]\n"                                                                      \
    "workloads:\n"                                                                                                     \
    "  - {name: w, function: nic@h0, op: dma-write, size: 256B, count: 100}\n"                                         \
    "  - {name: r, function: nic@h1, op: dma-read, size: 64B, arrival: {closed: 1}}\n"

Test(run, until_done_ends_with_the_last_finite_operation)
{
    struct results results = rack_results("mriov: 1\nrun: {until: done}\n" RACK);
    const struct results_flow *w = rack_flow(&results, 0);
    cr_expect_eq(w->operations, 100);
    /* 284 ns each over nic's link, a read's request of 28 ns now and then; the last byte then goes 100 ns through the
     * chassis, which begins h0's link 4 ns later for want of the prefix, and 100 ns into memory. */
    cr_expect_geq(results.simulated_ps, (100 * 284 + 100 + 100) * PS_PER_NS);
    cr_expect_lt(results.simulated_ps, (100 * 284 + 100 * 28 + 400) * PS_PER_NS);
    cr_expect_gt(rack_flow(&results, 1)->operations, 10, "the endless one is counted till then");
    results_free(&results);
}

/* Both ways of looking must leave the model as it was. */
Test(run, samples_and_progress_change_nothing)
{
    struct results plain = rack_results("mriov: 1\nrun: {duration: 50us}\n" RACK);
    struct results sampled = rack_results("mriov: 1\nrun: {duration: 50us, sample: 137ns}\n" RACK);
    cr_expect_eq(plain.totals.events, sampled.totals.events);
    cr_expect_eq(plain.totals.tlp_hops, sampled.totals.tlp_hops);
    for (size_t n = 0; n < 2; n++) {
        cr_expect_eq(plain.flows[n].bytes, sampled.flows[n].bytes);
        cr_expect_eq(plain.flows[n].latency.mean_ps, sampled.flows[n].latency.mean_ps);
    }
    results_free(&plain);
    results_free(&sampled);
}

static struct run_progress last;
static uint32_t reports;
static volatile sig_atomic_t stop;

static void on_progress(void *context, const struct run_progress *progress)
{
    cr_assert_eq(context, &last);
    cr_assert_geq(progress->simulated_ps, last.simulated_ps);
    cr_assert_geq(progress->events, last.events);
    last = *progress;
    if (++reports == 5)
        stop = 1;
}

Test(run, goes_on_until_it_is_stopped)
{
    struct scenario *scenario = rack_scenario("mriov: 1\nrun: {duration: 100s}\n" RACK);
    struct results results = {0};
    char reason[256];
    struct run_options options = {.on_progress = on_progress, .context = &last, .stop = &stop};
    cr_expect_eq(run_scenario(scenario, &options, &results, reason, sizeof reason), STATUS_CANCELLED);
    cr_expect_eq(reports, 5);
    cr_expect_eq(last.total_ps, 100 * PS_PER_S);
    cr_expect_gt(last.simulated_ps, 0);
    results_free(&results);
    scenario_free(scenario);
}

Test(run, the_end_of_a_run_until_done_is_not_known)
{
    struct scenario *scenario = rack_scenario("mriov: 1\nrun: {until: done}\n" RACK);
    struct results results = {0};
    char reason[256];
    struct run_options options = {.on_progress = on_progress, .context = &last};
    cr_expect_eq(run_scenario(scenario, &options, &results, reason, sizeof reason), STATUS_OK);
    cr_expect_eq(last.total_ps, 0);
    cr_expect_eq(last.simulated_ps, results.simulated_ps);
    results_free(&results);
    scenario_free(scenario);
}
