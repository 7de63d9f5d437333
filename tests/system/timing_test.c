/* What a move takes, and what it costs the workload, as the sum of its parts: by policy, in ideal and in standard
 * timing; the parts are in the results, for users to add up. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fabric/base/time.h"
#include "hostsim/rack/run.h"
#include "tests/support/rack.h"

TestSuite(timing, .timeout = 240);

/* One write of 4 KiB each PERIOD: what the interruption cannot know. */
#define RACK                                                                                                           \
    "defaults: {link: {dllp: off}}\n"                                                                                  \
    "chassis: [{name: tor0}, {name: tor1}]\n"                                                                          \
    "trunks: [{name: isl0, between: [tor0, tor1]}]\n"                                                                  \
    "hosts:\n"                                                                                                         \
    "  - {name: h0, chassis: tor0, guests: [{name: vm0}]}\n"                                                           \
    "  - {name: h1, chassis: tor1}\n"                                                                                  \
    "adapters:\n"                                                                                                      \
    "  - {name: nic0, at: tor0, pfs: 4, vfs: 4}\n"                                                                     \
    "  - {name: ssd0, at: tor0, sharing: sr-iov, vfs: 4}\n"                                                            \
    "  - {name: gpu0, at: tor0, sharing: exclusive}\n"                                                                 \
    "assign:\n"                                                                                                        \
    "  - {function: nic0, to: h0, vfs: 1}\n"                                                                           \
    "  - {function: ssd0.vf0, to: h0}\n"                                                                               \
    "  - {function: gpu0, to: h0}\n"                                                                                   \
    "workloads:\n"                                                                                                     \
    "  - {name: w, function: nic0.pf0, op: dma-write, size: 4KiB, arrival: {periodic: %s}}\n"                          \
    "  - {name: v, function: nic0.pf0.vf0, op: dma-write, size: 4KiB, arrival: {periodic: %s}}\n"                      \
    "  - {name: r, function: ssd0.vf0, op: dma-write, size: 4KiB, arrival: {periodic: %s}}\n"                          \
    "  - {name: g, function: gpu0, op: dma-write, size: 4KiB, arrival: {periodic: %s}}\n"

struct delays {
    const char *timing, *duration, *rate;
    uint64_t period_ps, window_ps, reset_ps, training_ps, enable_ps;
};
static const struct delays ideal = {"ideal", "2ms", "200kops/s", 5 * PS_PER_US, 0, 0, 0, 0};
static const struct delays standard = {"standard",      "7s",           "1kops/s",      PS_PER_MS, 5 * PS_PER_S,
                                       100 * PS_PER_MS, 20 * PS_PER_MS, 100 * PS_PER_MS};

static struct results run(const struct delays *delays, const char *timeline)
{
    static char text[4096];
    char reason[256] = "";
    struct results results = {0};
    const char *rate = delays->rate;
    snprintf(
        text, sizeof text, "mriov: 1\nrun: {duration: %s, timing: %s}\n" RACK "timeline:\n%s", delays->duration,
        delays->timing, rate, rate, rate, rate, timeline);
    struct scenario *scenario = rack_scenario(text);
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
    cr_assert_eq(status, STATUS_OK, "%s", reason);
    scenario_free(scenario);
    return results;
}

static uint64_t interruption_of(const struct results *results, const char *name, const char *host)
{
    uint64_t longest_ps = RESULTS_NO_TIME;
    for (size_t n = 0; n < results->flow_count; n++)
        if (strcmp(results->flows[n].name, name) == 0 && strcmp(results->flows[n].host, host) == 0 &&
            results->flows[n].interruption_ps != RESULTS_NO_TIME)
            longest_ps = results->flows[n].interruption_ps;
    return longest_ps;
}

static uint64_t sum_of(const struct results_event *event)
{
    uint64_t sum_ps = 0;
    for (enum pcim_part_of_time part = 0; part < PCIM_TIMES; part++)
        sum_ps += event->parts_ps[part] != RESULTS_NO_TIME ? event->parts_ps[part] : 0;
    return sum_ps;
}

/* IS is EXPECTED, and what MR-PCIM and hosts do besides: TLPs, and looking whether a reset is over each millisecond. */
static void expect_about(const char *what, uint64_t is_ps, uint64_t expected_ps, uint64_t more_ps)
{
    cr_expect(
        is_ps != RESULTS_NO_TIME && is_ps >= expected_ps && is_ps <= expected_ps + more_ps, "%s: %lu, not %lu + %lu ps",
        what, is_ps, expected_ps, more_ps);
}

