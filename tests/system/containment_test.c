/* What dies with what, what survives, and what comes back: a test for each cell of the table in docs/model.md. Two
 * chassis, three hosts, adapters of every kind; something fails in the middle of the run, and is repaired. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fabric/base/time.h"
#include "hostsim/rack/run.h"
#include "tests/support/rack.h"

TestSuite(containment, .timeout = 120);

#define FAILS_PS (UINT64_C(1000) * PS_PER_US)
#define REPAIRED_PS (UINT64_C(2000) * PS_PER_US)

#define RACK                                                                                                           \
    "chassis: [{name: tor0}, {name: tor1}]\n"                                                                          \
    "trunks: [{name: isl0, between: [tor0, tor1]}]\n"                                                                  \
    "hosts:\n"                                                                                                         \
    "  - {name: h0, chassis: tor0, completion-timeout: 100us, hotplug: %s}\n"                                          \
    "  - {name: h1, chassis: tor0, completion-timeout: 100us}\n"                                                       \
    "  - {name: h2, chassis: tor1, completion-timeout: 100us}\n"                                                       \
    "adapters:\n"                                                                                                      \
    "  - {name: nic0, at: tor0, pfs: 4, vfs: 4, completion-timeout: 100us}\n"                                          \
    "  - {name: ssd0, at: tor0, sharing: sr-iov, vfs: 4, completion-timeout: 100us}\n"                                 \
    "  - {name: gpu0, at: tor0, sharing: exclusive, completion-timeout: 100us}\n"                                      \
    "  - {name: nic1, at: tor1, pfs: 4, completion-timeout: 100us}\n"                                                  \
    "assign:\n"                                                                                                        \
    "  - {function: nic0, to: \"h[0-2]\"}\n"                                                                           \
    "  - {function: ssd0, to: \"h[0-2]\"}\n"                                                                           \
    "  - {function: gpu0, to: h1}\n"                                                                                   \
    "  - {function: nic1, to: \"h[0-2]\"}\n"                                                                           \
    "workloads:\n"                                                                                                     \
    "  - {name: w, function: \"nic0@h*\", op: dma-write, size: 4KiB, arrival: {closed: 4, think: 10us}}\n"             \
    "  - {name: r, function: \"ssd0@h*\", op: dma-read, size: 4KiB, arrival: {closed: 4, think: 10us}}\n"              \
    "  - {name: g, function: gpu0, op: dma-read-write, size: 4KiB, arrival: {closed: 4, think: 10us}}\n"               \
    "  - {name: m, function: \"nic1@h*\", op: mmio-read, size: 256B, arrival: {closed: 1, think: 5us}}\n"

/* Three runs: nothing fails; FAULT at 1 ms, and nothing is repaired; and REPAIR at 2 ms. All end at 3 ms. */
struct runs {
    struct results well, failed, repaired;
};

static struct results run(const char *hotplug, const char *fault, const char *repair)
{
    static char text[8192], timeline[512];
    char reason[256] = "";
    struct results results = {0};
    snprintf(timeline, sizeof timeline, "  - {at: 1ms, %s}\n", fault);
    if (repair != NULL)
        snprintf(timeline + strlen(timeline), sizeof timeline - strlen(timeline), "  - {at: 2ms, %s}\n", repair);
    snprintf(text, sizeof text, "mriov: 1\nrun: {duration: 3ms}\n" RACK "timeline:\n%s", hotplug, timeline);
    struct scenario *scenario = rack_scenario(text);
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
    cr_assert_eq(status, STATUS_OK, "%s", reason);
    const struct results_totals *totals = &results.totals;
    cr_expect_eq(totals->tlps_created, totals->tlps_delivered + totals->tlps_dropped + totals->tlps_in_flight);
    cr_expect_eq(totals->cross_vh_deliveries, 0);
    for (size_t entry = 0; entry < results.timeline_count; entry++)
        cr_expect_str_eq(
            results.timeline[entry].status, "ok", "%s: %s: %s", fault, results.timeline[entry].status,
            results.timeline[entry].detail);
    scenario_free(scenario);
    return results;
}

