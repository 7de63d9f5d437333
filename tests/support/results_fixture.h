/* Results fixture: a small struct results made by hand, with every kind of null in it. */
#ifndef TESTS_SUPPORT_RESULTS_FIXTURE_H
#define TESTS_SUPPORT_RESULTS_FIXTURE_H

#include "hostsim/rack/results.h"

/* Fills RESULTS ({0} before); free it with results_free(). Two flows of `writes`, one of `reads` by a guest, one of
 * `idle` that picks and measured nothing; two links; three functions; two hierarchies. */
void results_fixture(struct results *results);

/* As results_fixture(), but with COUNT flows of one workload instead: h0 to hCOUNT-1. */
void results_fixture_wide(struct results *results, size_t count);

#endif
