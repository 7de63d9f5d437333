#include "hostsim/rack/run.h"

#include "fabric/base/check.h"
#include "hostsim/rack/collect.h"
#include "hostsim/rack/expectation.h"
#include "hostsim/rack/loads.h"
#include "hostsim/rack/ops_log.h"
#include "hostsim/rack/sampler.h"
#include "hostsim/rack/tracer.h"
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

/* Runs to the end, slice by slice; slices change nothing in the model. On its own: the simulation's loop is inlined
 * here, and keeps its variables in registers only while little stands around it. */
__attribute__((noinline)) static enum status advance(
    struct world *world, const struct run_options *options, struct sampler *sampler, const struct tracer *tracer,
    char *reason, size_t reason_size)
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
        enum status status = tracer_check(tracer, reason, reason_size);
        if (status != STATUS_OK)
            return status;
        if (options->ops != NULL && ferror(options->ops)) {
            snprintf(reason, reason_size, "--ops: cannot be written");
            return STATUS_UNAVAILABLE;
        }
        if (!report(world, options, end_ps))
            return STATUS_CANCELLED;
    }
    return STATUS_OK;
}

/* The run between the world's building and its results. */
static enum status
simulate(struct world *world, const struct run_options *options, struct results *results, char *reason, size_t size)
{
    struct tracer tracer = {0};
    if (options->trace != NULL) {
        enum status status = tracer_start(&tracer, world, options->trace, reason, size);
        if (status != STATUS_OK)
            return status;
    }
    struct ops_log ops_log = {0};
    if (options->ops != NULL)
        ops_log_start(&ops_log, world, options->ops);
    struct sampler sampler;
    sampler_init(&sampler, world, results);
    enum status status = advance(world, options, &sampler, &tracer, reason, size);
    sampler_free(&sampler);
    tracer_stop(&tracer);
    ops_log_stop(&ops_log);
    return status;
}

enum status run_scenario(
    const struct scenario *scenario, const struct run_options *options, struct results *results, char *reason,
    size_t reason_size)
{
    struct world world;
    enum status status = world_init(&world, scenario, reason, reason_size);
    if (status == STATUS_OK)
        status = simulate(&world, options, results, reason, reason_size);
    if (status == STATUS_OK) {
        CHECK(world.fabric.cross_vh_deliveries == 0);
        collect_results(&world, results);
        expectations_evaluate(scenario, results);
    }
    world_free(&world);
    return status;
}
