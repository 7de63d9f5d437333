#include "fabric/base/histogram.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/random.h"

/* Spread over all magnitudes up to 2^BITS, as times are. */
static uint64_t some_value(struct random *random, unsigned bits)
{
    return random_next(random) >> (64 - bits) >> random_below(random, bits);
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

Test(histogram, buckets_tile_the_numbers)
{
    static struct histogram histogram;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        histogram.counts[i] = 1;
    struct histogram_bucket bucket = {0};
    uint64_t expected_lower = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        cr_assert(histogram_next(&histogram, &bucket));
        cr_assert_eq(bucket.lower, expected_lower);
        cr_assert_eq(histogram_index(bucket.lower), i);
        cr_assert_eq(histogram_index(bucket.upper), i);
        cr_assert_leq((bucket.upper - bucket.lower) * HISTOGRAM_OCTAVE, bucket.lower, "wider than 1/64");
        if (i < 128)
            cr_assert_eq(bucket.upper, bucket.lower);
        expected_lower = bucket.upper + 1;
    }
    cr_assert_eq(bucket.upper, UINT64_MAX);
    cr_assert_not(histogram_next(&histogram, &bucket));
}

/* Against a sorted array, at every scale. */
Test(histogram, quantiles_are_within_one_percent_by_nearest_rank)
{
    static const struct {
        uint64_t part, whole;
    } quantiles[] = {{0, 1}, {1, 100}, {25, 100}, {50, 100}, {90, 100}, {99, 100}, {999, 1000}, {9999, 10000}, {1, 1}};
    enum { VALUES = 5000 };
    static uint64_t values[VALUES];
    struct random random;
    random_init(&random, 1, "quantiles");
    for (unsigned bits = 4; bits <= 64; bits += 6) {
        static struct histogram histogram;
        histogram_clear(&histogram);
        for (int i = 0; i < VALUES; i++)
            histogram_record(&histogram, values[i] = some_value(&random, bits));
        qsort(values, VALUES, sizeof values[0], compare);
        cr_assert(histogram_is_valid(&histogram));
        cr_assert_eq(histogram_min(&histogram), values[0]);
        cr_assert_eq(histogram.max, values[VALUES - 1]);
        for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
            uint64_t rank = (VALUES * quantiles[i].part + quantiles[i].whole - 1) / quantiles[i].whole;
            double truth = (double)values[rank > 0 ? rank - 1 : 0];
            double reported = (double)histogram_quantile(&histogram, quantiles[i].part, quantiles[i].whole);
            cr_assert_leq(fabs(reported - truth), truth / 128, "%g for %g", reported, truth);
            if (truth < 128 || quantiles[i].part == quantiles[i].whole)
                cr_assert_eq(reported, truth);
        }
    }
}

Test(histogram, nearest_rank_at_its_edges)
{
    static struct histogram histogram;
    for (uint64_t value = 1; value <= 100; value++)
        histogram_record(&histogram, value);
    cr_assert_eq(histogram_quantile(&histogram, 50, 100), 50);
    cr_assert_eq(histogram_quantile(&histogram, 501, 1000), 51);
    cr_assert_eq(histogram_quantile(&histogram, 99, 100), 99);
    cr_assert_eq(histogram_quantile(&histogram, 999, 1000), 100);
    cr_assert_eq(histogram_quantile(&histogram, 0, 100), 1);
    cr_assert_eq(histogram_quantile(&histogram, 1, 1), 100);
}

/* Values that are all the same are reported as they are, whatever their bucket's middle. */
Test(histogram, constant_is_exact)
{
    static const uint64_t values[] = {0, 1, 127, 128, 999999937, UINT64_C(1) << 62, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        static struct histogram histogram;
        histogram_clear(&histogram);
        for (int j = 0; j < 1000; j++)
            histogram_record(&histogram, values[i]);
        cr_assert(histogram_is_valid(&histogram));
        cr_assert_eq(histogram_quantile(&histogram, 1, 2), values[i]);
        cr_assert_eq(histogram_mean(&histogram), (double)values[i]);
        cr_assert_eq(histogram_stddev(&histogram), 0);
        cr_assert_eq(histogram.sum, (unsigned __int128)values[i] * 1000);
    }
}

