/* Run: a scenario, from boot to results.
 *
 * The one way from `struct scenario` to `struct results`: builds the world, runs it, collects, evaluates the
 * expectations and takes the world down. It reads no clock: how long it took is the caller's to measure. */
#ifndef HOSTSIM_RACK_RUN_H
#define HOSTSIM_RACK_RUN_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "fabric/base/status.h"
#include "hostsim/rack/results.h"
#include "hostsim/rack/scenario.h"
#include "hostsim/rack/tracer.h"

/* How far a run is. */
struct run_progress {
    uint64_t simulated_ps; /* since time zero */
    uint64_t total_ps;     /* where it will end; 0: not known (`until: done`) */
    uint64_t events;       /* so far */
};

struct run_options {
    /* Called every few ten thousand events, never from a signal handler; NULL: not wanted. */
    void (*on_progress)(void *context, const struct run_progress *progress);
    void *context;
    /* Looked at as often; the run ends cleanly soon after it is not 0. NULL: cannot be stopped. */
    const volatile sig_atomic_t *stop;
    /* The TLPs that are to be traced, and where to (hostsim/rack/tracer.h); NULL: none. */
    const struct trace_request *trace;
    /* Where a line for every operation goes (hostsim/rack/ops_log.h); NULL: none. */
    FILE *ops;
};

/* Runs SCENARIO and fills RESULTS ({0} before; the caller frees it in every case), expectations evaluated. They do not
 * point into the scenario.
 *
 * STATUS_OK; STATUS_CANCELLED when it was stopped; STATUS_NOT_FOUND or STATUS_UNAVAILABLE when the trace or
 * the operations cannot be begun or written on; any other when the scenario's run failed; with one line in REASON (of
 * REASON_SIZE bytes) that says what, where and what would be right. RESULTS are whole only with STATUS_OK. */
MUST_CHECK enum status run_scenario(
    const struct scenario *scenario, const struct run_options *options, struct results *results, char *reason,
    size_t reason_size);

#endif
