/* Reference hold: the yardstick of the benchmarks.
 *
 * A hold takes the earliest of the pending events and puts one in later. The reference does it on a plain binary heap
 * of 16-byte entries, so that what the model costs can be stated in holds of the same run: figures that compare from
 * one machine to another. */
#ifndef TESTS_BENCH_REFERENCE_HOLD_H
#define TESTS_BENCH_REFERENCE_HOLD_H

#include <stdint.h>

#include "fabric/base/time.h"
#include "tests/bench/hold_delay.h"

/* The reference of the model's benchmarks is a hold with this many pending. */
#define REFERENCE_HOLD_PENDING 10000
#define REFERENCE_HOLD_MEAN_PS (150 * PS_PER_NS)

/* CPU time of this process, in seconds. */
double cpu_seconds(void);

/* The median of COUNT values, which it sorts. */
double median(double *values, uint32_t count);

/* CPU time in ns of a hold with PENDING events, over HOLDS of them after as many of PENDING to settle. */
double reference_hold_ns(const struct hold_delay *delay, uint32_t pending, uint64_t holds);

/* The yardstick: the median of five, REFERENCE_HOLD_PENDING pending, exponential delays. Takes about a second. */
double reference_hold_median_ns(void);

#endif
