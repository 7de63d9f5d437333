/* Rack: a scenario from text, as a world that a test can look into, or run to its results. */
#ifndef TESTS_SUPPORT_RACK_H
#define TESTS_SUPPORT_RACK_H

#include "hostsim/rack/results.h"
#include "hostsim/rack/scenario.h"
#include "hostsim/rack/world.h"

/* The scenario of TEXT, which must be valid. The caller frees it. */
struct scenario *rack_scenario(const char *text);

struct rack {
    struct scenario *scenario;
    struct world world;
};

/* The world of TEXT at time zero, which must be possible. */
void rack_open(struct rack *rack, const char *text);

/* Likewise, and its hosts hot-plug: as with a timeline. */
void rack_open_managed(struct rack *rack, const char *text);
void rack_close(struct rack *rack);

/* Runs it until AT_PS, and checks that all its parts are valid there. */
void rack_run(struct rack *rack, uint64_t at_ps);

/* Runs TEXT from boot to results, which the caller frees. Nothing may have been dropped. */
struct results rack_results(const char *text);

/* Flow INDEX of RESULTS. */
const struct results_flow *rack_flow(const struct results *results, size_t index);

/* A direction of the link NAME. */
const struct results_link *rack_link(const struct results *results, const char *name, enum link_direction direction);

#endif
