/* The timeline from a scenario's text to its results: every operation on a rack under load, each through MR-PCIM, its
 * hierarchy, the chassis, the adapter and the hosts. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fabric/base/time.h"
#include "hostsim/rack/run.h"
#include "tests/support/rack.h"

TestSuite(timeline, .timeout = 120);

#define RACK                                                                                                           \
    "chassis: [{name: tor0}, {name: tor1}]\n"                                                                          \
    "trunks: [{name: isl0, between: [tor0, tor1]}]\n"                                                                  \
    "hosts:\n"                                                                                                         \
    "  - {name: \"h[0-2]\", chassis: tor0, hotplug-delay: %s}\n"                                                       \
    "  - {name: h3, chassis: tor1}\n"                                                                                  \
    "  - {name: h4, chassis: tor0, hotplug: none}\n"                                                                   \
    "adapters:\n"                                                                                                      \
    "  - {name: nic0, at: tor0, pfs: 4, vfs: 4, flr-delay: %s}\n"                                                      \
    "  - {name: ssd0, at: tor0, sharing: sr-iov, vfs: 4}\n"                                                            \
    "  - {name: gpu0, at: tor0, sharing: exclusive, flr-delay: %s}\n"                                                  \
    "assign:\n"                                                                                                        \
    "  - {function: gpu0, to: h1}\n"                                                                                   \
    "  - {function: nic0.pf0, to: h0}\n"                                                                               \
    "  - {function: nic0.pf1, to: h1}\n"                                                                               \
    "  - {function: \"ssd0.vf[0-1]\", to: h0}\n"                                                                       \
    "workloads:\n"                                                                                                     \
    "  - {name: w, function: nic0.pf0, op: dma-write, size: 4KiB, arrival: {poisson: 10Gbps}}\n"                       \
    "  - {name: r, function: nic0.pf1, op: dma-read, size: 4KiB, arrival: {poisson: 5Gbps}}\n"                         \
    "  - {name: g, function: gpu0, op: dma-write, size: 4KiB, arrival: {poisson: 5Gbps}}\n"                            \
    "  - {name: v, function: \"ssd0.vf*\", op: dma-read-write, size: 4KiB, arrival: {poisson: 5Gbps}}\n"

static struct results run(const char *hotplug_delay, const char *flr_delay, const char *timeline)
{
    static char text[8192];
    char reason[256] = "";
    struct results results = {0};
    snprintf(
        text, sizeof text, "mriov: 1\nrun: {duration: 2ms}\n" RACK "timeline:\n%s", hotplug_delay, flr_delay, flr_delay,
        timeline);
    struct scenario *scenario = rack_scenario(text);
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
    cr_assert_eq(status, STATUS_OK, "%s", reason);
    const struct results_totals *totals = &results.totals;
    cr_expect_eq(totals->tlps_created, totals->tlps_delivered + totals->tlps_dropped + totals->tlps_in_flight);
    cr_expect_eq(totals->cross_vh_deliveries, 0);
    scenario_free(scenario);
    return results;
}

static void expect_status(const struct results *results, size_t entry, const char *status)
{
    cr_assert_lt(entry, results->timeline_count);
    cr_expect_str_eq(
        results->timeline[entry].status, status, "%zu: %s: %s", entry, results->timeline[entry].status,
        results->timeline[entry].detail);
}

static const struct results_flow *flow_of(const struct results *results, const char *host, const char *function)
{
    for (size_t n = 0; n < results->flow_count; n++) {
        const struct results_flow *flow = &results->flows[n];
        if (flow->host != NULL && strcmp(flow->host, host) == 0 && strcmp(flow->function, function) == 0)
            return flow;
    }
    cr_assert_fail("no flow of %s at %s", function, host);
    return NULL;
}

static const struct results_function *function_of(const struct results *results, const char *name)
{
    for (size_t n = 0; n < results->function_count; n++)
        if (strcmp(results->functions[n].name, name) == 0)
            return &results->functions[n];
    return NULL;
}

static void expect_owner(const struct results *results, const char *function, const char *owner)
{
    const struct results_function *found = function_of(results, function);
    const char *has = found != NULL && found->owner != NULL ? found->owner : "";
    cr_expect_str_eq(has, owner, "%s: %s, not %s", function, has, owner);
}

Test(timeline, load_follows_a_move)
{
    struct results ideal = run("0s", "0s", "  - {at: 500us, move: {function: nic0.pf0, to: h2}}\n");
    expect_status(&ideal, 0, "ok");
    expect_owner(&ideal, "nic0.pf0", "h2");
    uint64_t ideal_ps = flow_of(&ideal, "h2", "nic0.pf0")->interruption_ps;
    cr_expect_leq(ideal_ps, ideal.timeline[0].took_ps + 10 * PS_PER_US);
    cr_expect_gt(flow_of(&ideal, "h2", "nic0.pf0")->operations, 300);
    cr_expect_eq(flow_of(&ideal, "h0", "nic0.pf0")->failed, 0);
    cr_expect_eq(ideal.totals.tlps_dropped, 0);
    results_free(&ideal);
}

Test(timeline, others_do_not_notice)
{
    struct results still = run("0s", "0s", "  - {at: 500us, assign: {function: nic0.pf0, to: h0}}\n");
    struct results moved = run("0s", "0s", "  - {at: 500us, move: {function: nic0.pf0, to: h2}}\n");
    expect_status(&still, 0, "ok");
    cr_expect_eq(still.timeline[0].took_ps, 0);
    const struct results_flow *before = flow_of(&still, "h1", "nic0.pf1"), *after = flow_of(&moved, "h1", "nic0.pf1");
    cr_expect_eq(after->failed, 0);
    cr_expect_leq(before->operations > after->operations ? before->operations - after->operations : 0, 2);
    results_free(&still);
    results_free(&moved);
}

/* What it names is kept from nobody at time zero: gpu0 is assigned as an adapter alone. */
Test(timeline, an_apply_moves_what_time_zero_gave)
{
    struct results results =
        run("0s", "0s",
            "  - {at: 200us, apply: {bindings: [{function: nic0.pf0, to: h1}, {function: nic0.pf1, to: h0},"
            " {function: gpu0.pf0, to: h0}, {function: ssd0.vf0, to: h2}]}}\n");
    expect_status(&results, 0, "ok");
    expect_owner(&results, "nic0.pf0", "h1");
    expect_owner(&results, "nic0.pf1", "h0");
    expect_owner(&results, "gpu0.pf0", "h0");
    expect_owner(&results, "ssd0.pf0.vf0", "h2");
    expect_owner(&results, "ssd0.pf0.vf1", "h0");
    cr_expect_gt(flow_of(&results, "h0", "gpu0.pf0")->operations, 10);
    results_free(&results);
}