static struct runs run_all(const char *hotplug, const char *fault, const char *repair)
{
    return (struct runs){
        .well = run(hotplug, "repair: {link: nic0}", NULL), /* which works */
        .failed = run(hotplug, fault, NULL),
        .repaired = run(hotplug, fault, repair),
    };
}

static void free_all(struct runs *runs)
{
    results_free(&runs->well);
    results_free(&runs->failed);
    results_free(&runs->repaired);
}

static const struct results_flow *flow_of(const struct results *results, const char *name, const char *host)
{
    for (size_t n = 0; n < results->flow_count; n++)
        if (strcmp(results->flows[n].name, name) == 0 && strcmp(results->flows[n].host, host) == 0)
            return &results->flows[n];
    cr_assert_fail("no flow %s of %s", name, host);
    return NULL;
}

static double share(const struct results *results, const struct results *well, const char *name, const char *host)
{
    return (double)flow_of(results, name, host)->operations / (double)flow_of(well, name, host)->operations;
}

/* What flows do, as words of "w0 r0 w1 r1 g1 m1 ...": a workload and its host's number. */
static void
each(const char *words, const struct runs *runs, void (*judge)(const struct runs *, const char *, const char *))
{
    char name[2] = "", host[3] = "h?";
    for (const char *word = words; *word != '\0'; word += word[2] == '\0' ? 2 : 3) {
        name[0] = word[0];
        host[1] = word[1];
        judge(runs, name, host);
    }
}

/* It does nothing any more, and goes on when that is repaired: a third of the time, and two thirds. */
static void judge_dead(const struct runs *runs, const char *name, const char *host)
{
    double failed = share(&runs->failed, &runs->well, name, host);
    double repaired = share(&runs->repaired, &runs->well, name, host);
    cr_expect(failed > 0.31 && failed < 0.345, "%s of %s: a third, not %.3f", name, host, failed);
    cr_expect(repaired > 0.58 && repaired < 0.68, "%s of %s: two thirds, not %.3f", name, host, repaired);
    uint64_t interruption_ps = flow_of(&runs->repaired, name, host)->interruption_ps;
    cr_expect(
        interruption_ps > 990 * PS_PER_US && interruption_ps < 1300 * PS_PER_US, "%s of %s: 1 ms, not %llu ps", name,
        host, (unsigned long long)interruption_ps);
}

/* It is as if nothing were. */
static void judge_alive(const struct runs *runs, const char *name, const char *host)
{
    double failed = share(&runs->failed, &runs->well, name, host);
    double repaired = share(&runs->repaired, &runs->well, name, host);
    cr_expect(failed > 0.99 && failed < 1.03, "%s of %s: all, not %.3f", name, host, failed);
    cr_expect(repaired > 0.99 && repaired < 1.03, "%s of %s: all, not %.3f", name, host, repaired);
    cr_expect_eq(flow_of(&runs->failed, name, host)->failed, 0, "%s of %s fails", name, host);
    cr_expect_eq(flow_of(&runs->repaired, name, host)->failed, 0, "%s of %s fails", name, host);
}

/* It does nothing any more, and does not come back by that alone. */
static void judge_lost(const struct runs *runs, const char *name, const char *host)
{
    double repaired = share(&runs->repaired, &runs->well, name, host);
    cr_expect(repaired > 0.31 && repaired < 0.345, "%s of %s: a third, not %.3f", name, host, repaired);
}

static void expect(const char *fault, const char *repair, const char *dead, const char *alive)
{
    struct runs runs = run_all("managed", fault, repair);
    each(dead, &runs, judge_dead);
    each(alive, &runs, judge_alive);
    free_all(&runs);
}

Test(containment, the_link_of_a_shared_adapter)
{
    expect("fail: {link: nic0}", "repair: {link: nic0}", "w0 w1 w2", "r0 r1 r2 g1 m0 m1 m2");
    expect("fail: {link: ssd0}", "repair: {link: ssd0}", "r0 r1 r2", "w0 w1 w2 g1 m0 m1 m2");
}

