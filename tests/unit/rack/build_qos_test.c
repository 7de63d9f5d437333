/* `qos` in whole racks: what functions get is what they are guaranteed and limited to. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "tests/support/rack.h"

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
