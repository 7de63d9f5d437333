/* What flows report of an outage, against the log of their operations: the time from the last completion before it to
 * the first after it, what failed, and latencies without the outage; for each fault and each operation. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/time.h"
#include "hostsim/rack/run.h"
#include "tests/support/rack.h"

TestSuite(interruptions, .timeout = 240);

#define RACK                                                                                                           \
    "chassis: [{name: tor0}, {name: tor1}]\n"                                                                          \
    "trunks: [{name: isl0, between: [tor0, tor1]}]\n"                                                                  \
    "hosts:\n"                                                                                                         \
    "  - {name: h0, chassis: tor0, completion-timeout: 100us, guests: [{name: vm0}]}\n"                                \
    "  - {name: h1, chassis: tor1, completion-timeout: 100us}\n"                                                       \
    "adapters:\n"                                                                                                      \
    "  - {name: nic0, at: tor0, pfs: 4, vfs: 4, completion-timeout: 100us}\n"                                          \
    "  - {name: ssd0, at: tor0, sharing: sr-iov, vfs: 4, completion-timeout: 100us}\n"                                 \
    "  - {name: gpu0, at: tor1, sharing: exclusive, completion-timeout: 100us}\n"                                      \
    "assign:\n"                                                                                                        \
    "  - {function: nic0, to: \"h[0-1]\", vfs: 1}\n"                                                                   \
    "  - {function: ssd0, to: \"h[0-1]\"}\n"                                                                           \
    "  - {function: gpu0, to: h1}\n"                                                                                   \
    "workloads:\n"                                                                                                     \
    "  - {name: w, function: \"nic0.pf*\", op: dma-write, size: 4KiB, arrival: {closed: 4, think: 3us}}\n"             \
    "  - {name: p, function: \"nic0.pf*.vf*\", op: dma-read, size: 4KiB, arrival: {periodic: 200kops/s}}\n"            \
    "  - {name: r, function: \"ssd0.vf*\", op: dma-read, size: 4KiB, arrival: {closed: 4, think: 3us}}\n"              \
    "  - {name: m, function: \"ssd0.vf*\", op: mmio-read, size: 128B, arrival: {closed: 1, think: 2us}}\n"             \
    "  - {name: n, function: \"nic0.pf*\", op: mmio-write, size: 128B, arrival: {closed: 1, think: 2us}}\n"            \
    "  - {name: g, function: gpu0, op: dma-read-write, size: 4KiB, arrival: {closed: 4, think: 3us}}\n"

#define END_PS (3 * PS_PER_MS)
#define ENDS_MOST 8192

/* One run: its results, and the ends of its operations, by flow. */
struct log {
    struct results results;
    char *ops;
    uint64_t warmup_ps;
};

static struct log run(uint64_t warmup_us, const char *timeline)
{
    static char text[8192];
    char reason[256] = "";
    struct log log = {.warmup_ps = warmup_us * PS_PER_US};
    size_t size = 0;
    FILE *ops = open_memstream(&log.ops, &size);
    cr_assert_not_null(ops);
    snprintf(
        text, sizeof text, "mriov: 1\nrun: {warmup: %luus, duration: %luus}\n" RACK "timeline:\n%s", warmup_us,
        3000 - warmup_us, timeline);
    struct scenario *scenario = rack_scenario(text);
    enum status status = run_scenario(scenario, &(struct run_options){.ops = ops}, &log.results, reason, sizeof reason);
    cr_assert_eq(status, STATUS_OK, "%s", reason);
    cr_assert_eq(fclose(ops), 0);
    for (size_t entry = 0; entry < log.results.timeline_count; entry++)
        cr_expect_str_eq(
            log.results.timeline[entry].status, "ok", "%s: %s", timeline, log.results.timeline[entry].detail);
    scenario_free(scenario);
    return log;
}

static void log_free(struct log *log)
{
    results_free(&log->results);
    free(log->ops);
}

/* "123.456" in ps. */
static uint64_t ps_of(const char *text)
{
    char *point;
    uint64_t ps = strtoull(text, &point, 10) * 1000;
    if (*point != '.')
        return ps;
    for (uint64_t unit = 100; unit > 0 && *++point >= '0' && *point <= '9'; unit /= 10)
        ps += (uint64_t)(*point - '0') * unit;
    return ps;
}

/* What the log says of one flow. */
struct ends {
    uint64_t good[ENDS_MOST]; /* sorted */
    size_t good_count;
    uint64_t failed, most_ps; /* in the window: how many failed, and the longest latency of those that did not */
};

