/* Cases 1 to 5 with other parameters: rates, serialisation and streams at every generation and width. */
#include <criterion/criterion.h>

#include "tests/support/sweep.h"
#include "tests/support/theory.h"

TestSuite(streams, .timeout = 600);

#define SIZES 6
static const uint32_t sizes[SIZES] = {64, 128, 256, 512, 1024, 4096};

/* A variant: every combination of what the digits of NUMBER pick. */
struct variant {
    struct theory_link link;
    uint32_t mps, size;
    bool bench;
};

#define VARIANTS (5 * 5 * 6 * 6 * 2 * 2)

static struct variant variant_of(uint32_t number)
{
    struct variant variant = {.link.gen = number % 5 + 1, .link.width = 1u << number / 5 % 5};
    number /= 25;
    variant.mps = 128u << number % 6;
    variant.size = sizes[number / 6 % SIZES];
    number /= 6 * SIZES;
    variant.link.address_bits = number % 2 ? 32 : 64;
    variant.link.ecrc = number / 2 % 2;
    variant.bench = (variant.mps + variant.size / 64) % 3 == 0; /* neither for all of anything */
    return variant;
}

/* A read is one request, whose completions are of at most MPS. */
#define MRRS 4096

static double operation_bytes(const struct variant *variant, bool read)
{
    if (!read)
        return theory_split_bytes(&variant->link, variant->size, variant->mps, theory_write_bytes);
    return theory_split_bytes(&variant->link, variant->size, variant->mps, theory_completion_bytes);
}

static void try_stream(const struct variant *variant, bool read)
{
    const struct theory_link *link = &variant->link;
    double share = variant->bench ? theory_bench_share(link, variant->mps) : 1;
    double operation_ns = theory_time_ns(link, operation_bytes(variant, read)) / share;
    double duration_ns = 3000 * operation_ns;
    struct results results = sweep_run(
        "mriov: 1\n"
        "run: {warmup: %.0fns, duration: %.0fns}\n"
        "hosts:\n"
        "  - {name: h, mps: %uB, mrrs: %uB, memory: {read-latency: 50ns, write-latency: 0ns, bandwidth: 4000GB/s}}\n"
        "adapters:\n"
        "  - {name: a, at: h, outstanding: 768, link: {gen: %u, width: %u, propagation: 0ns, address: %u, ecrc: %s,\n"
        "     dllp: %s, credits: infinite}}\n"
        "workloads:\n"
        "  - {name: w, function: a, op: %s, size: %uB, arrival: saturate, pattern: repeat}\n",
        100 * operation_ns + 2000, duration_ns, variant->mps, MRRS, link->gen, link->width, link->address_bits,
        link->ecrc ? "on" : "off", variant->bench ? "pcie-bench" : "off", read ? "dma-read" : "dma-write",
        variant->size);
    sweep_expect(
        rack_flow(&results, 0)->goodput_gbps, variant->size * 8 / operation_ns, 0.001,
        "gen%u x%u, MPS %u, %u B, address %u, ecrc %d, pcie-bench %d, %s", link->gen, link->width, variant->mps,
        variant->size, link->address_bits, link->ecrc, variant->bench, read ? "read" : "write");
    results_free(&results);
}

Test(streams, writes_get_what_headers_leave)
{
    for (uint32_t number = 0; number < VARIANTS; number++) {
        struct variant variant = variant_of(number);
        if (sweep_tries(number, 17))
            try_stream(&variant, false);
    }
}

Test(streams, reads_get_what_completion_headers_leave)
{
    for (uint32_t number = 0; number < VARIANTS; number++) {
        struct variant variant = variant_of(number);
        if (sweep_tries(number, 19))
            try_stream(&variant, true);
    }
}

/* One at a time, 100 us apart: a write takes its serialisation, a read that of both TLPs. Results are whole ps. */
static void try_idle(const struct variant *variant)
{
    const struct theory_link *link = &variant->link;
    uint32_t size = variant->size < variant->mps ? variant->size : variant->mps; /* one TLP */
    size = variant->mps % 3 ? size : size - 5;
    struct results results = sweep_run(
        "mriov: 1\n"
        "run: {warmup: 0us, duration: 10ms}\n"
        "hosts:\n"
        "  - {name: h, mps: %uB, mrrs: 4096B, memory: {read-latency: 0ns, write-latency: 0ns, bandwidth: 4000GB/s}}\n"
        "adapters:\n"
        "  - {name: a, at: h, link: {gen: %u, width: %u, propagation: 0ns, address: %u, ecrc: %s, dllp: off}}\n"
        "workloads:\n"
        "  - {name: w, function: a, op: dma-write, size: %uB, arrival: {periodic: 10kops/s}}\n"
        "  - {name: r, function: a, op: dma-read, size: %uB, arrival: {periodic: 10kops/s}, start: 50us}\n",
        variant->mps, link->gen, link->width, link->address_bits, link->ecrc ? "on" : "off", size, size);
    double write_ns = theory_time_ns(link, theory_write_bytes(link, size));
    double read_ns = theory_time_ns(link, theory_read_bytes(link) + theory_completion_bytes(link, size));
    sweep_expect_units(
        (double)rack_flow(&results, 0)->latency.mean_ps / 1000, write_ns, 0.001, "gen%u x%u, write of %u B, ecrc %d",
        link->gen, link->width, size, link->ecrc);
    sweep_expect_units(
        (double)rack_flow(&results, 1)->latency.mean_ps / 1000, read_ns, 0.002, "gen%u x%u, read of %u B, ecrc %d",
        link->gen, link->width, size, link->ecrc);
    results_free(&results);
}

Test(streams, an_idle_link_takes_the_serialisation)
{
    for (uint32_t number = 0; number < VARIANTS; number++) {
        struct variant variant = variant_of(number);
        if (sweep_tries(number, 11))
            try_idle(&variant);
    }
}

/* Case 27 elsewhere: the same stream through a switch, over a plain link and an MR link. */
Test(streams, the_mr_prefix_costs_four_bytes_anywhere)
{
    for (uint32_t number = 0; number < 5 * 5 * SIZES; number++) {
        struct variant variant = variant_of(number);
        struct theory_link *link = &variant.link;
        uint32_t size = variant.mps;
        if (!sweep_tries(number, 7))
            continue;
        for (int mr = 0; mr < 2; mr++) {
            link->mr = mr;
            double tlp_ns = theory_time_ns(link, theory_write_bytes(link, size));
            struct results results = sweep_run(
                "mriov: 1\n"
                "run: {warmup: %.0fns, duration: %.0fns}\n"
                "chassis:\n  - {name: tor, buffer: infinite}\n"
                "hosts:\n  - {name: h, chassis: tor, mps: %uB, link: {gen: 5, width: 16, dllp: off}}\n"
                "adapters:\n"
                "  - {name: a, at: tor, sharing: %s, link: {rate: %.6fGbps, dllp: off}}\n"
                "assign:\n  - {function: a, to: h}\n"
                "workloads:\n  - {name: w, function: a, op: dma-write, size: %uB, arrival: saturate}\n",
                200 * tlp_ns + 5000, 5000 * tlp_ns, size, mr ? "mr-iov" : "exclusive", theory_rate_gbps(link) / 2,
                size);
            sweep_expect(
                rack_flow(&results, 0)->goodput_gbps, size * 8 / tlp_ns / 2, 0.001, "%.3f Gb/s, %u B, MR %d",
                theory_rate_gbps(link) / 2, size, mr);
            results_free(&results);
        }
    }
}