/* The textbook's two passes in long double, for a spread that is tiny beside the mean: where S2/n - mean^2 in doubles
 * has no digit left. */
Test(histogram, stddev_keeps_its_digits)
{
    enum { VALUES = 10000 };
    static const uint64_t offsets[] = {0, 1000000, UINT64_C(1) << 40, UINT64_C(1) << 62};
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        static struct histogram histogram;
        histogram_clear(&histogram);
        struct random random;
        random_init(&random, i, "stddev");
        static uint64_t values[VALUES];
        long double mean = 0, sum = 0;
        for (int j = 0; j < VALUES; j++) {
            values[j] = offsets[i] + random_below(&random, 1000);
            histogram_record(&histogram, values[j]);
            mean += (long double)(values[j] - offsets[i]) / VALUES;
        }
        for (int j = 0; j < VALUES; j++)
            sum += ((long double)(values[j] - offsets[i]) - mean) * ((long double)(values[j] - offsets[i]) - mean);
        double truth = (double)sqrtl(sum / VALUES);
        cr_assert_float_eq(histogram_stddev(&histogram), truth, truth * 1e-12);
        cr_assert_float_eq(
            histogram_mean(&histogram), (double)((long double)offsets[i] + mean), 1e-12 * (double)offsets[i] + 1e-9);
    }
}

Test(histogram, stddev_of_a_spread_beyond_128_bits)
{
    static struct histogram histogram;
    for (int i = 0; i < 1000; i++) {
        histogram_record(&histogram, 0);
        histogram_record(&histogram, UINT64_C(1) << 63);
    }
    double truth = (double)(UINT64_C(1) << 62);
    cr_assert_float_eq(histogram_stddev(&histogram), truth, 0.01 * truth);
}

Test(histogram, merge_is_the_histogram_of_both)
{
    static struct histogram parts[3], merged, whole;
    struct random random;
    random_init(&random, 1, "merge");
    for (int i = 0; i < 3000; i++) {
        uint64_t value = some_value(&random, 64);
        histogram_record(&parts[i % 2], value); /* the third stays empty */
        histogram_record(&whole, value);
    }
    for (int i = 0; i < 3; i++)
        histogram_merge(&merged, &parts[i]);
    cr_assert_eq(memcmp(&merged, &whole, sizeof whole), 0);
    cr_assert(histogram_is_valid(&merged));
}

Test(histogram, clear_leaves_nothing)
{
    static struct histogram histogram;
    static const struct histogram empty;
    histogram_clear(&histogram);
    cr_assert_eq(memcmp(&histogram, &empty, sizeof empty), 0);
    cr_assert(histogram_is_valid(&histogram));
    histogram_record(&histogram, 0);
    histogram_record(&histogram, 12345);
    histogram_record(&histogram, UINT64_MAX);
    histogram_clear(&histogram);
    cr_assert_eq(memcmp(&histogram, &empty, sizeof empty), 0);
}

Test(histogram, sees_what_is_not_valid)
{
    static struct histogram histogram;
    histogram_record(&histogram, 1000);
    histogram_record(&histogram, 2000);
    struct histogram broken = histogram;
    broken.count++;
    cr_assert_not(histogram_is_valid(&broken), "a value without a bucket");
    broken = histogram;
    broken.max = 5000;
    cr_assert_not(histogram_is_valid(&broken), "a greatest value that was not recorded");
    broken = histogram;
    broken.not_min = ~UINT64_C(10);
    cr_assert_not(histogram_is_valid(&broken), "a least value that was not recorded");
    broken = histogram;
    broken.sum += 1000;
    cr_assert_not(histogram_is_valid(&broken), "a sum that the buckets cannot have");
    cr_assert(histogram_is_valid(&histogram));
}