/* What its owner has already counts; an adapter of one function is that function, whoever has it. */
Test(timeline, an_apply_of_adapters_alone_counts_what_is_there)
{
    struct results results =
        run("0s", "0s",
            "  - {at: 200us, apply: {bindings: [{function: ssd0, to: h0, vfs: 3}, {function: gpu0, to: h2}]}}\n"
            "  - {at: 600us, apply: {bindings: [{function: ssd0, to: h0, vfs: 3}, {function: gpu0, to: h2}]}}\n"
            "  - {at: 700us, apply: {bindings: [{function: ssd0, to: h0, vfs: 5}]}}\n"
            "  - {at: 800us, assign: {function: gpu0, to: h0}}\n"
            "  - {at: 900us, move: {function: nic0.pf0, to: h4}}\n"
            "  - {at: 1200us, move: {function: nic0.pf0, to: h2, policy: surprise}}\n");
    expect_status(&results, 0, "ok");
    expect_status(&results, 1, "ok");
    cr_expect_eq(results.timeline[1].took_ps, 0, "it is so already");
    expect_owner(&results, "ssd0.pf0.vf2", "h0");
    expect_owner(&results, "ssd0.pf0.vf3", "");
    expect_owner(&results, "gpu0.pf0", "h2");
    expect_status(&results, 2, "resources_exhausted");
    expect_status(&results, 3, "already_assigned");
    cr_expect_not_null(strstr(results.timeline[3].detail, "gpu0.pf0 is h2's"), "%s", results.timeline[3].detail);
    expect_status(&results, 5, "ok");
    cr_expect_not_null(strstr(results.timeline[5].detail, "dead function"), "%s", results.timeline[5].detail);
    results_free(&results);
}

