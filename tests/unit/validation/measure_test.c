#include "hostsim/validation/measure.h"

#include <criterion/criterion.h>
#include <math.h>

#define NEAR 1e-9

/* Two flows of `w`, one of `r`; a link that was busy half of a microsecond. */
static void fill(struct results *results, struct results_flow flows[3], struct results_link links[2])
{
    flows[0] = (struct results_flow){.name = "w", .goodput_gbps = 30, .latency.mean_ps = 5000};
    flows[1] = (struct results_flow){.name = "w", .goodput_gbps = 10, .latency.mean_ps = 1};
    flows[2] = (struct results_flow){.name = "r", .goodput_gbps = 8, .latency.mean_ps = 4000};
    links[0] = (struct results_link){
        .name = "a",
        .direction = LINK_UP,
        .tlps = 4,
        .payload_bytes = 1024,
        .wire_bytes = 1280,
        .utilisation = 0.5,
        .wait_mean_ps = 2500,
    };
    links[1] = (struct results_link){
        .name = "a",
        .direction = LINK_DOWN,
        .tlps = 2,
        .payload_bytes = 256,
        .wire_bytes = 512,
        .utilisation = 0.5,
        .wait_mean_ps = RESULTS_NO_TIME,
    };
    *results = (struct results){.flows = flows, .flow_count = 3, .links = links, .link_count = 2};
    results->measured_ps = PS_PER_US;
    results->totals.fairness_jain = 0.75;
}

Test(measure, reads_each_figure)
{
    struct results results;
    struct results_flow flows[3];
    struct results_link links[2];
    fill(&results, flows, links);
    const struct {
        const struct measure *measure;
        const char *of, *than;
        double value;
    } cases[] = {
        {&measure_goodput, "w", NULL, 40},
        {&measure_goodput_gbyte, "w", NULL, 5},
        {&measure_latency, "w", NULL, 5},
        {&measure_latency_growth, "w", "r", 1},
        {&measure_latency_change, "w", "r", 25},
        {&measure_uneven_share, "w", NULL, 0.75},
        {&measure_uneven_share, "r", NULL, 1},
        {&measure_wire_rate, "a up", NULL, 1280 * 8 / 500.0},
        {&measure_tlp_time, "a up", NULL, 125},
        {&measure_tlp_time, "a down", NULL, 250},
        {&measure_wait, "a up", NULL, 2.5},
        {&measure_efficiency_lost, "a down", "a up", 100 * 0.5 * (0.8 - 0.5)},
        {&measure_jain, "", NULL, 0.75},
        {&measure_goodput_mbyte, "r", NULL, 1000},
        {&measure_share, "w", NULL, 40 / 48.0},
        {&measure_share, "r", NULL, 8 / 48.0},
        {&measure_wire_share, "a down", "a up", 512 / 1792.0},
        {&measure_mean_load, "*", NULL, 0.5},
        {&measure_mean_load, "a*", NULL, 0.5},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_float_eq(
            measure_read(cases[i].measure, &results, cases[i].of, cases[i].than), cases[i].value, NEAR, "case %zu", i);
}

Test(measure, what_is_not_there_is_not_a_number)
{
    struct results results;
    struct results_flow flows[3];
    struct results_link links[2];
    fill(&results, flows, links);
    const struct {
        const struct measure *measure;
        const char *of, *than;
    } cases[] = {
        {&measure_goodput, "x", NULL},
        {&measure_goodput_gbyte, "x", NULL},
        {&measure_latency, "x", NULL},
        {&measure_uneven_share, "x", NULL},
        {&measure_wait, "a down", NULL},
        {&measure_wait, "b up", NULL},
        {&measure_wire_rate, "b up", NULL},
        {&measure_tlp_time, "a", NULL},
        {&measure_wire_rate, "aa up", NULL},
        {&measure_latency_growth, "w", "x"},
        {&measure_efficiency_lost, "b up", "a up"},
        {&measure_share, "x", NULL},
        {&measure_goodput_mbyte, "x", NULL},
        {&measure_wire_share, "a up", "b up"},
        {&measure_mean_load, "b*", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect(isnan(measure_read(cases[i].measure, &results, cases[i].of, cases[i].than)), "case %zu", i);
}
