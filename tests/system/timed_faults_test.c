/* A fault with a duration ends as if somebody had repaired its part then: hosts look again, workloads go on, and
 * MR-PCIM says so. Each kind of fault on each kind of part, twice: repaired by hand, and by itself. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fabric/base/time.h"
#include "hostsim/rack/run.h"
#include "tests/support/rack.h"

TestSuite(timed_faults, .timeout = 240);

#define RACK                                                                                                           \
    "mriov: 1\nrun: {duration: 3ms}\n"                                                                                 \
    "chassis: [{name: tor0}, {name: tor1}]\n"                                                                          \
    "trunks: [{name: isl0, between: [tor0, tor1], link: {training: 30us}}]\n"                                          \
    "hosts:\n"                                                                                                         \
    "  - {name: h0, chassis: tor0, completion-timeout: 100us}\n"                                                       \
    "  - {name: h1, chassis: tor1, completion-timeout: 100us}\n"                                                       \
    "  - {name: h2, chassis: [tor0, tor1], completion-timeout: 100us, hotplug: surprise}\n"                            \
    "adapters:\n"                                                                                                      \
    "  - {name: nic0, at: tor0, pfs: 4, vfs: 4, completion-timeout: 100us}\n"                                          \
    "  - {name: ssd0, at: tor1, sharing: sr-iov, vfs: 4, completion-timeout: 100us, link: {training: 20us}}\n"         \
    "  - {name: gpu0, at: tor0, sharing: exclusive, completion-timeout: 100us}\n"                                      \
    "assign:\n"                                                                                                        \
    "  - {function: nic0, to: \"h[0-2]\"}\n"                                                                           \
    "  - {function: ssd0, to: \"h[0-2]\"}\n"                                                                           \
    "  - {function: gpu0, to: h1}\n"                                                                                   \
    "workloads:\n"                                                                                                     \
    "  - {name: w, function: \"nic0@h*\", op: dma-write, size: 4KiB, arrival: {closed: 4, think: 10us}}\n"             \
    "  - {name: r, function: \"ssd0@h*\", op: dma-read, size: 4KiB, arrival: {closed: 4, think: 10us}}\n"              \
    "  - {name: g, function: gpu0, op: dma-read-write, size: 4KiB, arrival: {closed: 4, think: 10us}}\n"

static struct results run(const char *timeline)
{
    static char text[8192];
    char reason[256] = "";
    struct results results = {0};
    snprintf(text, sizeof text, RACK "timeline:\n%s", timeline);
    struct scenario *scenario = rack_scenario(text);
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
    cr_assert_eq(status, STATUS_OK, "%s", reason);
    for (size_t entry = 0; entry < results.timeline_count; entry++)
        cr_expect_str_eq(results.timeline[entry].status, "ok", "%s: %s", timeline, results.timeline[entry].detail);
    scenario_free(scenario);
    return results;
}

static bool about(uint64_t one, uint64_t other, uint64_t tolerance)
{
    return one + tolerance >= other && other + tolerance >= one;
}

static void compare(const char *what, const struct results *repaired, const struct results *ended)
{
    cr_assert_eq(repaired->flow_count, ended->flow_count);
    for (size_t n = 0; n < repaired->flow_count; n++) {
        const struct results_flow *one = &repaired->flows[n], *other = &ended->flows[n];
        const char *name = one->name, *host = one->host;
        cr_expect(
            about(one->operations, other->operations, 5), "%s: %s of %s: %lu and %lu operations", what, name, host,
            one->operations, other->operations);
        cr_expect(about(one->failed, other->failed, 2), "%s: %s of %s failed", what, name, host);
        bool never = one->interruption_ps == RESULTS_NO_TIME;
        cr_expect_eq(never, other->interruption_ps == RESULTS_NO_TIME, "%s: %s of %s", what, name, host);
        if (!never)
            cr_expect(
                about(one->interruption_ps, other->interruption_ps, 10 * PS_PER_US), "%s: %s of %s: %lu and %lu ps",
                what, name, host, one->interruption_ps, other->interruption_ps);
    }
}

/* A fault of PART at 1 ms, that is repaired after a millisecond or lasts one. */
static void try_fail(const char *part)
{
    char by_hand[256], by_itself[256];
    snprintf(by_hand, sizeof by_hand, "  - {at: 1ms, fail: {%s}}\n  - {at: 2ms, repair: {%s}}\n", part, part);
    snprintf(by_itself, sizeof by_itself, "  - {at: 1ms, fail: {%s, duration: 1ms}}\n", part);
    struct results repaired = run(by_hand), ended = run(by_itself);
    compare(part, &repaired, &ended);
    results_free(&repaired);
    results_free(&ended);
}

static void try_inject(const char *fault, const char *target, const char *kind)
{
    char by_hand[256], by_itself[256];
    snprintf(
        by_hand, sizeof by_hand, "  - {at: 1ms, inject: {%s, target: %s}}\n  - {at: 2ms, repair: {%s: %s}}\n", fault,
        target, kind, target);
    snprintf(by_itself, sizeof by_itself, "  - {at: 1ms, inject: {%s, target: %s, duration: 1ms}}\n", fault, target);
    struct results repaired = run(by_hand), ended = run(by_itself);
    compare(by_itself, &repaired, &ended);
    results_free(&repaired);
    results_free(&ended);
}

Test(timed_faults, parts_that_fail)
{
    static const char *const parts[] = {"link: nic0",    "link: ssd0",    "link: h0",          "link: isl0",
                                        "adapter: gpu0", "adapter: ssd0", "chassis: tor0",     "chassis: tor1",
                                        "host: h0",      "host: h2",      "function: nic0@h1", "function: ssd0@h2"};
    for (size_t n = 0; n < sizeof parts / sizeof parts[0]; n++)
        try_fail(parts[n]);
}

Test(timed_faults, faults_that_are_injected)
{
    try_inject("fault: surprise-removal", "nic0", "adapter");
    try_inject("fault: surprise-removal", "ssd0", "adapter");
    try_inject("fault: hang", "nic0", "adapter");
    try_inject("fault: hang", "gpu0", "adapter");
    try_inject("fault: hang", "nic0@h2", "function");
    try_inject("fault: bit-errors, rate: 1e-6", "nic0", "link");
}

/* After the end the part is anybody's again, and while another fault holds it is not. */
Test(timed_faults, what_is_refused_meanwhile)
{
    static const char timeline[] = "  - {at: 100us, fail: {chassis: tor1, duration: 200us}}\n"
                                   "  - {at: 100us, fail: {link: ssd0, duration: 400us}}\n"
                                   "  - {at: 1ms, assign: {function: ssd0, to: h1}}\n"
                                   "  - {at: 1500us, fail: {host: h0, duration: 10us}}\n"
                                   "  - {at: 2ms, move: {function: ssd0.vf3, to: h0}}\n";
    struct results results = run(timeline);
    results_free(&results);
}
