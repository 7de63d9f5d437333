/* Latencies that are drawn, against their means and bounds: one operation at a time through an idle rack. */
#include <criterion/criterion.h>

#include "fabric/base/time.h"
#include "tests/support/sweep.h"
#include "tests/support/theory.h"

#define READ_BYTES 24 /* on the wire */
#define DATA_BYTES 84

/* How long both wires have a TLP of BYTES, with a switch of `forwarding` between them. */
static double wires_ns(const struct theory_link *link, const char *forwarding, double bytes)
{
    return theory_time_ns(link, bytes) * (forwarding[0] == 's' ? 2 : 1);
}

/* Serial register reads: each way root, switch; register once. Latencies are uniform in their mean +- SPREAD. */
static void try_reads(const char *forwarding, const char *queueing, double spread, const char *shape)
{
    const struct theory_link link = {.gen = 3, .width = 8, .address_bits = 64};
    struct results results = sweep_run(
        "mriov: 1\nseed: 3\nrun: {duration: 20ms}\n"
        "chassis:\n  - {name: tor0, forwarding: %s, queueing: %s, latency: {%s}}\n"
        "hosts:\n  - {name: h0, chassis: tor0, root-latency: {uniform: [%.0fps, %.0fps]},\n"
        "     link: {gen: 3, width: 8, propagation: 10ns, dllp: off}}\n"
        "adapters:\n  - {name: a, at: tor0, sharing: exclusive, bar-latency: {uniform: [%.0fps, %.0fps]},\n"
        "     link: {gen: 3, width: 8, propagation: 0ns, dllp: off}}\n"
        "assign:\n  - {function: a, to: h0}\n"
        "workloads:\n  - {name: r, function: a@h0, op: mmio-read, size: 64B}\n",
        forwarding, queueing, shape, 1e3 * (100 - spread), 1e3 * (100 + spread), 1e3 * (400 - spread),
        1e3 * (400 + spread));
    const struct results_latency *latency = &rack_flow(&results, 0)->latency;
    double mean_ns = 2 * 100 + 400 + 2 * 200 + 20 + wires_ns(&link, forwarding, READ_BYTES) +
                     wires_ns(&link, forwarding, DATA_BYTES);
    sweep_expect(
        (double)latency->mean_ps / 1e3, mean_ns, 0.01, "mean, %s, %s, chassis %s", forwarding, queueing, shape);
    double least_ns = mean_ns - 3 * spread - 2 * 200;
    cr_expect_geq((double)latency->min_ps / 1e3, least_ns - 0.01, "%s", shape);
    results_free(&results);
}

Test(latencies, are_drawn_for_each_way)
{
    const char *const forwardings[] = {"cut-through", "store-and-forward"}, *const queueings[] = {"voq", "fifo"};
    const char *const shapes[] = {"exponential: 200ns", "uniform: [100ns, 300ns]", "mix: {100ns: 9, 1100ns: 1}"};
    for (int forwarding = 0; forwarding < 2; forwarding++)
        for (int queueing = 0; queueing < 2; queueing++)
            for (int shape = 0; shape < 3; shape++)
                try_reads(forwardings[forwarding], queueings[queueing], 50, shapes[shape]);
}

/* What is drawn from next to nothing goes the way of the constant. */
Test(latencies, of_one_value_are_the_constant)
{
    double gbps[2], most_ns[2];
    for (int drawn = 0; drawn < 2; drawn++) {
        struct results results = sweep_run(
            "mriov: 1\nrun: {duration: 100us}\nchassis:\n  - {name: tor0, latency: %s}\n"
            "hosts:\n  - {name: h0, chassis: tor0, link: {gen: 3, width: 8}}\n"
            "adapters:\n  - {name: a, at: tor0, link: {gen: 4, width: 4}}\nassign:\n  - {function: a, to: h0}\n"
            "workloads:\n  - {name: r, function: a@h0, op: dma-read, size: 1KiB}\n",
            drawn ? "{uniform: [104999ps, 105001ps]}" : "105ns");
        gbps[drawn] = rack_flow(&results, 0)->goodput_gbps;
        most_ns[drawn] = (double)rack_flow(&results, 0)->latency.max_ps / 1e3;
        results_free(&results);
    }
    sweep_expect(gbps[1], gbps[0], 1e-4, "goodput");
    sweep_expect(most_ns[1], most_ns[0], 1e-3, "greatest latency");
}

/* Writes of a saturated function through a switch that takes now 100, now 1100 ns: none is lost, none overtakes (the
 * model checks that), and the link is as full as ever. */
Test(latencies, do_not_cost_throughput)
{
    const struct theory_link link = {.gen = 3, .width = 8, .address_bits = 64};
    struct results results =
        sweep_run("mriov: 1\nrun: {warmup: 100us, duration: 2ms}\n"
                  "chassis:\n  - {name: tor0, latency: {mix: {100ns: 1, 1100ns: 1}},\n"
                  "     buffer: {posted-headers: 2000, posted-data: 32000B}}\n"
                  "hosts:\n  - {name: h0, chassis: tor0, link: {gen: 3, width: 8, dllp: off, credits: infinite}}\n"
                  "adapters:\n  - {name: a, at: tor0, sharing: exclusive, link: {gen: 3, width: 8, dllp: off, credits: "
                  "infinite}}\n"
                  "assign:\n  - {function: a, to: h0}\n"
                  "workloads:\n  - {name: w, function: a@h0, op: dma-write, size: 256B}\n");
    double gbps = 8 * 256 / theory_time_ns(&link, 280);
    sweep_expect(rack_flow(&results, 0)->goodput_gbps, gbps, 0.001, "through a switch of drawn latency");
    results_free(&results);
}

/* A closed loop around one exponential server (reads one at a time of a memory of exponential latency), with
 * exponential think times: the machine repairman's model. */
Test(latencies, make_a_memory_the_server_of_a_closed_loop)
{
    const double service_us = 10, think_us = 100;
    const uint32_t counts[] = {1, 4, 8, 16};
    for (size_t n = 0; n < sizeof counts / sizeof counts[0]; n++) {
        double state = 1, sum = 1;
        for (uint32_t busy = 1; busy <= counts[n]; busy++) {
            state *= (counts[n] - busy + 1) * service_us / think_us;
            sum += state;
        }
        struct results results = sweep_run(
            "mriov: 1\nseed: 4\nrun: {warmup: 1ms, duration: 1s}\n"
            "hosts: [{name: h, memory: {read-latency: {exponential: 10us}, bandwidth: 100000GB/s}}]\n"
            "adapters: [{name: a, at: h, outstanding: 1, link: {gen: 5, width: 16, dllp: off, propagation: 0ns}}]\n"
            "workloads: [{name: w, function: a, op: dma-read, size: 64B,\n"
            "  arrival: {closed: %u, think: {exponential: 100us}}}]\n",
            counts[n]);
        sweep_expect(
            (double)rack_flow(&results, 0)->operations, (1 - 1 / sum) / service_us * 1e6, 0.025, "%u in the loop",
            counts[n]);
        results_free(&results);
    }
}
