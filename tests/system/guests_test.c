/* Functions that pass between a host and its guests while the rack runs: single VFs of an mr-iov PF, whole PFs, VFs of
 * an sr-iov adapter, exclusive adapters, a host's own; under load, with every policy, there and back. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fabric/base/time.h"
#include "hostsim/rack/run.h"
#include "tests/support/rack.h"

TestSuite(guests, .timeout = 120);

#define RACK                                                                                                           \
    "chassis: [{name: tor0}, {name: tor1}]\n"                                                                          \
    "trunks: [{name: isl0, between: [tor0, tor1]}]\n"                                                                  \
    "hosts:\n"                                                                                                         \
    "  - {name: h0, chassis: tor0, iommu: {}, guests: [{name: \"vm[0-1]\"}]}\n"                                        \
    "  - {name: h1, chassis: [tor1, tor0], iommu: {}, guests: [{name: vm0}]}\n"                                        \
    "  - {name: h2, chassis: tor0, capabilities: [sr-iov, ari, acs], guests: [{name: vm0}]}\n"                         \
    "  - {name: h3, chassis: tor0, hotplug: none, guests: [{name: vm0}]}\n"                                            \
    "adapters:\n"                                                                                                      \
    "  - {name: nic0, at: tor0, pfs: 4, vfs: 8, flr-delay: %s}\n"                                                      \
    "  - {name: ssd0, at: tor0, sharing: sr-iov, vfs: 4, flr-delay: %s}\n"                                             \
    "  - {name: gpu0, at: tor0, sharing: exclusive, vfs: 2}\n"                                                         \
    "  - {name: own0, at: h0, sharing: sr-iov, vfs: 2}\n"                                                              \
    "assign:\n"                                                                                                        \
    "  - {function: nic0, to: h0, vfs: 2}\n"                                                                           \
    "  - {function: nic0, to: h2, vfs: 1}\n"                                                                           \
    "  - {function: nic0, to: h3, vfs: 1}\n"                                                                           \
    "  - {function: \"ssd0.vf[0-1]\", to: h0}\n"                                                                       \
    "  - {function: ssd0.vf2, to: h1}\n"                                                                               \
    "  - {function: gpu0, to: h1, vfs: 1}\n"                                                                           \
    "  - {function: own0, to: h0, vfs: 1}\n"                                                                           \
    "workloads:\n"                                                                                                     \
    "  - {name: p, function: nic0.pf0, op: dma-write, size: 4KiB, arrival: {poisson: 5Gbps}}\n"                        \
    "  - {name: v, function: \"nic0.pf*.vf*\", op: dma-read-write, size: 4KiB, arrival: {poisson: 5Gbps}}\n"           \
    "  - {name: s, function: \"ssd0.vf*\", op: dma-read, size: 4KiB, arrival: {poisson: 5Gbps}}\n"                     \
    "  - {name: m, function: \"ssd0.vf*\", op: mmio-read, size: 64B, arrival: {closed: 1, think: 2us}}\n"              \
    "  - {name: g, function: gpu0, op: dma-write, size: 4KiB, arrival: {poisson: 5Gbps}}\n"                            \
    "  - {name: o, function: own0.vf0, op: dma-write, size: 4KiB, arrival: {poisson: 5Gbps}}\n"

static struct results run(const char *flr_delay, const char *timeline)
{
    static char text[8192];
    char reason[256] = "";
    struct results results = {0};
    snprintf(
        text, sizeof text, "mriov: 1\nrun: {duration: 2ms}\n" RACK "timeline:\n%s", flr_delay, flr_delay, timeline);
    struct scenario *scenario = rack_scenario(text);
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
    cr_assert_eq(status, STATUS_OK, "%s", reason);
    const struct results_totals *totals = &results.totals;
    cr_expect_eq(totals->tlps_created, totals->tlps_delivered + totals->tlps_dropped + totals->tlps_in_flight);
    cr_expect_eq(totals->cross_vh_deliveries, 0);
    scenario_free(scenario);
    return results;
}

static void expect_status(const struct results *results, size_t entry, const char *status, const char *detail)
{
    cr_assert_lt(entry, results->timeline_count);
    const struct results_event *event = &results->timeline[entry];
    cr_expect_str_eq(event->status, status, "%zu: %s: %s", entry, event->status, event->detail);
    cr_expect_not_null(strstr(event->detail, detail), "%zu: %s", entry, event->detail);
}

static void expect_all_well(const struct results *results)
{
    for (size_t entry = 0; entry < results->timeline_count; entry++)
        expect_status(results, entry, "ok", "");
}

/* The flow of WORKLOAD that FUNCTION had with HOST or, if it is not NULL, GUEST. */
static const struct results_flow *
flow_of(const struct results *results, const char *workload, const char *host, const char *guest, const char *function)
{
    for (size_t n = 0; n < results->flow_count; n++) {
        const struct results_flow *flow = &results->flows[n];
        bool same_guest = guest == NULL ? flow->guest == NULL : flow->guest != NULL && strcmp(flow->guest, guest) == 0;
        if (strcmp(flow->name, workload) == 0 && strcmp(flow->host, host) == 0 && same_guest &&
            strcmp(flow->function, function) == 0)
            return flow;
    }
    cr_assert_fail("no flow %s of %s at %s/%s", workload, function, host, guest == NULL ? "" : guest);
    return NULL;
}

