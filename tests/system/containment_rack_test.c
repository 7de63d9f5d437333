/* What dies with what (docs/model.md), in a larger rack: three chassis in a row, a host with two uplinks, a guest, and
 * adapters of every kind of sharing behind trunks. Each fault lasts from 1 to 2 ms: the flows that use what fails stand
 * still and come back, all others notice nothing. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fabric/base/time.h"
#include "hostsim/rack/run.h"
#include "tests/support/rack.h"

TestSuite(containment_rack, .timeout = 240);

/* The ways: w0, w1 and g1 over both trunks, r1 over isl0, r0 and r2 over isl1, w2 over none. */
#define RACK                                                                                                           \
    "mriov: 1\nrun: {duration: 3ms}\n"                                                                                 \
    "chassis: [{name: \"tor[0-2]\"}]\n"                                                                                \
    "trunks: [{name: isl0, between: [tor0, tor1]}, {name: isl1, between: [tor1, tor2]}]\n"                             \
    "hosts:\n"                                                                                                         \
    "  - {name: h0, chassis: [tor0, tor2], completion-timeout: 100us}\n"                                               \
    "  - {name: h1, chassis: tor0, completion-timeout: 100us, guests: [{name: vm0}], iommu: {}}\n"                     \
    "  - {name: h2, chassis: tor2, completion-timeout: 100us}\n"                                                       \
    "adapters:\n"                                                                                                      \
    "  - {name: nic0, at: tor2, pfs: 4, vfs: 4, completion-timeout: 100us}\n"                                          \
    "  - {name: ssd0, at: tor1, sharing: sr-iov, vfs: 4, completion-timeout: 100us}\n"                                 \
    "  - {name: gpu0, at: tor2, sharing: exclusive, completion-timeout: 100us}\n"                                      \
    "assign:\n"                                                                                                        \
    "  - {function: nic0, to: [\"h0:0\", h1/vm0, h2]}\n"                                                               \
    "  - {function: ssd0, to: [\"h0:1\", h1/vm0, h2]}\n"                                                               \
    "  - {function: gpu0, to: h1}\n"                                                                                   \
    "workloads:\n"                                                                                                     \
    "  - {name: w, function: \"nic0.pf*\", op: dma-write, size: 4KiB, arrival: {closed: 4, think: 10us}}\n"            \
    "  - {name: r, function: \"ssd0.vf*\", op: dma-read, size: 4KiB, arrival: {closed: 4, think: 10us}}\n"             \
    "  - {name: g, function: gpu0, op: dma-read-write, size: 4KiB, arrival: {closed: 4, think: 10us}}\n"

static void judge(const char *fault, const struct results_flow *flow, const char *dead)
{
    char word[3] = {flow->name[0], flow->host[1], '\0'};
    uint64_t stood_ps = flow->interruption_ps;
    cr_expect_eq(flow->down_ps, RESULTS_NO_TIME, "%s: %s comes back", fault, word);
    if (strstr(dead, word) != NULL) {
        cr_expect(
            stood_ps != RESULTS_NO_TIME && stood_ps > 980 * PS_PER_US && stood_ps < 1300 * PS_PER_US,
            "%s: %s stands still, and not for %lu ps", fault, word, stood_ps);
        return;
    }
    cr_expect_eq(stood_ps, RESULTS_NO_TIME, "%s: %s goes on: %lu ps", fault, word, stood_ps);
    cr_expect_eq(flow->failed + flow->dropped, 0, "%s: %s goes on", fault, word);
    cr_expect_gt(flow->operations, 700, "%s: %s has %lu operations", fault, word, flow->operations);
}

static void try(const char *fault, const char *dead)
{
    static char text[4096];
    char reason[256] = "";
    struct results results = {0};
    snprintf(text, sizeof text, RACK "timeline:\n  - {at: 1ms, %s}\n", fault);
    struct scenario *scenario = rack_scenario(text);
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
    cr_assert_eq(status, STATUS_OK, "%s", reason);
    cr_expect_str_eq(results.timeline[0].status, "ok", "%s: %s", fault, results.timeline[0].detail);
    cr_expect_eq(results.totals.cross_vh_deliveries, 0);
    cr_assert_eq(results.flow_count, 7);
    for (size_t n = 0; n < results.flow_count; n++)
        judge(fault, &results.flows[n], dead);
    results_free(&results);
    scenario_free(scenario);
}

Test(containment_rack, cables_of_a_host_with_two_uplinks)
{
    try("fail: {link: \"h0:0\", duration: 1ms}", "w0");
    try("fail: {link: \"h0:1\", duration: 1ms}", "r0");
    try("fail: {link: h1, duration: 1ms}", "w1 r1 g1");
}

Test(containment_rack, trunks)
{
    try("fail: {link: isl0, duration: 1ms}", "w0 w1 g1 r1");
    try("fail: {link: isl1, duration: 1ms}", "w0 w1 g1 r0 r2");
}

Test(containment_rack, chassis)
{
    try("fail: {chassis: tor0, duration: 1ms}", "w0 w1 g1 r1");
    try("fail: {chassis: tor1, duration: 1ms}", "w0 w1 g1 r0 r1 r2");
    try("fail: {chassis: tor2, duration: 1ms}", "w0 w1 w2 g1 r0 r2");
}

Test(containment_rack, hosts_with_their_guests)
{
    try("fail: {host: h0, duration: 1ms}", "w0 r0");
    try("fail: {host: h1, duration: 1ms}", "w1 r1 g1");
    try("fail: {host: h2, duration: 1ms}", "w2 r2");
}

Test(containment_rack, adapters_behind_trunks)
{
    try("fail: {link: nic0, duration: 1ms}", "w0 w1 w2");
    try("fail: {adapter: ssd0, duration: 1ms}", "r0 r1 r2");
    try("fail: {link: gpu0, duration: 1ms}", "g1");
    try("inject: {fault: surprise-removal, target: ssd0, duration: 1ms}", "r0 r1 r2");
    try("inject: {fault: surprise-removal, target: gpu0, duration: 1ms}", "g1");
    try("inject: {fault: hang, target: ssd0, duration: 1ms}", "r0 r1 r2");
    try("inject: {fault: hang, target: gpu0, duration: 1ms}", "g1");
}

Test(containment_rack, functions_of_a_guest)
{
    try("fail: {function: nic0@h1/vm0, duration: 1ms}", "w1");
    try("fail: {function: ssd0@h1/vm0, duration: 1ms}", "r1");
    try("inject: {fault: hang, target: gpu0@h1, duration: 1ms}", "g1");
}
