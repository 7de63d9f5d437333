#include "hostsim/rack/run.h"

#include "fabric/base/check.h"
#include "hostsim/rack/collect.h"
#include "hostsim/rack/expectation.h"
#include "hostsim/rack/loads.h"
#include "hostsim/rack/sampler.h"
#include "hostsim/rack/world.h"

/* How many events a slice of a run should have: the caller is told and asked after each. */
#define SLICE_EVENTS 50000
#define SLICE_FIRST_PS PS_PER_US
#define SLICE_MOST_PS (UINT64_C(100) * PS_PER_MS)

/* The next slice's length, from the last one's and how many events it had. */
static uint64_t next_slice_ps(uint64_t slice_ps, uint64_t events)
{
    if (events > 2 * SLICE_EVENTS && slice_ps > 1)
        return slice_ps / 2;
    if (events < SLICE_EVENTS / 2 && slice_ps < SLICE_MOST_PS)
        return slice_ps * 2;
    return slice_ps;
}

static uint64_t least(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

/* Tells the caller how far the run is. False when it wants it to end. */
static bool report(const struct world *world, const struct run_options *options, uint64_t end_ps)
{
    struct run_progress progress = {
        .simulated_ps = fabric_now_ps(&world->fabric),
        .total_ps = end_ps == TIME_NEVER ? 0 : end_ps,
        .events = world->fabric.simulation.events,
    };
    if (options->on_progress != NULL)
        options->on_progress(options->context, &progress);
    return options->stop == NULL || *options->stop == 0;
}

/* Runs to the end, slice by slice; slices change nothing in the model. False when the caller wanted it to stop. */
static bool advance(struct world *world, const struct run_options *options, struct sampler *sampler)
{
    struct simulation *simulation = &world->fabric.simulation;
    uint64_t end_ps = world->fabric.window.to_ps;
    uint64_t slice_ps = SLICE_FIRST_PS;
    while (simulation->now_ps < end_ps && !simulation->stopped) {
        uint64_t events = simulation->events;
        uint64_t until_ps = least(simulation->now_ps + slice_ps, least(end_ps, sampler->next_ps));
        simulation_run(simulation, until_ps);
        slice_ps = next_slice_ps(slice_ps, simulation->events - events);
        sampler_look(sampler);
        if (!report(world, options, end_ps))
            return false;
    }
    return true;
}

enum status run_scenario(
    const struct scenario *scenario, const struct run_options *options, struct results *results, char *reason,
    size_t reason_size)
{
    struct world world;
    enum status status = world_init(&world, scenario, reason, reason_size);
    if (status == STATUS_OK) {
        struct sampler sampler;
        sampler_init(&sampler, &world, results);
        if (!advance(&world, options, &sampler))
            status = STATUS_CANCELLED;
        sampler_free(&sampler);
    }
    if (status == STATUS_OK) {
        CHECK(world.fabric.cross_vh_deliveries == 0);
        collect_results(&world, results);
        expectations_evaluate(scenario, results);
    }
    world_free(&world);
    return status;
}
