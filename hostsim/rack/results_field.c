#include "hostsim/rack/results_field.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "hostsim/rack/number.h"
#include "hostsim/rack/results.h"

struct results_field_kind {
    const char *name;
    void (*json)(struct json_writer *json, const char *key, const void *member);
    void (*csv)(FILE *out, const void *member);
};

void results_csv_text(const char *text, FILE *out)
{
    if (!text)
        return;
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++)
        fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', out);
}

static void text_json(struct json_writer *json, const char *key, const void *member)
{
    json_write_text(json, key, *(const char *const *)member);
}

static void text_csv(FILE *out, const void *member)
{
    results_csv_text(*(const char *const *)member, out);
}

static const struct results_field_kind kind_text = {"text", text_json, text_csv};

static void count_json(struct json_writer *json, const char *key, const void *member)
{
    json_write_count(json, key, *(const uint64_t *)member);
}

static void count_csv(FILE *out, const void *member)
{
    fprintf(out, "%" PRIu64, *(const uint64_t *)member);
}

static const struct results_field_kind kind_count = {"count", count_json, count_csv};

static void small_json(struct json_writer *json, const char *key, const void *member)
{
    json_write_count(json, key, *(const uint32_t *)member);
}

static void small_csv(FILE *out, const void *member)
{
    fprintf(out, "%" PRIu32, *(const uint32_t *)member);
}

static const struct results_field_kind kind_small = {"small", small_json, small_csv};

static void real_json(struct json_writer *json, const char *key, const void *member)
{
    json_write_real(json, key, *(const double *)member);
}

static void real_csv(FILE *out, const void *member)
{
    double value = *(const double *)member;
    char buffer[NUMBER_BYTES];
    if (isfinite(value))
        fputs(number_real(value, buffer), out);
}

static const struct results_field_kind kind_real = {"real", real_json, real_csv};

static void time_json(struct json_writer *json, const char *key, const void *member)
{
    json_write_ns(json, key, *(const uint64_t *)member);
}

static void time_csv(FILE *out, const void *member)
{
    uint64_t ps = *(const uint64_t *)member;
    char buffer[NUMBER_BYTES];
    if (ps != RESULTS_NO_TIME)
        fputs(number_ns(ps, buffer), out);
}

static const struct results_field_kind kind_time = {"time", time_json, time_csv};

static void vh_json(struct json_writer *json, const char *key, const void *member)
{
    int vh = *(const int *)member;
    if (vh == RESULTS_NO_VH)
        json_write_null(json, key);
    else
        json_write_count(json, key, (uint64_t)vh);
}

static void vh_csv(FILE *out, const void *member)
{
    int vh = *(const int *)member;
    if (vh != RESULTS_NO_VH)
        fprintf(out, "%d", vh);
}

static const struct results_field_kind kind_vh = {"vh", vh_json, vh_csv};

static const char *direction_word(const void *member)
{
    return *(const enum link_direction *)member == LINK_UP ? "up" : "down";
}

static void direction_json(struct json_writer *json, const char *key, const void *member)
{
    json_write_text(json, key, direction_word(member));
}

static void direction_csv(FILE *out, const void *member)
{
    fputs(direction_word(member), out);
}

static const struct results_field_kind kind_direction = {"direction", direction_json, direction_csv};

/* A flow has them, and so has each of its ops. */
#define LATENCY_FIELDS(FIELD)                                                                                          \
    FIELD("latency_ns", "min", time, latency.min_ps), FIELD("latency_ns", "mean", time, latency.mean_ps),              \
        FIELD("latency_ns", "mean_ci95", time, latency.mean_ci95_ps),                                                  \
        FIELD("latency_ns", "p50", time, latency.p50_ps), FIELD("latency_ns", "p90", time, latency.p90_ps),            \
        FIELD("latency_ns", "p99", time, latency.p99_ps), FIELD("latency_ns", "p999", time, latency.p999_ps),          \
        FIELD("latency_ns", "max", time, latency.max_ps), FIELD("latency_ns", "stddev", time, latency.stddev_ps),      \
        FIELD("latency_parts_ns", "source", time, parts.source_ps),                                                    \
        FIELD("latency_parts_ns", "waiting", time, parts.waiting_ps),                                                  \
        FIELD("latency_parts_ns", "credits", time, parts.credits_ps),                                                  \
        FIELD("latency_parts_ns", "serialisation", time, parts.serialisation_ps),                                      \
        FIELD("latency_parts_ns", "switches", time, parts.switches_ps),                                                \
        FIELD("latency_parts_ns", "wires", time, parts.wires_ps),                                                      \
        FIELD("latency_parts_ns", "memory", time, parts.memory_ps),                                                    \
        FIELD("latency_parts_ns", "adapter", time, parts.adapter_ps)

#define FLOW(group, key, kind, member)                                                                                 \
    {                                                                                                                  \
        group, key, &kind_##kind, offsetof(struct results_flow, member)                                                \
    }

const struct results_field results_flow_fields[] = {
    FLOW(NULL, "name", text, name),
    FLOW(NULL, "host", text, host),
    FLOW(NULL, "guest", text, guest),
    FLOW(NULL, "function", text, function),
    FLOW(NULL, "op", text, op),
    FLOW(NULL, "operations", count, operations),
    FLOW(NULL, "bytes", count, bytes),
    FLOW(NULL, "goodput_gbps", real, goodput_gbps),
    FLOW(NULL, "goodput_ci95_gbps", real, goodput_ci95_gbps),
    FLOW(NULL, "offered_gbps", real, offered_gbps),
    FLOW(NULL, "failed", count, failed),
    FLOW(NULL, "dropped", count, dropped),
    FLOW(NULL, "interruption_ns", time, interruption_ps),
    LATENCY_FIELDS(FLOW),
    FLOW(NULL, "down_ns", time, down_ps),
    {0},
};