Test(timeline, single_vfs_come_and_go_while_others_stay_in_their_slot)
{
    struct results results =
        run("0s", "0s",
            "  - {at: 200us, move: {function: ssd0.vf0, to: h1}}\n"
            "  - {at: 500us, assign: {function: ssd0, to: h1}}\n"
            "  - {at: 800us, release: {function: ssd0.vf0}}\n"
            "  - {at: 1100us, release: {function: ssd0.vf1}}\n"
            "  - {at: 1400us, assign: {function: ssd0.vf1, to: h3}}\n");
    for (size_t entry = 0; entry < 5; entry++)
        expect_status(&results, entry, "ok");
    expect_owner(&results, "ssd0.pf0.vf0", "");
    expect_owner(&results, "ssd0.pf0.vf1", "h3");
    expect_owner(&results, "ssd0.pf0.vf2", "h1");
    cr_expect_gt(flow_of(&results, "h3", "ssd0.pf0.vf1")->operations, 20);
    results_free(&results);
}

/* Software that looks anew finds a device by its function 0. */
Test(timeline, vfs_are_found_again_without_the_one_that_was_function_0)
{
    struct results results =
        run("0s", "0s",
            "  - {at: 400us, release: {function: ssd0.vf0}}\n"
            "  - {at: 600us, port: {name: ssd0, action: hot-reset}}\n"
            "  - {at: 1000us, assign: {function: ssd0.vf0, to: h0}}\n");
    for (size_t entry = 0; entry < 3; entry++)
        expect_status(&results, entry, "ok");
    const struct results_function *stayed = function_of(&results, "ssd0.pf0.vf1");
    cr_assert_not_null(stayed->routing_id, "%s", stayed->state);
    cr_expect_str_eq(strchr(stayed->routing_id, '.'), ".1");
    cr_expect_str_eq(strchr(function_of(&results, "ssd0.pf0.vf0")->routing_id, '.'), ".2");
    cr_expect_gt(flow_of(&results, "h0", "ssd0.pf0.vf1")->operations, 200);
    results_free(&results);
}

Test(timeline, functions_cross_trunks)
{
    struct results results =
        run("0s", "0s",
            "  - {at: 200us, move: {function: nic0.pf0, to: h3}}\n"
            "  - {at: 800us, move: {function: nic0.pf0, to: h0}}\n"
            "  - {at: 1200us, move: {function: nic0.pf0, to: h3}}\n");
    for (size_t entry = 0; entry < 3; entry++)
        expect_status(&results, entry, "ok");
    cr_expect_gt(flow_of(&results, "h3", "nic0.pf0")->operations, 100);
    cr_expect_eq(flow_of(&results, "h0", "nic0.pf0")->failed, 0);
    results_free(&results);
}

