#include "hostsim/rack/collect.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/rack.h"

#define NS PS_PER_NS

static const char text[] =
    "mriov: 1\n"
    "seed: 77\n"
    "run: {warmup: 10us, duration: 100us}\n"
    "defaults: {link: {rate: 8Gbps, propagation: 0ns, dllp: off}}\n"
    "chassis: [{name: tor, latency: 100ns}]\n"
    "hosts:\n"
    "  - {name: h0, chassis: tor, uplinks: 2, guests: [{name: vm}]}\n"
    "  - {name: h1, chassis: tor}\n"
    "adapters: [{name: nic, at: tor, pfs: 4, vfs: 8}]\n"
    "assign:\n"
    "  - {function: nic, to: \"h0:1\", vfs: 2}\n"
    "  - {function: nic, to: h1}\n"
    "  - {function: nic.pf0.vf1, to: h0/vm}\n"
    "workloads:\n"
    "  - {name: w, function: nic.pf0, op: dma-write, size: 100B, arrival: {periodic: 1Mops/s}}\n"
    "  - {name: g, function: nic.pf0.vf1, op: dma-write, size: 40B, arrival: {closed: 1, think: 2us}}\n"
    "  - {name: r, function: \"nic@h*\", spread: round-robin, op: dma-read, size: 64B, "
    "arrival: {periodic: 500kops/s}}\n";

Test(collect, flows)
{
    struct results results = rack_results(text);
    cr_expect_eq(results.seed, 77);
    cr_expect_eq(results.simulated_ps, 110 * PS_PER_US);
    cr_expect_eq(results.measured_ps, 100 * PS_PER_US);
    const struct results_flow *w = rack_flow(&results, 0), *g = rack_flow(&results, 1), *r = rack_flow(&results, 2);
    cr_expect_eq(w->operations, 100);
    cr_expect_eq(w->bytes, 10000);
    cr_expect_float_eq(w->goodput_gbps, 0.8, 1e-12);
    cr_expect_float_eq(w->offered_gbps, 0.8, 1e-12);
    cr_expect_str_eq(w->host, "h0");
    cr_expect_str_eq(w->function, "nic.pf0");
    cr_expect_str_eq(w->op, "dma-write");
    cr_expect_null(w->guest);
    cr_expect_str_eq(g->guest, "vm");
    cr_expect(__builtin_isnan(g->offered_gbps));
    cr_expect_null(r->host, "it picks from functions of two hosts");
    cr_expect_str_eq(r->function, "nic@h*");
    cr_expect_eq(r->operations, 50);
    results_free(&results);
}

/* One page at a time, and three in turn: every access misses. An idle host, and one without an IOMMU. */
Test(collect, hosts)
{
    struct results results = rack_results(
        "mriov: 1\nrun: {warmup: 10us, duration: 30us}\ndefaults: {link: {rate: 8Gbps, propagation: 0ns, dllp: off}}\n"
        "chassis: [{name: tor, latency: 100ns}]\n"
        "hosts:\n"
        "  - {name: h0, chassis: tor, iommu: {entries: 2, page: 8KiB, walk: 500ns, walkers: 1}}\n"
        "  - {name: h1, chassis: tor, iommu: {}}\n"
        "  - {name: h2, chassis: tor}\n"
        "adapters: [{name: nic, at: tor}]\n"
        "assign: [{function: nic, to: \"h[0-2]\"}]\n"
        "workloads:\n"
        "  - {name: r, function: nic.pf0, op: dma-read, size: 4KiB, window: 24KiB, arrival: {closed: 1}, count: "
        "1000}\n");
    cr_assert_eq(results.host_count, 3);
    const struct results_host *h0 = &results.hosts[0], *h1 = &results.hosts[1];
    cr_expect_str_eq(h0->name, "h0");
    cr_expect(h0->has_iommu && h1->has_iommu && !results.hosts[2].has_iommu);
    uint64_t requests = h0->iommu_hits + h0->iommu_misses;
    cr_expect_lt(h0->iommu_misses, requests);
    cr_expect_gt(h0->iommu_walks, 1);
    cr_expect(
        h0->iommu_walks * 16 <= requests + 16 && requests <= h0->iommu_walks * 16 + 16, "16 reads a page of 8 KiB");
    cr_expect_leq(h0->iommu_wait_max_ps, 500 * NS);
    cr_expect_leq(h0->iommu_wait_mean_ps, h0->iommu_wait_max_ps);
    cr_expect_eq(h1->iommu_hits + h1->iommu_misses, 0);
    cr_expect_eq(h1->iommu_wait_mean_ps, RESULTS_NO_TIME);
    results_free(&results);
}

