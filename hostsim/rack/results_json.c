#include "hostsim/rack/results_json.h"

#include "fabric/base/check.h"
#include "hostsim/rack/json_writer.h"
#include "hostsim/rack/results_field.h"

/* Of the file format: raised when a key changes its meaning. */
#define FORMAT 1

static void write_heading(const struct results *results, struct json_writer *json)
{
    json_write_count(json, "mriov", FORMAT);
    json_write_text(json, "version", MRIOV_VERSION);
    json_write_text(json, "scenario", results->scenario);
    json_write_open(json, "settings", '[');
    for (size_t i = 0; i < results->setting_count; i++)
        json_write_text(json, NULL, results->settings[i]);
    json_write_close(json);
    json_write_count(json, "seed", results->seed);
    json_write_ns(json, "boot_ns", results->boot_ps);
    json_write_ns(json, "simulated_ns", results->simulated_ps);
    json_write_ns(json, "measured_ns", results->measured_ps);
}

static void write_record(const struct results_field *fields, const void *record, struct json_writer *json)
{
    json_write_open(json, NULL, '{');
    results_fields_json(fields, record, json);
    json_write_close(json);
}

static void write_link(const struct results_link *link, struct json_writer *json)
{
    json_write_open(json, NULL, '{');
    results_fields_json(results_link_fields, link, json);
    json_write_open(json, "by_vh", '[');
    for (size_t i = 0; i < link->by_vh_count; i++)
        write_record(results_link_vh_fields, &link->by_vh[i], json);
    json_write_close(json);
    json_write_close(json);
}

static void write_flow(const struct results_flow *flow, struct json_writer *json)
{
    json_write_open(json, NULL, '{');
    results_fields_json(results_flow_fields, flow, json);
    json_write_open(json, "by_op", '[');
    for (size_t op = 0; op < flow->by_op_count; op++)
        write_record(results_flow_op_fields, &flow->by_op[op], json);
    json_write_close(json);
    json_write_close(json);
}

static void write_model(const struct results *results, struct json_writer *json)
{
    json_write_open(json, "flows", '[');
    for (size_t i = 0; i < results->flow_count; i++)
        write_flow(&results->flows[i], json);
    json_write_close(json);
    json_write_open(json, "links", '[');
    for (size_t i = 0; i < results->link_count; i++)
        write_link(&results->links[i], json);
    json_write_close(json);
    json_write_open(json, "functions", '[');
    for (size_t i = 0; i < results->function_count; i++)
        write_record(results_function_fields, &results->functions[i], json);
    json_write_close(json);
    json_write_open(json, "hierarchies", '[');
    for (size_t i = 0; i < results->hierarchy_count; i++)
        write_record(results_hierarchy_fields, &results->hierarchies[i], json);
    json_write_close(json);
}

static void write_timeline(const struct results *results, struct json_writer *json)
{
    json_write_open(json, "timeline", '[');
    for (size_t i = 0; i < results->timeline_count; i++) {
        const struct results_event *event = &results->timeline[i];
        json_write_open(json, NULL, '{');
        json_write_ns(json, "at_ns", event->at_ps);
        json_write_text(json, "op", event->op);
        json_write_text(json, "status", event->status);
        json_write_ns(json, "took_ns", event->took_ps);
        json_write_text(json, "detail", event->detail);
        json_write_open(json, "parts_ns", '{');
        for (enum pcim_part_of_time part = 0; part < PCIM_TIMES; part++)
            if (event->parts_ps[part] != RESULTS_NO_TIME)
                json_write_ns(json, pcim_part_name(part), event->parts_ps[part]);
        json_write_close(json);
        json_write_close(json);
    }
    json_write_close(json);
}

static void write_expects(const struct results *results, struct json_writer *json)
{
    json_write_open(json, "expect", '[');
    for (size_t i = 0; i < results->expect_count; i++) {
        const struct results_expect *expect = &results->expects[i];
        json_write_open(json, NULL, '{');
        json_write_text(json, "text", expect->text);
        (expect->is_time ? json_write_real_ns : json_write_real)(json, "value", expect->value);
        json_write_bool(json, "held", expect->held);
        json_write_close(json);
    }
    json_write_close(json);
}

/* Beyond the contract's keys, hence behind them. */
static void write_hosts(const struct results *results, struct json_writer *json)
{
    json_write_open(json, "hosts", '[');
    for (size_t i = 0; i < results->host_count; i++) {
        const struct results_host *host = &results->hosts[i];
        json_write_open(json, NULL, '{');
        json_write_text(json, "name", host->name);
        if (host->has_iommu) {
            json_write_open(json, "iommu", '{');
            results_fields_json(results_iommu_fields, host, json);
            json_write_close(json);
        } else {
            json_write_null(json, "iommu");
        }
        json_write_close(json);
    }
    json_write_close(json);
}

static void write_totals(const struct results_totals *totals, struct json_writer *json)
{
    json_write_open(json, "totals", '{');
    json_write_count(json, "events", totals->events);
    json_write_count(json, "tlps_created", totals->tlps_created);
    json_write_count(json, "tlps_delivered", totals->tlps_delivered);
    json_write_count(json, "tlps_dropped", totals->tlps_dropped);
    json_write_count(json, "tlps_in_flight", totals->tlps_in_flight);
    json_write_count(json, "tlp_hops", totals->tlp_hops);
    json_write_count(json, "cross_vh_deliveries", totals->cross_vh_deliveries);
    json_write_real(json, "fairness_jain", totals->fairness_jain);
    json_write_close(json);
}

void results_json_write(const struct results *results, FILE *out)
{
    CHECK(results_is_valid(results));
    struct json_writer json = json_writer_start(out);
    json_write_open(&json, NULL, '{');
    write_heading(results, &json);
    write_model(results, &json);
    write_timeline(results, &json);
    write_expects(results, &json);
    write_totals(&results->totals, &json);
    write_hosts(results, &json);
    json_write_close(&json);
}
