/* Scenario sheet: a scenario from a text in a test, and what became of it as one line of text to compare. */
#ifndef TESTS_SUPPORT_SCENARIO_SHEET_H
#define TESTS_SUPPORT_SCENARIO_SHEET_H

#include "hostsim/rack/scenario.h"

/* Loads TEXT, named "test.yaml", with the NULL-terminated SETS (NULL: none); fails the test with every fault when it is
 * not valid. */
struct scenario *scenario_sheet_load(const char *text, const char *const *sets);

/* "nic0.pf0=h0:0 nic0.pf0.vf0=h0:0/vm0 ...": who owns what, with the uplink ("-": in the host itself). For the caller
 * to free. */
char *scenario_sheet_assignments(const struct scenario *scenario);

/* "writes:nic0.pf0=h0:0 reads{nic*@h0}:nic0.pf0=h0:0,nic1.pf0=h0:0": the flows; a peer follows after `>`. */
char *scenario_sheet_flows(const struct scenario *scenario);

/* "2:9 `timeline` is not modelled yet|...": what keeps it from being run. */
char *scenario_sheet_refusals(struct scenario *scenario);

#endif
