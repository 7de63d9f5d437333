#include "fabric/engine/simulation.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/base/random.h"
#include "fabric/base/time.h"

#define LOG_MAX 100000

/* What ran, in order. */
struct log {
    uint64_t time_ps[LOG_MAX];
    uint32_t actor[LOG_MAX];
    uint32_t count;
};

/* A component with one event that notes that it ran and then does what the test says. */
struct actor {
    struct component component;
    struct event event;
    struct log *log;
    uint32_t number;
    struct random random;
    uint32_t runs_left;
    uint64_t period_ps;
    void (*then)(struct actor *actor);
    struct actor *other;
};

static struct simulation simulation;
static struct log first_log, second_log;
static struct actor actors[100];

static void run(struct event *event)
{
    struct actor *actor = CONTAINER_OF(event, struct actor, event);
    cr_assert_eq(simulation.now_ps, event->time_ps);
    cr_assert(!event_is_scheduled(event));
    if (actor->log->count < LOG_MAX) {
        actor->log->time_ps[actor->log->count] = event->time_ps;
        actor->log->actor[actor->log->count++] = actor->number;
    }
    if (actor->then != NULL)
        actor->then(actor);
}

static void build(struct log *log, uint32_t count)
{
    simulation_init(&simulation, 7);
    memset(actors, 0, sizeof(actors));
    log->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        actors[i].log = log;
        actors[i].number = i;
        component_init(&actors[i].component, &simulation);
        event_init(&actors[i].event, &actors[i].component, run);
    }
}

static void repeat(struct actor *actor)
{
    if (actor->runs_left-- > 1)
        event_schedule(&actor->event, simulation.now_ps + actor->period_ps);
}

Test(simulation, starts_empty_at_zero)
{
    simulation_init(&simulation, 42);
    cr_assert_eq(simulation.now_ps, 0);
    cr_assert_eq(simulation.seed, 42);
    simulation_run(&simulation, PS_PER_S);
    cr_assert_eq(simulation.now_ps, PS_PER_S);
    cr_assert_eq(simulation.events, 0);
    cr_assert(simulation_is_valid(&simulation));
    simulation_free(&simulation);
}

Test(simulation, runs_what_is_due_at_the_bound_and_leaves_the_rest)
{
    build(&first_log, 3);
    event_schedule(&actors[0].event, 999);
    event_schedule(&actors[1].event, 1000);
    event_schedule(&actors[2].event, 1001);
    simulation_run(&simulation, 1000);
    cr_assert_eq(simulation.now_ps, 1000);
    cr_assert_eq(simulation.events, 2);
    cr_assert(event_is_scheduled(&actors[2].event));
    simulation_run(&simulation, 1000);
    cr_assert_eq(simulation.events, 2);
    simulation_run(&simulation, TIME_NEVER - 1);
    cr_assert_eq(simulation.events, 3);
    cr_assert_eq(simulation.now_ps, TIME_NEVER - 1);
}

Test(simulation, orders_equal_times_by_component_whoever_scheduled_first)
{
    build(&first_log, 100);
    for (uint32_t i = 0; i < 100; i++)
        event_schedule(&actors[i * 37 % 100].event, i % 2 == 0 ? 500 : 500 * PS_PER_US);
    simulation_run(&simulation, PS_PER_S);
    cr_assert_eq(first_log.count, 100);
    for (uint32_t i = 1; i < 100; i++) {
        if (i != 50)
            cr_assert_lt(first_log.actor[i - 1], first_log.actor[i]);
    }
}

Test(simulation, orders_equal_times_of_one_component_by_its_count)
{
    build(&first_log, 4);
    /* All of component 0. */
    for (uint32_t i = 1; i < 4; i++)
        event_init(&actors[i].event, &actors[0].component, run);
    event_schedule(&actors[3].event, 10);
    event_schedule(&actors[1].event, 10);
    event_schedule(&actors[2].event, 10);
    event_reschedule(&actors[3].event, 10); /* counts anew */
    simulation_run(&simulation, 10);
    cr_assert_eq(first_log.actor[0], 1);
    cr_assert_eq(first_log.actor[1], 2);
    cr_assert_eq(first_log.actor[2], 3);
}

Test(simulation, an_event_at_now_runs_before_time_goes_on)
{
    build(&first_log, 2);
    actors[0].then = repeat;
    actors[0].runs_left = 5;
    event_schedule(&actors[0].event, 77);
    event_schedule(&actors[1].event, 78);
    simulation_run(&simulation, 78);
    cr_assert_eq(first_log.count, 6);
    cr_assert_eq(first_log.time_ps[4], 77);
    cr_assert_eq(first_log.actor[5], 1);
}

