/* Waits: how long answers took, in seconds of wall clock. */
#ifndef TESTS_BENCH_WAITS_H
#define TESTS_BENCH_WAITS_H

#include <stddef.h>

/* Now, by a clock that only goes forward. */
double waits_now_s(void);

/* The shortest first: the p-th percentile of COUNT is then at count * p / 100. */
void waits_sort(double *waits_s, size_t count);

#endif