Test(containment, the_link_of_an_exclusive_adapter)
{
    expect("fail: {link: gpu0}", "repair: {link: gpu0}", "g1", "w0 w1 w2 r0 r1 r2 m0 m1 m2");
}

Test(containment, the_cable_of_a_host)
{
    expect("fail: {link: h0}", "repair: {link: h0}", "w0 r0 m0", "w1 w2 r1 r2 g1 m1 m2");
    expect("fail: {link: h2}", "repair: {link: h2}", "w2 r2 m2", "w0 w1 r0 r1 g1 m0 m1");
}

Test(containment, a_trunk)
{
    expect("fail: {link: isl0}", "repair: {link: isl0}", "w2 r2", "w0 w1 r0 r1 g1 m2");
    struct runs runs = run_all("managed", "fail: {link: isl0}", "repair: {link: isl0}");
    /* Nobody tells h0 that what is behind the trunk is gone: it reads all ones, at once. */
    cr_expect_gt(flow_of(&runs.repaired, "m", "h0")->failed, 100);
    cr_expect_gt(share(&runs.repaired, &runs.well, "m", "h0"), 0.6);
    free_all(&runs);
}

Test(containment, an_adapter)
{
    expect("fail: {adapter: nic0}", "repair: {adapter: nic0}", "w0 w1 w2", "r0 r1 r2 g1 m0 m1 m2");
    expect("fail: {adapter: ssd0}", "repair: {adapter: ssd0}", "r0 r1 r2", "w0 w1 w2 g1 m0 m1 m2");
    expect(
        "inject: {fault: surprise-removal, target: nic0}", "repair: {adapter: nic0}", "w0 w1 w2",
        "r0 r1 r2 g1 m0 m1 m2");
}

Test(containment, an_adapter_that_hangs)
{
    expect("inject: {fault: hang, target: nic0}", "repair: {adapter: nic0}", "w0 w1 w2", "r0 r1 r2 g1 m0 m1 m2");
    expect("inject: {fault: hang, target: gpu0}", "repair: {adapter: gpu0}", "g1", "w0 w1 w2 r0 r1 r2 m0 m1 m2");
    struct runs runs = run_all("managed", "inject: {fault: hang, target: nic1}", "repair: {adapter: nic1}");
    each("w0 w1 w2 r0 r1 r2 g1", &runs, judge_alive);
    /* Who reads its registers waits for the completion timeout, line by line. */
    cr_expect_geq(flow_of(&runs.failed, "m", "h0")->failed, 4);
    cr_expect_leq(flow_of(&runs.failed, "m", "h0")->failed, 6);
    free_all(&runs);
}

Test(containment, a_function)
{
    expect("fail: {function: nic0@h1}", "repair: {function: nic0@h1}", "w1", "w0 w2 r0 r1 r2 g1 m0 m1 m2");
    expect("fail: {function: ssd0@h2}", "repair: {function: ssd0@h2}", "r2", "w0 w1 w2 r0 r1 g1 m0 m1 m2");
    expect("inject: {fault: hang, target: nic0@h0}", "repair: {function: nic0@h0}", "w0", "w1 w2 r0 r1 r2 g1 m0 m1 m2");
}

Test(containment, a_host)
{
    expect("fail: {host: h0}", "repair: {host: h0}", "w0 r0 m0", "w1 w2 r1 r2 g1 m1 m2");
    expect("fail: {host: h1}", "repair: {host: h1}", "w1 r1 g1 m1", "w0 w2 r0 r2 m0 m2");
    expect("fail: {host: h2}", "repair: {host: h2}", "w2 r2 m2", "w0 w1 r0 r1 g1 m0 m1");
}

Test(containment, a_host_without_hot_plug_boots_as_well)
{
    struct runs runs = run_all("none", "fail: {host: h0}", "repair: {host: h0}");
    each("w0 r0 m0", &runs, judge_dead);
    each("w1 w2 r1 r2 g1 m1 m2", &runs, judge_alive);
    free_all(&runs);
}