#define FLOW_OP(group, key, kind, member)                                                                              \
    {                                                                                                                  \
        group, key, &kind_##kind, offsetof(struct results_flow_op, member)                                             \
    }

const struct results_field results_flow_op_fields[] = {
    FLOW_OP(NULL, "op", text, op),
    FLOW_OP(NULL, "operations", count, operations),
    FLOW_OP(NULL, "bytes", count, bytes),
    FLOW_OP(NULL, "goodput_gbps", real, goodput_gbps),
    FLOW_OP(NULL, "goodput_ci95_gbps", real, goodput_ci95_gbps),
    FLOW_OP(NULL, "offered_gbps", real, offered_gbps),
    FLOW_OP(NULL, "failed", count, failed),
    LATENCY_FIELDS(FLOW_OP),
    {0},
};

#define LINK(group, key, kind, member)                                                                                 \
    {                                                                                                                  \
        group, key, &kind_##kind, offsetof(struct results_link, member)                                                \
    }

const struct results_field results_link_fields[] = {
    LINK(NULL, "name", text, name),
    LINK(NULL, "direction", direction, direction),
    LINK(NULL, "gen", small, gen),
    LINK(NULL, "width", small, width),
    LINK(NULL, "tlps", count, tlps),
    LINK(NULL, "payload_bytes", count, payload_bytes),
    LINK(NULL, "wire_bytes", count, wire_bytes),
    LINK(NULL, "dllps", count, dllps),
    LINK(NULL, "utilisation", real, utilisation),
    LINK(NULL, "credit_stall_ns", time, credit_stall_ps),
    LINK(NULL, "replays", count, replays),
    LINK(NULL, "queue_max", count, queue_max),
    LINK(NULL, "queue_mean", real, queue_mean),
    LINK("wait_ns", "mean", time, wait_mean_ps),
    LINK("wait_ns", "p99", time, wait_p99_ps),
    LINK("wait_ns", "max", time, wait_max_ps),
    {0},
};

#define LINK_VH(key, kind, member)                                                                                     \
    {                                                                                                                  \
        NULL, key, &kind_##kind, offsetof(struct results_link_vh, member)                                              \
    }

const struct results_field results_link_vh_fields[] = {
    LINK_VH("vh", vh, vh),
    LINK_VH("payload_bytes", count, payload_bytes),
    LINK_VH("credit_stall_ns", time, credit_stall_ps),
    LINK_VH("wait_mean_ns", time, wait_mean_ps),
    LINK_VH("wait_p99_ns", time, wait_p99_ps),
    {0},
};

#define FUNCTION(key, kind, member)                                                                                    \
    {                                                                                                                  \
        NULL, key, &kind_##kind, offsetof(struct results_function, member)                                             \
    }

const struct results_field results_function_fields[] = {
    FUNCTION("name", text, name),
    FUNCTION("owner", text, owner),
    FUNCTION("vh", vh, vh),
    FUNCTION("routing_id", text, routing_id),
    FUNCTION("state", text, state),
    FUNCTION("tlps", count, tlps),
    FUNCTION("payload_bytes", count, payload_bytes),
    {0},
};

#define HIERARCHY(group, key, kind, member)                                                                            \
    {                                                                                                                  \
        group, key, &kind_##kind, offsetof(struct results_hierarchy, member)                                           \
    }

const struct results_field results_hierarchy_fields[] = {
    HIERARCHY(NULL, "vh", vh, vh),
    HIERARCHY(NULL, "host", text, host),
    HIERARCHY(NULL, "functions", count, functions),
    HIERARCHY(NULL, "goodput_gbps", real, goodput_gbps),
    HIERARCHY(NULL, "dropped_stale", count, dropped_stale),
    HIERARCHY("errors", "ur", count, errors_ur),
    HIERARCHY("errors", "ca", count, errors_ca),
    HIERARCHY("errors", "timeout", count, errors_timeout),
    {0},
};

#define IOMMU(group, key, kind, member)                                                                                \
    {                                                                                                                  \
        group, key, &kind_##kind, offsetof(struct results_host, member)                                                \
    }

const struct results_field results_iommu_fields[] = {
    IOMMU(NULL, "hits", count, iommu_hits),           IOMMU(NULL, "misses", count, iommu_misses),
    IOMMU(NULL, "walks", count, iommu_walks),         IOMMU("wait_ns", "mean", time, iommu_wait_mean_ps),
    IOMMU("wait_ns", "max", time, iommu_wait_max_ps), {0},
};

static bool same_group(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

void results_fields_json(const struct results_field *fields, const void *record, struct json_writer *json)
{
    const char *group = NULL;
    for (const struct results_field *field = fields; field->key; field++) {
        if (!same_group(group, field->group)) {
            if (group)
                json_write_close(json);
            if (field->group)
                json_write_open(json, field->group, '{');
            group = field->group;
        }
        field->kind->json(json, field->key, (const char *)record + field->offset);
    }
    if (group)
        json_write_close(json);
}

void results_fields_csv_header(const struct results_field *fields, FILE *out)
{
    for (const struct results_field *field = fields; field->key; field++)
        fprintf(
            out, "%s%s%s%s", field == fields ? "" : ",", field->group ? field->group : "", field->group ? "_" : "",
            field->key);
}

void results_fields_csv(const struct results_field *fields, const void *record, FILE *out)
{
    for (const struct results_field *field = fields; field->key; field++) {
        if (field != fields)
            fputc(',', out);
        field->kind->csv(out, (const char *)record + field->offset);
    }
}
