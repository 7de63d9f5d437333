/* Batch means: how far a mean of one simulation may be from the true one: the half width of its 95 % confidence
 * interval.
 *
 * Successive observations of a simulation depend on each other, so their variance says little about their mean's. The
 * measured time is therefore cut into batches of equal length, long enough that their means are nearly independent, and
 * the spread of those is looked at (Law, "Simulation Modeling and Analysis", 5th ed., 9.5.3). As the duration is not
 * known beforehand, batches start short; each time BATCH_MEANS_MOST of them are full, neighbours are joined and the
 * width doubles, so that there are always between half of that and all of it.
 *
 * An observation is something at a time with a value and an amount: an operation that completed, with its latency and
 * its bytes. Two questions can be asked: about the mean value an observation (latency), and about the amount a time
 * (goodput).
 *
 * A plain value of 3 KiB that allocates nothing. */
#ifndef FABRIC_BASE_BATCH_MEANS_H
#define FABRIC_BASE_BATCH_MEANS_H

#include <stdbool.h>
#include <stdint.h>

#define BATCH_MEANS_MOST 64
#define BATCH_MEANS_LEAST 10 /* fewer full batches give no interval */

/* The width that suits when nothing is known: short enough that any run of 64 ns has its batches. */
#define BATCH_MEANS_WIDTH_PS UINT64_C(1000)

struct batch {
    unsigned __int128 sum;    /* of the values */
    unsigned __int128 amount; /* of what came with them */
    uint64_t count;           /* of observations */
};

struct batch_means {
    struct batch current; /* being filled */
    uint64_t end_ps;      /* where it ends */
    uint64_t width_ps;
    uint32_t full; /* batches complete */
    struct batch batches[BATCH_MEANS_MOST];
};

/* A half width, or none. */
struct batch_means_interval {
    bool known;        /* there were enough batches */
    double half_width; /* in the unit that the question states; 0 when not known */
};

/* The first batch starts at START_PS (the end of the warm-up). WIDTH_PS > 0. */
void batch_means_init(struct batch_means *means, uint64_t start_ps, uint64_t width_ps);

bool batch_means_is_valid(const struct batch_means *means);

/* Completes the batches that end by TIME_PS, also empty ones, so that a time without observations counts as such. At
 * the end of a run, and before asking while it goes on. What came after the last complete batch counts in no interval.
 */
void batch_means_advance(struct batch_means *means, uint64_t time_ps);

/* One observation: a VALUE, such as an operation's latency, and an AMOUNT, such as its bytes. Times should not
 * decrease; one that is before the batch being filled counts in that batch. */
static inline void batch_means_add(struct batch_means *means, uint64_t time_ps, uint64_t value, uint64_t amount)
{
    if (__builtin_expect(time_ps >= means->end_ps, 0))
        batch_means_advance(means, time_ps);
    means->current.sum += value;
    means->current.amount += amount;
    means->current.count++;
}

/* Of the mean value an observation, in the unit of the values: a ratio of two sums, by batches (the ratio estimator:
 * Cochran, "Sampling Techniques", 3rd ed., chapter 6). Known when at least BATCH_MEANS_LEAST complete batches have
 * observations. */
struct batch_means_interval batch_means_of_values(const struct batch_means *means);

/* Of the sum of the amounts a second. Known when at least BATCH_MEANS_LEAST batches are complete. */
struct batch_means_interval batch_means_of_rate(const struct batch_means *means);

#endif
