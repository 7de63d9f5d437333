#include "hostsim/rack/results_csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "hostsim/rack/number.h"
#include "hostsim/rack/results_field.h"

/* "writes:h0/vm1:nic0.pf0", and ":dma-read" with OP; the host is empty for a flow that picks among several. */
static void write_flow_key(const struct results_flow *flow, const char *prefix, const char *op, FILE *out)
{
    char *key = NULL;
    int length = asprintf(
        &key, "%s%s:%s%s%s:%s%s%s", prefix, flow->name, flow->host ? flow->host : "", flow->guest ? "/" : "",
        flow->guest ? flow->guest : "", flow->function, op ? ":" : "", op ? op : "");
    CHECK(length >= 0);
    results_csv_text(key, out);
    free(key);
}

static const char *direction_word(const struct results_link *link)
{
    return link->direction == LINK_UP ? "up" : "down";
}

void results_flows_csv(const struct results *results, FILE *out)
{
    results_fields_csv_header(results_flow_fields, out);
    fputc('\n', out);
    for (size_t i = 0; i < results->flow_count; i++) {
        results_fields_csv(results_flow_fields, &results->flows[i], out);
        fputc('\n', out);
    }
}

void results_flows_by_op_csv(const struct results *results, FILE *out)
{
    fputs("name,host,guest,function,", out);
    results_fields_csv_header(results_flow_op_fields, out);
    fputc('\n', out);
    for (size_t i = 0; i < results->flow_count; i++) {
        const struct results_flow *flow = &results->flows[i];
        for (size_t op = 0; op < flow->by_op_count; op++) {
            const char *const names[] = {flow->name, flow->host, flow->guest, flow->function};
            for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
                results_csv_text(names[n], out);
                fputc(',', out);
            }
            results_fields_csv(results_flow_op_fields, &flow->by_op[op], out);
            fputc('\n', out);
        }
    }
}

void results_links_csv(const struct results *results, FILE *out)
{
    results_fields_csv_header(results_link_fields, out);
    fputc('\n', out);
    for (size_t i = 0; i < results->link_count; i++) {
        results_fields_csv(results_link_fields, &results->links[i], out);
        fputc('\n', out);
    }
}

void results_links_by_vh_csv(const struct results *results, FILE *out)
{
    fputs("name,direction,", out);
    results_fields_csv_header(results_link_vh_fields, out);
    fputc('\n', out);
    for (size_t i = 0; i < results->link_count; i++) {
        const struct results_link *link = &results->links[i];
        for (size_t vh = 0; vh < link->by_vh_count; vh++) {
            fprintf(out, "%s,%s,", link->name, direction_word(link));
            results_fields_csv(results_link_vh_fields, &link->by_vh[vh], out);
            fputc('\n', out);
        }
    }
}

/* A line a bucket; OP: of that one alone. */
static void
write_latencies(const struct results_flow *flow, const char *op, const struct results_histogram *histogram, FILE *out)
{
    char upper[NUMBER_BYTES];
    for (size_t b = 0; b < histogram->bucket_count; b++) {
        write_flow_key(flow, "latency:", op, out);
        number_ns(histogram->buckets[b].upper_ps, upper);
        fprintf(out, ",%s,%" PRIu64 "\n", upper, histogram->buckets[b].count);
    }
}

void results_histograms_csv(const struct results *results, FILE *out)
{
    char upper[NUMBER_BYTES];
    fputs("name,upper_ns,count\n", out);
    for (size_t i = 0; i < results->flow_count; i++) {
        const struct results_flow *flow = &results->flows[i];
        write_latencies(flow, NULL, &flow->latency_histogram, out);
        for (size_t op = 0; op < flow->by_op_count; op++)
            write_latencies(flow, flow->by_op[op].op, &flow->by_op[op].latency_histogram, out);
    }
    for (size_t i = 0; i < results->link_count; i++) {
        const struct results_link *link = &results->links[i];
        for (size_t b = 0; b < link->wait_histogram.bucket_count; b++) {
            const struct results_bucket *bucket = &link->wait_histogram.buckets[b];
            fprintf(
                out, "wait:%s:%s,%s,%" PRIu64 "\n", link->name, direction_word(link),
                number_ns(bucket->upper_ps, upper), bucket->count);
        }
    }
}

void results_series_csv(const struct results *results, FILE *out)
{
    fputs("time_ns,kind,name,direction,metric,value\n", out);
    for (size_t i = 0; i < results->sample_count; i++) {
        const struct results_sample *sample = &results->samples[i];
        char number[NUMBER_BYTES];
        fprintf(out, "%s,", number_ns(sample->time_ps, number));
        if (sample->kind == SAMPLE_FLOW) {
            fputs("flow,", out);
            write_flow_key(&results->flows[sample->index], "", NULL, out);
            fputs(",,", out);
        } else {
            const struct results_link *link = &results->links[sample->index];
            fprintf(out, "link,%s,%s,", link->name, direction_word(link));
        }
        fprintf(out, "%s,%s\n", sample->metric, isfinite(sample->value) ? number_real(sample->value, number) : "");
    }
}
