#include "hostsim/rack/expectation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "hostsim/rack/metric.h"

static bool compare(double value, enum scenario_comparison comparison, double bound)
{
    switch (comparison) {
    case EXPECT_LT:
        return value < bound;
    case EXPECT_LE:
        return value <= bound;
    case EXPECT_GT:
        return value > bound;
    case EXPECT_GE:
        return value >= bound;
    case EXPECT_EQ:
        return value == bound;
    case EXPECT_NE:
        return !isnan(value) && value != bound;
    }
    CHECK(false);
}

/* How far VALUE is from holding, for choosing the worst of several: greater is farther, nothing measured the farthest.
 */
static double distance(double value, enum scenario_comparison comparison, double bound)
{
    if (isnan(value))
        return INFINITY;
    switch (comparison) {
    case EXPECT_LT:
    case EXPECT_LE:
        return value - bound;
    case EXPECT_GT:
    case EXPECT_GE:
        return bound - value;
    case EXPECT_EQ:
        return fabs(value - bound);
    case EXPECT_NE:
        return -fabs(value - bound);
    }
    CHECK(false);
}

static bool is_of(const struct results_flow *flow, const char *workload)
{
    return strcmp(flow->name, workload) == 0;
}

/* A flow that was never interrupted had an interruption of no time; one that still is will go on who knows when. */
static double read_flow(const struct metric *metric, const struct results_flow *flow)
{
    bool uninterrupted = flow->interruption_ps == RESULTS_NO_TIME && flow->down_ps == RESULTS_NO_TIME;
    if (strcmp(metric->name, "interruption") == 0 && uninterrupted)
        return 0;
    return metric_read(metric, flow);
}

static void evaluate_flows(
    const struct scenario_expect *expect, const char *workload, const struct results *results,
    struct results_expect *outcome)
{
    const struct metric *metric = metric_find(expect->metric);
    double worst = -INFINITY;
    outcome->held = true;
    for (size_t i = 0; i < results->flow_count; i++) {
        if (!is_of(&results->flows[i], workload))
            continue;
        double value = read_flow(metric, &results->flows[i]);
        double far = distance(value, expect->comparison, expect->bound);
        outcome->held = outcome->held && compare(value, expect->comparison, expect->bound);
        if (outcome->has_flow && far <= worst)
            continue;
        worst = far;
        outcome->value = value;
        outcome->flow = (uint32_t)i;
        outcome->has_flow = true;
    }
    outcome->held = outcome->held && outcome->has_flow;
}

static void evaluate_total(
    const struct scenario_expect *expect, const char *workload, const struct results *results,
    struct results_expect *outcome)
{
    const struct metric *metric = metric_find(expect->metric);
    double sum = 0;
    bool any = false;
    for (size_t i = 0; i < results->flow_count; i++) {
        if (!is_of(&results->flows[i], workload))
            continue;
        sum += metric_read(metric, &results->flows[i]);
        any = true;
    }
    outcome->value = any ? sum : (double)NAN;
    outcome->held = compare(outcome->value, expect->comparison, expect->bound);
}

void expectations_evaluate(const struct scenario *scenario, struct results *results)
{
    CHECK(results->expects == NULL && results->expect_count == 0);
    if (scenario->expect_count == 0)
        return;
    results->expects = calloc(scenario->expect_count, sizeof *results->expects);
    CHECK(results->expects);
    results->expect_count = scenario->expect_count;
    for (size_t i = 0; i < scenario->expect_count; i++) {
        const struct scenario_expect *expect = &scenario->expects[i];
        const char *workload = scenario->workloads[expect->workload].name;
        struct results_expect *outcome = &results->expects[i];
        *outcome = (struct results_expect){
            .text = results_text(results, "%s", expect->text),
            .value = (double)NAN,
            .is_time = metric_find(expect->metric)->unit == METRIC_NS,
        };
        (expect->scope == EXPECT_TOTAL ? evaluate_total : evaluate_flows)(expect, workload, results, outcome);
    }
}
