/* `qos` in whole racks: what functions get is what they are guaranteed and limited to. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "fabric/base/time.h"
#include "hostsim/rack/run.h"
#include "tests/support/rack.h"

TestSuite(build_qos, .timeout = 120);

/* Four hosts that share an adapter, saturated; the first is guaranteed 60 Gb/s, the second limited to 10. The rest is
 * the others', in equal parts. */
static void check_rack(const char *adapter, const char *workload)
{
    char text[1024];
    snprintf(
        text, sizeof text,
        "mriov: 1\n"
        "run: {warmup: 50us, duration: 500us}\n"
        "chassis:\n"
        "  - {name: tor0}\n"
        "hosts:\n"
        "  - {name: \"h[0-3]\", chassis: tor0}\n"
        "adapters:\n"
        "  - {name: nic0, at: tor0, link: {gen: 4, width: 8}%s}\n"
        "assign:\n"
        "  - {function: nic0, to: \"h[0-3]\"}\n"
        "qos:\n"
        "  - {function: nic0@h0, min: 60Gbps}\n"
        "  - {function: nic0@h1, max: 10Gbps}\n"
        "workloads:\n"
        "  - {name: w, function: \"nic0@h*\", %s}\n",
        adapter, workload);
    struct results results = rack_results(text);
    cr_assert_eq(results.flow_count, 4);
    cr_expect_float_eq(
        rack_flow(&results, 0)->goodput_gbps, 60, 0.3, "%s: min: %f", workload, rack_flow(&results, 0)->goodput_gbps);
    cr_expect_float_eq(
        rack_flow(&results, 1)->goodput_gbps, 10, 0.1, "%s: max: %f", workload, rack_flow(&results, 1)->goodput_gbps);
    double third = rack_flow(&results, 2)->goodput_gbps, fourth = rack_flow(&results, 3)->goodput_gbps;
    cr_expect_float_eq(third, fourth, 0.3, "%s: the rest: %f, %f", workload, third, fourth);
    cr_expect_gt(third, 15, "%s: the rest: %f", workload, third);
    results_free(&results);
}

Test(build_qos, holds_in_both_directions)
{
    check_rack("", "op: dma-write, size: 256B");
    check_rack("", "op: dma-read, size: 512B");
    check_rack("", "op: dma-read-write, size: 256B");
    check_rack("", "op: mmio-write, size: 4KiB");
    check_rack(", sharing: sr-iov, vfs: 8", "op: dma-write, size: 256B");
    check_rack(", outstanding: 256", "op: dma-read, size: 4KiB");
}

/* Four hosts that share an adapter, saturated, with weights 4, 2, 1, 1: of what goes in all, each has its part. */
static void check_weights(const char *adapter, const char *function, const char *workload, double least_gbps)
{
    static const double parts[] = {0.5, 0.25, 0.125, 0.125};
    char text[1024];
    snprintf(
        text, sizeof text,
        "mriov: 1\n"
        "run: {warmup: 100us, duration: 500us}\n"
        "chassis:\n"
        "  - {name: tor0}\n"
        "hosts:\n"
        "  - {name: \"h[0-3]\", chassis: tor0, link: {gen: 4, width: 16}}\n"
        "adapters:\n"
        "  - {name: nic0, at: tor0, link: {gen: 4, width: 8}, %s}\n"
        "assign:\n"
        "  - {function: nic0, to: \"h[0-3]\"}\n"
        "qos:\n"
        "  - {function: %s0, weight: 4}\n"
        "  - {function: %s1, weight: 2}\n"
        "workloads:\n"
        "  - {name: w, function: \"nic0@h*\", %s}\n",
        adapter, function, function, workload);
    struct results results = rack_results(text);
    double sum = 0;
    for (size_t flow = 0; flow < 4; flow++)
        sum += rack_flow(&results, flow)->goodput_gbps;
    cr_expect_gt(sum, least_gbps, "%s, %s: only %f", adapter, workload, sum);
    for (size_t flow = 0; flow < 4; flow++) {
        double part = rack_flow(&results, flow)->goodput_gbps / sum;
        cr_expect_float_eq(part, parts[flow], 0.004, "%s, %s: %zu has %f", adapter, workload, flow, part);
    }
    results_free(&results);
}

/* Payload that the adapter's link carries: 126.031 x 256 / 284 = 113.6 Gb/s of writes, of reads a little less than 256
 * / 280, for the DLLPs between them; of 64 bytes 126.031 x 64 / 88 = 91.7. With 64 tags and 64 bytes a read it is tags
 * that are scarce: the link is idle for a third of the time. */
