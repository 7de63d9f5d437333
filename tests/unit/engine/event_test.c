#include "fabric/engine/event.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "fabric/base/time.h"
#include "fabric/engine/simulation.h"

static struct simulation simulation;
static struct component component;
static struct event event;
static uint32_t runs;

static void count_run(struct event *ran)
{
    cr_assert_eq(ran, &event);
    runs++;
}

static void setup(void)
{
    runs = 0;
    simulation_init(&simulation, 1);
    component_init(&component, &simulation);
    event_init(&event, &component, count_run);
    simulation_run(&simulation, 1000);
}

TestSuite(event, .init = setup);

Test(event, is_idle_at_first)
{
    cr_assert(!event_is_scheduled(&event));
    event_cancel(&event);
    cr_assert(!event_is_scheduled(&event));
}

Test(event, runs_once_when_scheduled)
{
    event_schedule(&event, 2000);
    cr_assert(event_is_scheduled(&event));
    simulation_run(&simulation, 1999);
    cr_assert_eq(runs, 0);
    simulation_run(&simulation, PS_PER_S);
    cr_assert_eq(runs, 1);
    cr_assert_eq(event.time_ps, 2000);
}

Test(event, does_not_run_when_cancelled)
{
    event_schedule(&event, 2000);
    event_cancel(&event);
    cr_assert(!event_is_scheduled(&event));
    simulation_run(&simulation, PS_PER_S);
    cr_assert_eq(runs, 0);
}

Test(event, reschedule_moves_it_either_way_or_schedules_it)
{
    event_reschedule(&event, 5000);
    cr_assert_eq(event.time_ps, 5000);
    event_reschedule(&event, 9000);
    cr_assert_eq(event.time_ps, 9000);
    event_reschedule(&event, 1000);
    cr_assert_eq(event.time_ps, 1000);
    simulation_run(&simulation, 1000);
    cr_assert_eq(runs, 1);
    simulation_run(&simulation, PS_PER_S);
    cr_assert_eq(runs, 1);
}

Test(event, schedule_before_never_makes_it_later)
{
    event_schedule_before(&event, 5000);
    cr_assert_eq(event.time_ps, 5000);
    uint64_t order = event.order;
    event_schedule_before(&event, 9000);
    cr_assert_eq(event.time_ps, 5000);
    event_schedule_before(&event, 5000);
    cr_assert_eq(event.order, order, "left as it was, at its own place among equals");
    event_schedule_before(&event, 1000);
    cr_assert_eq(event.time_ps, 1000);
    simulation_run(&simulation, PS_PER_S);
    cr_assert_eq(runs, 1);
}

Test(event, takes_the_last_time_there_is)
{
    event_schedule(&event, TIME_NEVER - 1);
    simulation_run(&simulation, TIME_NEVER - 2);
    cr_assert_eq(runs, 0);
    simulation_run(&simulation, TIME_NEVER - 1);
    cr_assert_eq(runs, 1);
}

Test(event, refuses_the_past, .signal = SIGABRT)
{
    event_schedule(&event, 999);
}

Test(event, refuses_never, .signal = SIGABRT)
{
    event_schedule(&event, TIME_NEVER);
}

Test(event, refuses_to_be_scheduled_twice, .signal = SIGABRT)
{
    event_schedule(&event, 2000);
    event_schedule(&event, 2000);
}