Test(timeline, surprise_does_not_wait)
{
    struct results results =
        run("10s", "0s",
            "  - {at: 500us, move: {function: nic0.pf0, to: h2, policy: surprise}}\n"
            "  - {at: 500us, release: {function: nic0.pf1, deadline: 100us}}\n"
            "  - {at: 500us, release: {function: ssd0.vf0, policy: refuse-if-busy, deadline: 100us}}\n"
            "  - {at: 500us, release: {function: gpu0, policy: wait, deadline: 100us}}\n");
    expect_status(&results, 0, "ok");
    cr_expect_lt(results.timeline[0].took_ps, 100 * PS_PER_US);
    expect_owner(&results, "nic0.pf0", "h2");
    expect_status(&results, 1, "ok");
    cr_expect_gt(results.timeline[1].took_ps, 100 * PS_PER_US);
    cr_expect_lt(results.timeline[1].took_ps, 150 * PS_PER_US);
    cr_expect_str_eq(results.timeline[1].detail, "nic0.pf1 was taken by surprise: h1 had not given it up in time");
    expect_owner(&results, "nic0.pf1", "");
    expect_status(&results, 2, "deadline_exceeded");
    expect_owner(&results, "ssd0.pf0.vf0", "h0");
    expect_status(&results, 3, "deadline_exceeded");
    cr_expect_geq(results.timeline[3].took_ps, 100 * PS_PER_US);
    cr_expect_lt(results.timeline[3].took_ps, 110 * PS_PER_US, "until its host has heard that it keeps it");
    expect_owner(&results, "gpu0.pf0", "h1");
    cr_expect_eq(flow_of(&results, "h1", "gpu0.pf0")->failed, 0);
    results_free(&results);
}

Test(timeline, a_host_without_hot_plug)
{
    struct results results =
        run("0s", "0s",
            "  - {at: 200us, assign: {function: nic0, to: h4}}\n"
            "  - {at: 500us, release: {function: nic0@h4}}\n"
            "  - {at: 800us, release: {function: nic0@h4, policy: surprise}}\n");
    expect_status(&results, 0, "ok");
    cr_expect_str_eq(results.timeline[0].detail, "h4 does not see nic0.pf2 before it reboots");
    expect_status(&results, 1, "unsupported");
    expect_status(&results, 2, "ok");
    results_free(&results);
}

Test(timeline, an_apply_moves_many_together)
{
    struct results results =
        run("0s", "0s",
            "  - {at: 500us, apply: {bindings: [{function: nic0.pf0, to: h1}, {function: nic0.pf1, to: h0}, "
            "{function: ssd0.vf0, to: h2}], prune: on}}\n"
            "  - {at: 1500us, apply: {bindings: [{function: nic0.pf0, to: h1}, {function: nic0.pf1, to: h1}]}}\n");
    expect_status(&results, 0, "ok");
    expect_status(&results, 1, "already_assigned");
    expect_owner(&results, "nic0.pf0", "h1");
    expect_owner(&results, "nic0.pf1", "h0");
    expect_owner(&results, "ssd0.pf0.vf0", "h2");
    expect_owner(&results, "ssd0.pf0.vf1", "");
    results_free(&results);
}

Test(timeline, ports_faults_and_weights)
{
    struct results results =
        run("0s", "0s",
            "  - {at: 100us, port: {name: h0, action: retrain}}\n"
            "  - {at: 200us, port: {name: nic0, action: disable}}\n"
            "  - {at: 250us, assign: {function: nic0, to: h2}}\n"
            "  - {at: 300us, port: {name: nic0, action: enable}}\n"
            "  - {at: 400us, fail: {link: h1}}\n"
            "  - {at: 500us, repair: {link: h1}}\n"
            "  - {at: 600us, inject: {fault: bit-errors, target: h0, rate: 1e-6, duration: 100us}}\n"
            "  - {at: 900us, qos: {function: ssd0.vf0, weight: 4}}\n"
            "  - {at: 950us, inject: {fault: hang, target: ssd0, duration: 50us}}\n");
    static const char *const expected[] = {"ok", "ok", "unavailable", "ok", "ok", "ok", "ok", "ok", "ok"};
    for (size_t entry = 0; entry < sizeof expected / sizeof expected[0]; entry++)
        expect_status(&results, entry, expected[entry]);
    cr_expect_gt(rack_link(&results, "h0", LINK_UP)->replays, 0);
    results_free(&results);
}

