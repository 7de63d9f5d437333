/* Cases 16 and 17 with other parameters: equal shares among more hosts, and max-min shares of random demands. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fabric/base/random.h"
#include "tests/support/sweep.h"
#include "tests/support/theory.h"

TestSuite(shares, .timeout = 600);

#define HOSTS_MAX 12
#define WORKLOADS 4096 /* bytes of text */

/* What the hosts share is the adapter's link; their own carry it several times. */
#define RACK                                                                                                           \
    "mriov: 1\n"                                                                                                       \
    "run: {warmup: 100us, duration: %.0fns}\n"                                                                         \
    "defaults: {link: {dllp: off}}\n"                                                                                  \
    "chassis:\n  - {name: tor, arbitration: round-robin}\n"                                                            \
    "hosts:\n  - {name: h, count: %u, chassis: tor, link: {gen: 5, width: 16}}\n"                                      \
    "adapters:\n  - {name: a, at: tor, outstanding: 768, pfs: 64, link: {gen: %u, width: %u}}\n"                       \
    "assign:\n  - {function: a, to: \"h*\", each: on}\n"

static const struct theory_link links[] = {
    {.gen = 3, .width = 8, .address_bits = 64, .mr = true},  {.gen = 4, .width = 4, .address_bits = 64, .mr = true},
    {.gen = 2, .width = 16, .address_bits = 64, .mr = true}, {.gen = 3, .width = 4, .address_bits = 64, .mr = true},
    {.gen = 5, .width = 2, .address_bits = 64, .mr = true},
};
#define LINKS (sizeof links / sizeof links[0])

static double tlp_bytes(const struct theory_link *link, bool read)
{
    return read ? theory_completion_bytes(link, 256) : theory_write_bytes(link, 256);
}

static void try_equal(uint32_t hosts, const struct theory_link *link, const char *op)
{
    double tlp_ns = theory_time_ns(link, tlp_bytes(link, strstr(op, "read") != NULL));
    struct results results = sweep_run(
        RACK "workloads:\n  - {name: w, function: \"a@h*\", op: %s, size: 256B, arrival: saturate}\n",
        2000 * hosts * tlp_ns, hosts, link->gen, link->width, op);
    for (uint32_t i = 0; i < hosts; i++)
        sweep_expect(
            rack_flow(&results, i)->goodput_gbps, 256 * 8 / tlp_ns / hosts, 0.005, "host %u of %u, %s, gen%u x%u", i,
            hosts, op, link->gen, link->width);
    cr_expect_geq(results.totals.fairness_jain, 0.9999);
    results_free(&results);
}

Test(shares, are_equal_among_any_number_of_hosts)
{
    static const char *const ops[] = {"dma-write", "dma-read", "mmio-write"};
    uint32_t number = 0;
    for (uint32_t hosts = 2; hosts <= HOSTS_MAX; hosts++)
        for (size_t link = 0; link < LINKS; link++)
            for (size_t op = 0; op < 3; op++)
                if (sweep_tries(number++, 11))
                    try_equal(hosts, &links[link], ops[op]);
}

/* Up to half of what there is in all, or without bound. */
static void draw_demands(struct random *random, double *demands, uint32_t hosts, double capacity_gbps)
{
    for (uint32_t i = 0; i < hosts; i++) {
        double share = (double)(1 + random_below(random, 60)) / 100;
        demands[i] = random_below(random, 3) == 0 ? INFINITY : share * capacity_gbps;
    }
}

static void print_workloads(char text[WORKLOADS], const double *demands, uint32_t hosts, const char *op)
{
    size_t length = 0;
    for (uint32_t i = 0; i < hosts; i++) {
        char arrival[64] = "saturate";
        if (isfinite(demands[i]))
            snprintf(arrival, sizeof arrival, "{poisson: %.6fGbps}", demands[i]);
        length += (size_t)snprintf(
            text + length, WORKLOADS - length, "  - {name: w%u, function: a@h%u, op: %s, size: 256B, arrival: %s}\n", i,
            i, op, arrival);
    }
}

static void try_demands(struct random *random, uint32_t hosts, const struct theory_link *link, const char *op, bool run)
{
    double demands[HOSTS_MAX], shares[HOSTS_MAX];
    char workloads[WORKLOADS];
    double tlp_ns = theory_time_ns(link, tlp_bytes(link, strstr(op, "read") != NULL));
    double capacity_gbps = 256 * 8 / tlp_ns;
    draw_demands(random, demands, hosts, capacity_gbps);
    if (!run)
        return;
    theory_max_min(demands, shares, hosts, capacity_gbps);
    print_workloads(workloads, demands, hosts, op);
    struct results results =
        sweep_run(RACK "workloads:\n%s", 400000 * tlp_ns, hosts, link->gen, link->width, workloads);
    for (uint32_t i = 0; i < hosts; i++)
        sweep_expect(
            rack_flow(&results, i)->goodput_gbps, shares[i], 0.005 + 4 / sqrt(400000 * shares[i] / capacity_gbps),
            "host %u of %u wants %g of %g Gb/s, %s", i, hosts, demands[i], capacity_gbps, op);
    results_free(&results);
}

Test(shares, of_random_demands_are_max_min)
{
    static const char *const ops[] = {"dma-write", "dma-read", "mmio-write"};
    struct random random;
    random_init(&random, 17, "demands");
    for (uint32_t number = 0; number < 120; number++) {
        uint32_t hosts = 2 + number % (HOSTS_MAX - 1);
        try_demands(&random, hosts, &links[number % LINKS], ops[number % 3], sweep_tries(number, 10));
    }
}