static void expect_owner(const struct results *results, const char *function, const char *owner)
{
    for (size_t n = 0; n < results->function_count; n++) {
        if (strcmp(results->functions[n].name, function) != 0)
            continue;
        const char *has = results->functions[n].owner != NULL ? results->functions[n].owner : "";
        cr_expect_str_eq(has, owner, "%s: %s, not %s", function, has, owner);
        return;
    }
    cr_assert_fail("%s is nowhere", function);
}

Test(guests, a_vf_of_a_pf_goes_to_a_guest_to_another_and_back)
{
    struct results results =
        run("0s", "  - {at: 400us, assign: {function: nic0.pf0.vf1, to: h0/vm1}}\n"
                  "  - {at: 800us, move: {function: \"nic0@h0/vm1\", to: h0/vm0}}\n"
                  "  - {at: 1200us, release: {function: nic0.vf1}}\n"
                  "  - {at: 1600us, assign: {function: nic0.pf0.vf0, to: h0/vm0}}\n");
    expect_all_well(&results);
    expect_owner(&results, "nic0.pf0.vf1", "h0");
    expect_owner(&results, "nic0.pf0.vf0", "h0/vm0");
    static const char *const guests[] = {NULL, "vm1", "vm0"};
    static const uint64_t least[] = {100, 50, 50};
    for (size_t n = 0; n < 3; n++) {
        const struct results_flow *flow = flow_of(&results, "v", "h0", guests[n], "nic0.pf0.vf1");
        cr_expect_gt(flow->operations, least[n], "%zu: %lu", n, flow->operations);
        cr_expect_eq(flow->failed + flow->dropped, 0, "it was let go of");
    }
    cr_expect_lt(flow_of(&results, "v", "h0", "vm1", "nic0.pf0.vf1")->interruption_ps, 40 * PS_PER_US);
    cr_expect_eq(flow_of(&results, "p", "h0", NULL, "nic0.pf0")->interruption_ps, RESULTS_NO_TIME);
    results_free(&results);
}

Test(guests, a_pf_goes_with_its_vfs)
{
    struct results results =
        run("0s", "  - {at: 400us, move: {function: nic0.pf0, to: h0/vm1}}\n"
                  "  - {at: 800us, move: {function: nic0.pf0, to: h0/vm0, policy: surprise}}\n"
                  "  - {at: 1200us, move: {function: nic0.pf0, to: h0, policy: wait}}\n"
                  "  - {at: 1600us, move: {function: nic0.pf0, to: h1/vm0}}\n");
    expect_all_well(&results);
    expect_owner(&results, "nic0.pf0", "h1/vm0");
    expect_owner(&results, "nic0.pf0.vf1", "h1/vm0");
    cr_expect_gt(flow_of(&results, "p", "h0", "vm0", "nic0.pf0")->operations, 30);
    cr_expect_gt(flow_of(&results, "v", "h0", "vm1", "nic0.pf0.vf1")->operations, 30);
    cr_expect_gt(flow_of(&results, "p", "h1", "vm0", "nic0.pf0")->operations, 30);
    results_free(&results);
}

