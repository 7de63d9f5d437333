#include "hostsim/rack/timeline.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"
#include "tests/support/fake_hardware.h"

static struct fake_rack rack;
static struct timeline timeline;
static struct results results;

static void run(const struct scenario_event *events, size_t count, uint64_t until_ps)
{
    struct scenario scenario = {.events = (struct scenario_event *)events, .event_count = count};
    fake_rack_init(&rack);
    rack.hardware.delay_ps = 10;
    timeline_init(&timeline, &scenario, &rack.pcim);
    for (; timeline_next_ps(&timeline) <= until_ps; timeline_submit(&timeline))
        simulation_run(&rack.simulation, timeline_next_ps(&timeline));
    simulation_run(&rack.simulation, until_ps);
    timeline_collect(&timeline, &results);
    cr_expect_eq(results.timeline_count, count);
    timeline_free(&timeline);
}

static void tear_down(void)
{
    results_free(&results);
    fake_rack_free(&rack);
}

TestSuite(timeline, .fini = tear_down);

#define ASSIGN(at, what, owner)                                                                                        \
    {                                                                                                                  \
        .at_ps = (at), .op = "assign", .request = {                                                                    \
            .method = PCIM_METHOD_ASSIGN,                                                                              \
            .assign = {.function = (what), .to = (owner)}                                                              \
        }                                                                                                              \
    }

static void expect_entry(size_t index, const char *status, uint64_t took_ps)
{
    cr_expect_str_eq(results.timeline[index].status, status, "%zu: %s", index, results.timeline[index].detail);
    cr_expect_eq(results.timeline[index].took_ps, took_ps, "%zu: %lu", index, results.timeline[index].took_ps);
}

Test(timeline, operations_run_at_their_times_and_results_are_in_the_order_of_the_file)
{
    static const struct scenario_event events[] = {
        ASSIGN(500, "nic0", "h1"), ASSIGN(100, "nic0.pf0", "h0"), ASSIGN(300, "nic0.pf0", "h2"),
        ASSIGN(300, "nic0.pf0", "h0")};
    run(events, 4, PS_PER_US);
    expect_entry(0, "ok", 20);
    expect_entry(1, "ok", 20);
    expect_entry(2, "already_assigned", 0);
    expect_entry(3, "ok", 0);
    cr_expect_str_eq(results.timeline[2].detail, "nic0.pf0 is h0's; move it to h2, or release it first");
    cr_expect_str_eq(fake_rack_owner(&rack, "nic0@h1"), "h1");
}

Test(timeline, what_has_not_ended_is_running)
{
    static const struct scenario_event events[] = {ASSIGN(100, "nic0", "h1"), ASSIGN(2000, "nic0", "h2")};
    run(events, 2, 110);
    expect_entry(0, "running", RESULTS_NO_TIME);
    expect_entry(1, "running", RESULTS_NO_TIME);
    cr_expect_str_eq(results.timeline[1].detail, "it is after the end of the run");
}
