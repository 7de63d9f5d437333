#include "hostsim/rack/loads.h"

#include <criterion/criterion.h>

#include "tests/support/rack.h"

#define RACK                                                                                                           \
    "defaults: {link: {rate: 8Gbps, propagation: 0ns}}\n"                                                              \
    "chassis: [{name: tor}]\n"                                                                                         \
    "hosts: [{name: h0, chassis: [tor, tor]}, {name: h1, chassis: tor}]\n"                                             \
    "adapters: [{name: nic, at: tor}]\n"                                                                               \
    "assign: [{function: nic, to: \"h0:[0-1]\"}, {function: nic, to: h1}]\n"                                           \
    "workloads:\n"

Test(loads, until_done_waits_for_the_last_of_all)
{
    struct results results = rack_results(
        "mriov: 1\nrun: {until: done}\n" RACK
        "  - {name: short, function: nic.pf2, op: dma-write, size: 64B, arrival: {periodic: 1Mops/s}, count: 3}\n"
        "  - {name: long, function: nic.pf2, op: dma-write, size: 64B, arrival: {periodic: 1Mops/s}, count: 9}\n");
    cr_expect_eq(rack_flow(&results, 0)->operations, 3);
    cr_expect_eq(rack_flow(&results, 1)->operations, 9);
    cr_expect(results.simulated_ps > 8 * PS_PER_US && results.simulated_ps < 9 * PS_PER_US);
    results_free(&results);
}

Test(loads, windows_of_one_host_s_memory_do_not_overlap)
{
    struct rack rack;
    rack_open(
        &rack, "mriov: 1\n" RACK "  - {name: a, function: \"nic@h0\", op: dma-write, size: 64B, window: 5000B}\n"
               "  - {name: b, function: nic.pf1, op: dma-read, size: 64B, window: 1B}\n"
               "  - {name: c, function: nic.pf0, op: dma-read, size: 64B, window: 1MiB}\n"
               "  - {name: d, function: nic.pf2, op: dma-read, size: 64B}\n");
    const struct flow *flows = rack.world.loads->flows;
    uint64_t base = flows[3].routes[0].address;
    cr_expect_eq(base % 4096, 0);
    cr_expect_eq(flows[0].routes[0].address, base, "another host's memory begins where this one's does");
    cr_expect_eq(flows[1].routes[0].address, base + 8192);
    cr_expect_eq(flows[2].routes[0].address, base + 12288);
    rack_close(&rack);
}

Test(loads, a_flow_over_several_functions_has_a_core_at_each_root_port)
{
    struct rack rack;
    rack_open(
        &rack, "mriov: 1\n" RACK
               "  - {name: m, function: [nic.pf0, nic.pf1, nic.pf2], spread: random, op: mmio-write, size: 64B}\n"
               "  - {name: n, function: nic.pf1, op: mmio-read, size: 64B}\n");
    const struct loads *loads = rack.world.loads;
    cr_assert_eq(loads->core_count, 4);
    static const uint16_t vhs[] = {1, 2, 3, 2};
    for (size_t n = 0; n < 4; n++)
        cr_expect_eq(loads->cores[n]->root_port->vh, vhs[n]);
    cr_assert_eq(loads->flows[0].target_count, 3);
    for (uint32_t n = 0; n < 3; n++)
        cr_expect_eq(loads->flows[0].routes[n].address, rack.world.functions[n].bar_base);
    rack_run(&rack, 50 * PS_PER_US);
    cr_expect_eq(rack.world.fabric.cross_vh_deliveries, 0);
    cr_expect_gt(loads->flows[0].counters.operations, 100);
    cr_expect_eq(loads->flows[0].counters.failed, 0);
    rack_close(&rack);
}

Test(loads, registers_are_a_window_of_the_bar)
{
    struct rack rack;
    rack_open(
        &rack,
        "mriov: 1\n" RACK "  - {name: m, function: nic.pf0, op: mmio-write, size: 4MiB, window: 1GiB, count: 2}\n");
    const struct flow *flow = &rack.world.loads->flows[0];
    cr_expect_eq(flow->config.window_bytes, FUNCTION_BAR_BYTES);
    cr_expect_eq(flow->config.most_bytes, FUNCTION_BAR_BYTES);
    rack_run(&rack, 5 * PS_PER_MS);
    cr_expect_eq(flow->completed_bytes, 2 * FUNCTION_BAR_BYTES, "it does not run into the next function's");
    cr_expect_eq(flow->counters.failed, 0);
    rack_close(&rack);
}
