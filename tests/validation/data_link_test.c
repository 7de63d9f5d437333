/* Cases 6, 8 and 20 with other parameters: DLLPs that take wire time, and TLPs that are sent again. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "tests/support/sweep.h"
#include "tests/support/theory.h"

TestSuite(data_link, .timeout = 1200);

#define WIRE_BYTES_OF_DLLP 8.0

/* Writes both ways, each direction carrying the DLLPs that the other's TLPs cause. */
static void try_both_ways(const struct theory_link *link, uint32_t mps, uint32_t ack_every, uint32_t updatefc_every)
{
    double dllps = WIRE_BYTES_OF_DLLP / ack_every + WIRE_BYTES_OF_DLLP / updatefc_every;
    double tlp_ns = theory_time_ns(link, theory_write_bytes(link, mps) + dllps);
    struct results results = sweep_run(
        "mriov: 1\nrun: {warmup: %.0fns, duration: %.0fns}\n"
        "hosts:\n  - {name: h, mps: %uB, memory: {write-latency: 10ns, bandwidth: 4000GB/s}}\n"
        "adapters:\n"
        "  - {name: a, at: h, link: {gen: %u, width: %u, address: %u, propagation: 0ns, dllp: physical,\n"
        "     ack-every: %u, updatefc-every: %u, replay-buffer: 256}}\n"
        "workloads:\n"
        "  - {name: out, function: a, op: dma-write, size: %uB, arrival: saturate}\n"
        "  - {name: in, function: a, op: mmio-write, size: %uB, arrival: saturate}\n",
        500 * tlp_ns + 2000, 20000 * tlp_ns, mps, link->gen, link->width, link->address_bits, ack_every, updatefc_every,
        mps, mps);
    for (uint32_t flow = 0; flow < 2; flow++)
        sweep_expect(
            rack_flow(&results, flow)->goodput_gbps, 8 * mps / tlp_ns, 0.001,
            "%s, MPS %u, gen%u x%u, an Ack every %u, an UpdateFC every %u", flow ? "inward" : "outward", mps, link->gen,
            link->width, ack_every, updatefc_every);
    results_free(&results);
}

Test(data_link, writes_both_ways_pay_for_each_others_dllps)
{
    uint32_t number = 0;
    for (uint32_t gen = 1; gen <= 5; gen++)
        for (uint32_t width = 1; width <= 16; width *= 4)
            for (uint32_t mps = 128; mps <= 1024; mps *= 2)
                for (uint32_t every = 1; every <= 8; every += 1 + every / 2) {
                    struct theory_link link = {.gen = gen, .width = width, .address_bits = mps == 256 ? 64 : 32};
                    if (sweep_tries(number++, 13))
                        try_both_ways(&link, mps, every, 1 + (every * 3 + mps / 128) % 7);
                }
}

/* A stream with the default policy carries no less than pcie-bench's model says, and no more than without DLLPs. */
static void try_bounds(const struct theory_link *link, uint32_t mps, uint32_t size, bool read)
{
    double bytes = read ? theory_split_bytes(link, size, mps, theory_completion_bytes)
                        : theory_split_bytes(link, size, mps, theory_write_bytes);
    double most_gbps = theory_rate_gbps(link) * size / bytes, least_gbps = most_gbps * theory_bench_share(link, mps);
    double operation_ns = theory_time_ns(link, bytes);
    struct results results = sweep_run(
        "mriov: 1\nrun: {warmup: %.0fns, duration: %.0fns}\n"
        "hosts:\n"
        "  - {name: h, mps: %uB, mrrs: 4096B, memory: {read-latency: 50ns, write-latency: 50ns, bandwidth: 4000GB/s}}\n"
        "adapters:\n"
        "  - {name: a, at: h, outstanding: 768, link: {gen: %u, width: %u, propagation: 0ns, dllp: physical,\n"
        "     replay-buffer: 1024, credits: {posted-headers: 127, posted-data: 32KiB, nonposted-headers: 127}}}\n"
        "workloads:\n  - {name: w, function: a, op: %s, size: %uB, arrival: saturate, pattern: repeat}\n",
        200 * operation_ns + 5000, 5000 * operation_ns, mps, link->gen, link->width, read ? "dma-read" : "dma-write",
        size);
    double gbps = rack_flow(&results, 0)->goodput_gbps;
    cr_expect(
        gbps >= least_gbps * 0.9995 && gbps <= most_gbps * 1.0005,
        "%s of %u B, MPS %u, gen%u x%u: %g, not between %g and %g", read ? "reads" : "writes", size, mps, link->gen,
        link->width, gbps, least_gbps, most_gbps);
    results_free(&results);
}

