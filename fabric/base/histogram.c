#include "fabric/base/histogram.h"

#include <string.h>

#include "fabric/base/check.h"

static uint64_t bucket_lower(unsigned index)
{
    if (index < 2 * HISTOGRAM_OCTAVE)
        return index;
    unsigned below = index / HISTOGRAM_OCTAVE - 1;
    return (uint64_t)(index % HISTOGRAM_OCTAVE + HISTOGRAM_OCTAVE) << below;
}

static uint64_t bucket_upper(unsigned index)
{
    return index + 1 < HISTOGRAM_BUCKETS ? bucket_lower(index + 1) - 1 : UINT64_MAX;
}

static uint64_t bucket_middle(unsigned index)
{
    uint64_t lower = bucket_lower(index);
    return lower + (bucket_upper(index) - lower + 1) / 2;
}

/* Only the buckets between the least and the greatest value were ever touched. */
void histogram_clear(struct histogram *histogram)
{
    if (histogram->count > 0) {
        unsigned first = histogram_index(histogram_min(histogram));
        unsigned last = histogram_index(histogram->max);
        memset(&histogram->counts[first], 0, (last - first + 1) * sizeof histogram->counts[0]);
    }
    histogram->count = histogram->max = histogram->not_min = 0;
    histogram->sum = histogram->sum_squares = 0;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    if (from->count == 0)
        return;
    for (unsigned i = histogram_index(histogram_min(from)); i <= histogram_index(from->max); i++)
        into->counts[i] += from->counts[i];
    into->count += from->count;
    into->sum += from->sum;
    into->sum_squares += from->sum_squares;
    if (from->max > into->max)
        into->max = from->max;
    if (from->not_min > into->not_min)
        into->not_min = from->not_min;
}

static bool empty_is_valid(const struct histogram *histogram)
{
    return histogram->max == 0 && histogram->not_min == 0 && histogram->sum == 0 && histogram->sum_squares == 0;
}

bool histogram_is_valid(const struct histogram *histogram)
{
    uint64_t count = 0;
    unsigned __int128 least_sum = 0, greatest_sum = 0;
    struct histogram_bucket bucket = {0}, last = {0};
    while (histogram_next(histogram, &bucket)) {
        if (count == 0 && (histogram_min(histogram) < bucket.lower || histogram_min(histogram) > bucket.upper))
            return false;
        count += bucket.count;
        least_sum += (unsigned __int128)bucket.lower * bucket.count;
        greatest_sum += (unsigned __int128)bucket.upper * bucket.count;
        last = bucket;
    }
    if (count != histogram->count)
        return false;
    if (count == 0)
        return empty_is_valid(histogram);
    return last.lower <= histogram->max && histogram->max <= last.upper && least_sum <= histogram->sum &&
           histogram->sum <= greatest_sum;
}

double histogram_mean(const struct histogram *histogram)
{
    CHECK(histogram->count > 0);
    return (double)histogram->sum / (double)histogram->count;
}

/* Whether the sum of the squared distances from any value in [min, max] stays below 2^128. */
static bool squares_fit(const struct histogram *histogram)
{
    uint64_t range = histogram->max - histogram_min(histogram);
    unsigned __int128 total;
    return !__builtin_mul_overflow((unsigned __int128)range * range, (unsigned __int128)histogram->count, &total);
}

/* With m the whole part of the mean, the sum of (v - m)^2 is S2 - 2 m S1 + n m^2. It is small where S2 is huge, so
 * arithmetic modulo 2^128 gives it exactly, and no digits cancel. */
static double exact_variance(const struct histogram *histogram)
{
    uint64_t count = histogram->count;
    unsigned __int128 whole = histogram->sum / count;
    unsigned __int128 distances =
        histogram->sum_squares - 2 * whole * histogram->sum + (unsigned __int128)count * whole * whole;
    double rest = (double)(uint64_t)(histogram->sum - whole * count) / (double)count;
    double variance = (double)distances / (double)count - rest * rest;
    return variance > 0 ? variance : 0;
}

static double bucketed_variance(const struct histogram *histogram)
{
    double mean = histogram_mean(histogram), sum = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        double distance = (double)bucket_middle(i) - mean;
        sum += distance * distance * (double)histogram->counts[i];
    }
    return sum / (double)histogram->count;
}

double histogram_stddev(const struct histogram *histogram)
{
    CHECK(histogram->count > 0);
    return __builtin_sqrt(squares_fit(histogram) ? exact_variance(histogram) : bucketed_variance(histogram));
}

static uint64_t clamp(uint64_t value, uint64_t least, uint64_t greatest)
{
    return value < least ? least : value > greatest ? greatest : value;
}

uint64_t histogram_quantile(const struct histogram *histogram, uint64_t part, uint64_t whole)
{
    CHECK(histogram->count > 0);
    CHECK(whole > 0 && part <= whole);
    if (part == whole)
        return histogram->max;
    uint64_t rank = (uint64_t)(((unsigned __int128)histogram->count * part + whole - 1) / whole);
    unsigned index = histogram_index(histogram_min(histogram));
    for (uint64_t seen = histogram->counts[index]; seen < rank; seen += histogram->counts[index])
        index++;
    return clamp(bucket_middle(index), histogram_min(histogram), histogram->max);
}

bool histogram_next(const struct histogram *histogram, struct histogram_bucket *bucket)
{
    for (unsigned i = bucket->next; i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->counts[i] == 0)
            continue;
        *bucket = (struct histogram_bucket){
            .lower = bucket_lower(i), .upper = bucket_upper(i), .count = histogram->counts[i], .next = i + 1};
        return true;
    }
    return false;
}
