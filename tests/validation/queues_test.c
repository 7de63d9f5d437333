/* Case 13 with other parameters: waiting times at other loads, links and mixes of sizes. */
#include <criterion/criterion.h>

#include "tests/support/sweep.h"
#include "tests/support/theory.h"

TestSuite(queues, .timeout = 1200);

/* The mean wait of a million arrivals is uncertain by some 0.3 % at load 0.5, 1 % at 0.9 and 2 % at 0.95. */
static double tolerance(double load)
{
    return load > 0.92 ? 0.06 : load > 0.85 ? 0.04 : 0.02;
}

static const struct {
    uint32_t gen, width, sizes[2]; /* half of the arrivals each */
    double load;
} queues[] = {
    {3, 8, {256, 256}, 0.3},  {1, 4, {128, 128}, 0.6},  {2, 16, {512, 512}, 0.75}, {5, 16, {64, 64}, 0.7},
    {4, 4, {64, 512}, 0.7},   {3, 16, {128, 512}, 0.5}, {2, 1, {64, 128}, 0.85},   {5, 8, {256, 256}, 0.92},
    {4, 16, {512, 512}, 0.1}, {1, 1, {64, 512}, 0.8},   {3, 4, {256, 256}, 0.95},  {3, 8, {64, 256}, 0.9},
};
#define QUEUES (sizeof queues / sizeof queues[0])

static void try_queue(size_t index, const char *op, enum link_direction direction)
{
    struct theory_link link = {.gen = queues[index].gen, .width = queues[index].width, .address_bits = 64};
    const uint32_t *sizes = queues[index].sizes;
    double load = queues[index].load;
    double one_ns = theory_time_ns(&link, theory_write_bytes(&link, sizes[0]));
    double other_ns = theory_time_ns(&link, theory_write_bytes(&link, sizes[1]));
    double mean_ns = (one_ns + other_ns) / 2, square_ns2 = (one_ns * one_ns + other_ns * other_ns) / 2;
    double wait_ns = theory_wait_ns(load, mean_ns, square_ns2);
    double arrivals = load > 0.92 ? 6e6 : 2e6;
    struct results results = sweep_run(
        "mriov: 1\n"
        "run: {warmup: %.0fns, duration: %.0fns}\n"
        "hosts:\n  - {name: h, mps: 512B, memory: {write-latency: 0ns, bandwidth: 4000GB/s}}\n"
        "adapters:\n"
        "  - {name: a, at: h, link: {gen: %u, width: %u, propagation: 0ns, dllp: off, credits: infinite}}\n"
        "workloads:\n"
        "  - {name: w, function: a, op: %s, size: {mix: {%uB: 1, %uB: %s}}, pattern: repeat,\n"
        "     arrival: {poisson: %.3fops/s}}\n",
        2000 * mean_ns / (1 - load), arrivals * mean_ns / load, link.gen, link.width, op, sizes[0],
        sizes[1] == sizes[0] ? sizes[0] + 1 : sizes[1], sizes[1] == sizes[0] ? "0" : "1", load / mean_ns * 1e9);
    double counted_ns = (double)rack_link(&results, "a", direction)->wait_mean_ps / 1000;
    double latency_ns = (double)rack_flow(&results, 0)->latency.mean_ps / 1000;
    sweep_expect(
        counted_ns, wait_ns, tolerance(load), "gen%u x%u, %u and %u B, load %g, %s", link.gen, link.width, sizes[0],
        sizes[1], load, op);
    sweep_expect_units(
        latency_ns - mean_ns, counted_ns, 0.002 * mean_ns + 0.002, "latency less service, load %g, %s", load, op);
    sweep_expect(rack_link(&results, "a", direction)->utilisation, load, 0.005, "load %g", load);
    results_free(&results);
}

Test(queues, wait_as_pollaczek_and_khinchine_say)
{
    for (size_t i = 0; i < QUEUES; i++) {
        if (sweep_tries((uint32_t)i, 3))
            try_queue(i, "dma-write", LINK_UP);
        if (sweep_tries((uint32_t)i + 1, 6))
            try_queue(i, "mmio-write", LINK_DOWN);
    }
}

/* Arrivals of several hosts meet at one port of a switch. Their own links take a small part of the time that the
 * adapter's takes, so what comes of them is Poisson still but for that part. */
