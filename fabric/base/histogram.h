/* Histogram: how often each value came, in buckets whose width grows with the value.
 *
 * Values below 128 have a bucket each; above, every octave (factor of two) is cut into 64 equal buckets, so a bucket is
 * never wider than 1/64 of its values. Count, sum, least and greatest are exact whatever the values; quantiles are
 * within 1 % (histogram_quantile). Two histograms merge into exactly the histogram of both their values.
 *
 * A plain value of 30 KiB that allocates nothing. All bytes zero is an empty histogram, and recording touches only the
 * buckets it needs: an array of them from calloc() costs the few pages that its values fall in. */
#ifndef FABRIC_BASE_HISTOGRAM_H
#define FABRIC_BASE_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_OCTAVE_BITS 6
#define HISTOGRAM_OCTAVE (1 << HISTOGRAM_OCTAVE_BITS) /* buckets an octave */
/* The first 128 values, and the octaves from 2^7 to 2^63. */
#define HISTOGRAM_BUCKETS (2 * HISTOGRAM_OCTAVE + (63 - HISTOGRAM_OCTAVE_BITS) * HISTOGRAM_OCTAVE)

struct histogram {
    uint64_t count;                /* values recorded */
    uint64_t max;                  /* the greatest; 0 when empty */
    uint64_t not_min;              /* the complement of the least: see histogram_min() */
    unsigned __int128 sum;         /* of the values */
    unsigned __int128 sum_squares; /* of their squares, modulo 2^128: see histogram_stddev() */
    uint64_t counts[HISTOGRAM_BUCKETS];
};

/* The bucket of VALUE: its seven highest bits, after as many full octaves as bits follow them. */
static inline unsigned histogram_index(uint64_t value)
{
    unsigned below = 63u - (unsigned)__builtin_clzll(value | HISTOGRAM_OCTAVE) - HISTOGRAM_OCTAVE_BITS;
    return (below << HISTOGRAM_OCTAVE_BITS) + (unsigned)(value >> below);
}

/* Any value will do; the unit is the caller's. */
static inline void histogram_record(struct histogram *histogram, uint64_t value)
{
    histogram->counts[histogram_index(value)]++;
    histogram->count++;
    histogram->sum += value;
    histogram->sum_squares += (unsigned __int128)value * value;
    if (value > histogram->max)
        histogram->max = value;
    if (~value > histogram->not_min)
        histogram->not_min = ~value;
}

/* Makes it empty again (at the end of the warm-up). */
void histogram_clear(struct histogram *histogram);

/* Adds all that FROM has recorded to INTO. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* True when buckets, count, sum, least and greatest can belong together. */
bool histogram_is_valid(const struct histogram *histogram);

/* The statistics below are for printing, and want at least one value. */

static inline uint64_t histogram_min(const struct histogram *histogram)
{
    return ~histogram->not_min;
}

double histogram_mean(const struct histogram *histogram);

/* The standard deviation of the values recorded (dividing by their count). Computed exactly and rounded once at the
 * end, as long as count * (max - min)^2 is below 2^128 (times within minutes of each other, as ps); beyond that from
 * the buckets' middles, which is within 1 % of the greatest value. */
double histogram_stddev(const struct histogram *histogram);

/* The quantile PART / WHOLE (p99: 99, 100; p999: 999, 1000), by nearest rank: of N values in order, the one at place
 * ceil(N * PART / WHOLE), at least the first. What is returned is the middle of that value's bucket, no less than the
 * least and no more than the greatest value: within 1/128 (0.8 %) of the true one, and exact below 128 and for part ==
 * whole. PART <= WHOLE, WHOLE > 0. */
uint64_t histogram_quantile(const struct histogram *histogram, uint64_t part, uint64_t whole);

/* A bucket that has values, as histogram_next() finds it. */
struct histogram_bucket {
    uint64_t lower; /* the least and ... */
    uint64_t upper; /* ... the greatest value that falls in it */
    uint64_t count; /* > 0 */
    unsigned next;  /* where to look on; 0 at first */
};

/* Walks over the buckets that have values, from the least: start with an all-zero BUCKET and call until false.
 *
 *     for (struct histogram_bucket bucket = {0}; histogram_next(histogram, &bucket);)
 *         print(bucket.upper, bucket.count); */
bool histogram_next(const struct histogram *histogram, struct histogram_bucket *bucket);

#endif