Test(guests, vfs_of_an_sr_iov_adapter)
{
    struct results results =
        run("0s", "  - {at: 300us, move: {function: ssd0.vf0, to: h0/vm0}}\n"
                  "  - {at: 600us, move: {function: ssd0.vf0, to: h0/vm1, policy: surprise}}\n"
                  "  - {at: 900us, move: {function: ssd0.vf0, to: h1/vm0}}\n"
                  "  - {at: 1200us, move: {function: ssd0.vf0, to: h1, policy: surprise}}\n"
                  "  - {at: 1500us, release: {function: ssd0.vf0}}\n"
                  "  - {at: 1700us, assign: {function: ssd0.vf0, to: h0/vm0}}\n"
                  "  - {at: 1800us, release: {function: ssd0.vf0}}\n");
    expect_all_well(&results);
    expect_owner(&results, "ssd0.pf0.vf0", "");
    static const struct {
        const char *host, *guest;
    } owners[] = {{"h0", NULL}, {"h0", "vm0"}, {"h0", "vm1"}, {"h1", "vm0"}, {"h1", NULL}};
    for (size_t n = 0; n < sizeof owners / sizeof owners[0]; n++) {
        cr_expect_gt(flow_of(&results, "s", owners[n].host, owners[n].guest, "ssd0.pf0.vf0")->operations, 20);
        cr_expect_gt(flow_of(&results, "m", owners[n].host, owners[n].guest, "ssd0.pf0.vf0")->operations, 20);
    }
    cr_expect_eq(flow_of(&results, "s", "h0", NULL, "ssd0.pf0.vf1")->failed, 0, "its neighbour notices nothing");
    results_free(&results);
}

Test(guests, exclusive_adapters_and_those_of_the_host)
{
    struct results results =
        run("0s", "  - {at: 300us, move: {function: gpu0, to: h1/vm0}}\n"
                  "  - {at: 300us, assign: {function: own0.vf0, to: h0/vm0}}\n"
                  "  - {at: 900us, move: {function: gpu0, to: h1, policy: surprise}}\n"
                  "  - {at: 900us, release: {function: own0.vf0, policy: surprise}}\n"
                  "  - {at: 1300us, assign: {function: gpu0.vf0, to: h1/vm0}}\n");
    expect_all_well(&results);
    expect_owner(&results, "gpu0.pf0", "h1:1");
    expect_owner(&results, "own0.pf0.vf0", "h0");
    cr_expect_gt(flow_of(&results, "g", "h1", "vm0", "gpu0.pf0")->operations, 50);
    cr_expect_gt(flow_of(&results, "o", "h0", "vm0", "own0.pf0.vf0")->operations, 50);
    results_free(&results);
}

/* A function-level reset lies between two owners, and takes its time. */
Test(guests, the_reset_takes_its_time)
{
    static const char timeline[] = "  - {at: 400us, assign: {function: nic0.pf0.vf1, to: h0/vm1}}\n"
                                   "  - {at: 400us, move: {function: ssd0.vf2, to: h1/vm0}}\n";
    struct results none = run("0s", timeline), some = run("300us", timeline);
    expect_all_well(&none);
    expect_all_well(&some);
    for (size_t n = 0; n < 2; n++) {
        uint64_t more_ps = some.timeline[n].took_ps - none.timeline[n].took_ps;
        cr_expect(more_ps + PS_PER_US >= 300 * PS_PER_US && more_ps <= 301 * PS_PER_US, "%zu: %lu ps more", n, more_ps);
    }
    results_free(&none);
    results_free(&some);
}

Test(guests, what_is_refused)
{
    struct results results =
        run("0s", "  - {at: 100us, assign: {function: nic0.pf0.vf1, to: h1/vm0}}\n"
                  "  - {at: 110us, move: {function: nic0.pf0.vf1, to: h1}}\n"
                  "  - {at: 120us, assign: {function: nic0.pf0.vf7, to: h0/vm0}}\n"
                  "  - {at: 130us, assign: {function: nic0.pf1.vf0, to: h2/vm0}}\n"
                  "  - {at: 160us, assign: {function: nic0.pf2.vf0, to: h3/vm0}}\n"
                  "  - {at: 300us, assign: {function: nic0.pf2.vf0, to: h3/vm0}}\n"
                  "  - {at: 310us, fail: {host: h0}}\n"
                  "  - {at: 320us, assign: {function: nic0.pf0.vf0, to: h0/vm0}}\n");
    expect_status(&results, 0, "unsupported", "a single VF of a PF goes to guests of the host that has it");
    expect_status(&results, 1, "unsupported", "a single VF of a PF goes to guests of the host that has it");
    expect_status(&results, 2, "not_found", "is not there");
    expect_status(&results, 3, "unsupported", "its hypervisor has no hotplug");
    expect_status(&results, 4, "ok", "");
    expect_status(&results, 5, "ok", "");
    cr_expect_eq(results.timeline[5].took_ps, 0, "it has it");
    expect_status(&results, 7, "unavailable", "host h0 is down");
    results_free(&results);
}