static void stop(struct actor *actor)
{
    simulation_stop(&simulation);
    event_schedule(&actor->event, simulation.now_ps + 5);
}

Test(simulation, stops_after_the_event_that_asks)
{
    build(&first_log, 2);
    actors[0].then = stop;
    event_schedule(&actors[0].event, 1000);
    event_schedule(&actors[1].event, 1000);
    simulation_run(&simulation, PS_PER_S);
    cr_assert_eq(simulation.now_ps, 1000);
    cr_assert_eq(first_log.count, 1);
    simulation_run(&simulation, PS_PER_S);
    cr_assert_eq(first_log.count, 3);
    cr_assert_eq(first_log.actor[1], 1);
    cr_assert_eq(simulation.now_ps, 1005);
}

static void cancel_other(struct actor *actor)
{
    event_cancel(&actor->other->event);
    event_cancel(&actor->event); /* idle: nothing */
}

Test(simulation, an_event_may_cancel_another_of_its_instant)
{
    build(&first_log, 3);
    actors[0].then = cancel_other;
    actors[0].other = &actors[1];
    for (uint32_t i = 0; i < 3; i++)
        event_schedule(&actors[i].event, 10);
    simulation_run(&simulation, 10);
    cr_assert_eq(first_log.count, 2);
    cr_assert_eq(first_log.actor[1], 2);
    cr_assert(!event_is_scheduled(&actors[1].event));
}

Test(simulation, carries_one_event_an_hour)
{
    build(&first_log, 1);
    actors[0].then = repeat;
    actors[0].period_ps = 3600 * PS_PER_S;
    actors[0].runs_left = 5000;
    event_schedule(&actors[0].event, 1);
    simulation_run(&simulation, TIME_NEVER - 1);
    cr_assert_eq(first_log.count, 5000);
    for (uint64_t i = 0; i < 5000; i++)
        cr_assert_eq(first_log.time_ps[i], 1 + i * 3600 * PS_PER_S);
}

static void wander(struct actor *actor)
{
    const uint64_t reach_ps[] = {1, 1000, 300 * PS_PER_NS, 3 * PS_PER_US};
    bool far = random_below(&actor->random, 256) == 0;
    uint64_t bound_ps = far ? 20 * PS_PER_MS : reach_ps[random_below(&actor->random, 4)];
    uint64_t at_ps = simulation.now_ps + random_below(&actor->random, bound_ps);
    event_schedule(&actor->event, at_ps);
    switch (random_below(&actor->random, 8)) {
    case 0:
        event_reschedule(&actor->other->event, at_ps + 10);
        break;
    case 1:
        event_schedule_before(&actor->other->event, at_ps);
        break;
    case 2:
        event_schedule_before(&actor->event, at_ps - (at_ps - simulation.now_ps) / 2);
        break;
    default:
        break;
    }
}

static void build_wanderers(struct log *log)
{
    build(log, 40);
    for (uint32_t i = 0; i < 40; i++) {
        random_init(&actors[i].random, i, "wanderer");
        actors[i].then = wander;
        actors[i].other = &actors[(i + 11) % 40];
        event_schedule(&actors[i].event, i / 4);
    }
}

Test(simulation, does_the_same_in_one_run_or_in_many)
{
    const uint64_t end_ps = 40 * PS_PER_MS;
    build_wanderers(&first_log);
    simulation_run(&simulation, end_ps);
    uint64_t events = simulation.events;
    cr_assert_gt(events, 10000);
    cr_assert(simulation_is_valid(&simulation));

    build_wanderers(&second_log);
    struct random random;
    random_init(&random, 1, "slices");
    while (simulation.now_ps < end_ps) {
        uint64_t slice_ps = random_below(&random, random_below(&random, 3) == 0 ? 20 * PS_PER_US : 2000);
        simulation_run(&simulation, simulation.now_ps + slice_ps < end_ps ? simulation.now_ps + slice_ps : end_ps);
    }
    cr_assert_eq(simulation.events, events);
    cr_assert_eq(memcmp(&first_log, &second_log, sizeof(first_log)), 0);
    for (uint32_t i = 1; i < first_log.count; i++)
        cr_assert_geq(first_log.time_ps[i], first_log.time_ps[i - 1]);
}

Test(simulation, forgets_when_freed)
{
    build(&first_log, 1);
    event_schedule(&actors[0].event, 10);
    simulation_free(&simulation);
    cr_assert_eq(simulation.queue.count, 0);
}

Test(simulation, refuses_to_run_backwards, .signal = SIGABRT)
{
    simulation_init(&simulation, 1);
    simulation_run(&simulation, 10);
    simulation_run(&simulation, 9);
}
