#include "fabric/pcie/journey.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "fabric/base/time.h"
#include "tests/support/rack.h"

static uint64_t sum(const struct journey *journey)
{
    uint64_t sum_ps = 0;
    for (int part = 0; part < JOURNEY_PARTS; part++)
        sum_ps += journey->parts_ps[part];
    return sum_ps;
}

Test(journey, each_stage_gets_the_time_since_the_last)
{
    struct journey journey = {.at_ps = 100};
    journey_pass(&journey, JOURNEY_SOURCE, 130);
    journey_wait(&journey, 150);
    journey_pass(&journey, JOURNEY_CREDITS, 151);
    journey_pass(&journey, JOURNEY_SERIALISATION, 200);
    journey_pass(&journey, JOURNEY_SERIALISATION, 210);
    cr_expect_eq(journey.parts_ps[JOURNEY_SOURCE], 30);
    cr_expect_eq(journey.parts_ps[JOURNEY_CREDITS], 1);
    cr_expect_eq(journey.parts_ps[JOURNEY_SERIALISATION], 59);
    cr_expect_eq(sum(&journey), 110 - 20, "20 were spent waiting");
}

Test(journey, what_is_accounted_for_counts_once)
{
    struct journey journey = {.at_ps = 100};
    journey_pass(&journey, JOURNEY_WIRES, 90);
    journey_wait(&journey, 50);
    cr_expect_eq(journey.at_ps, 100);
    cr_expect_eq(sum(&journey), 0);
}

Test(journey, what_came_late_was_on_the_wire_again)
{
    struct journey journey = {.at_ps = 100};
    journey_arrive(&journey, 140, JOURNEY_MEMORY, 240);
    cr_expect_eq(journey.parts_ps[JOURNEY_SERIALISATION], 40);
    cr_expect_eq(journey.parts_ps[JOURNEY_MEMORY], 100);
}

/* Of whole operations, against arithmetic: an adapter in its host, over a link of 1 ns a byte and 10 ns of wire. */

static void expect_parts(const char *host, const char *workloads, struct results_parts expected)
{
    char text[1024];
    snprintf(
        text, sizeof text,
        "mriov: 1\nrun: {warmup: 10us, duration: 100us}\n"
        "hosts:\n"
        "  - {name: h, outstanding: 1, memory: {read-latency: 200ns, write-latency: 100ns, bandwidth: 1000GB/s}%s}\n"
        "adapters:\n"
        "  - {name: a, at: h, outstanding: 1, link: {rate: 8Gbps, propagation: 10ns, dllp: off}}\n"
        "workloads:\n%s",
        host, workloads);
    struct results results = rack_results(text);
    const struct results_parts *parts = &rack_flow(&results, 0)->parts;
    cr_expect_eq(parts->waiting_ps, expected.waiting_ps, "%s: %lu", workloads, (unsigned long)parts->waiting_ps);
    cr_expect_eq(
        parts->serialisation_ps, expected.serialisation_ps, "%s: %lu", workloads,
        (unsigned long)parts->serialisation_ps);
    cr_expect_eq(parts->wires_ps, 20 * PS_PER_NS, "%s: %lu", workloads, (unsigned long)parts->wires_ps);
    cr_expect_eq(parts->memory_ps, expected.memory_ps, "%s: %lu", workloads, (unsigned long)parts->memory_ps);
    results_free(&results);
}

/* A read of 64 bytes: 24 bytes there, 84 back. */
#define READ_NS ((uint64_t)(24 + 84))

Test(journey, who_has_no_tag_waits)
{
    /* One tag: a read is taken when the one before it has left, and waits for the end of that. */
    expect_parts(
        "", "  - {name: w, function: a.pf0, op: dma-read, size: 64B}\n",
        (struct results_parts){
            .waiting_ps = (READ_NS + 20 + 200) * PS_PER_NS,
            .serialisation_ps = READ_NS * PS_PER_NS,
            .memory_ps = 200 * PS_PER_NS});
    /* Two cores of a host with one tag. */
    expect_parts(
        "",
        "  - {name: w, function: a.pf0, op: mmio-read, size: 64B}\n"
        "  - {name: v, function: a.pf0, op: mmio-read, size: 64B}\n",
        (struct results_parts){.waiting_ps = (READ_NS + 20) * PS_PER_NS, .serialisation_ps = READ_NS * PS_PER_NS});
}

Test(journey, an_iommu_s_walk_is_memory_s)
{
    expect_parts(
        ", iommu: {entries: 1, walk: 500ns}",
        "  - {name: w, function: a.pf0, op: dma-read, size: 4B, window: 1GiB, pattern: random,\n"
        "     arrival: {closed: 1, think: 1us}}\n",
        (struct results_parts){.serialisation_ps = (READ_NS - 60) * PS_PER_NS, .memory_ps = 700 * PS_PER_NS});
}