Test(collect, links)
{
    struct results results = rack_results(text);
    static const char *const names[] = {"h0:0", "h0:1", "h1", "nic"};
    cr_assert_eq(results.link_count, 8);
    for (size_t n = 0; n < 8; n++) {
        cr_expect_str_eq(results.links[n].name, names[n / 2]);
        cr_expect_eq(results.links[n].direction, n % 2 == 0 ? LINK_UP : LINK_DOWN);
    }
    cr_expect_eq(rack_link(&results, "h0:0", LINK_UP)->tlps, 0);
    /* 25 answers of 64 B in 100 us, 1 ns a byte. */
    const struct results_link *down = rack_link(&results, "h1", LINK_DOWN);
    cr_expect_eq(down->tlps, 25);
    cr_expect_eq(down->payload_bytes, 25 * 64);
    cr_expect_eq(down->wire_bytes, 25 * 84);
    cr_expect_float_eq(down->utilisation, 25 * 84 / 1e5, 1e-12);
    cr_expect_eq(down->by_vh_count, 1);
    cr_expect_eq(down->by_vh[0].vh, 3);
    for (size_t n = 0; n < results.link_count; n++) {
        uint64_t payload_bytes = 0;
        for (size_t vh = 0; vh < results.links[n].by_vh_count; vh++)
            payload_bytes += results.links[n].by_vh[vh].payload_bytes;
        cr_expect_eq(payload_bytes, results.links[n].payload_bytes);
    }
    results_free(&results);
}

Test(collect, functions)
{
    struct results results = rack_results(text);
    static const struct {
        const char *name, *owner, *id, *state;
        int vh;
    } expected[] = {
        {"nic.bf", NULL, NULL, "managed", 0},
        {"nic.pf0", "h0:1", "03:00.0", "assigned", 2},
        {"nic.pf0.vf0", "h0:1", "03:00.1", "assigned", 2},
        {"nic.pf0.vf1", "h0/vm", "03:00.2", "assigned", 2},
        {"nic.pf1", "h1", "03:00.0", "assigned", 3},
        {"nic.pf2", NULL, NULL, "free", RESULTS_NO_VH},
        {"nic.pf3", NULL, NULL, "free", RESULTS_NO_VH},
    };
    cr_assert_eq(results.function_count, sizeof expected / sizeof expected[0]);
    for (size_t n = 0; n < results.function_count; n++) {
        const struct results_function *function = &results.functions[n];
        cr_expect_str_eq(function->name, expected[n].name);
        cr_expect_str_eq(function->state, expected[n].state, "%s", function->name);
        cr_expect_eq(function->vh, expected[n].vh, "%s", function->name);
        cr_expect_eq(function->owner == NULL, expected[n].owner == NULL, "%s", function->name);
        cr_expect(function->owner == NULL || strcmp(function->owner, expected[n].owner) == 0, "%s", function->name);
        cr_expect(function->owner == NULL || strcmp(function->routing_id, expected[n].id) == 0, "%s", function->name);
    }
    results_free(&results);
}

Test(collect, a_hierarchy_has_its_own_part_of_a_flow_that_picks)
{
    struct results results = rack_results(text);
    cr_assert_eq(results.hierarchy_count, 3);
    static const uint64_t functions[] = {0, 3, 1};
    double g = rack_flow(&results, 1)->goodput_gbps, half = rack_flow(&results, 2)->goodput_gbps / 2;
    const double goodput[] = {0, 0.8 + g + half, half};
    static const char *const hosts[] = {"h0", "h0", "h1"};
    for (size_t n = 0; n < 3; n++) {
        cr_expect_eq(results.hierarchies[n].vh, (int)n + 1);
        cr_expect_str_eq(results.hierarchies[n].host, hosts[n]);
        cr_expect_eq(results.hierarchies[n].functions, functions[n]);
        cr_expect_float_eq(results.hierarchies[n].goodput_gbps, goodput[n], 1e-9, "vh %zu", n + 1);
    }
    results_free(&results);
}

Test(collect, fairness_is_jain_s)
{
    struct results results = rack_results(text);
    double sum = 0, squares = 0;
    for (size_t n = 0; n < 3; n++) {
        double x = rack_flow(&results, n)->goodput_gbps;
        sum += x;
        squares += x * x;
    }
    cr_expect_float_eq(results.totals.fairness_jain, sum * sum / (3 * squares), 1e-12);
    cr_expect_eq(
        results.totals.tlps_created,
        results.totals.tlps_delivered + results.totals.tlps_dropped + results.totals.tlps_in_flight);
    results_free(&results);
}
