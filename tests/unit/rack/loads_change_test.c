/* Workloads whose functions change hands: told by hand, as a host would. */
#include <criterion/criterion.h>

#include "hostsim/rack/collect.h"
#include "hostsim/rack/loads.h"
#include "tests/support/rack.h"

#define RACK(WORKLOADS)                                                                                                \
    "mriov: 1\nrun: {duration: 1ms}\nchassis: [{name: t}]\n"                                                           \
    "hosts: [{name: h, chassis: t}, {name: g, chassis: t}]\n"                                                          \
    "adapters: [{name: a, at: t}, {name: b, at: t}]\n"                                                                 \
    "assign: [{function: a, to: h}, {function: b, to: g}]\n"                                                           \
    "workloads: [" WORKLOADS "]\n"

static struct rack rack;
static struct scenario_function a = {0, 0, SCENARIO_NONE};

static void run_us(uint64_t us)
{
    rack_run(&rack, fabric_now_ps(&rack.world.fabric) + us * PS_PER_US);
}

static struct loads *loads(void)
{
    return rack.world.loads;
}

static struct holding *holding(void)
{
    return holdings_find(&rack.world.holdings, a);
}

static void take_away(void)
{
    loads_detach(loads(), a);
    holding()->seen = false;
}

/* Function `a` is HOST's; that it is in the other's hierarchy is of no matter to the workloads. */
static void give(int host)
{
    holding()->owner.host = host;
    holding()->at->root = &rack.world.topology.roots[host];
    holding()->seen = true;
    loads_attach(loads(), a);
}

static const struct flow *flow(size_t row)
{
    return loads()->rows[row]->flow;
}

Test(loads_change, a_workload_follows_its_function)
{
    rack_open(
        &rack, RACK("{name: w, function: a.pf0, op: dma-write, arrival: {closed: 2}},"
                    "{name: v, function: b.pf0, op: dma-write}"));
    run_us(10);
    take_away();
    run_us(10);
    uint64_t issued = flow(0)->issued;
    cr_expect(flow(0)->suspended && flow(0)->in_flight == 0);
    uint64_t last_ps = flow(0)->last_done_ps;
    give(1);
    cr_assert_eq(loads()->row_count, 3);
    run_us(10);
    cr_expect_eq(flow(0)->issued, issued, "h has it no longer");
    cr_expect_gt(flow(2)->counters.operations, 10);
    cr_expect_gt(flow(2)->interruption_ps, 10 * PS_PER_US);
    cr_expect_lt(flow(2)->interruption_ps, 20 * PS_PER_US - last_ps % PS_PER_US);
    take_away();
    give(0);
    cr_expect_eq(loads()->row_count, 3, "that row was there");
    run_us(10);
    cr_expect_gt(flow(0)->issued, issued);
    struct results results = {0};
    collect_results(&rack.world, NULL, &results);
    cr_assert_eq(results.flow_count, 3);
    static const char *const hosts[] = {"h", "g", "g"}, *const names[] = {"w", "w", "v"};
    for (size_t n = 0; n < 3; n++) {
        cr_expect_str_eq(results.flows[n].host, hosts[n]);
        cr_expect_str_eq(results.flows[n].name, names[n]);
    }
    results_free(&results);
    rack_close(&rack);
}

Test(loads_change, with_a_host_it_waits)
{
    rack_open(
        &rack, RACK("{name: w, function: a.pf0, op: dma-write, host: h, arrival: {periodic: 1Mops/s}},"
                    "{name: of, function: a@h, op: dma-write}"));
    run_us(10);
    take_away();
    uint64_t issued = flow(0)->issued;
    give(1);
    run_us(100);
    cr_expect_eq(loads()->row_count, 2);
    cr_expect_eq(flow(0)->issued, issued);
    cr_expect(flow(1)->suspended, "what h has of a: nothing");
    take_away();
    give(0);
    run_us(10);
    cr_expect_leq(flow(0)->issued, issued + 12, "what would have arrived meanwhile never was");
    cr_expect_geq(flow(0)->issued, issued + 9);
    cr_expect_not(flow(1)->suspended);
    cr_expect_gt(flow(0)->interruption_ps, 99 * PS_PER_US);
    rack_close(&rack);
}

Test(loads_change, what_is_left_of_a_finite_workload_goes_with_it)
{
    rack_open(&rack, RACK("{name: w, function: a.pf0, op: dma-write, count: 1000, arrival: {periodic: 10Mops/s}}"));
    run_us(20);
    take_away();
    uint64_t issued = flow(0)->issued;
    cr_assert(issued > 0 && issued < 1000);
    give(1);
    run_us(200);
    cr_expect_eq(flow(1)->counters.operations, 1000 - issued);
    cr_expect_eq(loads()->unfinished, 0);
    rack_close(&rack);
}

/* Also when it comes back to who had it first: it stood still for ever. */
Test(loads_change, what_is_left_of_a_finite_workload_comes_back)
{
    rack_open(&rack, RACK("{name: w, function: a.pf0, op: dma-write, count: 1000, arrival: {periodic: 10Mops/s}}"));
    run_us(20);
    take_away();
    give(1);
    run_us(20);
    take_away();
    give(0);
    cr_expect_eq(loads()->unfinished, 1);
    run_us(200);
    cr_expect_eq(flow(0)->counters.operations + flow(1)->counters.operations, 1000);
    cr_expect_gt(flow(0)->counters.operations, 400);
    cr_expect_eq(loads()->unfinished, 0);
    take_away();
    give(1);
    run_us(10);
    cr_expect_eq(flow(0)->counters.operations + flow(1)->counters.operations, 1000, "that was all");
    rack_close(&rack);
}

/* What waited in a closed loop arrives when the function is back. */
Test(loads_change, a_closed_loop_waits_without_latency)
{
    rack_open(
        &rack, RACK("{name: w, function: a.pf0, op: dma-write, host: h, arrival: {closed: 4}},"
                    "{name: m, function: a.pf0, op: mmio-read, host: h, size: 64B, arrival: {closed: 1, think: 1us}}"));
    run_us(10);
    take_away();
    run_us(200);
    give(0);
    run_us(10);
    for (size_t row = 0; row < 2; row++) {
        cr_expect_gt(flow(row)->counters.operations, 5);
        cr_expect_lt(flow(row)->counters.latency.max, 20 * PS_PER_US);
        cr_expect_gt(flow(row)->interruption_ps, 199 * PS_PER_US);
    }
    rack_close(&rack);
}

Test(loads_change, letting_go_waits_for_what_is_under_way)
{
    rack_open(
        &rack, RACK("{name: w, function: a.pf0, op: dma-read, size: 64KiB}, {name: x, function: a.pf0,"
                    " op: {mix: {dma-read: 1, mmio-read: 1}}, arrival: {closed: 3}}"));
    run_us(10);
    cr_expect(loads_are_using(loads(), a));
    loads_release(loads(), a);
    cr_expect(holding()->releasing);
    run_us(200);
    cr_expect_not(holding()->releasing);
    cr_expect_not(loads_are_using(loads(), a));
    cr_expect_eq(flow(0)->counters.failed + flow(1)->counters.failed, 0);
    take_away();
    cr_expect_eq(flow(0)->dropped + flow(1)->dropped, 0);
    rack_close(&rack);
}