Test(containment, a_chassis)
{
    expect("fail: {chassis: tor0}", "repair: {chassis: tor0}", "w0 w1 w2 r0 r1 r2 g1 m0 m1", "m2");
    struct runs runs = run_all("managed", "fail: {chassis: tor1}", "repair: {chassis: tor1}");
    each("w2 r2 m2", &runs, judge_dead);
    each("w0 w1 r0 r1 g1", &runs, judge_alive);
    cr_expect_gt(flow_of(&runs.repaired, "m", "h0")->failed, 100);
    cr_expect_gt(share(&runs.repaired, &runs.well, "m", "h0"), 0.6);
    free_all(&runs);
}

/* Registers are lost, and nobody programs them anew. */
Test(containment, a_chassis_under_a_host_without_hot_plug)
{
    struct runs runs = run_all("none", "fail: {chassis: tor0}", "repair: {chassis: tor0}");
    each("w0 r0", &runs, judge_lost);
    each("w1 r1 g1 w2 r2 m1", &runs, judge_dead);
    free_all(&runs);
}

Test(containment, single_tlps)
{
    struct runs runs = run_all("managed", "inject: {fault: lost-completion, target: h0, count: 3}", NULL);
    cr_expect_geq(flow_of(&runs.failed, "r", "h0")->failed, 1); /* its VF's reads; a PF that only writes has none */
    cr_expect_leq(flow_of(&runs.failed, "r", "h0")->failed, 3);
    each("w0 w1 w2 r1 r2 g1 m0 m1 m2", &runs, judge_alive);
    free_all(&runs);
    runs = run_all("managed", "inject: {fault: poisoned, target: nic0@h1, count: 3}", NULL);
    cr_expect_geq(flow_of(&runs.failed, "w", "h1")->failed, 1);
    cr_expect_leq(flow_of(&runs.failed, "w", "h1")->failed, 3);
    each("w0 w2 r0 r1 r2 g1 m0 m1 m2", &runs, judge_alive);
    free_all(&runs);
}

/* Bit errors cost time, and nothing else. */
Test(containment, bit_errors)
{
    struct runs runs =
        run_all("managed", "inject: {fault: bit-errors, target: nic0, rate: 1e-6}", "repair: {link: nic0}");
    each("r0 r1 r2 g1 m0 m1 m2", &runs, judge_alive);
    uint64_t replays = 0;
    for (size_t n = 0; n < runs.failed.link_count; n++)
        replays += strcmp(runs.failed.links[n].name, "nic0") == 0 ? runs.failed.links[n].replays : 0;
    cr_expect_gt(replays, 0);
    cr_expect_eq(flow_of(&runs.failed, "w", "h0")->failed, 0);
    cr_expect_gt(share(&runs.failed, &runs.well, "w", "h0"), 0.9);
    free_all(&runs);
}

/* Faults of a part that is behind another one: each counts for itself. */
Test(containment, two_causes)
{
    struct results results = run("managed", "fail: {host: h0}", "repair: {link: h0}");
    cr_expect_lt(flow_of(&results, "w", "h0")->operations, flow_of(&results, "w", "h1")->operations / 2);
    results_free(&results);
}

/* --- what MR-PCIM makes of it --- */

static void expect_entry(const struct results *results, size_t entry, const char *status, const char *detail)
{
    cr_assert_lt(entry, results->timeline_count);
    const struct results_event *event = &results->timeline[entry];
    cr_expect_str_eq(event->status, status, "%zu: %s: %s", entry, event->status, event->detail);
    cr_expect_not_null(strstr(event->detail, detail), "%zu: %s", entry, event->detail);
}

