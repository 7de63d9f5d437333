#include "fabric/base/random.h"

#include <criterion/criterion.h>
#include <math.h>

/* The reference implementation's first outputs from the state 1, 2, 3, 4 (also the vector that rand_xoshiro tests). */
Test(random, follows_the_reference_generator)
{
    static const uint64_t expected[] = {
        11520, 0, 1509978240, 1215971899390074240, 1216172134540287360, 607988272756665600};
    struct random random = {.state = {1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        cr_assert_eq(random_next(&random), expected[i], "output %zu", i);
}

/* Golden values, from an independent implementation in another language: a change here changes every result. */
Test(random, derives_streams_that_never_change)
{
    static const struct {
        uint64_t seed;
        const char *name;
        uint64_t outputs[3];
    } golden[] = {
        {1, "a", {0x80ff0c14f91a9c55, 0x94af0db7e7861065, 0xbcf78da0aafc677a}},
        {0, "", {0x1e28178eedbf0f30, 0x32dadb1a9e4a4d08, 0x4ef49088479a6d5c}},
        {UINT64_MAX,
         "workload/writes/h0/nic0.pf0/arrival",
         {0x28fe5f13447f1d0b, 0x7e526010a37dd561, 0x37f3c07e177c5a7d}},
    };
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        struct random random;
        random_init(&random, golden[i].seed, golden[i].name);
        cr_assert(random_is_valid(&random));
        for (int j = 0; j < 3; j++)
            cr_assert_eq(random_next(&random), golden[i].outputs[j], "stream %zu, output %d", i, j);
    }
}

/* Bits in which two streams differ, of 64 * DRAWS: binomial around half when they are independent. */
static double sigmas_from_half(struct random a, struct random b, int draws)
{
    int differing = 0;
    for (int i = 0; i < draws; i++)
        differing += __builtin_popcountll(random_next(&a) ^ random_next(&b));
    return (differing - 32.0 * draws) / sqrt(16.0 * draws);
}

Test(random, similar_names_and_neighbouring_seeds_are_unrelated)
{
    static const char *const names[] = {"h0", "h1", "h2", "h00", "0h", "h0 ", "nic0.pf0", "nic0.pf1", "nic1.pf0"};
    enum { NAMES = sizeof names / sizeof names[0], SEEDS = 4, STREAMS = NAMES * SEEDS };
    struct random streams[STREAMS];
    for (size_t i = 0; i < STREAMS; i++)
        random_init(&streams[i], i / NAMES, names[i % NAMES]);
    for (size_t i = 0; i < STREAMS; i++)
        for (size_t j = i + 1; j < STREAMS; j++)
            cr_assert_lt(fabs(sigmas_from_half(streams[i], streams[j], 200)), 5, "streams %zu and %zu", i, j);
}

Test(random, below_stays_below)
{
    static const uint64_t bounds[] = {1, 2, 3, 10, 1000003, UINT64_C(1) << 63, (UINT64_C(1) << 63) + 1, UINT64_MAX};
    struct random random;
    random_init(&random, 1, "below");
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++)
        for (int draw = 0; draw < 10000; draw++)
            cr_assert_lt(random_below(&random, bounds[i]), bounds[i]);
}

/* The cells of [0, bound): equal ranges, or classes of remainders. */
static uint64_t range_of(uint64_t value, uint64_t bound, uint64_t cells)
{
    return value / (bound / cells);
}

static uint64_t remainder_of(uint64_t value, uint64_t bound, uint64_t cells)
{
    (void)bound;
    return value % cells;
}

/* Chi-square over CELLS cells of the same size: nearly normal, with mean CELLS - 1 and variance 2 (CELLS - 1). */
static double
chi_square_sigmas(uint64_t bound, uint64_t cells, uint64_t (*cell_of)(uint64_t value, uint64_t bound, uint64_t cells))
{
    enum { DRAWS = 200000 };
    uint64_t counts[512] = {0};
    struct random random;
    random_init(&random, bound, "chi-square");
    for (int i = 0; i < DRAWS; i++)
        counts[cell_of(random_below(&random, bound), bound, cells)]++;
    double expected = (double)DRAWS / (double)cells, sum = 0;
    for (uint64_t i = 0; i < cells; i++)
        sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    return (sum - (double)(cells - 1)) / sqrt(2.0 * (double)(cells - 1));
}

Test(random, below_is_uniform)
{
    cr_assert_lt(fabs(chi_square_sigmas(100, 100, range_of)), 4);
    cr_assert_lt(fabs(chi_square_sigmas(257, 257, range_of)), 4);
    cr_assert_lt(fabs(chi_square_sigmas(UINT64_C(300) << 40, 300, range_of)), 4);
}

/* At a bound of 3 * 2^62, four numbers of 64 bits meet three results: a quarter of them must be refused. The remainder
 * of the division by the bound would favour the lowest third, the plain product every third result. */
Test(random, below_has_no_bias_at_large_bounds)
{
    cr_assert_lt(fabs(chi_square_sigmas(UINT64_C(3) << 62, 3, range_of)), 4);
    cr_assert_lt(fabs(chi_square_sigmas(UINT64_C(3) << 62, 384, range_of)), 4);
    cr_assert_lt(fabs(chi_square_sigmas(UINT64_C(3) << 62, 3, remainder_of)), 4);
}
