/* What a hierarchy that accepts nothing does to the others: nothing where each has credits of its own, and a lot where
 * they share them. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "hostsim/rack/run.h"
#include "tests/support/law.h"

TestSuite(isolation, .timeout = 120);

/* Two hosts share an adapter over a trunk; h1 may be silent, or its memory take next to nothing. Returns h0's goodput.
 */
static double goodput_of_h0(const char *sharing, const char *credits, const char *memory, bool h1_writes, int chassis)
{
    char *trunks = law_text("trunks:\n");
    for (int n = 1; n < chassis; n++) {
        char *longer = law_text("%s  - {name: t%d, between: [c%d, c%d]}\n", trunks, n, n - 1, n);
        free(trunks);
        trunks = longer;
    }
    char *text = law_text(
        "mriov: 1\nrun: {warmup: 50us, duration: 200us}\n"
        "chassis:\n  - {name: \"c[0-%d]\", credits: %s}\n%s"
        "hosts:\n  - {name: h0, chassis: c0}\n  - {name: h1, chassis: c0, memory: {%s}}\n"
        "adapters:\n  - {name: a0, at: c%d, sharing: %s, link: {gen: 4, width: 8}}\n"
        "assign:\n  - {function: a0, to: \"h[0-1]\"}\n"
        "workloads:\n  - {name: w0, function: a0@h0, op: dma-write}\n"
        "  - {name: w1, function: a0@h1, op: dma-write, start: %s}\n",
        chassis - 1, credits, chassis > 1 ? trunks : "", memory, chassis - 1, sharing, h1_writes ? "0us" : "1s");
    free(trunks);
    law_begin("laws/isolation", 1, text);
    struct results results = law_run(text);
    double goodput = results.flows[0].goodput_gbps;
    results_free(&results);
    law_end();
    free(text);
    return goodput;
}

#define STALLS "write-latency: 1s"
#define CRAWLS "bandwidth: 1MB/s"
#define WORKS "write-latency: 100ns"

Test(isolation, a_stalled_hierarchy_takes_nothing_from_others_with_credits_of_their_own)
{
    for (int chassis = 1; chassis <= 3; chassis++) {
        double alone = goodput_of_h0("mr-iov", "per-vh", WORKS, false, chassis);
        double shared = goodput_of_h0("mr-iov", "per-vh", WORKS, true, chassis);
        double stalled = goodput_of_h0("mr-iov", "per-vh", STALLS, true, chassis);
        double crawled = goodput_of_h0("mr-iov", "per-vh", CRAWLS, true, chassis);
        cr_assert_float_eq(shared, alone / 2, alone * 0.01, "two equal hosts have half each: %g of %g", shared, alone);
        cr_assert(
            stalled >= alone * 0.99, "%d chassis: %g beside a stalled one, and %g alone", chassis, stalled, alone);
        cr_assert(crawled >= alone * 0.99, "%d chassis: %g beside a slow one, and %g alone", chassis, crawled, alone);
    }
}

Test(isolation, a_stalled_hierarchy_stops_those_that_share_its_credits)
{
    for (int chassis = 1; chassis <= 3; chassis++) {
        double alone = goodput_of_h0("mr-iov", "shared", WORKS, false, chassis);
        double stalled = goodput_of_h0("mr-iov", "shared", STALLS, true, chassis);
        double crawled = goodput_of_h0("mr-iov", "shared", CRAWLS, true, chassis);
        cr_assert(alone > 50, "alone %g", alone);
        cr_assert(stalled < alone * 0.01, "%d chassis: %g beside a stalled one, and %g alone", chassis, stalled, alone);
        cr_assert(crawled < alone * 0.05, "%d chassis: %g beside a slow one, and %g alone", chassis, crawled, alone);
    }
}

/* The link of an sr-iov adapter is plain: it knows no hierarchies, so they cannot have credits of their own there. */
Test(isolation, a_plain_link_isolates_nobody)
{
    double alone = goodput_of_h0("sr-iov", "per-vh", WORKS, false, 2);
    double stalled = goodput_of_h0("sr-iov", "per-vh", STALLS, true, 2);
    cr_assert(alone > 50, "alone %g", alone);
    cr_assert(stalled < alone * 0.01, "%g beside a stalled one, and %g alone", stalled, alone);
}

/* Five chassis in a ring, each host's adapter two trunks away: the buffers of the ring wait for each other for ever
 * when hierarchies share them, as in hardware. With credits of its own each hierarchy is a tree, and a tree never waits
 * for itself. */
static char *ring(const char *credits)
{
    return law_text(
        "mriov: 1\nrun: {warmup: 20us, duration: 50us}\ndefaults: {link: {gen: 3, width: 4}}\n"
        "chassis:\n  - {name: \"c[0-4]\", credits: %s, buffer: {posted-headers: 1, posted-data: 256B}}\n"
        "trunks:\n  - {name: \"t[0-3]\", between: [\"c[0-3]\", \"c[1-4]\"], link: {gen: 3, width: 4}}\n"
        "  - {name: t4, between: [c4, c0], link: {gen: 3, width: 4}}\n"
        "hosts:\n  - {name: \"h[0-4]\", chassis: \"c[0-4]\"}\n"
        "adapters:\n  - {name: \"a[0-4]\", at: \"c[0-4]\", sharing: exclusive, link: {gen: 4, width: 16}}\n"
        "assign:\n  - {function: \"a[2-4,0-1]\", to: \"h[0-4]\"}\n"
        "workloads:\n  - {name: w, function: \"a*\", op: dma-write}\n",
        credits);
}

Test(isolation, a_ring_of_own_buffers_never_waits_for_itself)
{
    char *text = ring("per-vh");
    law_begin("laws/isolation", 1, text);
    struct results results = law_run(text);
    double goodput = 0;
    for (size_t index = 0; index < results.flow_count; index++)
        goodput += results.flows[index].goodput_gbps;
    law_holds(goodput > 20, "goodput %g", goodput);
    results_free(&results);
    law_end();
    free(text);
}

Test(isolation, a_ring_of_shared_buffers_can_and_says_so)
{
    char *text = ring("shared"), reason[1024] = "";
    law_begin("laws/isolation", 1, text);
    struct scenario *scenario = law_scenario(text);
    struct results results = {0};
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
    law_holds(status != STATUS_OK, "it ran");
    law_holds(strncmp(reason, "deadlock: ", strlen("deadlock: ")) == 0, "%s", reason);
    results_free(&results);
    scenario_free(scenario);
    law_end();
    free(text);
}