Test(build_qos, weights_share_reads_as_they_share_writes)
{
    check_weights("outstanding: 64", "nic0.pf", "op: dma-write, size: 4KiB", 113);
    check_weights("outstanding: 64", "nic0.pf", "op: dma-read, size: 4KiB", 112);
    check_weights("outstanding: 64", "nic0.pf", "op: dma-read, size: 64B", 50);
    check_weights("outstanding: 256", "nic0.pf", "op: dma-read, size: 64B", 88);
    check_weights("outstanding: 256", "nic0.pf", "op: dma-read, size: 4KiB", 112);
    check_weights("sharing: sr-iov, vfs: 8", "nic0.vf", "op: dma-read, size: 4KiB", 112);
    check_weights("sharing: sr-iov, vfs: 8", "nic0.vf", "op: dma-read, size: 64B", 50);
}

/* Weights that are all the same are as none, and a rack without qos goes by none of it. */
Test(build_qos, equal_weights_change_no_share)
{
    const char *const lines[] = {"", "qos: [{function: \"nic0@h*\", weight: 3}]\n"};
    double shares[2][4];
    for (size_t with = 0; with < 2; with++) {
        char text[1024];
        snprintf(
            text, sizeof text,
            "mriov: 1\n"
            "run: {warmup: 50us, duration: 300us}\n"
            "chassis: [{name: tor0}]\n"
            "hosts:\n"
            "  - {name: \"h[0-3]\", chassis: tor0}\n"
            "adapters:\n"
            "  - {name: nic0, at: tor0, link: {gen: 4, width: 8}}\n"
            "assign:\n"
            "  - {function: nic0, to: \"h[0-3]\"}\n"
            "%s"
            "workloads:\n"
            "  - {name: w, function: \"nic0@h*\", op: dma-read, size: 4KiB}\n",
            lines[with]);
        struct results results = rack_results(text);
        for (size_t flow = 0; flow < 4; flow++)
            shares[with][flow] = rack_flow(&results, flow)->goodput_gbps;
        results_free(&results);
    }
    for (size_t flow = 0; flow < 4; flow++)
        cr_expect_float_eq(shares[1][flow], shares[0][flow], shares[0][flow] * 0.01);
}

/* --- what a tenant may have does not keep MR-PCIM, or others, from going on --- */

/* One host that has as much of the adapter as it can, by QOS; then the others' functions change. */
static void check_management(const char *qos, const char *operation, double least_gbps)
{
    char text[2048], reason[256] = "";
    snprintf(
        text, sizeof text,
        "mriov: 1\n"
        "run: {duration: 12ms}\n"
        "chassis:\n"
        "  - {name: tor0}\n"
        "hosts:\n"
        "  - {name: \"h[0-3]\", chassis: tor0, link: {gen: 4, width: 16}}\n"
        "adapters:\n"
        "  - {name: nic0, at: tor0, pfs: 4, vfs: 16, link: {gen: 4, width: 8}}\n"
        "assign:\n"
        "  - {function: nic0, to: \"h[0-3]\"}\n"
        "workloads:\n"
        "  - {name: w, function: \"nic0@h*\", op: %s, size: 4KiB}\n"
        "timeline:\n"
        "  - {at: 50us, qos: {function: nic0.pf0, %s}}\n"
        "  - {at: 100us, release: {function: nic0.pf3}}\n"
        "  - {at: 100us, qos: {function: nic0.pf2, weight: 2}}\n"
        "  - {at: 11ms, qos: {function: nic0.pf0, min: 0, weight: 1}}\n",
        operation, qos);
    struct scenario *scenario = rack_scenario(text);
    struct results results = {0};
    enum status status = run_scenario(scenario, &(struct run_options){0}, &results, reason, sizeof reason);
    cr_assert_eq(status, STATUS_OK, "%s", reason);
    for (size_t entry = 0; entry < results.timeline_count; entry++)
        cr_expect_str_eq(
            results.timeline[entry].status, "ok", "%s: %s %zu: %s", qos, operation, entry,
            results.timeline[entry].detail);
    /* Setting limits takes a few requests of MR-PCIM, which wait behind nothing but a TLP that is on the wire. */
    cr_expect_lt(results.timeline[2].took_ps, 6 * PS_PER_US, "%s, %s", qos, operation);
    cr_expect_gt(rack_flow(&results, 0)->goodput_gbps, least_gbps, "%s, %s", qos, operation);
    results_free(&results);
    scenario_free(scenario);
}

/* 31/32 of 113.6 Gb/s are 110.05. */
Test(build_qos, management_goes_on_whatever_a_tenant_is_given)
{
    check_management("min: 110.05Gbps", "dma-write", 100);
    check_management("min: 110.05Gbps", "dma-read", 100);
    check_management("weight: 65535", "dma-write", 100);
    check_management("min: 110.05Gbps, weight: 65535", "dma-read", 100);
}

