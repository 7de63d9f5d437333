#include "hostsim/rack/results.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"

struct results_text {
    struct results_text *next;
    char characters[];
};

const char *results_text(struct results *results, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    CHECK(length >= 0);
    struct results_text *text = malloc(sizeof *text + (size_t)length + 1);
    CHECK(text);
    vsnprintf(text->characters, (size_t)length + 1, format, again);
    va_end(again);
    text->next = results->texts;
    results->texts = text;
    return text->characters;
}

struct results_parts results_parts_none(void)
{
    return (struct results_parts){
        .source_ps = RESULTS_NO_TIME,
        .waiting_ps = RESULTS_NO_TIME,
        .credits_ps = RESULTS_NO_TIME,
        .serialisation_ps = RESULTS_NO_TIME,
        .switches_ps = RESULTS_NO_TIME,
        .wires_ps = RESULTS_NO_TIME,
        .memory_ps = RESULTS_NO_TIME,
        .adapter_ps = RESULTS_NO_TIME,
    };
}

struct results_latency results_latency_none(void)
{
    return (struct results_latency){
        .min_ps = RESULTS_NO_TIME,
        .mean_ps = RESULTS_NO_TIME,
        .mean_ci95_ps = RESULTS_NO_TIME,
        .p50_ps = RESULTS_NO_TIME,
        .p90_ps = RESULTS_NO_TIME,
        .p99_ps = RESULTS_NO_TIME,
        .p999_ps = RESULTS_NO_TIME,
        .max_ps = RESULTS_NO_TIME,
        .stddev_ps = RESULTS_NO_TIME,
    };
}

bool results_all_held(const struct results *results)
{
    for (size_t i = 0; i < results->expect_count; i++)
        if (!results->expects[i].held)
            return false;
    return true;
}

static bool array_is_valid(const void *array, size_t count)
{
    return array || count == 0;
}

static bool histogram_is_valid(const struct results_histogram *histogram)
{
    if (!array_is_valid(histogram->buckets, histogram->bucket_count))
        return false;
    for (size_t i = 1; i < histogram->bucket_count; i++)
        if (histogram->buckets[i - 1].upper_ps >= histogram->buckets[i].upper_ps)
            return false;
    return true;
}

static bool flows_are_valid(const struct results *results)
{
    for (size_t i = 0; i < results->flow_count; i++) {
        const struct results_flow *flow = &results->flows[i];
        if (!flow->name || !flow->function || !flow->op || !histogram_is_valid(&flow->latency_histogram))
            return false;
        if (!array_is_valid(flow->by_op, flow->by_op_count))
            return false;
        for (size_t op = 0; op < flow->by_op_count; op++)
            if (!flow->by_op[op].op || !histogram_is_valid(&flow->by_op[op].latency_histogram))
                return false;
        if (i && results->flows[i - 1].workload > flow->workload)
            return false;
    }
    return true;
}

static bool links_are_valid(const struct results *results)
{
    for (size_t i = 0; i < results->link_count; i++) {
        const struct results_link *link = &results->links[i];
        if (!link->name || (unsigned)link->direction >= LINK_DIRECTIONS || !histogram_is_valid(&link->wait_histogram))
            return false;
        if (!array_is_valid(link->by_vh, link->by_vh_count))
            return false;
    }
    return true;
}

static bool samples_are_valid(const struct results *results)
{
    for (size_t i = 0; i < results->sample_count; i++) {
        const struct results_sample *sample = &results->samples[i];
        if (!sample->metric ||
            sample->index >= (sample->kind == SAMPLE_FLOW ? results->flow_count : results->link_count))
            return false;
    }
    return true;
}

static bool words_are_valid(const struct results *results)
{
    for (size_t i = 0; i < results->setting_count; i++)
        if (!results->settings[i])
            return false;
    for (size_t i = 0; i < results->function_count; i++)
        if (!results->functions[i].name || !results->functions[i].state)
            return false;
    for (size_t i = 0; i < results->host_count; i++)
        if (!results->hosts[i].name)
            return false;
    for (size_t i = 0; i < results->timeline_count; i++)
        if (!results->timeline[i].op || !results->timeline[i].status || !results->timeline[i].detail)
            return false;
    for (size_t i = 0; i < results->expect_count; i++)
        if (!results->expects[i].text || (results->expects[i].held && isnan(results->expects[i].value)))
            return false;
    return true;
}

bool results_is_valid(const struct results *results)
{
    return results->scenario && array_is_valid(results->settings, results->setting_count) &&
           array_is_valid(results->flows, results->flow_count) && array_is_valid(results->links, results->link_count) &&
           array_is_valid(results->functions, results->function_count) &&
           array_is_valid(results->hierarchies, results->hierarchy_count) &&
           array_is_valid(results->hosts, results->host_count) &&
           array_is_valid(results->timeline, results->timeline_count) &&
           array_is_valid(results->expects, results->expect_count) &&
           array_is_valid(results->samples, results->sample_count) && flows_are_valid(results) &&
           links_are_valid(results) && samples_are_valid(results) && words_are_valid(results);
}

static void texts_free(struct results_text *text)
{
    while (text) {
        struct results_text *next = text->next;
        free(text);
        text = next;
    }
}

void results_free(struct results *results)
{
    for (size_t i = 0; i < results->flow_count; i++) {
        struct results_flow *flow = &results->flows[i];
        for (size_t op = 0; op < flow->by_op_count; op++)
            free(flow->by_op[op].latency_histogram.buckets);
        free(flow->by_op);
        free(flow->latency_histogram.buckets);
    }
    for (size_t i = 0; i < results->link_count; i++) {
        free(results->links[i].wait_histogram.buckets);
        free(results->links[i].by_vh);
    }
    free(results->settings);
    free(results->flows);
    free(results->links);
    free(results->functions);
    free(results->hierarchies);
    free(results->hosts);
    free(results->timeline);
    free(results->expects);
    free(results->samples);
    texts_free(results->texts);
    *results = (struct results){0};
}
