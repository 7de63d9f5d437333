/* Case 15 with other sizes: a saturated switch with one queue an input, against the heads of its lines alone. */
#include <criterion/criterion.h>

#include "fabric/base/random.h"
#include "tests/support/sweep.h"
#include "tests/support/theory.h"

TestSuite(saturation, .timeout = 1200);

#define PORTS_MAX 16
#define SLOTS 400000

/* Karol, Hluchyj and Morgan's process: in each slot every output that some head wants serves one of those, and the
 * inputs served draw a new one. Which one is served makes no difference to how many are. */
static double saturation_of(uint32_t ports, struct random *random)
{
    uint32_t wanted[PORTS_MAX] = {0};
    uint64_t served = 0;
    for (uint32_t i = 0; i < ports; i++)
        wanted[random_below(random, ports)]++;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        uint32_t fresh = 0;
        for (uint32_t i = 0; i < ports; i++)
            if (wanted[i] > 0) {
                wanted[i]--;
                fresh++;
            }
        for (uint32_t i = 0; i < fresh; i++)
            wanted[random_below(random, ports)]++;
        served += fresh;
    }
    return (double)served / SLOTS / ports;
}

Test(saturation, the_reference_is_that_of_the_paper)
{
    struct random random;
    random_init(&random, 1, "heads of line");
    sweep_expect(saturation_of(2, &random), 0.75, 0.002, "N = 2");
    sweep_expect(saturation_of(4, &random), 0.655242, 0.002, "N = 4");
    sweep_expect(saturation_of(8, &random), 0.618390, 0.002, "N = 8");
}

static double simulate(uint32_t ports, const char *queueing, const struct theory_link *link, uint32_t size)
{
    double cell_ns = theory_time_ns(link, theory_write_bytes(link, size));
    struct results results = sweep_run(
        "mriov: 1\nrun: {warmup: %.0fns, duration: %.0fns}\n"
        "defaults: {link: {gen: %u, width: %u, propagation: 0ns, dllp: off}}\n"
        "chassis:\n  - {name: tor, queueing: %s, arbitration: random, credits: shared}\n"
        "hosts:\n  - {name: h, count: %u, chassis: tor}\n"
        "adapters:\n  - {name: a, count: %u, at: tor, sharing: sr-iov, vfs: %u}\n"
        "assign:\n  - {function: \"a*\", to: \"h*\", each: on}\n"
        "workloads:\n"
        "  - {name: w, function: \"a*@h[0-%u]\", spread: random, op: mmio-write, size: %uB, arrival: saturate}\n",
        2000 * cell_ns, 400000 / (double)ports * cell_ns, link->gen, link->width, queueing, ports, ports, ports,
        ports - 1, size);
    double gbps = 0;
    for (uint32_t i = 0; i < ports; i++)
        gbps += rack_flow(&results, i)->goodput_gbps;
    results_free(&results);
    return gbps / ports / (size * 8 / cell_ns);
}

Test(saturation, heads_of_line_block_as_in_the_paper)
{
    static const uint32_t sizes[] = {2, 3, 4, 5, 6, 8, 12, 16};
    static const struct theory_link links[] = {
        {.gen = 3, .width = 8, .address_bits = 64},
        {.gen = 4, .width = 4, .address_bits = 64},
        {.gen = 2, .width = 8, .address_bits = 64},
    };
    struct random random;
    random_init(&random, 2, "heads of line");
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        double expected = saturation_of(sizes[i], &random);
        const struct theory_link *link = &links[i % 3];
        uint32_t cell = i % 2 ? 128 : 256;
        if (!sweep_tries(i, 3))
            continue;
        sweep_expect(simulate(sizes[i], "fifo", link, cell), expected, 0.02, "fifo, N = %u", sizes[i]);
        double voq = simulate(sizes[i], "voq", link, cell);
        cr_expect_geq(voq, 0.97, "voq, N = %u: %g", sizes[i], voq);
    }
}
