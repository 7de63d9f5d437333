/* Expectations: `{flow: writes, goodput: ">= 40Gbps"}`. */
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "hostsim/rack/builder.h"
#include "hostsim/rack/metric.h"
#include "hostsim/rack/name_range.h"
#include "hostsim/rack/nearest.h"
#include "hostsim/rack/quantity.h"

static const struct {
    const char *sign;
    enum scenario_comparison comparison;
} comparisons[] = {
    /* The longer ones first: `<=` begins with `<`. */
    {"<=", EXPECT_LE}, {">=", EXPECT_GE}, {"==", EXPECT_EQ}, {"!=", EXPECT_NE}, {"<", EXPECT_LT}, {">", EXPECT_GT},
};

static const enum quantity_kind kinds[] = {
    [METRIC_GBPS] = QUANTITY_BANDWIDTH,
    [METRIC_NS] = QUANTITY_TIME,
    [METRIC_BYTES] = QUANTITY_SIZE,
    [METRIC_COUNT] = QUANTITY_COUNT,
};

/* The value in the unit that results have. */
static double in_results(enum metric_unit unit, uint64_t value)
{
    switch (unit) {
    case METRIC_GBPS:
        return (double)value / 1e9;
    case METRIC_NS:
        return (double)value / (double)PS_PER_NS;
    default:
        return (double)value;
    }
}

static bool
parse(struct builder *builder, const struct node *node, const struct metric *metric, struct scenario_expect *expect)
{
    const char *text = node->text + strspn(node->text, " ");
    struct quantity quantity;
    struct quantity_why why;
    for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]); i++) {
        size_t length = strlen(comparisons[i].sign);
        if (strncmp(text, comparisons[i].sign, length) != 0)
            continue;
        text += length + strspn(text + length, " ");
        if (quantity_parse(kinds[metric->unit], text, &quantity, &why) != STATUS_OK) {
            faults_add(builder->faults, node->place, "`%s`: %s", metric->name, why.text);
            return false;
        }
        expect->comparison = comparisons[i].comparison;
        expect->bound = in_results(metric->unit, quantity.value);
        return true;
    }
    faults_add(
        builder->faults, node->place, "`%s` must be a comparison, < <= > >= == or !=, and a value: \">= %s\"",
        metric->name,
        metric->unit == METRIC_GBPS    ? "40Gbps"
        : metric->unit == METRIC_NS    ? "20us"
        : metric->unit == METRIC_BYTES ? "1GiB"
                                       : "100");
    return false;
}

static void add(struct builder *builder, const struct scenario_expect *expect)
{
    struct scenario *scenario = builder->scenario;
    scenario->expects = realloc(scenario->expects, (scenario->expect_count + 1) * sizeof(*scenario->expects));
    CHECK(scenario->expects);
    scenario->expects[scenario->expect_count++] = *expect;
}

/* All metrics of an entry, for one workload. */
static void add_metrics(struct builder *builder, const struct draft_expect *draft, int workload)
{
    const char *name = builder->scenario->workloads[workload].name;
    for (size_t i = 0; i < metric_count(); i++) {
        const struct node *node = draft->metrics[i];
        struct scenario_expect expect = {
            .scope = draft->total ? EXPECT_TOTAL : EXPECT_FLOW, .workload = workload, .metric = metrics[i].name};
        if (!node || node->text[0] == '\0')
            continue;
        if (draft->total && !metrics[i].adds_up) {
            faults_add(
                builder->faults, node->place, "`%s` of several flows is no sum: use `flow`, which holds for each",
                metrics[i].name);
            continue;
        }
        if (!parse(builder, node, &metrics[i], &expect))
            continue;
        int length = asprintf(
            &expect.text, "%s%s %s %s", draft->total ? "total " : "", name, metrics[i].name,
            node->text + strspn(node->text, " "));
        CHECK(length >= 0);
        add(builder, &expect);
    }
}

static void fault_unknown_workload(struct builder *builder, const struct node *node)
{
    const struct scenario *scenario = builder->scenario;
    const char **words = calloc(scenario->workload_count + 1, sizeof(*words));
    CHECK(words);
    for (size_t i = 0; i < scenario->workload_count; i++)
        words[i] = scenario->workloads[i].name;
    faults_add(
        builder->faults, node->place, "no workload is called `%s`%s", node->text,
        nearest_hint(node->text, words, scenario->workload_count).text);
    free(words);
}

/* Whether an earlier workload has the name of workload INDEX. */
static bool is_repeated(const struct scenario *scenario, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(scenario->workloads[i].name, scenario->workloads[index].name) == 0)
            return true;
    return false;
}

static void build_expect(struct builder *builder, const struct draft_expect *draft)
{
    const struct scenario *scenario = builder->scenario;
    const struct node *node = draft->total ? draft->total : draft->flow;
    bool matched = false, any = false;
    for (size_t i = 0; i < metric_count(); i++)
        any = any || draft->metrics[i];
    if (!any && draft->node->count < 2) /* otherwise an unknown key has its fault */
        faults_add(builder->faults, draft->node->place, "an expectation needs a metric: goodput, p99, ...");
    if (!node || node->text[0] == '\0')
        return;
    for (size_t i = 0; i < scenario->workload_count; i++) {
        if (!name_matches(node->text, scenario->workloads[i].name) || is_repeated(scenario, i))
            continue;
        matched = true;
        add_metrics(builder, draft, (int)i);
    }
    if (!matched && !strchr(node->text, '['))
        fault_unknown_workload(builder, node);
}

void build_expects(struct builder *builder)
{
    const struct draft_list *drafts = &builder->draft->expect;
    for (size_t i = 0; i < drafts->count; i++)
        build_expect(builder, &((struct draft_expect *)drafts->entries)[i]);
}
