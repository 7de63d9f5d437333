#include "hostsim/guest/pattern.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static const struct pattern_ops *const all[] = {&pattern_sequential, &pattern_random, &pattern_zipf, &pattern_repeat};

Test(pattern, operations_are_aligned_and_inside_the_window_if_they_fit)
{
    struct random random;
    random_init(&random, 1, "test");
    for (size_t n = 0; n < sizeof all / sizeof all[0]; n++)
        for (int round = 0; round < 200; round++) {
            uint64_t window_bytes = 1 + random_below(&random, round % 2 ? 300 : 100000);
            struct pattern pattern;
            pattern_init(&pattern, all[n], window_bytes, 900, (uint64_t)round, "pattern");
            for (int step = 0; step < 200; step++) {
                uint64_t bytes = 1 + random_below(&random, step % 2 ? 4096 : 100);
                uint64_t offset = all[n]->next(&pattern, bytes);
                cr_assert_eq(offset % PATTERN_ALIGNMENT_BYTES, 0);
                if (bytes >= window_bytes)
                    cr_assert_eq(offset, 0, "%s: larger than its window", all[n]->name);
                else
                    cr_assert_leq(offset + bytes, window_bytes, "%s", all[n]->name);
            }
            pattern_free(&pattern);
        }
}

Test(pattern, sequential_goes_from_the_start_to_the_end_and_again)
{
    struct pattern pattern;
    pattern_init(&pattern, &pattern_sequential, 1000, 0, 1, "pattern");
    static const struct {
        uint64_t bytes, offset;
    } steps[] = {{100, 0}, {64, 128}, {1, 192}, {65, 256}, {616, 384}, {1, 0}, {936, 64}, {937, 0}, {64, 0}, {2000, 0}};
    for (size_t n = 0; n < sizeof steps / sizeof steps[0]; n++)
        cr_expect_eq(pattern_sequential.next(&pattern, steps[n].bytes), steps[n].offset, "step %zu", n);
}

Test(pattern, repeat_stays)
{
    struct pattern pattern;
    pattern_init(&pattern, &pattern_repeat, 8192, 0, 1, "pattern");
    for (int step = 0; step < 100; step++)
        cr_assert_eq(pattern_repeat.next(&pattern, 64), 0);
}

/* Chi-square of DRAWS draws against EXPECTED[places], which sum up to 1. */
static double chi_square(struct pattern *pattern, uint64_t bytes, const double *expected, uint32_t places, int draws)
{
    uint32_t *counts = calloc(places, sizeof *counts);
    for (int draw = 0; draw < draws; draw++) {
        uint64_t place = pattern->ops->next(pattern, bytes) / PATTERN_ALIGNMENT_BYTES;
        cr_assert_lt(place, places);
        counts[place]++;
    }
    double sum = 0;
    for (uint32_t place = 0; place < places; place++) {
        double mean = expected[place] * draws;
        sum += (counts[place] - mean) * (counts[place] - mean) / mean;
    }
    free(counts);
    return sum;
}

/* Above this a chi-square of N degrees of freedom comes once in 10,000 times (Wilson and Hilferty). */
static double chi_square_bound(double n)
{
    double root = 1 - 2 / (9 * n) + 3.719 * sqrt(2 / (9 * n));
    return n * root * root * root;
}

Test(pattern, random_is_uniform_over_every_place_where_the_operation_fits)
{
    struct pattern pattern;
    pattern_init(&pattern, &pattern_random, 6400, 0, 1, "pattern");
    double expected[91];
    for (int place = 0; place < 91; place++)
        expected[place] = 1. / 91;
    /* 640 bytes fit at 0 to 90. */
    cr_expect_lt(chi_square(&pattern, 640, expected, 91, 200000), chi_square_bound(90));
}

Test(pattern, zipf_has_the_frequencies_of_its_exponent)
{
    for (uint32_t millis = 0; millis <= 2000; millis += 500) {
        struct pattern pattern;
        pattern_init(&pattern, &pattern_zipf, 64 * 100, millis, 1, "pattern");
        double expected[100], sum = 0;
        for (int place = 0; place < 100; place++)
            sum += expected[place] = pow(place + 1, -(double)millis / 1000);
        for (int place = 0; place < 100; place++)
            expected[place] /= sum;
        cr_expect_lt(chi_square(&pattern, 64, expected, 100, 500000), chi_square_bound(99), "exponent %u", millis);
        pattern_free(&pattern);
    }
}

Test(pattern, places_beyond_the_ranks_share_them)
{
    /* Twice as many places as ranks: a rank is two neighbours, and all are met. */
    struct pattern pattern;
    pattern_init(&pattern, &pattern_zipf, UINT64_C(2) * 64 * PATTERN_RANKS, 1000, 1, "pattern");
    uint32_t counts[4] = {0};
    uint64_t most = 0;
    for (int draw = 0; draw < 1000000; draw++) {
        uint64_t place = pattern_zipf.next(&pattern, 64) / 64;
        if (place < 4)
            counts[place]++;
        most = place > most ? place : most;
    }
    double first = 1e6 / (log(PATTERN_RANKS) + 0.5772); /* draws of the first rank: 1e6 / H(n) */
    cr_expect_float_eq(counts[0], first / 2, 5 * sqrt(first / 2));
    cr_expect_float_eq(counts[1], first / 2, 5 * sqrt(first / 2));
    cr_expect_float_eq(counts[2] + counts[3], first / 2, 5 * sqrt(first / 2));
    cr_expect_gt(most, 2 * PATTERN_RANKS - 100);
    pattern_free(&pattern);
}

Test(pattern, streams_are_the_name_s_and_the_seed_s_own)
{
    static const struct {
        uint64_t seed;
        const char *stream;
        bool same;
    } cases[] = {{1, "a", true}, {2, "a", false}, {1, "b", false}};
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        struct pattern one, other;
        pattern_init(&one, &pattern_random, 1 << 20, 0, 1, "a");
        pattern_init(&other, &pattern_random, 1 << 20, 0, cases[n].seed, cases[n].stream);
        uint32_t equal = 0;
        for (int step = 0; step < 1000; step++)
            equal += pattern_random.next(&one, 64) == pattern_random.next(&other, 64);
        cr_expect(cases[n].same ? equal == 1000 : equal < 10, "case %zu: %u", n, equal);
    }
}
