/* Cases 9 and 10 with other parameters: what is in flight bounds the rate, whichever credit it is that runs out. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "fabric/base/random.h"
#include "tests/support/sweep.h"
#include "tests/support/theory.h"

TestSuite(credits, .timeout = 600);

#define VARIANTS 1200
#define EVERY 6

/* Credits of one type, a TLP that needs one header and DATA of them, and what lies between its end and their return. */
struct allowance {
    uint32_t headers, data;
    double back_ns;
};

/* TLPs that ALLOWANCE lets go at once, of NEED data credits each. */
static double in_flight(const struct allowance *allowance, uint32_t need)
{
    double by_data = need ? floor((double)allowance->data / need) : INFINITY;
    return fmin(allowance->headers, by_data);
}

static uint32_t data_credits(uint32_t bytes)
{
    return (bytes + 15) / 16;
}

/* TLPs a ns: N go every serialisation and way back, and no more than the wire takes. */
static double rate_per_ns(double n, double tlp_ns, double back_ns)
{
    return fmin(n / (tlp_ns + back_ns), 1 / tlp_ns);
}

struct variant {
    struct theory_link link;
    struct allowance allowance;
    uint32_t size;
    uint64_t propagation_ns, write_ns;
};

static struct variant draw(struct random *random)
{
    static const uint32_t sizes[] = {16, 64, 100, 128, 250, 256, 512};
    struct variant variant = {
        .link = {
            .gen = 1 + (uint32_t)random_below(random, 5),
            .width = 1u << random_below(random, 5),
            .address_bits = random_below(random, 2) ? 64 : 32,
            .ecrc = random_below(random, 2),
        }};
    variant.size = sizes[random_below(random, sizeof sizes / sizeof sizes[0])];
    variant.allowance.headers = 1 + (uint32_t)random_below(random, 64);
    variant.allowance.data = 32 + (uint32_t)random_below(random, 400); /* one TLP of 512 B at least */
    variant.propagation_ns = random_below(random, 1000);
    variant.write_ns = random_below(random, 500);
    return variant;
}

/* Long enough that N TLPs more or less at its edges make no more than 0.25 %. */
static double duration_ns(double n, double per_ns)
{
    return (2000 + 400 * n) / per_ns;
}

/* Posted credits run out: of an adapter's writes, or of a core's (which has no memory to wait for). */
static void try_writes(const struct variant *variant, bool mmio)
{
    const struct theory_link *link = &variant->link;
    double tlp_ns = theory_time_ns(link, theory_write_bytes(link, variant->size));
    double back_ns = 2.0 * (double)variant->propagation_ns + (mmio ? 0 : (double)variant->write_ns);
    double n = in_flight(&variant->allowance, data_credits(variant->size)), per_ns = rate_per_ns(n, tlp_ns, back_ns);
    struct results results = sweep_run(
        "mriov: 1\n"
        "run: {warmup: %.0fns, duration: %.0fns}\n"
        "hosts:\n"
        "  - {name: h, mps: 512B, memory: {write-latency: %uns, bandwidth: 4000GB/s}}\n"
        "adapters:\n"
        "  - {name: a, at: h, link: {gen: %u, width: %u, propagation: %uns, address: %u, ecrc: %s, dllp: off,\n"
        "     credits: {posted-headers: %u, posted-data: %uB}}}\n"
        "workloads:\n"
        "  - {name: w, function: a, op: %s, size: %uB, arrival: saturate, pattern: repeat}\n",
        10 * (tlp_ns + back_ns) + 1000, duration_ns(n, per_ns), (unsigned)variant->write_ns, link->gen, link->width,
        (unsigned)variant->propagation_ns, link->address_bits, link->ecrc ? "on" : "off", variant->allowance.headers,
        16 * variant->allowance.data, mmio ? "mmio-write" : "dma-write", variant->size);
    sweep_expect(
        rack_flow(&results, 0)->goodput_gbps, 8 * variant->size * per_ns, 0.005,
        "%s of %u B, %u headers, %u data, %u ns of cable, %u ns of memory, gen%u x%u", mmio ? "mmio" : "dma",
        variant->size, variant->allowance.headers, variant->allowance.data, (unsigned)variant->propagation_ns,
        (unsigned)variant->write_ns, link->gen, link->width);
    results_free(&results);
}