Test(timeline, an_exclusive_adapter_goes_from_one_to_another)
{
    struct results results =
        run("0s", "0s",
            "  - {at: 300us, move: {function: gpu0, to: h2}}\n"
            "  - {at: 800us, release: {function: gpu0}}\n"
            "  - {at: 1200us, assign: {function: gpu0, to: h3}}\n");
    for (size_t entry = 0; entry < 3; entry++)
        expect_status(&results, entry, "ok");
    expect_owner(&results, "gpu0.pf0", "h3");
    cr_expect_gt(flow_of(&results, "h3", "gpu0.pf0")->operations, 10);
    cr_expect_eq(flow_of(&results, "h1", "gpu0.pf0")->failed, 0);
    results_free(&results);
}

Test(timeline, limits_hold_from_then_on)
{
    struct results free = run("0s", "0s", "  - {at: 500us, qos: {function: nic0@h0, max: 100Gbps}}\n");
    struct results bounded = run("0s", "0s", "  - {at: 500us, qos: {function: nic0@h0, max: 2Gbps}}\n");
    expect_status(&bounded, 0, "ok");
    /* A quarter of the time as before, then 2 Gb/s. */
    uint64_t before = flow_of(&free, "h0", "nic0.pf0")->operations,
             after = flow_of(&bounded, "h0", "nic0.pf0")->operations;
    uint64_t expected = before / 4 + UINT64_C(1500) * 2000 / 8 / 4096;
    cr_expect_leq(after, expected + expected / 5, "%lu of %lu", after, before);
    cr_expect_geq(after, expected - expected / 5, "%lu of %lu", after, before);
    results_free(&free);
    results_free(&bounded);
}

/* What a function is limited to it keeps when it moves on, and loses with its owner. */
Test(timeline, limits_move_along)
{
    struct results results =
        run("0s", "0s",
            "  - {at: 100us, qos: {function: nic0@h0, max: 2Gbps}}\n"
            "  - {at: 200us, move: {function: nic0.pf0, to: h3}}\n"
            "  - {at: 1100us, release: {function: nic0.pf0, policy: surprise}}\n"
            "  - {at: 1200us, assign: {function: nic0.pf0, to: h2}}\n");
    for (size_t entry = 0; entry < 4; entry++)
        expect_status(&results, entry, "ok");
    uint64_t limited = flow_of(&results, "h3", "nic0.pf0")->operations, most = UINT64_C(900) * 2000 / 8 / 4096;
    cr_expect(limited > most * 9 / 10 && limited <= most + 1, "%lu of %lu", limited, most);
    uint64_t unlimited = flow_of(&results, "h2", "nic0.pf0")->operations;
    cr_expect_gt(unlimited, UINT64_C(700) * 8000 / 8 / 4096, "%lu", unlimited);
    results_free(&results);
}

/* A move takes what it takes without delays, and each delay once; the workload stands still for all but the attention
 * window, in which its host still works. */
Test(timeline, a_move_is_the_sum_of_its_parts)
{
    static const char timeline[] = "  - {at: 200us, move: {function: nic0.pf0, to: h3}}\n"
                                   "  - {at: 1ms, move: {function: gpu0.pf0, to: h2}}\n";
    static const struct {
        const char *hotplug, *flr;
        uint64_t took_ps, interruption_ps;
    } cases[] = {
        {"0s", "70us", 70 * PS_PER_US, 70 * PS_PER_US},
        {"90us", "0s", 90 * PS_PER_US, 0},
        {"90us", "333us", 423 * PS_PER_US, 333 * PS_PER_US},
    };
    struct results plain = run("0s", "0s", timeline);
    expect_status(&plain, 0, "ok");
    uint64_t tolerance_ps = PS_PER_US; /* operations come every 3.3 us, and MR-PCIM's TLPs wait for theirs */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct results delayed = run(cases[i].hotplug, cases[i].flr, timeline);
        for (size_t entry = 0; entry < 2; entry++) {
            expect_status(&delayed, entry, "ok");
            uint64_t more_ps = delayed.timeline[entry].took_ps - plain.timeline[entry].took_ps;
            cr_expect(
                more_ps + tolerance_ps > cases[i].took_ps && more_ps < cases[i].took_ps + tolerance_ps,
                "%zu: entry %zu: %lu ps more", i, entry, (unsigned long)more_ps);
        }
        uint64_t still_ps =
            flow_of(&delayed, "h3", "nic0.pf0")->interruption_ps - flow_of(&plain, "h3", "nic0.pf0")->interruption_ps;
        cr_expect_lt(
            still_ps + 20 * PS_PER_US - cases[i].interruption_ps, 40 * PS_PER_US, "%zu: %lu ps more without work", i,
            (unsigned long)still_ps);
        results_free(&delayed);
    }
    results_free(&plain);
}

