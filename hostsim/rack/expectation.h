/* Expectation: holds the `expect:` of a scenario against what a run found. */
#ifndef HOSTSIM_RACK_EXPECTATION_H
#define HOSTSIM_RACK_EXPECTATION_H

#include "hostsim/rack/results.h"
#include "hostsim/rack/scenario.h"

/* Fills results->expects, which must be empty, from the flows. `flow:` is held when every flow of the name holds it,
 * `total:` when the sum of its flows does; what was not measured holds nothing. */
void expectations_evaluate(const struct scenario *scenario, struct results *results);

#endif
