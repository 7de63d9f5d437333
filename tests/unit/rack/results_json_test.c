#include "hostsim/rack/results_json.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

#include "tests/support/locale.h"
#include "tests/support/results_fixture.h"
#include "tests/support/sheet.h"

static char *written(const struct results *results)
{
    struct sheet sheet;
    sheet_open(&sheet);
    results_json_write(results, sheet.out);
    sheet_close(&sheet);
    return sheet.text;
}

static const char golden[] =
    "{\n"
    " \"mriov\": 1,\n"
    " \"version\": \"" MRIOV_VERSION "\",\n"
    " \"scenario\": \"two \\\"racks\\\" share what they can \xc3\xa9\",\n"
    " \"settings\": [\n"
    "  \"run.duration=2ms\",\n"
    "  \"workloads.*.size=512B\"],\n"
    " \"seed\": 18446744073709551615,\n"
    " \"boot_ns\": 0,\n"
    " \"simulated_ns\": 1020000.5,\n"
    " \"measured_ns\": 1000000,\n"
    " \"flows\": [\n"
    "  {\"name\": \"writes\", \"host\": \"h0\", \"guest\": null, \"function\": \"nic0.pf0\", \"op\": \"dma-write\", "
    "\"operations\": 123, \"bytes\": 31488, \"goodput_gbps\": 57.6, \"goodput_ci95_gbps\": 0.1, "
    "\"offered_gbps\": null, \"failed\": 0, \"dropped\": 0, \"interruption_ns\": null, "
    "\"latency_ns\": {\"min\": 400, \"mean\": 800.001, \"mean_ci95\": 1.25, \"p50\": 800, \"p90\": 1200, "
    "\"p99\": 1600, \"p999\": 2000, \"max\": 2400, \"stddev\": 200}"
    ", \"latency_parts_ns\": {\"source\": 1, \"waiting\": 551.431, \"credits\": 2, \"serialisation\": 30, "
    "\"switches\": 105, \"wires\": 10.5, \"memory\": 100, \"adapter\": 0.07}"
    ", \"down_ns\": null, \"by_op\": []},\n"
    "  {\"name\": \"writes\", \"host\": \"h1\", \"guest\": null, \"function\": \"nic0.pf1\", \"op\": \"dma-write\", "
    "\"operations\": 124, \"bytes\": 31744, \"goodput_gbps\": 28.8, \"goodput_ci95_gbps\": null, "
    "\"offered_gbps\": null, \"failed\": 0, \"dropped\": 0, \"interruption_ns\": null, "
    "\"latency_ns\": {\"min\": 500, \"mean\": 1000.001, \"mean_ci95\": 1.25, \"p50\": 1000, \"p90\": 1500, "
    "\"p99\": 2000, \"p999\": 2500, \"max\": 3000, \"stddev\": 250}"
    ", \"latency_parts_ns\": {\"source\": 1, \"waiting\": 751.431, \"credits\": 2, \"serialisation\": 30, "
    "\"switches\": 105, \"wires\": 10.5, \"memory\": 100, \"adapter\": 0.07}"
    ", \"down_ns\": null, \"by_op\": []},\n"
    "  {\"name\": \"reads\", \"host\": \"h0\", \"guest\": \"vm1\", \"function\": \"ssd0.pf0.vf5\", "
    "\"op\": \"mix\", \"operations\": 7, \"bytes\": 28672, \"goodput_gbps\": 0.333333333, "
    "\"goodput_ci95_gbps\": 0.0123456789, \"offered_gbps\": 10, \"failed\": 1, \"dropped\": 2, "
    "\"interruption_ns\": 1200.5, \"latency_ns\": {\"min\": 80000.007, \"mean\": 160000.015, \"mean_ci95\": 1.25, "
    "\"p50\": 160000.014, \"p90\": 240000.021, \"p99\": 320000.028, \"p999\": 400000.035, \"max\": 480000.042, "
    "\"stddev\": 40000.003}"
    ", \"latency_parts_ns\": {\"source\": 1, \"waiting\": 159751.445, \"credits\": 2, \"serialisation\": 30, "
    "\"switches\": 105, \"wires\": 10.5, \"memory\": 100, \"adapter\": 0.07}"
    ", \"down_ns\": 2000.25, \"by_op\": [{\"op\": \"dma-read\", \"operations\": 5, \"bytes\": 20480, "
    "\"goodput_gbps\": 0.25, \"goodput_ci95_gbps\": null, \"offered_gbps\": 7.5, \"failed\": 1, \"latency_ns\": "
    "{\"min\": 90000, \"mean\": 180000.001, \"mean_ci95\": 1.25, \"p50\": 180000, \"p90\": 270000, "
    "\"p99\": 360000, \"p999\": 450000, \"max\": 540000, \"stddev\": 45000}"
    ", \"latency_parts_ns\": {\"source\": 1, \"waiting\": 179751.431, \"credits\": 2, \"serialisation\": 30, "
    "\"switches\": 105, \"wires\": 10.5, \"memory\": 100, \"adapter\": 0.07}"
    "}, {\"op\": \"mmio-write\", "
    "\"operations\": 0, \"bytes\": 0, \"goodput_gbps\": 0, \"goodput_ci95_gbps\": null, \"offered_gbps\": null, "
    "\"failed\": 0, \"latency_ns\": {\"min\": null, \"mean\": null, \"mean_ci95\": null, \"p50\": null, "
    "\"p90\": null, \"p99\": null, \"p999\": null, \"max\": null, \"stddev\": null}"
    ", \"latency_parts_ns\": {\"source\": null, \"waiting\": null, \"credits\": null, \"serialisation\": null, "
    "\"switches\": null, \"wires\": null, \"memory\": null, \"adapter\": null}"
    "}]},\n"
    "  {\"name\": \"idle\", \"host\": null, \"guest\": null, \"function\": \"nic*@h[0-1]\", \"op\": \"mmio-read\", "
    "\"operations\": 0, \"bytes\": 0, \"goodput_gbps\": 0, \"goodput_ci95_gbps\": null, \"offered_gbps\": 0, "
    "\"failed\": 0, \"dropped\": 0, \"interruption_ns\": null, \"latency_ns\": {\"min\": null, \"mean\": null, "
    "\"mean_ci95\": null, \"p50\": null, \"p90\": null, \"p99\": null, \"p999\": null, \"max\": null, "
    "\"stddev\": null}"
    ", \"latency_parts_ns\": {\"source\": null, \"waiting\": null, \"credits\": null, \"serialisation\": null, "
    "\"switches\": null, \"wires\": null, \"memory\": null, \"adapter\": null}"
    ", \"down_ns\": null, \"by_op\": []}],\n"
    " \"links\": [\n"
    "  {\"name\": \"h0\", \"direction\": \"up\", \"gen\": 4, \"width\": 8, \"tlps\": 130, \"payload_bytes\": 60160, "
    "\"wire_bytes\": 64000, \"dllps\": 9, \"utilisation\": 0.987654322, \"credit_stall_ns\": 12345.678, "
    "\"replays\": 0, \"queue_max\": 12, \"queue_mean\": 3.25, \"wait_ns\": {\"mean\": 1.5, \"p99\": 9, "
    "\"max\": 9.001}, \"by_vh\": [{\"vh\": 1, \"payload_bytes\": 31488, \"credit_stall_ns\": 2, "
    "\"wait_mean_ns\": 1.5, \"wait_p99_ns\": 9}, {\"vh\": 2, \"payload_bytes\": 0, \"credit_stall_ns\": 0, "
    "\"wait_mean_ns\": null, \"wait_p99_ns\": null}]},\n"
    "  {\"name\": \"h0\", \"direction\": \"down\", \"gen\": 4, \"width\": 8, \"tlps\": 0, \"payload_bytes\": 0, "
    "\"wire_bytes\": 0, \"dllps\": 0, \"utilisation\": 0, \"credit_stall_ns\": 0, \"replays\": 0, "
    "\"queue_max\": 0, \"queue_mean\": null, \"wait_ns\": {\"mean\": null, \"p99\": null, \"max\": null}, "
    "\"by_vh\": []}],\n"
    " \"functions\": [\n"
    "  {\"name\": \"nic0.bf\", \"owner\": null, \"vh\": 0, \"routing_id\": null, \"state\": \"free\", \"tlps\": 0, "
    "\"payload_bytes\": 0},\n"
    "  {\"name\": \"nic0.pf0\", \"owner\": \"h0\", \"vh\": 1, \"routing_id\": \"02:00.0\", \"state\": \"assigned\", "
    "\"tlps\": 123, \"payload_bytes\": 31488},\n"
    "  {\"name\": \"ssd0.pf0.vf5\", \"owner\": \"h0/vm1\", \"vh\": null, \"routing_id\": null, \"state\": \"free\", "
    "\"tlps\": 0, \"payload_bytes\": 0}],\n"
    " \"hierarchies\": [\n"
    "  {\"vh\": 1, \"host\": \"h0\", \"functions\": 2, \"goodput_gbps\": 57.9333333, \"dropped_stale\": 0, "
    "\"errors\": {\"ur\": 0, \"ca\": 0, \"timeout\": 0}},\n"
    "  {\"vh\": 2, \"host\": \"h1\", \"functions\": 1, \"goodput_gbps\": 28.8, \"dropped_stale\": 4, "
    "\"errors\": {\"ur\": 1, \"ca\": 2, \"timeout\": 3}}],\n"
    " \"timeline\": [\n"
    "  {\"at_ns\": 500000, \"op\": \"assign\", \"status\": \"ok\", \"took_ns\": 1200, \"detail\": \"\", "
    "\"parts_ns\": {\"bind\": 199.999, \"present\": 1000.001}},\n"
    "  {\"at_ns\": 600000, \"op\": \"release\", \"status\": \"running\", \"took_ns\": null, "
    "\"detail\": \"waits for \\\"nic0\\\"\", \"parts_ns\": {}}],\n"
    " \"expect\": [\n"
    "  {\"text\": \"writes goodput >= 20Gbps\", \"value\": 28.8, \"held\": true},\n"
    "  {\"text\": \"writes p99 < 1us\", \"value\": 2000, \"held\": false},\n"
    "  {\"text\": \"idle p99 < 1us\", \"value\": null, \"held\": false}],\n"
    " \"totals\": {\"events\": 123456, \"tlps_created\": 1000, \"tlps_delivered\": 990, \"tlps_dropped\": 4, "
    "\"tlps_in_flight\": 6, \"tlp_hops\": 4000, \"cross_vh_deliveries\": 0, \"fairness_jain\": 0.9},\n"
    " \"hosts\": [\n"
    "  {\"name\": \"h0\", \"iommu\": {\"hits\": 120, \"misses\": 5, \"walks\": 3, \"wait_ns\": {\"mean\": 330.5, "
    "\"max\": 660}}},\n"
    "  {\"name\": \"h1\", \"iommu\": null}]\n"
    "}\n";

