#include "fabric/pcie/bit_errors.h"

#include <criterion/criterion.h>
#include <math.h>

/* A binomial count's share, within four standard deviations. */
static void assert_share(uint64_t hits, uint64_t of, double expected)
{
    double deviation = sqrt(expected * (1 - expected) / (double)of);
    double share = (double)hits / (double)of;
    cr_assert(fabs(share - expected) < 4 * deviation, "%g instead of %g +- %g", share, expected, deviation);
}

Test(bit_errors, hits_as_many_packets_as_the_rate_says)
{
    static const uint64_t rates[] = {BIT_ERRORS_MOST, BIT_ERRORS_ONE / 20000, BIT_ERRORS_ONE / 1000000};
    static const uint32_t sizes[] = {1, 8, 280, 4120};
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            struct bit_errors errors;
            bit_errors_init(&errors, rates[r], 1, "link");
            uint64_t hits = 0, count = 400000;
            for (uint64_t n = 0; n < count; n++)
                hits += bit_errors_hit(&errors, sizes[s]);
            double bits = 8.0 * sizes[s], rate = (double)rates[r] / (double)BIT_ERRORS_ONE;
            assert_share(hits, count, 1 - pow(1 - rate, bits));
        }
}

/* Good runs are geometric: their mean and their share of zeros. */
Test(bit_errors, distances_are_geometric)
{
    struct bit_errors errors;
    bit_errors_init(&errors, BIT_ERRORS_MOST, 2, "link");
    double sum = 0, p = 1e-3;
    uint64_t short_ones = 0, count = 300000;
    for (uint64_t n = 0; n < count; n++) {
        uint64_t good = errors.good_bits;
        sum += (double)good;
        short_ones += good < 100;
        bit_errors_pass(&errors, good + 1);
    }
    double mean = (1 - p) / p;
    cr_assert(fabs(sum / (double)count - mean) < 4 * mean / sqrt((double)count));
    assert_share(short_ones, count, 1 - pow(1 - p, 100));
}

Test(bit_errors, it_does_not_matter_how_the_bits_are_packed)
{
    struct bit_errors one, other;
    bit_errors_init(&one, BIT_ERRORS_ONE / 5000, 3, "link");
    bit_errors_init(&other, BIT_ERRORS_ONE / 5000, 3, "link");
    for (int n = 0; n < 200000; n++) {
        bool whole = bit_errors_hit(&one, 24);
        bool parts = bit_errors_hit(&other, 8);
        parts |= bit_errors_hit(&other, 15);
        parts |= bit_errors_hit(&other, 1);
        cr_assert_eq(whole, parts);
        cr_assert_eq(one.good_bits, other.good_bits);
    }
}

Test(bit_errors, none_ever_without_a_rate)
{
    struct bit_errors errors;
    bit_errors_init(&errors, 0, 1, "link");
    for (int n = 0; n < 1000; n++)
        cr_assert_not(bit_errors_hit(&errors, UINT32_MAX));
    cr_assert_eq(errors.good_bits, UINT64_MAX);
}

Test(bit_errors, the_least_rate_draws_distances_that_fit)
{
    double sum = 0;
    for (int n = 0; n < 1000; n++) {
        struct bit_errors errors;
        bit_errors_init(&errors, 1, (uint64_t)n, "link");
        sum += (double)errors.good_bits / (double)BIT_ERRORS_ONE;
    }
    cr_assert(fabs(sum / 1000 - 1) < 0.15, "a mean of 1 / rate bits");
}

Test(bit_errors, streams_have_names)
{
    struct bit_errors one, same, other;
    bit_errors_init(&one, 1000, 1, "h0/up");
    bit_errors_init(&same, 1000, 1, "h0/up");
    bit_errors_init(&other, 1000, 1, "h0/down");
    cr_assert_eq(one.good_bits, same.good_bits);
    cr_assert_neq(one.good_bits, other.good_bits);
}