/* An adapter that does not answer: who had the function has it still. */
Test(guests, a_function_that_does_not_answer)
{
    struct results results =
        run("0s", "  - {at: 300us, inject: {fault: hang, target: nic0, duration: 100us}}\n"
                  "  - {at: 350us, assign: {function: nic0.pf0.vf1, to: h0/vm1}}\n"
                  "  - {at: 600us, fail: {link: ssd0, duration: 200us}}\n"
                  "  - {at: 700us, move: {function: ssd0.vf0, to: h0/vm1}}\n"
                  "  - {at: 900us, move: {function: ssd0.vf1, to: h0/vm1}}\n");
    expect_status(&results, 1, "ok", ""); /* it answers again before the host has given up */
    expect_status(&results, 3, "unavailable", "link ssd0 is down");
    expect_status(&results, 4, "ok", "");
    cr_expect_gt(flow_of(&results, "s", "h0", NULL, "ssd0.pf0.vf0")->operations, 100);
    cr_expect_gt(flow_of(&results, "s", "h0", "vm1", "ssd0.pf0.vf1")->operations, 100);
    results_free(&results);
}

/* A deadline: what a driver does not let go in time is taken from it, or kept by it where nothing was to be disturbed.
 */
Test(guests, a_driver_that_is_busy)
{
    struct results results =
        run("0s", "  - {at: 300us, inject: {fault: hang, target: ssd0, duration: 500us}}\n"
                  "  - {at: 400us, move: {function: ssd0.vf0, to: h0/vm1, policy: wait, deadline: 50us}}\n"
                  "  - {at: 1ms, move: {function: ssd0.vf1, to: h0/vm1, policy: wait, deadline: 500us}}\n"
                  "  - {at: 500us, move: {function: ssd0.vf1, to: h0/vm0, policy: refuse-if-busy}}\n"
                  "  - {at: 600us, move: {function: ssd0.vf1, to: h0/vm0, deadline: 50us}}\n");
    expect_status(&results, 1, "deadline_exceeded", "has not given it up in time");
    expect_owner(&results, "ssd0.pf0.vf0", "h0");
    expect_status(&results, 2, "ok", "");
    expect_status(&results, 3, "busy", "ssd0.pf0.vf1 is in use by h0");
    expect_status(&results, 4, "ok", "");
    cr_expect_gt(results.timeline[4].took_ps, 50 * PS_PER_US);
    cr_expect_gt(flow_of(&results, "s", "h0", "vm0", "ssd0.pf0.vf1")->operations, 10);
    cr_expect_gt(flow_of(&results, "s", "h0", NULL, "ssd0.pf0.vf1")->failed, 0, "it was taken");
    const struct results_flow *kept = flow_of(&results, "s", "h0", NULL, "ssd0.pf0.vf0");
    cr_expect_gt(kept->operations, 150, "it goes on: %lu", kept->operations);
    results_free(&results);
}

/* Workloads of a guest wait while it has nothing. */
Test(guests, a_host_crashes_while_it_passes_one_on)
{
    struct results results =
        run("200us", "  - {at: 300us, assign: {function: nic0.pf0.vf1, to: h0/vm1}}\n"
                     "  - {at: 350us, fail: {host: h0, duration: 100us}}\n"
                     "  - {at: 1500us, assign: {function: nic0.pf0.vf1, to: h0/vm0}}\n");
    expect_status(&results, 0, "unavailable", "");
    expect_status(&results, 2, "ok", "");
    expect_owner(&results, "nic0.pf0.vf1", "h0/vm0");
    results_free(&results);
}

Test(guests, the_same_bytes_again)
{
    static const char timeline[] = "  - {at: 300us, move: {function: nic0.pf0, to: h0/vm1, policy: surprise}}\n"
                                   "  - {at: 301us, move: {function: ssd0.vf0, to: h0/vm0, policy: surprise}}\n";
    struct results one = run("0s", timeline), other = run("0s", timeline);
    expect_all_well(&one);
    cr_expect_eq(one.totals.events, other.totals.events);
    cr_expect_eq(one.totals.tlps_created, other.totals.tlps_created);
    results_free(&one);
    results_free(&other);
}