Test(timeline, the_same_bytes_again)
{
    static const char timeline[] = "  - {at: 300us, move: {function: nic0.pf0, to: h3}}\n"
                                   "  - {at: 301us, move: {function: ssd0.vf0, to: h2}}\n"
                                   "  - {at: 302us, release: {function: nic0.pf1, policy: surprise}}\n";
    struct results one = run("0s", "0s", timeline), other = run("0s", "0s", timeline);
    cr_expect_eq(one.totals.events, other.totals.events);
    cr_expect_eq(one.totals.tlps_created, other.totals.tlps_created);
    for (size_t entry = 0; entry < 3; entry++) {
        cr_expect_eq(one.timeline[entry].took_ps, other.timeline[entry].took_ps);
        expect_status(&one, entry, "ok");
    }
    results_free(&one);
    results_free(&other);
}

Test(timeline, vfs_migrate_in_and_out)
{
    struct results results =
        run("0s", "2us",
            "  - {at: 200us, vfs: {function: nic0.pf0, count: 3}}\n"
            "  - {at: 700us, vfs: {function: nic0.pf1, count: 2}}\n"
            "  - {at: 800us, vfs: {function: nic0.pf0, count: 1}}\n"
            "  - {at: 1000us, vfs: {function: nic0.pf1, count: 2}}\n"
            "  - {at: 1200us, vfs: {function: nic0.pf2, count: 1}}\n"
            "  - {at: 1400us, release: {function: nic0.pf1}}\n"
            "  - {at: 1600us, vfs: {function: nic0.pf0, count: 4}}\n");
    expect_status(&results, 0, "ok");
    expect_status(&results, 1, "resources_exhausted");
    expect_status(&results, 2, "ok");
    expect_status(&results, 3, "ok");
    expect_status(&results, 4, "not_assigned");
    expect_status(&results, 5, "ok");
    expect_status(&results, 6, "ok");
    expect_owner(&results, "nic0.pf0.vf3", "h0");
    expect_owner(&results, "nic0.pf1.vf0", "");
    for (size_t n = 0; n < results.flow_count; n++)
        cr_expect_eq(results.flows[n].failed, 0);
    cr_expect_eq(results.totals.tlps_dropped, 0);
    results_free(&results);
}

Test(timeline, a_host_without_vf_migration_is_told_what_works)
{
    char reason[256] = "";
    struct results results = {0};
    struct scenario *scenario = rack_scenario(
        "mriov: 1\nrun: {duration: 100us}\nchassis: [{name: t}]\n"
        "hosts: [{name: h0, chassis: t, capabilities: [sr-iov, ari, hotplug]}]\nadapters: [{name: n, at: t}]\n"
        "assign: [{function: n, to: h0, vfs: 1}]\ntimeline: [{at: 10us, vfs: {function: n.pf0, count: 2}}]\n");
    cr_assert_eq(run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason), STATUS_OK);
    expect_status(&results, 0, "unsupported");
    cr_expect_not_null(strstr(results.timeline[0].detail, "vf-migration"));
    cr_expect_not_null(strstr(results.timeline[0].detail, "release the PF, and assign it"));
    results_free(&results);
    scenario_free(scenario);
}