static struct results follow(const char *timeline)
{
    static char text[4096];
    char reason[256] = "";
    struct results results = {0};
    snprintf(
        text, sizeof text,
        "mriov: 1\nrun: {duration: 2ms}\n"
        "chassis: [{name: tor0}]\n"
        "hosts: [{name: h0, chassis: tor0, hotplug-delay: 20us}, {name: h1, chassis: tor0}]\n"
        "adapters: [{name: nic0, at: tor0, pfs: 4}, {name: ssd0, at: tor0, sharing: sr-iov, vfs: 4}]\n"
        "assign: [{function: nic0.pf0, to: h0}]\n"
        "workloads:\n"
        "  - {name: w, function: \"nic0.pf*\", op: dma-write, size: 4KiB, arrival: {closed: 1, think: 10us}}\n"
        "  - {name: r, function: \"ssd0.vf*\", op: dma-read, size: 4KiB, arrival: {closed: 1, think: 10us}}\n"
        "timeline:\n%s",
        timeline);
    struct scenario *scenario = rack_scenario(text);
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
    cr_assert_eq(status, STATUS_OK, "%s", reason);
    scenario_free(scenario);
    return results;
}

Test(containment, a_dead_host_cannot_be_asked)
{
    struct results results = follow("  - {at: 100us, fail: {host: h0}}\n"
                                    "  - {at: 200us, assign: {function: ssd0.vf0, to: h0}}\n"
                                    "  - {at: 300us, release: {function: nic0.pf0}}\n"
                                    "  - {at: 400us, move: {function: nic0.pf0, to: h1, policy: surprise}}\n"
                                    "  - {at: 500us, repair: {host: h0}}\n"
                                    "  - {at: 800us, move: {function: nic0.pf0, to: h0}}\n");
    expect_entry(&results, 1, "unavailable", "h0 is down");
    expect_entry(&results, 2, "unavailable", "surprise");
    expect_entry(&results, 3, "ok", "");
    expect_entry(&results, 4, "ok", "");
    expect_entry(&results, 5, "ok", "");
    cr_expect_gt(flow_of(&results, "w", "h1")->operations, 20);
    results_free(&results);
}

Test(containment, a_host_that_dies_while_it_is_asked_keeps_what_it_has)
{
    struct results results = follow("  - {at: 100us, release: {function: nic0.pf0}}\n"
                                    "  - {at: 110us, fail: {host: h0}}\n"
                                    "  - {at: 200us, repair: {host: h0}}\n"
                                    "  - {at: 500us, release: {function: nic0.pf0}}\n");
    expect_entry(&results, 0, "unavailable", "cannot be reached");
    expect_entry(&results, 3, "ok", "");
    cr_expect_gt(flow_of(&results, "w", "h0")->operations, 25); /* also between 300 and 500 us */
    results_free(&results);
}

/* It is told again of what it could not be told while its cable, or itself, was out of order. */
Test(containment, what_is_given_in_vain_is_found_later)
{
    const char *faults[] = {"link", "host"};
    for (size_t n = 0; n < 2; n++) {
        char timeline[512];
        snprintf(
            timeline, sizeof timeline,
            "  - {at: 100us, assign: {function: ssd0.vf0, to: h1}}\n"
            "  - {at: 105us, fail: {%s: h1}}\n"
            "  - {at: 200us, repair: {%s: h1}}\n"
            "  - {at: 1500us, release: {function: ssd0.vf0}}\n",
            faults[n], faults[n]);
        struct results results = follow(timeline);
        expect_entry(&results, 0, "ok", "does not see");
        expect_entry(&results, 3, "ok", "");
        cr_expect_gt(flow_of(&results, "r", "h1")->operations, 80);
        results_free(&results);
    }
}

/* Others get their functions while a slot waits for a link that is dead. */
Test(containment, a_dead_slot_holds_no_other_up)
{
    struct results results = follow("  - {at: 100us, fail: {link: nic0}}\n"
                                    "  - {at: 150us, assign: {function: ssd0.vf0, to: h0}}\n"
                                    "  - {at: 1000us, repair: {link: nic0}}\n");
    expect_entry(&results, 1, "ok", "");
    cr_expect_lt(results.timeline[1].took_ps, 40 * PS_PER_US);
    cr_expect_gt(flow_of(&results, "w", "h0")->operations, 90);
    results_free(&results);
}
