#include "fabric/base/batch_means.h"

#include "fabric/base/check.h"
#include "fabric/base/time.h"

/* Student's t, 97.5 %, for 9 to 63 degrees of freedom: one fewer than the batches (NIST/SEMATECH e-Handbook of
 * Statistical Methods, 1.3.6.7.2). */
static const double student_t[BATCH_MEANS_MOST - BATCH_MEANS_LEAST + 1] = {
    2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074,
    2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042, 2.040, 2.037, 2.035, 2.032, 2.030, 2.028,
    2.026, 2.024, 2.023, 2.021, 2.020, 2.018, 2.017, 2.015, 2.014, 2.013, 2.012, 2.011, 2.010, 2.009,
    2.008, 2.007, 2.006, 2.005, 2.004, 2.003, 2.002, 2.002, 2.001, 2.000, 2.000, 1.999, 1.998,
};

void batch_means_init(struct batch_means *means, uint64_t start_ps, uint64_t width_ps)
{
    CHECK(width_ps > 0 && start_ps <= TIME_NEVER - width_ps);
    *means = (struct batch_means){.width_ps = width_ps, .end_ps = start_ps + width_ps};
}

bool batch_means_is_valid(const struct batch_means *means)
{
    if (means->width_ps == 0 || means->full >= BATCH_MEANS_MOST)
        return false;
    if (means->end_ps / means->width_ps < means->full + UINT64_C(1))
        return false;
    for (uint32_t i = means->full; i < BATCH_MEANS_MOST; i++) {
        if (means->batches[i].count != 0 || means->batches[i].sum != 0)
            return false;
    }
    return true;
}

/* Joins the 64 full batches to 32 of twice the width; the next one is filled from here. */
static void join_neighbours(struct batch_means *means)
{
    struct batch *batches = means->batches;
    for (uint32_t i = 0; i < BATCH_MEANS_MOST / 2; i++) {
        batches[i].sum = batches[2 * i].sum + batches[2 * i + 1].sum;
        batches[i].amount = batches[2 * i].amount + batches[2 * i + 1].amount;
        batches[i].count = batches[2 * i].count + batches[2 * i + 1].count;
    }
    for (uint32_t i = BATCH_MEANS_MOST / 2; i < BATCH_MEANS_MOST; i++)
        batches[i] = (struct batch){0};
    means->full = BATCH_MEANS_MOST / 2;
    means->width_ps *= 2;
}

/* Takes as many steps as there are doublings, times 32. */
void batch_means_advance(struct batch_means *means, uint64_t time_ps)
{
    CHECK(time_ps <= TIME_NEVER / 2); /* so that no end overflows */
    while (time_ps >= means->end_ps) {
        means->batches[means->full++] = means->current;
        means->current = (struct batch){0};
        if (means->full == BATCH_MEANS_MOST)
            join_neighbours(means);
        means->end_ps += means->width_ps;
    }
}

/* The half width of a mean of COUNT things whose deviations have this sum of squares. */
static double half_width(double squares, uint32_t count)
{
    return student_t[count - BATCH_MEANS_LEAST] * __builtin_sqrt(squares / (count - 1) / count);
}

static const struct batch_means_interval unknown = {.known = false};

/* SUM less COUNT times CENTRE. Exact: where the values hardly differ, nothing cancels, and where they do not, it is 0.
 */
static double from_centre(unsigned __int128 sum, uint64_t count, unsigned __int128 centre)
{
    return (double)(__int128)(sum - centre * count);
}

struct batch_means_interval batch_means_of_values(const struct batch_means *means)
{
    unsigned __int128 sum = 0;
    uint64_t count = 0;
    uint32_t used = 0;
    for (uint32_t i = 0; i < means->full; i++) {
        sum += means->batches[i].sum;
        count += means->batches[i].count;
        used += means->batches[i].count > 0;
    }
    if (used < BATCH_MEANS_LEAST)
        return unknown;
    unsigned __int128 centre = sum / count;
    double rest = from_centre(sum, count, centre) / (double)count; /* of the mean beside its centre */
    double squares = 0;
    for (uint32_t i = 0; i < means->full; i++) {
        const struct batch *batch = &means->batches[i];
        double residual = from_centre(batch->sum, batch->count, centre) - rest * (double)batch->count;
        squares += residual * residual;
    }
    double observations_a_batch = (double)count / means->full;
    return (struct batch_means_interval){
        .known = true, .half_width = half_width(squares, means->full) / observations_a_batch};
}

struct batch_means_interval batch_means_of_rate(const struct batch_means *means)
{
    uint32_t full = means->full;
    if (full < BATCH_MEANS_LEAST)
        return unknown;
    unsigned __int128 sum = 0;
    for (uint32_t i = 0; i < full; i++)
        sum += means->batches[i].amount;
    unsigned __int128 centre = sum / full;
    double rest = from_centre(sum, full, centre) / full;
    double squares = 0;
    for (uint32_t i = 0; i < full; i++) {
        double residual = from_centre(means->batches[i].amount, 1, centre) - rest;
        squares += residual * residual;
    }
    double width_s = (double)means->width_ps / (double)PS_PER_S;
    return (struct batch_means_interval){.known = true, .half_width = half_width(squares, full) / width_s};
}