Test(credits, posted_ones_bound_writes)
{
    struct random random;
    random_init(&random, 7, "posted credits");
    for (uint32_t number = 0; number < VARIANTS; number++) {
        struct variant variant = draw(&random);
        if (sweep_tries(number, EVERY))
            try_writes(&variant, number % 4 == 0);
    }
}

/* Requests take a header each, completions header and data; both are back as soon as the TLP has come in. */
static void try_reads(const struct variant *variant, bool of_completions)
{
    const struct theory_link *link = &variant->link;
    double request_ns = theory_time_ns(link, theory_read_bytes(link));
    double completion_ns = theory_time_ns(link, theory_completion_bytes(link, variant->size));
    double back_ns = 2.0 * (double)variant->propagation_ns, wire_per_ns = 1 / completion_ns;
    double n =
        of_completions ? in_flight(&variant->allowance, data_credits(variant->size)) : variant->allowance.headers;
    double per_ns = fmin(wire_per_ns, rate_per_ns(n, of_completions ? completion_ns : request_ns, back_ns));
    double round_trip_ns = request_ns + completion_ns + back_ns + 50;
    per_ns = fmin(per_ns, 768 / round_trip_ns);
    char credits[160];
    if (of_completions)
        snprintf(
            credits, sizeof credits, "nonposted-headers: infinite, completion-headers: %u, completion-data: %uB",
            variant->allowance.headers, 16 * variant->allowance.data);
    else
        snprintf(credits, sizeof credits, "nonposted-headers: %u", variant->allowance.headers);
    struct results results = sweep_run(
        "mriov: 1\n"
        "run: {warmup: %.0fns, duration: %.0fns}\n"
        "hosts:\n"
        "  - {name: h, mps: 512B, mrrs: 512B, memory: {read-latency: 50ns, bandwidth: 4000GB/s}}\n"
        "adapters:\n"
        "  - {name: a, at: h, outstanding: 768, link: {gen: %u, width: %u, propagation: %uns, address: %u, ecrc: %s,\n"
        "     dllp: off, credits: {%s}}}\n"
        "workloads:\n"
        "  - {name: w, function: a, op: dma-read, size: %uB, arrival: saturate, pattern: repeat}\n",
        800 / per_ns + 10 * round_trip_ns, duration_ns(n, per_ns), link->gen, link->width,
        (unsigned)variant->propagation_ns, link->address_bits, link->ecrc ? "on" : "off", credits, variant->size);
    sweep_expect(
        rack_flow(&results, 0)->goodput_gbps, 8 * variant->size * per_ns, 0.005,
        "reads of %u B, %s, %u ns of cable, gen%u x%u", variant->size, credits, (unsigned)variant->propagation_ns,
        link->gen, link->width);
    results_free(&results);
}

Test(credits, nonposted_and_completion_ones_bound_reads)
{
    struct random random;
    random_init(&random, 8, "read credits");
    for (uint32_t number = 0; number < VARIANTS; number++) {
        struct variant variant = draw(&random);
        if (sweep_tries(number, EVERY))
            try_reads(&variant, number % 2 == 0);
    }
}

/* Little's law: N reads a round trip, bounded by whoever's N is the least. */
static void try_in_flight(const struct variant *variant, uint32_t reads, uint64_t memory_ns)
{
    const struct theory_link *link = &variant->link;
    double request_ns = theory_time_ns(link, theory_read_bytes(link));
    double completion_ns = theory_time_ns(link, theory_completion_bytes(link, variant->size));
    double round_trip_ns = request_ns + completion_ns + 2.0 * (double)variant->propagation_ns + (double)memory_ns;
    /* Below half of the wire's rate, so that no two completions wait for each other for long. */
    if (reads / round_trip_ns > 0.5 / completion_ns)
        return;
    struct results results = sweep_run(
        "mriov: 1\n"
        "run: {warmup: %.0fns, duration: %.0fns}\n"
        "hosts:\n"
        "  - {name: h, mps: 512B, mrrs: 512B, memory: {read-latency: %uns, bandwidth: 4000GB/s}}\n"
        "adapters:\n"
        "  - {name: a, at: h, outstanding: %u, link: {gen: %u, width: %u, propagation: %uns, address: %u, ecrc: %s,\n"
        "     dllp: off}}\n"
        "workloads:\n"
        "  - {name: w, function: a, op: dma-read, size: %uB, arrival: saturate, pattern: repeat}\n",
        20 * round_trip_ns, 400 * round_trip_ns, (unsigned)memory_ns, reads, link->gen, link->width,
        (unsigned)variant->propagation_ns, link->address_bits, link->ecrc ? "on" : "off", variant->size);
    sweep_expect(
        rack_flow(&results, 0)->goodput_gbps, 8 * variant->size * reads / round_trip_ns, 0.005,
        "%u reads of %u B in %g ns", reads, variant->size, round_trip_ns);
    results_free(&results);
}