static void try_switch(uint32_t hosts, double load, uint32_t size)
{
    struct theory_link link = {.gen = 3, .width = 2, .address_bits = 64, .mr = true};
    double service_ns = theory_time_ns(&link, theory_write_bytes(&link, size));
    double wait_ns = theory_wait_ns(load, service_ns, service_ns * service_ns);
    struct results results = sweep_run(
        "mriov: 1\n"
        "run: {warmup: %.0fns, duration: %.0fns}\n"
        "defaults: {link: {propagation: 0ns, dllp: off, credits: infinite}}\n"
        "chassis:\n  - {name: tor, buffer: infinite}\n"
        "hosts:\n  - {name: h, count: %u, chassis: tor, mps: 512B, link: {gen: 5, width: 16}}\n"
        "adapters:\n  - {name: a, at: tor, link: {gen: %u, width: %u}}\n"
        "assign:\n  - {function: a, to: \"h*\", each: on}\n"
        "workloads:\n"
        "  - {name: w, function: \"a@h*\", op: mmio-write, size: %uB, pattern: repeat, arrival: {poisson: "
        "%.3fops/s}}\n",
        2000 * service_ns / (1 - load), 2e6 * service_ns / load, hosts, link.gen, link.width, size,
        load / service_ns * 1e9 / hosts);
    double counted_ns = (double)rack_link(&results, "a", LINK_DOWN)->wait_mean_ps / 1000;
    sweep_expect(counted_ns, wait_ns, tolerance(load), "%u hosts, load %g, %u B", hosts, load, size);
    results_free(&results);
}

Test(queues, of_several_inputs_are_one)
{
    static const struct {
        uint32_t hosts, size;
        double load;
    } variants[] = {{4, 256, 0.8}, {2, 128, 0.5}, {8, 512, 0.7}, {16, 256, 0.9}, {3, 64, 0.6}, {5, 128, 0.85}};
    for (uint32_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        if (sweep_tries(i, 6))
            try_switch(variants[i].hosts, variants[i].load, variants[i].size);
}

/* Little's law, for every direction of every link: TLPs that are ready and wait are as many as their rate times their
 * mean wait. The test's figures are the results' own, from different counters. */
static void expect_little(const char *text)
{
    struct results results = sweep_run("%s", text);
    for (size_t n = 0; n < results.link_count; n++) {
        const struct results_link *link = &results.links[n];
        if (link->tlps < 1000)
            continue;
        double rate = (double)link->tlps / (double)results.measured_ps;
        sweep_expect_units(
            link->queue_mean, rate * (double)link->wait_mean_ps, 0.002 + 0.002 * link->queue_mean, "%s %d", link->name,
            (int)link->direction);
    }
    results_free(&results);
}

Test(queues, obey_littles_law)
{
    expect_little(
        "mriov: 1\nrun: {warmup: 50us, duration: 3ms}\nchassis: [{name: t}]\n"
        "hosts: [{name: \"h[0-3]\", chassis: t, link: {gen: 3, width: 4}}]\n"
        "adapters: [{name: n, at: t, link: {gen: 3, width: 8}}]\nassign: [{function: n, to: \"h[0-3]\"}]\n"
        "workloads:\n  - {name: w, function: \"n@h[0-3]\", op: dma-write, size: 256B, arrival: {poisson: 12Gbps}}\n"
        "  - {name: r, function: \"n@h[0-3]\", op: dma-read, size: 512B, arrival: {poisson: 10Gbps}}\n"
        "  - {name: m, function: \"n@h[0-3]\", op: mmio-write, size: 64B, arrival: {poisson: 1Gbps}}\n");
    expect_little("mriov: 1\nrun: {warmup: 50us, duration: 3ms}\n"
                  "chassis: [{name: t, queueing: fifo, forwarding: store-and-forward, latency: {exponential: 100ns}}]\n"
                  "hosts: [{name: \"h[0-1]\", chassis: t, link: {gen: 2, width: 4}, root-latency: 50ns}]\n"
                  "adapters: [{name: \"n[0-1]\", at: t, link: {gen: 1, width: 8}}]\n"
                  "assign: [{function: n0, to: \"h[0-1]\"}, {function: n1, to: \"h[0-1]\"}]\n"
                  "workloads:\n  - {name: w, function: \"n*@h[0-1]\", op: dma-write, size: 128B}\n"
                  "  - {name: m, function: \"n*@h[0-1]\", op: mmio-read, size: 64B}\n"
                  "  - {name: x, function: \"n*@h[0-1]\", op: mmio-write, size: 64B, arrival: {poisson: 2Gbps}}\n");
}