Test(data_link, the_default_policy_costs_less_than_pcie_bench_charges)
{
    uint32_t number = 0;
    for (uint32_t gen = 1; gen <= 5; gen++)
        for (uint32_t width = 1; width <= 16; width *= 2)
            for (uint32_t mps = 128; mps <= 512; mps *= 2)
                for (uint32_t size = 64; size <= 4096; size *= 4)
                    for (int read = 0; read < 2; read++) {
                        struct theory_link link = {.gen = gen, .width = width, .address_bits = 64};
                        if (sweep_tries(number++, 17))
                            try_bounds(&link, mps, size, read);
                    }
}

/* Go-back-N with W sent from the bad one to the arrival of its Nak: the cable is as long as W in the middle of a TLP
 * makes it. */
static void try_replay(const struct theory_link *link, uint32_t size, uint32_t sent, double ber)
{
    double bytes = theory_write_bytes(link, size), tlp_ns = theory_time_ns(link, bytes);
    double nak_ns = theory_time_ns(link, WIRE_BYTES_OF_DLLP);
    double propagation_ns = floor(((sent - 1.5) * tlp_ns - nak_ns) / 2);
    double bad = 1 - pow(1 - ber, 8 * bytes), efficiency = (1 - bad) / (1 + (sent - 1) * bad);
    double timer_ns = 3 * sent * tlp_ns;
    struct results results = sweep_run(
        "mriov: 1\nrun: {warmup: %.0fns, duration: %.0fns}\n"
        "hosts:\n  - {name: h, mps: 512B, memory: {write-latency: 0ns, bandwidth: 4000GB/s}}\n"
        "adapters:\n"
        "  - {name: a, at: h, link: {gen: %u, width: %u, propagation: %.0fns, dllp: physical, ack-every: 1, ber: %g,\n"
        "     replay-timer: %.0fns, replay-buffer: %u, credits: infinite}}\n"
        "workloads:\n  - {name: w, function: a, op: dma-write, size: %uB, arrival: saturate}\n",
        100 * tlp_ns + 10000, 600000 * tlp_ns, link->gen, link->width, propagation_ns, ber, timer_ns, 2 * sent, size);
    /* Errors come at random: what 600,000 TLPs lose is known to the square root of how often they do. */
    double events = 600000 * bad * efficiency, uncertain = events > 0 ? 3 * (1 - efficiency) / sqrt(events) : 0;
    sweep_expect(
        rack_flow(&results, 0)->goodput_gbps, 8 * size / tlp_ns * efficiency,
        0.002 + 0.02 * (1 - efficiency) + uncertain, "BER %g, %u B, W %u, gen%u x%u: efficiency %g", ber, size, sent,
        link->gen, link->width, efficiency);
    results_free(&results);
}

Test(data_link, bad_tlps_cost_what_go_back_n_says)
{
    static const struct {
        uint32_t gen, width, size, sent;
        double ber;
    } variants[] = {
        {3, 8, 256, 16, 1e-7}, {3, 8, 256, 16, 1e-6},  {3, 8, 128, 24, 1e-6}, {4, 4, 512, 8, 2e-6},
        {2, 8, 64, 40, 3e-6},  {5, 16, 256, 60, 3e-7}, {1, 4, 256, 4, 5e-6},  {3, 16, 512, 12, 1e-6},
        {4, 8, 256, 30, 1e-6}, {2, 16, 128, 10, 5e-6}, {5, 4, 64, 100, 1e-6}, {3, 8, 256, 16, 3e-6},
    };
    for (uint32_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        struct theory_link link = {.gen = variants[i].gen, .width = variants[i].width, .address_bits = 64};
        if (sweep_tries(i, 3))
            try_replay(&link, variants[i].size, variants[i].sent, variants[i].ber);
    }
}

