/* Live: the world of a scenario while it runs, in slices of simulated time.
 *
 * `mriov run` takes it from time zero to the end, mriovd as far as it is told to and on. Slices change nothing in the
 * model: however time is cut, the same events happen, and the results are the same bytes.
 *
 *     live_init(&live, scenario, &(struct live_options){0}, reason, sizeof reason);
 *     while (!live_has_ended(&live))
 *         live_slice(&live, live.end_ps, 50000, reason, sizeof reason);
 *     live_results(&live, &results);
 *     live_free(&live);
 *
 * It reads no clock. Between two slices anybody may look at the world, and change it by its own means. */
#ifndef HOSTSIM_RACK_LIVE_H
#define HOSTSIM_RACK_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fabric/base/status.h"
#include "hostsim/rack/manager.h"
#include "hostsim/rack/ops_log.h"
#include "hostsim/rack/results.h"
#include "hostsim/rack/sampler.h"
#include "hostsim/rack/scenario.h"
#include "hostsim/rack/timeline.h"
#include "hostsim/rack/tracer.h"
#include "hostsim/rack/world.h"

struct live_options {
    /* The TLPs that are to be traced, and where to (hostsim/rack/tracer.h); NULL: none. */
    const struct trace_request *trace;
    /* Where a line for every operation goes (hostsim/rack/ops_log.h); NULL: none. */
    FILE *ops;
};

struct live {
    const struct scenario *scenario; /* not owned */
    struct world world;
    struct manager manager;   /* MR-PCIM of the world, where the scenario is `managed`; otherwise empty */
    struct timeline timeline; /* of such a world: who else submits to MR-PCIM notes it there */
    uint64_t end_ps;          /* where the scenario's run ends; TIME_NEVER: `until: done`, and it has not */

    /* private */
    FILE *ops;
    struct tracer tracer;
    struct ops_log ops_log;
    struct sampler sampler;
    struct results samples; /* only the series that the sampler fills */
    uint64_t slice_ps;
    bool paused;
    bool done; /* the finite workloads of `until: done` have completed */
};

/* Builds and boots the world of SCENARIO, which must outlive it; LIVE must not be moved afterwards. On failure REASON,
 * of REASON_SIZE bytes, says why: STATUS_NOT_FOUND or STATUS_UNAVAILABLE when the trace cannot be begun, any other when
 * the world cannot be built. LIVE is to be freed in every case. */
MUST_CHECK enum status live_init(
    struct live *live, const struct scenario *scenario, const struct live_options *options, char *reason,
    size_t reason_size);
void live_free(struct live *live);

/* Simulated time since time zero, in ps. */
static inline uint64_t live_now_ps(const struct live *live)
{
    return fabric_now_ps(&live->world.fabric);
}

/* True when it is where the scenario's run ends. */
bool live_has_ended(const struct live *live);

/* Whether anything is still to happen: an event, or an entry of the timeline. Otherwise time may pass, but all stays as
 * it is. */
bool live_has_work(const struct live *live);

/* Runs on, not past UNTIL_PS, for about EVENTS events: how many a slice has is known afterwards, and the next one is
 * made longer or shorter. STATUS_UNAVAILABLE, with one line in REASON, when a trace or log cannot be written on. */
MUST_CHECK enum status
live_slice(struct live *live, uint64_t until_ps, uint64_t events, char *reason, size_t reason_size);

/* For events: ends the slice that is under way with the instant it is in, all of whose events happen. */
void live_pause(struct live *live);

/* From where the scenario's run ends, measuring goes on, and the end is not known any more. What is under way by then
 * and was known to end later is not counted. */
void live_go_on(struct live *live);

/* What it has found by now, expectations evaluated, into RESULTS, {0} before, which the caller frees. It closes the
 * world's counters, so it is the last thing that is done with it: who wants results in between asks a fork(). */
void live_results(struct live *live, struct results *results);

#endif