Test(results_json, golden)
{
    struct results results = {0};
    results_fixture(&results);
    char *text = written(&results);
    cr_expect_str_eq(text, golden);
    free(text);
    results_free(&results);
}

Test(results_json, another_parser_reads_it)
{
    struct results results = {0};
    results_fixture(&results);
    results.seed = 7; /* jansson has no integers beyond 63 bits */
    char *text = written(&results);
    json_error_t error;
    json_t *parsed = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    cr_assert(parsed, "line %d: %s", error.line, error.text);
    json_t *flow = json_array_get(json_object_get(parsed, "flows"), 2);
    cr_expect_str_eq(json_string_value(json_object_get(flow, "guest")), "vm1");
    json_t *latency = json_object_get(flow, "latency_ns");
    cr_expect_float_eq(json_number_value(json_object_get(latency, "p50")), 160000.014, 1e-9);
    cr_expect(json_is_null(json_object_get(flow, "interruption_ns")) == 0);
    json_decref(parsed);
    free(text);
    results_free(&results);
}

Test(results_json, nothing_at_all_is_still_whole)
{
    struct results results = {.scenario = "", .totals = {.fairness_jain = NAN}};
    char *text = written(&results);
    json_error_t error;
    json_t *parsed = json_loads(text, 0, &error);
    cr_assert(parsed, "line %d: %s", error.line, error.text);
    cr_expect_eq(json_array_size(json_object_get(parsed, "flows")), 0);
    cr_expect(json_is_null(json_object_get(json_object_get(parsed, "totals"), "fairness_jain")));
    json_decref(parsed);
    free(text);
}

Test(results_json, a_comma_locale_changes_nothing)
{
    if (!locale_with_comma())
        cr_skip_test("no locale with a decimal comma is installed");
    struct results results = {0};
    results_fixture(&results);
    char *text = written(&results);
    cr_expect_str_eq(text, golden);
    free(text);
    results_free(&results);
}
