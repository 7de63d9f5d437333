#include "tests/bench/waits.h"

#include <stdlib.h>
#include <time.h>

double waits_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a > b) - (a < b);
}

void waits_sort(double *waits_s, size_t count)
{
    qsort(waits_s, count, sizeof waits_s[0], compare);
}