/* A chassis dies while functions of one adapter go round between three hierarchies. Whenever that is, what went goes
 * back, or is nobody's: and what goes back first is not what the proof of the others finds. */
Test(timeline, a_round_that_breaks_off_anywhere)
{
    for (uint64_t at_ns = 40000; at_ns < 90000; at_ns += 1234) {
        char text[2048], reason[256] = "";
        snprintf(
            text, sizeof text,
            "mriov: 1\nrun: {duration: 300us}\n"
            "chassis: [{name: tor0}, {name: tor1}]\n"
            "trunks: [{name: isl0, between: [tor0, tor1]}]\n"
            "hosts: [{name: h0, chassis: [tor0, tor1]}, {name: h1, chassis: tor1}]\n"
            "adapters:\n"
            "  - {name: nic0, at: tor0, pfs: 4, vfs: 8, flr-delay: 5us, link: {gen: 4, width: 8, training: 1us}}\n"
            "  - {name: ssd0, at: tor1, sharing: sr-iov, vfs: 8}\n"
            "  - {name: ex0, at: tor0, sharing: exclusive}\n"
            "assign: [{function: nic0.pf1, to: h1}, {function: nic0.pf2, to: \"h0:1\"}, {function: nic0.pf3, to: "
            "\"h0:0\"}]\n"
            "timeline:\n"
            "  - {at: 24us, apply: {bindings: [{function: nic0.pf3, to: \"h0:1\"}, {function: nic0.pf2, to: h1},\n"
            "      {function: ex0.pf0, to: h1}, {function: ssd0.vf0, to: \"h0:1\"}], prune: on}}\n"
            "  - {at: %luns, fail: {chassis: tor0}}\n",
            (unsigned long)at_ns);
        struct results results = {0};
        struct scenario *scenario = rack_scenario(text);
        enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
        cr_assert_eq(status, STATUS_OK, "%lu: %s", (unsigned long)at_ns, reason);
        cr_expect_neq(results.timeline[0].took_ps, 0);
        cr_expect_eq(results.totals.cross_vh_deliveries, 0);
        results_free(&results);
        scenario_free(scenario);
    }
}

/* The first of an apply is told to a host whose cable is down; it is back and finds the function before the second is
 * done. */
Test(timeline, a_host_that_finds_its_function_before_the_apply_has_ended_sees_it)
{
    for (uint64_t at_us = 222; at_us < 230; at_us++) {
        char text[1024], reason[256] = "";
        snprintf(
            text, sizeof text,
            "mriov: 1\nrun: {duration: 1ms}\nchassis: [{name: tor0}]\n"
            "hosts: [{name: h0, chassis: tor0}, {name: h1, chassis: tor0, hotplug: surprise}]\n"
            "adapters:\n  - {name: ssd0, at: tor0, sharing: sr-iov, vfs: 8}\n"
            "  - {name: nic1, at: tor0, pfs: 4, vfs: 8, link: {training: 1us}}\n"
            "timeline:\n"
            "  - {at: 219us, apply: {bindings: [{function: ssd0.vf0, to: h1}, {function: nic1.pf1, to: h0}]}}\n"
            "  - {at: %luus, fail: {link: h1}}\n  - {at: %luus, repair: {link: h1}}\n",
            (unsigned long)at_us, (unsigned long)at_us + 2);
        struct results results = {0};
        struct scenario *scenario = rack_scenario(text);
        cr_assert_eq(run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason), STATUS_OK);
        expect_status(&results, 0, "ok");
        cr_expect_str_eq(function_of(&results, "ssd0.pf0.vf0")->state, "assigned", "at %lu us", (unsigned long)at_us);
        results_free(&results);
        scenario_free(scenario);
    }
}
