/* Whole racks: what goes where, against arithmetic by hand. */
#include "hostsim/rack/world.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/rack.h"

#define NS PS_PER_NS

/* Three hosts and VFs of one ordinary SR-IOV adapter; links of 1 ns a byte, a chassis of 100 ns, memory of 300. */
#define SR_IOV                                                                                                         \
    "mriov: 1\n"                                                                                                       \
    "run: {duration: 1ms}\n"                                                                                           \
    "defaults: {link: {rate: 8Gbps, propagation: 0ns, dllp: off}}\n"                                                   \
    "chassis: [{name: tor, latency: 100ns}]\n"                                                                         \
    "hosts: [{name: \"h[0-2]\", chassis: tor, memory: {bandwidth: 1000GB/s}}]\n"                                       \
    "adapters: [{name: nic, at: tor, sharing: sr-iov}, {name: ssd, at: tor, sharing: sr-iov}]\n"                       \
    "assign:\n"                                                                                                        \
    "  - {function: \"nic.vf[5,1,3,2,0]\", to: \"h[0,0,1,2,2]\"}\n"                                                    \
    "  - {function: \"ssd.vf[2,9]\", to: \"h[2,0]\"}\n"

Test(world, vfs_of_one_adapter_serve_different_hosts)
{
    struct results results = rack_results(
        SR_IOV
        "workloads:\n"
        "  - {name: w, function: nic.vf5, op: dma-write, size: 64B, arrival: {periodic: 10kops/s}}\n"
        "  - {name: r, function: nic.vf3, op: dma-read, size: 64B, arrival: {periodic: 10kops/s}, start: 10us}\n"
        "  - {name: mw, function: nic.vf2, op: mmio-write, size: 8B, arrival: {periodic: 10kops/s}, start: 20us}\n"
        "  - {name: mr, function: nic.vf0, op: mmio-read, size: 64B, arrival: {periodic: 10kops/s}, start: 30us}\n"
        "  - {name: pw, function: nic.vf5, peer: ssd.vf9, op: peer-write, size: 64B, arrival: {periodic: 10kops/s}, "
        "start: 40us}\n"
        "  - {name: pr, function: nic.vf0, peer: ssd.vf2, op: peer-read, size: 64B, arrival: {periodic: 10kops/s}, "
        "start: 50us}\n");
    /* Links of one speed: the last byte leaves the chassis 100 ns after it came in. */
    static const uint64_t expected_ns[] = {
        88 + 100 + 100,            /* write, 24 around 64; memory 100 */
        24 + 100 + 300 + 84 + 100, /* request, memory, answer of 20 and 64 */
        32 + 100,                  /* 24 around 8 */
        24 + 100 + 84 + 100,       /* and a register answers at once */
        88 + 100,                  /* through the chassis and back down */
        24 + 100 + 84 + 100,
    };
    for (size_t n = 0; n < 6; n++) {
        const struct results_flow *flow = rack_flow(&results, n);
        cr_expect_eq(flow->operations, 10, "%s: %lu", flow->name, (unsigned long)flow->operations);
        cr_expect_eq(flow->failed, 0, "%s", flow->name);
        cr_expect_eq(
            flow->latency.max_ps, expected_ns[n] * NS, "%s: %g ns", flow->name, (double)flow->latency.max_ps / NS);
    }
    static const char *const names[] = {"nic.pf0.vf0", "nic.pf0.vf1", "nic.pf0.vf2", "nic.pf0.vf3", "nic.pf0.vf4"};
    static const char *const owners[] = {"h2", "h0", "h2", "h1", NULL};
    static const char *const ids[] = {"03:00.0", "03:00.0", "03:00.1", "03:00.0", NULL};
    for (size_t n = 0; n < 5; n++) {
        const struct results_function *function = &results.functions[n + 1];
        cr_expect_str_eq(function->name, names[n]);
        cr_expect(owners[n] ? strcmp(function->owner, owners[n]) == 0 : function->owner == NULL, "%s", names[n]);
        cr_expect(ids[n] ? strcmp(function->routing_id, ids[n]) == 0 : function->routing_id == NULL, "%s", names[n]);
        cr_expect_str_eq(function->state, owners[n] ? "assigned" : "free");
    }
    cr_expect_str_eq(results.functions[0].state, "managed");
    cr_expect_eq(results.functions[0].vh, 0);
    results_free(&results);
}

Test(world, an_sr_iov_adapter_has_the_least_of_its_hosts_sizes)
{
    struct results results =
        rack_results("mriov: 1\n"
                     "run: {duration: 100us}\n"
                     "chassis: [{name: tor}]\n"
                     "hosts: [{name: h0, chassis: tor, mps: 512B}, {name: h1, chassis: tor, mps: 128B}]\n"
                     "adapters: [{name: nic, at: tor, sharing: sr-iov}]\n"
                     "assign: [{function: nic, to: \"h[0-1]\"}]\n"
                     "workloads: [{name: w, function: nic@h0, op: dma-write, size: 512B, "
                     "arrival: {periodic: 100kops/s}}]\n");
    cr_expect_eq(rack_flow(&results, 0)->operations, 10);
    cr_expect_eq(rack_link(&results, "nic", LINK_UP)->tlps, 40);
    results_free(&results);
}

Test(world, is_valid_at_any_time)
{
    struct rack rack;
    rack_open(
        &rack, "mriov: 1\n"
               "chassis: [{name: \"tor[0-1]\", buffer: {posted-headers: 4}}]\n"
               "trunks: [{name: isl, between: [tor0, tor1]}]\n"
               "hosts: [{name: \"h[0-3]\", chassis: \"tor[0,1,0,1]\"}]\n"
               "adapters: [{name: nic, at: tor0}, {name: ssd, at: tor1, sharing: sr-iov}, {name: own, at: h0}]\n"
               "assign:\n"
               "  - {function: nic, to: \"h[0-3]\"}\n"
               "  - {function: ssd, to: \"h[0-3]\", vfs: 2}\n"
               "workloads:\n"
               "  - {name: w, function: \"nic@h*\", op: dma-write, size: 1000B}\n"
               "  - {name: r, function: \"ssd@h*\", op: dma-read, size: 3000B}\n"
               "  - {name: m, function: \"ssd@h*\", op: mmio-read, size: 64B}\n"
               "  - {name: p, function: nic@h2, peer: ssd@h2, op: peer-read, size: 64B}\n"
               "  - {name: o, function: own, op: mmio-write, size: 64B}\n");
    struct random random;
    random_init(&random, 1, "test");
    uint64_t at_ps = 0;
    for (int n = 0; n < 300; n++)
        rack_run(&rack, at_ps += random_below(&random, 200 * NS));
    cr_expect_gt(world_count_tlps(&rack.world), 0);
    cr_expect_eq(rack.world.fabric.cross_vh_deliveries, 0);
    rack_close(&rack);
}