/* FUNCTION, the adapter's WORKLOAD, with VFs or not, moves to h1. */
static void try_move(
    const struct delays *delays, const char *policy, const char *function, const char *workload, bool vfs, bool turns)
{
    char timeline[128], what[160];
    snprintf(timeline, sizeof timeline, "  - {at: 0s, move: {function: %s, to: h1, policy: %s}}\n", function, policy);
    struct results results = run(delays, timeline);
    const struct results_event *event = &results.timeline[0];
    cr_assert_str_eq(event->status, "ok", "%s: %s", timeline, event->detail);
    bool asks = strcmp(policy, "surprise") != 0;
    uint64_t slack_ps = (delays->reset_ps > 0 ? PS_PER_MS : 0) + 100 * PS_PER_US;
    snprintf(what, sizeof what, "%s %s %s", delays->timing, policy, function);
    cr_expect_eq(sum_of(event), event->took_ps, "%s: the parts are the whole", what);
    cr_expect_eq(event->parts_ps[PCIM_TIME_ASK] != RESULTS_NO_TIME, asks, "%s", what);
    cr_expect_eq(event->parts_ps[PCIM_TIME_IDLE] != RESULTS_NO_TIME, strcmp(policy, "wait") == 0, "%s", what);
    if (asks)
        expect_about(what, event->parts_ps[PCIM_TIME_ASK], delays->window_ps, 100 * PS_PER_US);
    expect_about(what, event->parts_ps[PCIM_TIME_RESET], turns ? 0 : delays->reset_ps, slack_ps);
    expect_about(
        what, event->parts_ps[PCIM_TIME_PRESENT], delays->training_ps + (vfs ? delays->enable_ps : 0), 500 * PS_PER_US);
    /* The workload works through the window, and from when its new owner's driver has the function. */
    uint64_t still_ps = event->took_ps - (asks ? delays->window_ps : 0);
    uint64_t interruption_ps = interruption_of(&results, workload, "h1");
    cr_expect(
        interruption_ps + 3 * delays->period_ps + 100 * PS_PER_US >= still_ps &&
            interruption_ps <= still_ps + 3 * delays->period_ps,
        "%s: interrupted for %lu ps, and the parts are %lu", what, interruption_ps, still_ps);
    results_free(&results);
}

static void try_policies(const struct delays *delays)
{
    static const char *const policies[] = {"managed", "surprise", "wait"};
    for (size_t n = 0; n < 3; n++) {
        try_move(delays, policies[n], "nic0.pf0", "v", true, false);
        try_move(delays, policies[n], "ssd0.vf0", "r", false, false);
        try_move(delays, policies[n], "gpu0", "g", false, true);
    }
}

Test(timing, ideal_moves)
{
    try_policies(&ideal);
}

Test(timing, standard_moves)
{
    try_policies(&standard);
}

Test(timing, standard_passing_to_a_guest)
{
    struct results results =
        run(&standard, "  - {at: 100ms, assign: {function: nic0.pf0.vf0, to: h0/vm0}}\n"
                       "  - {at: 1s, move: {function: gpu0, to: h0/vm0}}\n");
    for (size_t n = 0; n < 2; n++) {
        const struct results_event *event = &results.timeline[n];
        cr_assert_str_eq(event->status, "ok", "%s", event->detail);
        cr_expect_eq(sum_of(event), event->took_ps);
        cr_expect_lt(event->parts_ps[PCIM_TIME_ASK], 100 * PS_PER_US, "no attention window");
        cr_expect_eq(event->parts_ps[PCIM_TIME_RESET], RESULTS_NO_TIME);
    }
    expect_about("a VF", results.timeline[0].parts_ps[PCIM_TIME_HAND_OVER], 100 * PS_PER_MS, PS_PER_MS);
    expect_about("a PF", results.timeline[1].parts_ps[PCIM_TIME_HAND_OVER], 100 * PS_PER_MS, PS_PER_MS);
    expect_about("v", interruption_of(&results, "v", "h0"), 100 * PS_PER_MS, 3 * PS_PER_MS);
    results_free(&results);
}

/* What a way back takes is a part, too. */
Test(timing, of_what_fails)
{
    struct results results =
        run(&ideal, "  - {at: 100us, inject: {fault: hang, target: nic0, duration: 100us}}\n"
                    "  - {at: 110us, move: {function: nic0.pf0, to: h1, policy: surprise}}\n"
                    "  - {at: 300us, move: {function: ssd0.vf0, to: h1, deadline: 0s}}\n"
                    "  - {at: 600us, port: {name: h1, action: retrain}}\n");
    for (size_t n = 1; n < 3; n++)
        cr_expect_eq(sum_of(&results.timeline[n]), results.timeline[n].took_ps, "%zu", n);
    cr_expect_eq(sum_of(&results.timeline[3]), 0);
    results_free(&results);
}
