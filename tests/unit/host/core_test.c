/* Cores against arithmetic by hand: adapters in the host itself, over links where a byte takes 1 ns. */
#include "hostsim/host/core.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/rack.h"

#define NS PS_PER_NS

/* HOST and ADAPTER: more of their keys; WORKLOADS: lines of the list. */
static struct results run(const char *host, const char *adapter, const char *workloads)
{
    char text[4096];
    snprintf(
        text, sizeof text,
        "mriov: 1\nrun: {duration: 100us}\n"
        "hosts:\n  - {name: h0, memory: {read-latency: 0ns, write-latency: 0ns, bandwidth: 1000GB/s}%s}\n"
        "adapters:\n  - {name: \"a[0-1]\", at: h0, link: {rate: 8Gbps, propagation: 10ns, dllp: off}%s}\n"
        "workloads:\n%s",
        host, adapter, workloads);
    return rack_results(text);
}

static void expect_latency(struct results *results, size_t flow, uint64_t min_ns, uint64_t max_ns)
{
    const struct results_latency *latency = &rack_flow(results, flow)->latency;
    cr_expect_eq(latency->min_ps, min_ns * NS, "%g ns, not %lu", (double)latency->min_ps / NS, (unsigned long)min_ns);
    cr_expect_eq(latency->max_ps, max_ns * NS, "%g ns, not %lu", (double)latency->max_ps / NS, (unsigned long)max_ns);
}

Test(core, a_write_is_late_by_root_latency_link_and_register)
{
    struct results results =
        run(", root-latency: 50ns", ", bar-latency: 20ns",
            "  - {name: w, function: a0.pf0, op: mmio-write, size: 8B, arrival: {periodic: 1Mops/s}}\n");
    /* 50 + (8 + 16 + 8) on the wire + 10 + register 20. */
    cr_expect_eq(rack_flow(&results, 0)->operations, 100);
    expect_latency(&results, 0, 50 + 32 + 10 + 20, 50 + 32 + 10 + 20);
    results_free(&results);
}

Test(core, a_read_goes_both_ways)
{
    struct results results =
        run(", root-latency: 50ns", ", bar-latency: 20ns",
            "  - {name: r, function: a0.pf0, op: mmio-read, size: 64B, arrival: {periodic: 1Mops/s}}\n");
    /* 50 + request 24 + 10 + register 20 + answer 12 + 8 + 64 + 10 + 50. */
    expect_latency(&results, 0, 50 + 34 + 20 + 94 + 50, 50 + 34 + 20 + 94 + 50);
    results_free(&results);
}

Test(core, reads_are_a_line_at_a_time_one_after_the_other)
{
    struct results results =
        run(", root-latency: 50ns", "",
            "  - {name: r, function: a0.pf0, op: mmio-read, size: 256B, arrival: {periodic: 500kops/s}}\n");
    uint64_t line_ns = 50 + 34 + 94 + 50;
    expect_latency(&results, 0, 4 * line_ns, 4 * line_ns);
    results_free(&results);
}

Test(core, writes_combine_up_to_mps)
{
    struct results results =
        run(", mps: 128B", "",
            "  - {name: w, function: a0.pf0, op: mmio-write, size: 300B, arrival: {periodic: 1Mops/s}}\n");
    /* 128 + 128 + 44, each with 24 around it. */
    expect_latency(&results, 0, 300 + 3 * 24 + 10, 300 + 3 * 24 + 10);
    cr_expect_eq(rack_link(&results, "a0", LINK_DOWN)->tlps, 300);
    results_free(&results);
}

Test(core, a_write_that_begins_within_a_dw_stays_within_mps)
{
    char path[] = "/tmp/mriov-core-XXXXXX";
    int file = mkstemp(path);
    cr_assert_geq(file, 0);
    cr_assert_geq(dprintf(file, "0,mmio-write,300,2\n"), 0);
    close(file);
    char workload[128];
    snprintf(
        workload, sizeof workload, "  - {name: w, function: a0.pf0, op: mmio-write, arrival: {trace: %s}}\n", path);
    struct results results = run(", mps: 128B", "", workload);
    unlink(path);
    /* 126, 128 and 46 bytes, in 32, 32 and 12 DWs: one of 128 bytes from there on would be 33 DWs. */
    expect_latency(&results, 0, 128 + 128 + 48 + 3 * 24 + 10, 128 + 128 + 48 + 3 * 24 + 10);
    results_free(&results);
}

Test(core, a_saturated_writer_fills_the_link)
{
    struct results results =
        run(", root-latency: 50ns", "", "  - {name: w, function: a0.pf0, op: mmio-write, size: 64B}\n");
    cr_expect_float_eq(rack_link(&results, "a0", LINK_DOWN)->utilisation, 1, 0.001); /* but for the first 50 ns */
    cr_expect_float_eq(rack_flow(&results, 0)->goodput_gbps, 8. * 64 / 88, 0.01);
    results_free(&results);
}

Test(core, a_saturated_reader_has_one_line_under_way)
{
    struct results results =
        run(", root-latency: 50ns", "", "  - {name: r, function: a0.pf0, op: mmio-read, size: 64B}\n");
    expect_latency(&results, 0, 50 + 34 + 94 + 50, 50 + 34 + 94 + 50);
    cr_expect_eq(rack_flow(&results, 0)->operations, 100000 / 228);
    results_free(&results);
}

Test(core, tags_go_round_among_the_cores_of_a_host)
{
    struct results results =
        run(", outstanding: 2", "",
            "  - {name: r0, function: a0.pf0, op: mmio-read, size: 64B}\n"
            "  - {name: r1, function: a0.pf0, op: mmio-read, size: 64B}\n"
            "  - {name: r2, function: a1.pf0, op: mmio-read, size: 64B}\n"
            "  - {name: r3, function: a1.pf0, op: mmio-read, size: 64B}\n");
    uint64_t least = UINT64_MAX, most = 0, sum = 0;
    for (size_t n = 0; n < 4; n++) {
        uint64_t operations = rack_flow(&results, n)->operations;
        least = operations < least ? operations : least;
        most = operations > most ? operations : most;
        sum += operations;
    }
    /* Two tags, each away for at least 128 ns; four that want them. */
    cr_expect_leq(sum, 2 * 100000 / 128);
    cr_expect_geq(sum, 2 * 100000 / (128 + 84));
    cr_expect_leq(most - least, 1, "%lu to %lu", (unsigned long)least, (unsigned long)most);
    results_free(&results);
}

Test(core, one_tag_makes_cores_take_turns)
{
    struct results results =
        run(", outstanding: 1", "",
            "  - {name: r0, function: a0.pf0, op: mmio-read, size: 64B}\n"
            "  - {name: r1, function: a1.pf0, op: mmio-read, size: 64B}\n");
    /* Each waits for the other's 128 ns, then has its own. */
    cr_expect_eq(rack_flow(&results, 0)->operations, 391); /* 781 in all */
    cr_expect_eq(rack_flow(&results, 1)->operations, 390);
    cr_expect_eq(rack_flow(&results, 1)->latency.max_ps, 256 * NS);
    results_free(&results);
}