/* Two hosts, each with an adapter behind a trunk that is the bottleneck; what the first function gets of OPERATION. */
static void check_trunk(const char *qos, const char *operation, const char *timeline, double first, double second)
{
    char text[1024];
    snprintf(
        text, sizeof text,
        "mriov: 1\n"
        "run: {warmup: 100us, duration: 300us}\n"
        "chassis: [{name: \"tor[0-1]\", arbitration: deficit}]\n"
        "trunks: [{name: isl0, between: [tor0, tor1], link: {gen: 4, width: 4}}]\n"
        "hosts: [{name: \"h[0-1]\", chassis: tor0}]\n"
        "adapters: [{name: \"nic[0-1]\", at: tor1}]\n"
        "assign: [{function: \"nic[0-1]\", to: \"h[0-1]\"}]\n"
        "%s"
        "workloads: [{name: w, function: \"nic*.pf0\", op: %s, size: 4KiB}]\n"
        "%s",
        qos, operation, timeline);
    struct results results = rack_results(text);
    for (size_t entry = 0; entry < results.timeline_count; entry++)
        cr_expect_str_eq(results.timeline[entry].status, "ok");
    cr_expect_float_eq(
        rack_flow(&results, 0)->goodput_gbps, first, 0.6, "%s%s%s: %f", qos, timeline, operation,
        rack_flow(&results, 0)->goodput_gbps);
    cr_expect_float_eq(
        rack_flow(&results, 1)->goodput_gbps, second, 0.6, "%s%s%s: %f", qos, timeline, operation,
        rack_flow(&results, 1)->goodput_gbps);
    results_free(&results);
}

/* Generation 4, 4 lanes: 63.015 x 256 / 284 = 56.8 Gb/s of writes, and of reads (less prefix and DLLPs) about as much.
 */
Test(build_qos, holds_over_trunks_for_reads_too)
{
    const char *const operations[] = {"dma-write", "dma-read"};
    for (size_t i = 0; i < 2; i++) {
        check_trunk("", operations[i], "", 28.4, 28.4);
        check_trunk("qos: [{function: nic0.pf0, min: 40Gbps}]\n", operations[i], "", 40, 16.6);
        check_trunk("qos: [{function: nic0.pf0, weight: 4}]\n", operations[i], "", 56.8 * 4 / 5, 56.8 / 5);
        check_trunk("", operations[i], "timeline: [{at: 1us, qos: {function: nic1.pf0, min: 40Gbps}}]\n", 16.6, 40);
        check_trunk(
            "", operations[i], "timeline: [{at: 1us, qos: {function: nic1.pf0, weight: 4}}]\n", 56.8 / 5, 56.8 * 4 / 5);
    }
}

Test(build_qos, no_limit_is_0)
{
    const char *const text = "mriov: 1\n"
                             "run: {warmup: 150us, duration: 200us}\n"
                             "chassis: [{name: tor0}]\n"
                             "hosts: [{name: \"h[0-1]\", chassis: tor0, link: {gen: 4, width: 8}}]\n"
                             "adapters: [{name: nic0, at: tor0, link: {gen: 4, width: 8}}]\n"
                             "assign: [{function: nic0, to: \"h[0-1]\"}]\n"
                             "qos:\n"
                             "  - {function: nic0.pf0, max: 5Gbps, min: 0}\n"
                             "  - {function: nic0.pf1, min: 90Gbps}\n"
                             "workloads: [{name: w, function: \"nic0@h*\", op: dma-write, size: 4KiB}]\n"
                             "timeline:\n"
                             "  - {at: 100us, qos: {function: nic0.pf0, max: 0}}\n"
                             "  - {at: 100us, qos: {function: nic0.pf1, min: 0bps}}\n";
    struct results results = rack_results(text);
    for (size_t flow = 0; flow < 2; flow++)
        cr_expect_float_eq(rack_flow(&results, flow)->goodput_gbps, 113.6 / 2, 0.5);
    results_free(&results);
}

Test(build_qos, holds_whatever_the_arbitration)
{
    const char *const words[] = {"weighted", "deficit", "strict", "age", "random"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char text[1024];
        snprintf(
            text, sizeof text,
            "mriov: 1\n"
            "run: {warmup: 50us, duration: 500us}\n"
            "chassis:\n"
            "  - {name: tor0, arbitration: %s}\n"
            "hosts:\n"
            "  - {name: h, chassis: tor0, link: {gen: 3, width: 4}}\n"
            "adapters:\n"
            "  - {name: nic, count: 3, at: tor0}\n"
            "assign:\n"
            "  - {function: \"nic*\", to: h}\n"
            "qos:\n"
            "  - {function: nic0, min: 20Gbps}\n"
            "workloads:\n"
            "  - {name: w, function: \"nic*@h\", op: dma-write, size: 256B}\n",
            words[i]);
        struct results results = rack_results(text);
        double got = rack_flow(&results, 0)->goodput_gbps;
        cr_expect_float_eq(got, 20, 0.4, "one host's adapters, %s: %f", words[i], got);
        results_free(&results);
    }
}
