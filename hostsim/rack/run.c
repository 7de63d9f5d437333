#include "hostsim/rack/run.h"

#include <stdio.h>

#include "hostsim/rack/deadlock.h"
#include "hostsim/rack/live.h"
#include "hostsim/rack/loads.h"

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

/* A run that cannot come to its end, looked for at its end, when nothing happens any more, and as it goes on: twice as
 * late each time. */
struct watch {
    uint64_t slices, next; /* slices so far, and after how many the next look is */
    uint64_t looked_ps;    /* when the last was */
};

/* False when the run cannot go on to its end, and REASON says why. */
static bool can_end(struct watch *watch, const struct live *live, char *reason, size_t reason_size)
{
    bool nothing_happens = live->world.fabric.simulation.queue.count == 0;
    bool has_ended = live_has_ended(live);
    if (!nothing_happens && !has_ended && ++watch->slices < watch->next)
        return true;
    uint64_t since_ps = nothing_happens || has_ended ? live_now_ps(live) : watch->looked_ps;
    watch->next *= 2;
    watch->looked_ps = live_now_ps(live);
    char circle[DEADLOCK_TEXT_BYTES];
    if (deadlock_find(&live->world, since_ps, circle, sizeof circle)) {
        snprintf(reason, reason_size, "%s", circle);
        return false;
    }
    if (nothing_happens && !has_ended && live->end_ps == TIME_NEVER) {
        snprintf(
            reason, reason_size, "nothing happens any more, and of the workloads that `until: done` waits for %zu %s",
            live->world.loads->unfinished,
            live->world.loads->unfinished == 1 ? "flow has not ended" : "flows have not ended");
        return false;
    }
    return true;
}

static enum status advance(struct live *live, const struct run_options *options, char *reason, size_t reason_size)
{
    struct watch watch = {.next = 2};
    while (!live_has_ended(live)) {
        enum status status = live_slice(live, live->end_ps, SLICE_EVENTS, reason, reason_size);
        if (status != STATUS_OK)
            return status;
        if (!can_end(&watch, live, reason, reason_size))
            return STATUS_INTERNAL;
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
