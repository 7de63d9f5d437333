/* Benchmark of the event queue: what a hold costs on it, and on the reference heap in the same run.
 *
 *     cmake --build --preset release --target bench_engine && build/release/tests/bench_engine
 *
 * CPU time, medians of five. The queue's own row calls it alone; the simulation's row is what a model pays: an event
 * that schedules itself again, through simulation_run(). */
#include <stdio.h>
#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/base/time.h"
#include "fabric/engine/simulation.h"
#include "tests/bench/reference_hold.h"

#define RUNS 5
#define HOLDS 1000000

static struct hold_delay draws;
static uint64_t holds_left;

static struct event *make_events(
    struct simulation *simulation, struct component *component, uint32_t pending, void (*run)(struct event *event))
{
    struct event *events = aligned_alloc(64, pending * sizeof(struct event));
    CHECK(events != NULL);
    component_init(component, simulation);
    for (uint32_t i = 0; i < pending; i++) {
        event_init(&events[i], component, run);
        event_schedule(&events[i], hold_delay_next(&draws));
    }
    return events;
}

static void hold(struct event_queue *queue, uint64_t *order, uint64_t holds)
{
    for (uint64_t i = 0; i < holds; i++) {
        struct event *event = event_queue_pop(queue, TIME_NEVER);
        event->time_ps += hold_delay_next(&draws);
        event->order = (*order)++;
        event_queue_insert(queue, event);
    }
}

static double queue_hold_ns(const struct hold_delay *delay, uint32_t pending, uint64_t holds)
{
    draws = *delay;
    struct simulation simulation;
    simulation_init(&simulation, 1);
    struct component component;
    struct event *events = make_events(&simulation, &component, pending, NULL);
    hold(&simulation.queue, &component.next_order, pending);
    double start = cpu_seconds();
    hold(&simulation.queue, &component.next_order, holds);
    double seconds = cpu_seconds() - start;
    simulation_free(&simulation);
    free(events);
    return seconds * 1e9 / (double)holds;
}

static void schedule_again(struct event *event)
{
    event_schedule(event, event->time_ps + hold_delay_next(&draws));
    if (--holds_left == 0)
        simulation_stop(event->component->simulation);
}

static double simulation_hold_ns(const struct hold_delay *delay, uint32_t pending, uint64_t holds)
{
    draws = *delay;
    struct simulation simulation;
    simulation_init(&simulation, 1);
    struct component component;
    struct event *events = make_events(&simulation, &component, pending, schedule_again);
    holds_left = pending;
    simulation_run(&simulation, TIME_NEVER);
    holds_left = holds;
    double start = cpu_seconds();
    simulation_run(&simulation, TIME_NEVER);
    double seconds = cpu_seconds() - start;
    simulation_free(&simulation);
    free(events);
    return seconds * 1e9 / (double)holds;
}

static double median_ns(
    double (*measure)(const struct hold_delay *delay, uint32_t pending, uint64_t holds), const struct hold_delay *delay,
    uint32_t pending)
{
    double values[RUNS];
    for (uint32_t i = 0; i < RUNS; i++)
        values[i] = measure(delay, pending, HOLDS);
    return median(values, RUNS);
}

static void print_row(const char *name, const struct hold_delay *delay, uint32_t pending)
{
    double heap = median_ns(reference_hold_ns, delay, pending);
    double queue = median_ns(queue_hold_ns, delay, pending);
    double simulation = median_ns(simulation_hold_ns, delay, pending);
    printf("%-12s %9u %10.1f %10.1f %10.1f %7.2f\n", name, pending, queue, simulation, heap, heap / queue);
}

static void print_rows(const char *name, const struct hold_delay *delay)
{
    static const uint32_t pendings[] = {30, 100, 1000, 10000};
    for (uint32_t i = 0; i < sizeof(pendings) / sizeof(pendings[0]); i++)
        print_row(name, delay, pendings[i]);
}

int main(void)
{
    printf("CPU time in ns of a hold\n");
    printf("%-12s %9s %10s %10s %10s %7s\n", "delays", "pending", "queue", "simulation", "heap", "ratio");
    struct hold_delay delay;
    hold_delay_init_rack(&delay);
    print_rows("rack", &delay);
    hold_delay_init_exponential(&delay, 150 * PS_PER_NS);
    print_rows("exp. 150 ns", &delay);
    hold_delay_init_exponential(&delay, 10 * PS_PER_US);
    print_rows("exp. 10 us", &delay);
    print_row("exp. 10 us", &delay, 1000000); /* 64 MiB of events: what is measured is memory */
    printf("The reference of other benchmarks: %.1f ns\n", reference_hold_median_ns());
    return 0;
}
