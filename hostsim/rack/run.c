#include "hostsim/rack/run.h"

#include "hostsim/rack/live.h"

/* How many events a slice of a run should have: the caller is told and asked after each. */
#define SLICE_EVENTS 50000

/* Tells the caller how far the run is. False when it wants it to end. */
static bool report(const struct live *live, const struct run_options *options)
{
    struct run_progress progress = {
        .simulated_ps = live_now_ps(live),
        .total_ps = live->end_ps == TIME_NEVER ? 0 : live->end_ps,
        .events = live->world.fabric.simulation.events,
    };
    if (options->on_progress != NULL)
        options->on_progress(options->context, &progress);
    return options->stop == NULL || *options->stop == 0;
}

static enum status advance(struct live *live, const struct run_options *options, char *reason, size_t reason_size)
{
    while (!live_has_ended(live)) {
        enum status status = live_slice(live, live->end_ps, SLICE_EVENTS, reason, reason_size);
        if (status != STATUS_OK)
            return status;
        if (!report(live, options))
            return STATUS_CANCELLED;
    }
    return STATUS_OK;
}

enum status run_scenario(
    const struct scenario *scenario, const struct run_options *options, struct results *results, char *reason,
    size_t reason_size)
{
    struct live live;
    const struct live_options live_options = {.trace = options->trace, .ops = options->ops};
    enum status status = live_init(&live, scenario, &live_options, reason, reason_size);
    if (status == STATUS_OK)
        status = advance(&live, options, reason, reason_size);
    if (status == STATUS_OK)
        live_results(&live, results);
    live_free(&live);
    return status;
}