static int compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

/* The fields of a line: time, flow, host, guest, function, op, bytes, address, latency, status. */
static void split(char *line, char *fields[10])
{
    for (size_t field = 0; field < 10; field++)
        fields[field] = strsep(&line, ",");
}

static void take_line(struct ends *ends, const struct log *log, const struct results_flow *flow, const char *line)
{
    char copy[256], *fields[10];
    snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line, "\n"), line);
    split(copy, fields);
    const char *guest = flow->guest != NULL ? flow->guest : "";
    cr_assert_not_null(fields[9], "%s", line);
    if (strcmp(fields[1], flow->name) != 0 || strcmp(fields[2], flow->host) != 0 || strcmp(fields[3], guest) != 0 ||
        strcmp(fields[4], flow->function) != 0)
        return;
    uint64_t latency_ps = ps_of(fields[8]), end_ps = ps_of(fields[0]) + latency_ps;
    bool counts = end_ps >= log->warmup_ps && end_ps < END_PS;
    if (strcmp(fields[9], "ok") != 0) {
        ends->failed += counts;
        return;
    }
    if (counts && latency_ps > ends->most_ps)
        ends->most_ps = latency_ps;
    cr_assert_lt(ends->good_count, ENDS_MOST);
    if (end_ps < END_PS)
        ends->good[ends->good_count++] = end_ps;
}

