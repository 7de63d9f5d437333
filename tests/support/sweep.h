/* Sweep: variants of a validation case, each a small scenario, against what theory says of them.
 *
 *     struct results results = sweep_run("mriov: 1\n...", gen, width);
 *     sweep_expect(rack_flow(&results, 0)->goodput_gbps, expected_gbps, 0.001, "gen%u x%u", gen, width);
 *     results_free(&results);
 *
 * The tests try a part of the variants; with MRIOV_VALIDATION_LONG set (the target validation_long) all of them. */
#ifndef TESTS_SUPPORT_SWEEP_H
#define TESTS_SUPPORT_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/support/rack.h"

/* Whether to try everything. */
bool sweep_is_long(void);

/* Whether variant number INDEX is tried: all when long, otherwise every EVERYth. */
bool sweep_tries(uint32_t index, uint32_t every);

/* The results of the scenario that the arguments make, which must be valid and modelled; for the caller to free. */
struct results sweep_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* SIMULATED may be off EXPECTED by a SHARE of it. Otherwise the test has failed, and goes on with the next. */
void sweep_expect(double simulated, double expected, double share, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for a difference in the figure's unit. */
void sweep_expect_units(double simulated, double expected, double units, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
