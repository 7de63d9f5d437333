/* Sampler: the time series of a run (`run.sample`): what flows got and how busy links were in each interval.
 *
 * It looks at the world's counters between two events; nothing in the model knows of it. Intervals before the end of
 * the warm-up have no samples. */
#ifndef HOSTSIM_RACK_SAMPLER_H
#define HOSTSIM_RACK_SAMPLER_H

#include "hostsim/rack/results.h"
#include "hostsim/rack/world.h"

struct sampler {
    const struct world *world; /* not owned */
    struct results *results;   /* whose samples it appends to; not owned */
    size_t capacity;           /* of results->samples */
    uint64_t next_ps;          /* when it wants to look; TIME_NEVER: never */
    uint64_t *flow_bytes;      /* by row of the loads, at the last look; owned */
    size_t flow_room;          /* of flow_bytes */
    uint64_t *link_busy_ps;    /* by link and direction, likewise */
};

/* A sampler that appends to RESULTS while WORLD runs. */
void sampler_init(struct sampler *sampler, const struct world *world, struct results *results);
void sampler_free(struct sampler *sampler);

/* Takes a sample if it is time. Flows are by row of the loads until sampler_finish(). */
void sampler_look(struct sampler *sampler);

/* Samples of flows are by their place in the results from now on: RESULTS are those of WORLD at its end. */
void sampler_finish(const struct world *world, struct results *results);

#endif