Test(credits, reads_in_flight_obey_littles_law)
{
    struct random random;
    random_init(&random, 9, "reads in flight");
    for (uint32_t number = 0; number < VARIANTS; number++) {
        struct variant variant = draw(&random);
        uint32_t reads = 1 + (uint32_t)random_below(&random, 64);
        uint64_t memory_ns = 100 + random_below(&random, 5000);
        if (sweep_tries(number, 3))
            try_in_flight(&variant, reads, memory_ns);
    }
}

/* The writes of an adapter's functions into a chassis: each hierarchy has the chassis's buffer to itself, or all share
 * one. What comes in leaves it LATENCY after its last byte, and the credit is back a cable later. */
static void try_hierarchies(const struct variant *variant, uint32_t hosts, uint32_t latency_ns, bool per_vh)
{
    struct theory_link link = variant->link, plain = variant->link;
    link.mr = true;
    double tlp_ns = theory_time_ns(&link, theory_write_bytes(&link, variant->size));
    /* Out of the chassis a TLP lacks the prefix, on a link as fast: its last byte is not held up. */
    double back_ns = 2.0 * (double)variant->propagation_ns + latency_ns;
    double n = in_flight(&variant->allowance, data_credits(variant->size)) * (per_vh ? hosts : 1);
    double per_ns = rate_per_ns(n, tlp_ns, back_ns);
    struct results results = sweep_run(
        "mriov: 1\n"
        "run: {warmup: %.0fns, duration: %.0fns}\n"
        "chassis:\n"
        "  - {name: tor, latency: %uns, credits: %s, buffer: {posted-headers: %u, posted-data: %uB}}\n"
        "hosts:\n"
        "  - {name: h, count: %u, chassis: tor, mps: 512B, memory: {write-latency: 0ns, bandwidth: 4000GB/s},\n"
        "     link: {gen: %u, width: %u, address: %u, ecrc: %s, dllp: off, credits: infinite}}\n"
        "adapters:\n"
        "  - {name: a, at: tor, link: {gen: %u, width: %u, propagation: %uns, address: %u, ecrc: %s, dllp: off}}\n"
        "assign:\n  - {function: a, to: \"h*\", each: on}\n"
        "workloads:\n"
        "  - {name: w, function: \"a@h*\", op: dma-write, size: %uB, arrival: saturate, pattern: repeat}\n",
        20 * (tlp_ns + back_ns) + 1000, duration_ns(n, per_ns), latency_ns, per_vh ? "per-vh" : "shared",
        variant->allowance.headers, 16 * variant->allowance.data, hosts, plain.gen, plain.width, plain.address_bits,
        plain.ecrc ? "on" : "off", link.gen, link.width, (unsigned)variant->propagation_ns, link.address_bits,
        link.ecrc ? "on" : "off", variant->size);
    double gbps = 0;
    for (uint32_t host = 0; host < hosts; host++)
        gbps += rack_flow(&results, host)->goodput_gbps;
    sweep_expect(
        gbps, 8 * variant->size * per_ns, 0.006,
        "%u hierarchies, %s, %u B, %u headers, %u data, %u ns, %u ns, gen%u x%u", hosts, per_vh ? "per-vh" : "shared",
        variant->size, variant->allowance.headers, variant->allowance.data, (unsigned)variant->propagation_ns,
        latency_ns, link.gen, link.width);
    results_free(&results);
}

Test(credits, are_each_hierarchys_or_shared)
{
    struct random random;
    random_init(&random, 10, "hierarchies");
    for (uint32_t number = 0; number < 400; number++) {
        struct variant variant = draw(&random);
        uint32_t hosts = 1 + (uint32_t)random_below(&random, 6), latency_ns = (uint32_t)random_below(&random, 300);
        if (sweep_tries(number, 8))
            try_hierarchies(&variant, hosts, latency_ns, number / 2 % 2);
    }
}
