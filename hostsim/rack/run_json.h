/* run.json: what a run cost the machine it ran on. The only file of a run that differs from one time to the next. */
#ifndef HOSTSIM_RACK_RUN_JSON_H
#define HOSTSIM_RACK_RUN_JSON_H

#include <stdint.h>
#include <stdio.h>

#include "hostsim/rack/results.h"

struct run_cost {
    double wall_s;              /* of the run itself, without reading the scenario and writing the results */
    uint64_t peak_memory_bytes; /* the greatest resident size of the process */
    uint32_t ranks;             /* processes that shared the run */
};

/* Writes COST and, with the totals of RESULTS, the rates. Errors of OUT are the caller's to look at (ferror). */
void run_json_write(const struct run_cost *cost, const struct results *results, FILE *out);

/* COUNT over the wall time; NAN when that is too short to tell. */
double run_cost_rate(const struct run_cost *cost, uint64_t count);

#endif
