/* Cases 18 and 19 with other parameters: shares by turns, by bytes and by weight. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/sweep.h"
#include "tests/support/theory.h"

TestSuite(arbiters, .timeout = 600);

#define INPUTS_MAX 5
#define TEXT 4096
#define TLPS 60000.0

/* What several adapters write to one host, whose plain link they share. */
struct mix {
    uint32_t gen, width, count, sizes[INPUTS_MAX];
};

static const struct mix mixes[] = {
    {3, 8, 2, {64, 256}},
    {4, 4, 2, {128, 512}},
    {2, 8, 2, {64, 512}},
    {3, 4, 3, {64, 128, 256}},
    {1, 16, 4, {64, 64, 256, 512}},
    {5, 4, 3, {512, 256, 512}},
    {3, 16, 5, {64, 128, 256, 512, 32}},
    {4, 8, 2, {16, 512}},
};
#define MIXES (sizeof mixes / sizeof mixes[0])

static void try_mix(const struct mix *mix, bool by_bytes)
{
    struct theory_link link = {.gen = mix->gen, .width = mix->width, .address_bits = 64};
    char adapters[TEXT] = "", workloads[TEXT] = "", assigns[TEXT] = "";
    double bytes[INPUTS_MAX], all = 0;
    size_t a = 0, w = 0, s = 0;
    for (uint32_t i = 0; i < mix->count; i++) {
        bytes[i] = theory_write_bytes(&link, mix->sizes[i]);
        all += bytes[i];
        a += (size_t)snprintf(
            adapters + a, TEXT - a, "  - {name: a%u, at: tor, sharing: exclusive, link: {gen: 5, width: 16}}\n", i);
        s += (size_t)snprintf(assigns + s, TEXT - s, "  - {function: a%u, to: h}\n", i);
        w += (size_t)snprintf(
            workloads + w, TEXT - w, "  - {name: w%u, function: a%u, op: dma-write, size: %uB, arrival: saturate}\n", i,
            i, mix->sizes[i]);
    }
    double mean_ns = theory_time_ns(&link, all / mix->count);
    struct results results = sweep_run(
        "mriov: 1\nrun: {warmup: %.0fns, duration: %.0fns}\ndefaults: {link: {dllp: off}}\n"
        "chassis:\n  - {name: tor, arbitration: %s}\n"
        "hosts:\n  - {name: h, chassis: tor, mps: 512B, link: {gen: %u, width: %u}}\n"
        "adapters:\n%sassign:\n%sworkloads:\n%s",
        500 * mean_ns + 5000, TLPS * mean_ns, by_bytes ? "deficit" : "round-robin", mix->gen, mix->width, adapters,
        assigns, workloads);
    double rate_gbps = theory_rate_gbps(&link);
    for (uint32_t i = 0; i < mix->count; i++) {
        double share = by_bytes ? 1.0 / mix->count : bytes[i] / all;
        sweep_expect(
            rack_flow(&results, i)->goodput_gbps, rate_gbps * share * mix->sizes[i] / bytes[i], 0.005,
            "%s, %u B, one of %u, gen%u x%u", by_bytes ? "deficit" : "round robin", mix->sizes[i], mix->count, mix->gen,
            mix->width);
    }
    results_free(&results);
}

Test(arbiters, take_turns_by_tlps_or_by_bytes)
{
    for (size_t i = 0; i < MIXES; i++)
        for (int by_bytes = 0; by_bytes < 2; by_bytes++)
            try_mix(&mixes[i], by_bytes);
}

/* Hosts of several weights write to one adapter over its MR link, all of one size or of two. */
struct crowd {
    uint32_t count, weights[INPUTS_MAX], sizes[INPUTS_MAX];
};

static const struct crowd crowds[] = {
    {3, {1, 2, 4}, {256, 256, 256}},
    {2, {1, 3}, {128, 128}},
    {2, {7, 1}, {64, 64}},
    {4, {1, 1, 2, 5}, {256, 256, 256, 256}},
    {5, {1, 2, 3, 4, 5}, {512, 512, 512, 512, 512}},
    {2, {10, 3}, {256, 256}},
    {3, {1, 2, 4}, {64, 256, 128}},
    {2, {1, 3}, {512, 64}},
};
#define CROWDS (sizeof crowds / sizeof crowds[0])

static void try_crowd(const struct crowd *crowd, bool by_bytes)
{
    struct theory_link link = {.gen = 3, .width = 4, .address_bits = 64, .mr = true};
    char hosts[TEXT] = "", workloads[TEXT] = "";
    double units[INPUTS_MAX], all = 0, wire = 0; /* what each gets for its weight; bytes a round of all */
    size_t h = 0, w = 0;
    for (uint32_t i = 0; i < crowd->count; i++) {
        double bytes = theory_write_bytes(&link, crowd->sizes[i]);
        units[i] = by_bytes ? crowd->weights[i] / bytes : crowd->weights[i];
        all += units[i];
        wire += units[i] * bytes;
        h += (size_t)snprintf(
            hosts + h, TEXT - h, "  - {name: h%u, chassis: tor, mps: 512B, weight: %u, link: {gen: 4, width: 8}}\n", i,
            crowd->weights[i]);
        w += (size_t)snprintf(
            workloads + w, TEXT - w, "  - {name: w%u, function: a@h%u, op: mmio-write, size: %uB, arrival: saturate}\n",
            i, i, crowd->sizes[i]);
    }
    double tlp_ns = theory_time_ns(&link, wire / all);
    struct results results = sweep_run(
        "mriov: 1\nrun: {warmup: %.0fns, duration: %.0fns}\ndefaults: {link: {dllp: off}}\n"
        "chassis:\n  - {name: tor, arbitration: %s}\nhosts:\n%s"
        "adapters:\n  - {name: a, at: tor, link: {gen: 3, width: 4}}\n"
        "assign:\n  - {function: a, to: \"h*\", each: on}\nworkloads:\n%s",
        500 * tlp_ns + 5000, TLPS * tlp_ns, by_bytes ? "deficit" : "weighted", hosts, workloads);
    for (uint32_t i = 0; i < crowd->count; i++)
        sweep_expect(
            rack_flow(&results, i)->goodput_gbps, 8 * crowd->sizes[i] * units[i] / all / tlp_ns, 0.005,
            "%s, weight %u, %u B, one of %u", by_bytes ? "deficit" : "weighted", crowd->weights[i], crowd->sizes[i],
            crowd->count);
    results_free(&results);
}

Test(arbiters, give_by_weight_in_tlps_or_in_bytes)
{
    for (size_t i = 0; i < CROWDS; i++)
        for (int by_bytes = 0; by_bytes < 2; by_bytes++)
            try_crowd(&crowds[i], by_bytes);
}
