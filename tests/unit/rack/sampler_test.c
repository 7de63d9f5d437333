#include "hostsim/rack/sampler.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/rack.h"

static struct results run(const char *sample)
{
    char text[2048];
    snprintf(
        text, sizeof text,
        "mriov: 1\nrun: {warmup: 5us, duration: 20us, sample: %s}\n"
        "defaults: {link: {rate: 8Gbps}}\n"
        "chassis: [{name: tor}]\n"
        "hosts: [{name: \"h[0-1]\", chassis: tor}]\n"
        "adapters: [{name: nic, at: tor}]\n"
        "assign: [{function: nic, to: \"h[0-1]\"}]\n"
        "workloads:\n"
        "  - {name: w, function: nic@h0, op: dma-write, size: 1000B}\n"
        "  - {name: r, function: nic@h1, op: dma-read, size: 100B, arrival: {poisson: 400Mbps}}\n",
        sample);
    return rack_results(text);
}

static void expect_sums(const char *sample, uint64_t interval_ps)
{
    struct results results = run(sample);
    double bits[2] = {0}, busy_ps[6] = {0};
    uint64_t last_ps = 0;
    for (size_t n = 0; n < results.sample_count; n++) {
        const struct results_sample *point = &results.samples[n];
        cr_assert_geq(point->time_ps, last_ps);
        cr_assert(point->time_ps > 5 * PS_PER_US && point->time_ps <= 25 * PS_PER_US);
        cr_assert_eq((point->time_ps - 5 * PS_PER_US) % interval_ps, 0);
        last_ps = point->time_ps;
        if (point->kind == SAMPLE_FLOW) {
            bits[point->index] += point->value * (double)interval_ps / 1e3;
        } else if (strcmp(point->metric, "utilisation") == 0) {
            cr_assert(point->value >= 0 && point->value <= 1 + 1e-9, "%s: %g", sample, point->value);
            busy_ps[point->index] += point->value * (double)interval_ps;
        }
    }
    cr_expect_eq(last_ps, 25 * PS_PER_US);
    cr_expect_eq(results.sample_count, 20 * PS_PER_US / interval_ps * (2 + 2 * 6));
    for (size_t n = 0; n < 2; n++) /* what ends with the window itself is not in it */
        cr_expect_float_eq(bits[n], (double)results.flows[n].bytes * 8, 1e-6 * bits[n], "%s: %g", sample, bits[n]);
    for (size_t n = 0; n < 6; n++)
        cr_expect_float_eq(
            busy_ps[n] / 20e6, results.links[n].utilisation, 1e-9, "%s, %s: %g", sample, results.links[n].name,
            busy_ps[n] / 20e6);
    results_free(&results);
}

Test(sampler, samples_add_up_to_the_run_s_figures)
{
    expect_sums("20us", 20 * PS_PER_US);
    expect_sums("4us", 4 * PS_PER_US);
    expect_sums("100ns", 100 * PS_PER_NS);
    expect_sums("10ns", 10 * PS_PER_NS); /* shorter than a TLP */
}

Test(sampler, without_a_distance_there_are_none)
{
    struct results results = rack_results("mriov: 1\nhosts: [{name: h0}]\nadapters: [{name: a, at: h0}]\n"
                                          "workloads: [{name: w, function: a, op: dma-write, size: 64B}]\n");
    cr_expect_eq(results.sample_count, 0);
    results_free(&results);
}