/* Where the time of writes goes that are sent again: the wires and the switch have each only once, and what the
 * replay costs is waiting. */
Test(data_link, a_replay_is_waiting_in_the_parts_of_latency)
{
    struct results results = sweep_run(
        "mriov: 1\nseed: 5\nrun: {duration: 5ms}\nchassis: [{name: t, latency: 100ns}]\n"
        "hosts: [{name: h, chassis: t, link: {gen: 3, width: 8, ber: 1e-6, propagation: 50ns},\n"
        "  memory: {write-latency: 70ns}}]\n"
        "adapters: [{name: a, at: t, sharing: exclusive, link: {gen: 3, width: 8, ber: 1e-6, propagation: 30ns}}]\n"
        "assign: [{function: a, to: h}]\n"
        "workloads: [{name: w, function: a@h, op: dma-write, size: 256B, arrival: {poisson: 1Mops/s}}]\n");
    const struct results_flow *flow = rack_flow(&results, 0);
    sweep_expect((double)flow->parts.wires_ps, 80e3, 0.01, "wires");
    sweep_expect((double)flow->parts.switches_ps, 100e3, 0.01, "switches");
    cr_expect_gt(flow->parts.waiting_ps, 1000);
    results_free(&results);
}

/* Go-back-N in flits of 236 bytes of TLPs: a write of FLITS of them is bad when any of its flits is, and SENT flits go
 * from the beginning of the bad one to the arrival of its Nak. */
static void try_flits(uint32_t width, uint32_t flits, uint32_t apart, double ber)
{
    double flit_ns = 256 * 8 / (64.0 * width), propagation_ns = (apart + 0.75) * flit_ns;
    double bad = 1 - pow(1 - ber, 2048);
    /* The bad one, on average half of the rest of its TLP before and behind it, there, the flit of the Nak, back, and
     * the rest of the TLP on the wire. */
    double sent = 1 + ceil(2 * apart + 1 + 0.75) + (flits - 1);
    double efficiency = (1 - bad) / (1 + (sent - 1) * bad);
    struct results results = sweep_run(
        "mriov: 1\nrun: {warmup: 10us, duration: %.0fns}\n"
        "hosts:\n  - {name: h, mps: 4096B, memory: {write-latency: 0ns, bandwidth: 4000GB/s}}\n"
        "adapters:\n  - {name: a, at: h, link: {gen: 6, width: %u, propagation: %.0fps, ack-every: 1, ber: %g,\n"
        "     replay-timer: %.0fns, replay-buffer: %u, credits: infinite}}\n"
        "workloads:\n  - {name: w, function: a, op: dma-write, size: %uB, pattern: repeat}\n",
        800000 * flit_ns, width, propagation_ns * 1e3, ber, 4 * sent * flit_ns, (unsigned)(4 * sent), 236 * flits - 16);
    double gbps = 8 * (236 * flits - 16) / (flits * flit_ns);
    double events = 800000 * bad * efficiency, uncertain = 3 * (1 - efficiency) / sqrt(events);
    sweep_expect(
        rack_flow(&results, 0)->goodput_gbps, gbps * efficiency, 0.002 + 0.03 * (1 - efficiency) + uncertain,
        "flits: BER %g, x%u, %u a TLP, %g sent: efficiency %g", ber, width, flits, sent, efficiency);
    results_free(&results);
}

Test(data_link, flits_are_sent_again_from_the_bad_one_on)
{
    const double rates[] = {1e-8, 1e-7, 1e-6, 3e-6};
    uint32_t number = 0;
    for (uint32_t width = 4; width <= 16; width *= 2)
        for (uint32_t flits = 1; flits <= 3; flits++)
            for (uint32_t rate = 0; rate < 4; rate++)
                if (sweep_tries(number++, 5))
                    try_flits(width, flits, 5 + 3 * rate, rates[rate]);
}
