/* Arrival: when the operations of a workload arrive.
 *
 * A family of processes behind one table. Arrivals are made when they are asked for and never queued, so a workload
 * that offers more than can be served costs no memory; what it has offered by a time is known all the same. Streams are
 * the workload's own, so what else happens in the rack does not move its arrivals.
 *
 *   saturate   always one more
 *   poisson    independent, at a mean rate
 *   periodic   equally spaced, the first at the start
 *   closed     a number in flight; each completion brings the next after a think time
 *   onoff      equally spaced over the time it is on, none while off; on first
 *   trace      as recorded, counted from the start; it ends */
#ifndef HOSTSIM_GUEST_ARRIVAL_H
#define HOSTSIM_GUEST_ARRIVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/distribution.h"
#include "fabric/base/random.h"
#include "hostsim/guest/tokens.h"
#include "hostsim/guest/trace.h"

/* Times between arrivals carry this many fractional bits, so that a mean is met although each arrival is at a whole
 * picosecond. */
#define ARRIVAL_FRACTION_BITS 16

struct arrival;

struct arrival_ops {
    const char *name; /* the scenario's word */
    bool is_open;     /* arrivals do not follow completions: the workload offers a rate */

    /* When the next operation arrives, as known at NOW_PS; TIME_NEVER while that hangs on a completion. */
    uint64_t (*next_ps)(const struct arrival *arrival, uint64_t now_ps);

    /* Takes that operation, at NOW_PS at or after next_ps(). Returns when it arrived. */
    uint64_t (*take)(struct arrival *arrival, uint64_t now_ps);

    /* An operation ended at AT_PS. */
    void (*completed)(struct arrival *arrival, uint64_t at_ps);
};

struct arrival_config {
    const struct arrival_ops *ops;
    const struct trace *trace; /* not owned */
    uint64_t start_ps;
    unsigned __int128 interval;          /* mean, in ps with ARRIVAL_FRACTION_BITS: poisson, periodic, onoff */
    const struct distribution *on, *off; /* ps: onoff; not owned */
    uint32_t in_flight;                  /* closed */
    const struct distribution *think;    /* ps: closed; not owned */
};

struct arrival {
    struct arrival_config config;
    struct random random;
    uint64_t at_ps;       /* of the next one: poisson, periodic, onoff */
    uint64_t fraction;    /* ... and so much of a picosecond later */
    uint64_t on_until_ps; /* onoff */
    struct tokens tokens; /* closed */
    size_t next_entry;    /* trace */
};

extern const struct arrival_ops arrival_saturate, arrival_poisson, arrival_periodic, arrival_closed, arrival_onoff;
extern const struct arrival_ops arrival_trace;

/* The mean time between arrivals, with ARRIVAL_FRACTION_BITS, of MILLI_PER_S thousandths of operations a second. */
unsigned __int128 arrival_interval_of_operations(uint64_t milli_per_s);

/* The same of MILLI_PER_S thousandths of bits a second in operations of SIZE_BYTES on average. */
unsigned __int128 arrival_interval_of_payload(uint64_t milli_per_s, uint64_t size_bytes);

/* STREAM names what draws. */
void arrival_init(struct arrival *arrival, const struct arrival_config *config, uint64_t seed, const char *stream);
void arrival_free(struct arrival *arrival);

/* What the next operation of a trace is; NULL at its end, and of all other processes. */
static inline const struct trace_entry *arrival_entry(const struct arrival *arrival)
{
    const struct trace *trace = arrival->config.trace;
    return trace != NULL && arrival->next_entry < trace->count ? &trace->entries[arrival->next_entry] : NULL;
}

#endif
