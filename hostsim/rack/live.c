#include "hostsim/rack/live.h"

#include "fabric/base/check.h"
#include "hostsim/rack/collect.h"
#include "hostsim/rack/expectation.h"

#define SLICE_FIRST_PS PS_PER_US
#define SLICE_MOST_PS (UINT64_C(100) * PS_PER_MS)

enum status live_init(
    struct live *live, const struct scenario *scenario, const struct live_options *options, char *reason,
    size_t reason_size)
{
    *live = (struct live){.scenario = scenario, .ops = options->ops, .slice_ps = SLICE_FIRST_PS};
    enum status status = world_init(&live->world, scenario, reason, reason_size);
    if (status != STATUS_OK)
        return status;
    live->end_ps = live->world.fabric.window.to_ps;
    if (options->trace != NULL)
        status = tracer_start(&live->tracer, &live->world, options->trace, reason, reason_size);
    if (status != STATUS_OK)
        return status;
    if (options->ops != NULL)
        ops_log_start(&live->ops_log, &live->world, options->ops);
    sampler_init(&live->sampler, &live->world, &live->samples);
    if (scenario->managed) {
        manager_init(&live->manager, &live->world);
        timeline_init(&live->timeline, scenario, &live->manager.pcim);
    }
    return STATUS_OK;
}

void live_free(struct live *live)
{
    timeline_free(&live->timeline);
    manager_free(&live->manager);
    sampler_free(&live->sampler);
    tracer_stop(&live->tracer);
    ops_log_stop(&live->ops_log);
    results_free(&live->samples);
    world_free(&live->world);
}

bool live_has_ended(const struct live *live)
{
    return live->done || live_now_ps(live) >= live->end_ps;
}

bool live_has_work(const struct live *live)
{
    return live->world.fabric.simulation.queue.count > 0 || timeline_next_ps(&live->timeline) != TIME_NEVER;
}

static uint64_t least(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

/* The next slice's length, from the last one's, how many events it had, and how many it should have had. */
static uint64_t next_slice_ps(uint64_t slice_ps, uint64_t events, uint64_t wanted)
{
    if (events > 2 * wanted && slice_ps > 1)
        return slice_ps / 2;
    if (events < wanted / 2 && slice_ps < SLICE_MOST_PS)
        return slice_ps * 2;
    return slice_ps;
}

/* Where the slice ends that begins now: what is empty of events is passed at once. */
static uint64_t slice_end(const struct live *live, uint64_t until_ps)
{
    uint64_t now_ps = live_now_ps(live);
    if (live->slice_ps >= until_ps - now_ps)
        return until_ps;
    const struct event *next = event_queue_peek(&live->world.fabric.simulation.queue);
    uint64_t end_ps = now_ps + live->slice_ps;
    return next == NULL || next->time_ps > until_ps ? until_ps : next->time_ps > end_ps ? next->time_ps : end_ps;
}

/* On its own: the simulation's loop is inlined here, and keeps its variables in registers only while little stands
 * around it. */
__attribute__((noinline)) static void run(struct live *live, uint64_t until_ps, uint64_t wanted)
{
    struct simulation *simulation = &live->world.fabric.simulation;
    uint64_t events = simulation->events;
    simulation_run(simulation, until_ps);
    live->slice_ps = next_slice_ps(live->slice_ps, simulation->events - events, wanted);
}

enum status live_slice(struct live *live, uint64_t until_ps, uint64_t events, char *reason, size_t reason_size)
{
    CHECK(until_ps >= live_now_ps(live));
    timeline_submit(&live->timeline); /* what is due at time zero */
    uint64_t end_ps = least(slice_end(live, until_ps), timeline_next_ps(&live->timeline));
    run(live, live->paused ? live_now_ps(live) : least(end_ps, live->sampler.next_ps), events);
    while (live->paused) {
        live->paused = false;
        run(live, live_now_ps(live), events);
    }
    live->done = live->done || live->world.fabric.simulation.stopped;
    sampler_look(&live->sampler);
    timeline_submit(&live->timeline);
    live->paused = false;
    enum status status = tracer_check(&live->tracer, reason, reason_size);
    if (status != STATUS_OK)
        return status;
    if (live->ops != NULL && ferror(live->ops)) {
        snprintf(reason, reason_size, "--ops: cannot be written");
        return STATUS_UNAVAILABLE;
    }
    return STATUS_OK;
}

void live_pause(struct live *live)
{
    live->paused = true;
    simulation_stop(&live->world.fabric.simulation);
}

void live_go_on(struct live *live)
{
    struct world *world = &live->world;
    world->fabric.window.to_ps = live->end_ps = TIME_NEVER;
    live->done = false;
    for (size_t index = 0; index < world->link_count; index++)
        for (int direction = 0; direction < LINK_DIRECTIONS; direction++)
            occupancy_go_on(&world->links[index].directions[direction]->waiting);
    for (size_t host = 0; host < live->scenario->host_count; host++)
        if (world->root_complexes[host].iommu != NULL)
            world->root_complexes[host].iommu->window.to_ps = TIME_NEVER;
}

void live_results(struct live *live, struct results *results)
{
    CHECK(live->world.fabric.cross_vh_deliveries == 0);
    *results = live->samples;
    live->samples = (struct results){0};
    collect_results(&live->world, live->scenario->managed ? &live->manager.pcim.inventory : NULL, results);
    sampler_finish(&live->world, results);
    if (live->scenario->managed)
        timeline_collect(&live->timeline, results);
    expectations_evaluate(live->scenario, results);
}