static struct ends *ends_of(const struct log *log, const struct results_flow *flow)
{
    struct ends *ends = calloc(1, sizeof *ends);
    cr_assert_not_null(ends);
    for (const char *line = strchr(log->ops, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1)
        take_line(ends, log, flow, line);
    qsort(ends->good, ends->good_count, sizeof ends->good[0], compare);
    return ends;
}

/* The longest time between two completions of which the later counts. */
static uint64_t longest_gap_ps(const struct log *log, const struct ends *ends)
{
    uint64_t longest_ps = 0;
    for (size_t n = 1; n < ends->good_count; n++)
        if (ends->good[n] >= log->warmup_ps && ends->good[n] - ends->good[n - 1] > longest_ps)
            longest_ps = ends->good[n] - ends->good[n - 1];
    return longest_ps;
}

static bool is_in(const char *words, const struct results_flow *flow)
{
    char word[3] = {flow->name[0], flow->host[1], '\0'};
    return strstr(words, word) != NULL;
}

#define TICK 1 /* ps: times in the log are in ns, with three decimals */

/* DEAD: flows that stand still for a millisecond and go on, as "w0 r1"; GONE: that never do. HANGS: what was under way
 * goes on afterwards, and was under way all the time. */
static void judge(struct log *log, const char *what, const char *dead, const char *gone, bool hangs)
{
    for (size_t n = 0; n < log->results.flow_count; n++) {
        const struct results_flow *flow = &log->results.flows[n];
        struct ends *ends = ends_of(log, flow);
        uint64_t gap_ps = longest_gap_ps(log, ends), interruption_ps = flow->interruption_ps;
        bool is_dead = is_in(dead, flow), is_gone = is_in(gone, flow);
        cr_expect_eq(flow->failed + flow->dropped, ends->failed, "%s: %s of %s", what, flow->name, flow->host);
        if (is_dead)
            cr_expect(
                interruption_ps + TICK >= gap_ps && interruption_ps <= gap_ps + TICK && gap_ps > 900 * PS_PER_US,
                "%s: %s of %s: %lu, not %lu ps", what, flow->name, flow->host, interruption_ps, gap_ps);
        if (!is_dead && !is_gone)
            cr_expect(
                interruption_ps == RESULTS_NO_TIME || interruption_ps < 100 * PS_PER_US, "%s: %s of %s: %lu ps", what,
                flow->name, flow->host, interruption_ps);
        if (!hangs && flow->name[0] != 'p') /* nobody stops asking for what is asked for by the clock */
            cr_expect_lt(
                ends->most_ps, 200 * PS_PER_US, "%s: %s of %s: %lu ps", what, flow->name, flow->host, ends->most_ps);
        cr_expect(
            flow->latency.max_ps + TICK >= ends->most_ps && flow->latency.max_ps <= ends->most_ps + TICK,
            "%s: latency of %s", what, flow->name);
        free(ends);
    }
}

static void try(const char *timeline, const char *dead, const char *gone)
{
    struct log log = run(0, timeline);
    judge(&log, timeline, dead, gone, false);
    log_free(&log);
}

#define BROKEN(FAIL, REPAIR) "  - {at: 1ms, " FAIL "}\n  - {at: 2ms, " REPAIR "}\n"

Test(interruptions, of_links)
{
    try(BROKEN("fail: {link: nic0}", "repair: {link: nic0}"), "w0 w1 p0 p1 n0 n1", "");
    try(BROKEN("fail: {link: ssd0}", "repair: {link: ssd0}"), "r0 r1 m0 m1", "");
    try(BROKEN("fail: {link: h0}", "repair: {link: h0}"), "w0 p0 r0 m0 n0", "");
    try(BROKEN("fail: {link: isl0}", "repair: {link: isl0}"), "w1 p1 r1 m1 n1", "");
    try(BROKEN("port: {name: nic0, action: disable}", "port: {name: nic0, action: enable}"), "w0 w1 p0 p1 n0 n1", "");
}

Test(interruptions, of_parts)
{
    try(BROKEN("fail: {adapter: ssd0}", "repair: {adapter: ssd0}"), "r0 r1 m0 m1", "");
    try(BROKEN("inject: {fault: surprise-removal, target: gpu0}", "repair: {adapter: gpu0}"), "g1", "");
    try(BROKEN("fail: {function: nic0@h1}", "repair: {function: nic0@h1}"), "w1 n1", "");
    try(BROKEN("fail: {host: h1}", "repair: {host: h1}"), "w1 p1 r1 m1 n1 g1", "");
    try(BROKEN("fail: {chassis: tor0}", "repair: {chassis: tor0}"), "w0 w1 p0 p1 r0 r1 m0 m1 n0 n1", "");
    try(BROKEN("fail: {chassis: tor1}", "repair: {chassis: tor1}"), "w1 p1 r1 m1 n1 g1", "");
    try("  - {at: 1ms, fail: {chassis: tor1, duration: 1ms}}\n", "w1 p1 r1 m1 n1 g1", "");
}

Test(interruptions, of_what_never_comes_back)
{
    try("  - {at: 1ms, fail: {link: nic0}}\n", "", "w0 w1 p0 p1 n0 n1");
    struct log log = run(0, "  - {at: 1ms, fail: {host: h1}}\n");
    for (size_t n = 0; n < log.results.flow_count; n++) {
        const struct results_flow *flow = &log.results.flows[n];
        struct ends *ends = ends_of(&log, flow);
        uint64_t down_ps = END_PS - ends->good[ends->good_count - 1];
        cr_expect_eq(flow->interruption_ps, RESULTS_NO_TIME, "%s of %s", flow->name, flow->host);
        if (strcmp(flow->host, "h1") == 0)
            cr_expect(
                flow->down_ps + TICK >= down_ps && flow->down_ps <= down_ps + TICK && down_ps > PS_PER_MS,
                "%s: down for %lu, not %lu ps", flow->name, flow->down_ps, down_ps);
        else
            cr_expect_eq(flow->down_ps, RESULTS_NO_TIME);
        free(ends);
    }
    log_free(&log);
}

Test(interruptions, of_an_adapter_that_hangs)
{
    struct log log = run(0, BROKEN("inject: {fault: hang, target: ssd0}", "repair: {adapter: ssd0}"));
    judge(&log, "hang", "r0 r1 m0 m1", "", true);
    log_free(&log);
}

/* Each outage for itself, and the longest is told. */
Test(interruptions, twice)
{
    try("  - {at: 500us, fail: {link: nic0, duration: 100us}}\n"
        "  - {at: 1ms, fail: {link: nic0, duration: 1ms}}\n"
        "  - {at: 2500us, fail: {link: nic0, duration: 200us}}\n",
        "w0 w1 p0 p1 n0 n1", "");
}

/* One that ends in the warm-up is kept out of all statistics; one that reaches over its end counts whole. */
Test(interruptions, and_the_warm_up)
{
    static const char timeline[] = BROKEN("fail: {link: ssd0}", "repair: {link: ssd0}");
    struct log log = run(1500, timeline);
    judge(&log, "over the end of the warm-up", "r0 r1 m0 m1", "", false);
    log_free(&log);
    log = run(2500, timeline);
    for (size_t n = 0; n < log.results.flow_count; n++)
        cr_expect_eq(log.results.flows[n].interruption_ps, RESULTS_NO_TIME, "%s", log.results.flows[n].name);
    judge(&log, "in the warm-up", "", "", false);
    log_free(&log);
}

/* --- changes of hands --- */

static const struct results_flow *
flow_of(const struct log *log, const char *name, const char *host, const char *guest, const char *function)
{
    for (size_t n = 0; n < log->results.flow_count; n++) {
        const struct results_flow *flow = &log->results.flows[n];
        bool same_guest = guest == NULL ? flow->guest == NULL : flow->guest != NULL && strcmp(flow->guest, guest) == 0;
        if (strcmp(flow->name, name) == 0 && strcmp(flow->host, host) == 0 && same_guest &&
            strcmp(flow->function, function) == 0)
            return flow;
    }
    cr_assert_fail("no flow %s of %s/%s with %s", name, host, guest != NULL ? guest : "", function);
    return NULL;
}

/* LATER's flow goes on where EARLIER's stopped. */
static void expect_follows(
    const struct log *log, const char *what, const struct results_flow *earlier, const struct results_flow *later)
{
    struct ends *before = ends_of(log, earlier), *after = ends_of(log, later);
    cr_assert(before->good_count > 0 && after->good_count > 0, "%s", what);
    uint64_t first_ps = after->good[0], last_ps = 0;
    for (size_t n = 0; n < before->good_count && before->good[n] < first_ps; n++)
        last_ps = before->good[n];
    uint64_t gap_ps = first_ps - last_ps, interruption_ps = later->interruption_ps;
    cr_expect(
        interruption_ps + TICK >= gap_ps && interruption_ps <= gap_ps + TICK, "%s: %lu, not %lu ps", what,
        interruption_ps, gap_ps);
    free(before);
    free(after);
}

Test(interruptions, of_functions_that_move)
{
    static const char *const policies[] = {"managed", "surprise", "wait"};
    for (size_t n = 0; n < 3; n++) {
        char timeline[512];
        snprintf(
            timeline, sizeof timeline,
            "  - {at: 1ms, move: {function: ssd0.vf0, to: h1, policy: %s}}\n"
            "  - {at: 1200us, move: {function: gpu0, to: h0, policy: %s}}\n"
            "  - {at: 1400us, assign: {function: nic0.pf0.vf0, to: h0/vm0}}\n",
            policies[n], policies[n]);
        struct log log = run(0, timeline);
        expect_follows(
            &log, policies[n], flow_of(&log, "r", "h0", NULL, "ssd0.pf0.vf0"),
            flow_of(&log, "r", "h1", NULL, "ssd0.pf0.vf0"));
        expect_follows(
            &log, policies[n], flow_of(&log, "m", "h0", NULL, "ssd0.pf0.vf0"),
            flow_of(&log, "m", "h1", NULL, "ssd0.pf0.vf0"));
        expect_follows(
            &log, policies[n], flow_of(&log, "g", "h1", NULL, "gpu0.pf0"), flow_of(&log, "g", "h0", NULL, "gpu0.pf0"));
        expect_follows(
            &log, "to a guest", flow_of(&log, "p", "h0", NULL, "nic0.pf0.vf0"),
            flow_of(&log, "p", "h0", "vm0", "nic0.pf0.vf0"));
        cr_expect_eq(flow_of(&log, "r", "h0", NULL, "ssd0.pf0.vf0")->down_ps, RESULTS_NO_TIME, "h1 does it now");
        log_free(&log);
    }
}

/* There and back: the flow that had it first is interrupted for as long as nobody worked, not while the other did. */
Test(interruptions, of_a_function_that_comes_back)
{
    struct log log =
        run(0, "  - {at: 1ms, move: {function: ssd0.vf0, to: h1}}\n"
               "  - {at: 2ms, move: {function: ssd0.vf0, to: h0}}\n");
    const struct results_flow *first = flow_of(&log, "r", "h0", NULL, "ssd0.pf0.vf0");
    const struct results_flow *other = flow_of(&log, "r", "h1", NULL, "ssd0.pf0.vf0");
    struct ends *ends = ends_of(&log, first), *between = ends_of(&log, other);
    uint64_t last_ps = between->good[between->good_count - 1], back_ps = 0;
    for (size_t n = ends->good_count; n > 0 && ends->good[n - 1] > last_ps; n--)
        back_ps = ends->good[n - 1];
    cr_expect(
        back_ps - last_ps <= first->interruption_ps + TICK && first->interruption_ps <= back_ps - last_ps + TICK,
        "%lu, not %lu ps", first->interruption_ps, back_ps - last_ps);
    cr_expect_eq(other->down_ps, RESULTS_NO_TIME, "h0 does it again");
    cr_expect_lt(first->latency.max_ps, 100 * PS_PER_US);
    free(ends);
    free(between);
    log_free(&log);
}
