#include "hostsim/rack/expectation.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "tests/support/results_fixture.h"

/* Evaluates one expectation of the fixture's workloads (0 writes, 1 reads, 2 idle, 3 one without flows). */
static struct results_expect evaluate(
    enum scenario_metric_scope scope, int workload, const char *metric, enum scenario_comparison comparison,
    double bound)
{
    struct scenario_workload workloads[] = {{.name = "writes"}, {.name = "reads"}, {.name = "idle"}, {.name = "none"}};
    struct scenario_expect expect = {"text", scope, workload, metric, comparison, bound};
    struct scenario scenario = {.workloads = workloads, .workload_count = 4, .expects = &expect, .expect_count = 1};
    struct results results = {0};
    results_fixture(&results);
    free(results.expects);
    results.expects = NULL;
    results.expect_count = 0;
    expectations_evaluate(&scenario, &results);
    cr_assert_eq(results.expect_count, 1);
    cr_expect_str_eq(results.expects[0].text, "text");
    cr_expect(results_is_valid(&results));
    struct results_expect outcome = results.expects[0];
    results_free(&results);
    return outcome;
}

Test(expectation, none_is_none)
{
    struct scenario scenario = {0};
    struct results results = {0};
    expectations_evaluate(&scenario, &results);
    cr_expect_eq(results.expect_count, 0);
    cr_expect(results_all_held(&results));
}

/* writes: goodput 57.6 and 28.8, p99 1600 and 2000 ns */
Test(expectation, every_flow_must_hold_and_the_worst_is_shown)
{
    static const struct {
        const char *metric;
        enum scenario_comparison comparison;
        double bound;
        bool held;
        double value;
        uint32_t flow;
    } cases[] = {
        {"goodput", EXPECT_GE, 28.8, true, 28.8, 1},  {"goodput", EXPECT_GT, 28.8, false, 28.8, 1},
        {"goodput", EXPECT_GE, 40, false, 28.8, 1},   {"goodput", EXPECT_LE, 57.6, true, 57.6, 0},
        {"goodput", EXPECT_LT, 57.6, false, 57.6, 0}, {"goodput", EXPECT_EQ, 57.6, false, 28.8, 1},
        {"goodput", EXPECT_NE, 57.6, false, 57.6, 0}, {"goodput", EXPECT_NE, 1, true, 28.8, 1},
        {"p99", EXPECT_LE, 2000, true, 2000, 1},      {"p99", EXPECT_LT, 2000, false, 2000, 1},
        {"operations", EXPECT_GE, 123, true, 123, 0}, {"failed", EXPECT_EQ, 0, true, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct results_expect outcome = evaluate(EXPECT_FLOW, 0, cases[i].metric, cases[i].comparison, cases[i].bound);
        cr_expect_eq(outcome.held, cases[i].held, "case %zu", i);
        cr_expect_float_eq(outcome.value, cases[i].value, 1e-9, "case %zu", i);
        cr_expect(outcome.has_flow);
        cr_expect_eq(outcome.flow, cases[i].flow, "case %zu", i);
    }
}

Test(expectation, total_is_the_sum)
{
    struct results_expect outcome = evaluate(EXPECT_TOTAL, 0, "goodput", EXPECT_GE, 86);
    cr_expect(outcome.held);
    cr_expect_not(outcome.has_flow);
    cr_expect_float_eq(outcome.value, 86.4, 1e-9);
    cr_expect_not(evaluate(EXPECT_TOTAL, 0, "goodput", EXPECT_GT, 86.5).held);
    cr_expect_float_eq(evaluate(EXPECT_TOTAL, 0, "operations", EXPECT_EQ, 247).value, 247, 0);
}

Test(expectation, times_are_marked)
{
    cr_expect(evaluate(EXPECT_FLOW, 0, "p99", EXPECT_LT, 1).is_time);
    cr_expect_not(evaluate(EXPECT_FLOW, 0, "goodput", EXPECT_LT, 1).is_time);
}

/* Neither flow of the writes was: that is less than any time. */
Test(expectation, a_flow_that_was_not_interrupted_holds_what_bounds_interruptions)
{
    cr_expect(evaluate(EXPECT_FLOW, 0, "interruption", EXPECT_LT, 30000).held);
    cr_expect(evaluate(EXPECT_FLOW, 0, "interruption", EXPECT_LE, 0).held);
    cr_expect(evaluate(EXPECT_FLOW, 0, "interruption", EXPECT_EQ, 0).held);
    cr_expect_eq(evaluate(EXPECT_FLOW, 0, "interruption", EXPECT_LT, 30000).value, 0);
    cr_expect_not(evaluate(EXPECT_FLOW, 0, "interruption", EXPECT_GT, 0).held);
}

Test(expectation, what_was_not_measured_holds_nothing)
{
    for (int comparison = EXPECT_LT; comparison <= EXPECT_NE; comparison++) {
        struct results_expect idle = evaluate(EXPECT_FLOW, 2, "p99", (enum scenario_comparison)comparison, 1);
        cr_expect_not(idle.held);
        cr_expect(isnan(idle.value));
        struct results_expect none = evaluate(EXPECT_FLOW, 3, "goodput", (enum scenario_comparison)comparison, 0);
        cr_expect_not(none.held);
        cr_expect(isnan(none.value));
        none = evaluate(EXPECT_TOTAL, 3, "goodput", (enum scenario_comparison)comparison, 0);
        cr_expect_not(none.held);
        cr_expect(isnan(none.value));
        struct results_expect saturated = evaluate(EXPECT_TOTAL, 0, "offered", (enum scenario_comparison)comparison, 0);
        cr_expect_not(saturated.held);
    }
}
