#include "fabric/base/distribution.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define US UINT64_C(1000000) /* ps */

static struct distribution make(enum distribution_kind kind, uint64_t a, uint64_t b)
{
    struct distribution distribution = {.kind = kind, .a = a, .b = b};
    distribution_prepare(&distribution);
    return distribution;
}

static struct distribution make_mix(const struct distribution_point *points, size_t count)
{
    struct distribution distribution = {.kind = DISTRIBUTION_MIX, .point_count = count};
    distribution.points = malloc(count * sizeof points[0]);
    cr_assert_not_null(distribution.points);
    memcpy(distribution.points, points, count * sizeof points[0]);
    distribution_prepare(&distribution);
    return distribution;
}

/* Golden values, from an independent implementation in 50 decimal digits: a change here changes every result. */
Test(distribution, draws_what_it_always_drew)
{
    static const struct {
        enum distribution_kind kind;
        uint64_t a, b;
        uint64_t draws[4];
    } golden[] = {
        {DISTRIBUTION_EXPONENTIAL, US, 0, {276385, 2541560, 1153774, 53033}},
        {DISTRIBUTION_EXPONENTIAL,
         1000000000 * US,
         0,
         {276385069319661, 2541559846179601, 1153774142403063, 53033455146726}},
        {DISTRIBUTION_UNIFORM, 60 * US, 100 * US, {90340832, 63149739, 72617759, 97933932}},
        {DISTRIBUTION_NORMAL, 80 * US, 5 * US, {72175669, 86600874, 88788314, 86644009}},
        {DISTRIBUTION_NORMAL, 0, US, {1320175, 1757663, 1328802, 1258455}},
        {DISTRIBUTION_LOGNORMAL, 80 * US, 20 * US, {52794757, 107422392, 119640001, 107650815}},
        {DISTRIBUTION_LOGNORMAL,
         1000000000 * US,
         100 * US,
         {999999843513382, 1000000132017483, 1000000175766288, 1000000132880179}},
        {DISTRIBUTION_LOGNORMAL, 1000, US, {0, 135, 688, 140}},
    };
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        struct distribution distribution = make(golden[i].kind, golden[i].a, golden[i].b);
        struct random random;
        random_init(&random, 7, "golden");
        for (int j = 0; j < 4; j++) {
            uint64_t draw = distribution_draw(&distribution, &random);
            cr_assert_eq(draw, golden[i].draws[j], "row %zu, draw %d: %lu", i, j, draw);
        }
    }
}

/* The distribution functions of the theory. */
static double exponential_cdf(double x, double mean, double unused)
{
    (void)unused;
    return -expm1(-x / mean);
}

static double uniform_cdf(double x, double a, double b)
{
    return (x - a) / (b - a);
}

static double phi(double z)
{
    return erfc(-z / sqrt(2)) / 2;
}

static double normal_cdf(double x, double mean, double deviation)
{
    double cut = phi(-mean / deviation); /* negatives are drawn again */
    return (phi((x - mean) / deviation) - cut) / (1 - cut);
}

static double lognormal_cdf(double x, double mean, double deviation)
{
    double variance = log1p(deviation * deviation / mean / mean);
    return phi((log(x) - log(mean) + variance / 2) / sqrt(variance));
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

enum { DRAWS = 100000 };

/* The greatest distance between the drawn and the true distribution function, times sqrt(DRAWS): above 1.95 once in a
 * thousand when they agree (Kolmogorov and Smirnov). */
static double kolmogorov(uint64_t *values, double (*cdf)(double, double, double), double a, double b)
{
    qsort(values, DRAWS, sizeof values[0], compare);
    double greatest = 0;
    for (int i = 0; i < DRAWS; i++) {
        double truth = cdf((double)values[i], a, b);
        greatest = fmax(greatest, fmax(truth - (double)i / DRAWS, (double)(i + 1) / DRAWS - truth));
    }
    return greatest * sqrt(DRAWS);
}

Test(distribution, follows_the_theory)
{
    static const struct {
        enum distribution_kind kind;
        uint64_t a, b;
        double (*cdf)(double x, double a, double b);
        double mean, deviation; /* of the theory; 0 deviation: moments too heavy-tailed to measure */
    } cases[] = {
        {DISTRIBUTION_EXPONENTIAL, US, 0, exponential_cdf, 1e6, 1e6},
        {DISTRIBUTION_EXPONENTIAL, UINT64_C(1) << 56, 0, exponential_cdf, 0x1p56, 0x1p56},
        {DISTRIBUTION_UNIFORM, 60 * US, 100 * US, uniform_cdf, 80e6, 40e6 / 3.4641016151377544},
        {DISTRIBUTION_UNIFORM, 0, DISTRIBUTION_MAX, uniform_cdf, 0x1p62, 0x1p63 / 3.4641016151377544},
        {DISTRIBUTION_NORMAL, 80 * US, 5 * US, normal_cdf, 80e6, 5e6},
        {DISTRIBUTION_NORMAL, 0, US, normal_cdf, 1e6 * 0.7978845608028654, 1e6 * 0.6028102749890869},
        {DISTRIBUTION_NORMAL, 1 * US, 1 * US, normal_cdf, 1e6 * 1.2875999709391783, 1e6 * 0.7935}, /* cut at -1 sigma */
        {DISTRIBUTION_LOGNORMAL, 80 * US, 20 * US, lognormal_cdf, 80e6, 20e6},
        {DISTRIBUTION_LOGNORMAL, 80 * US, 80 * US, lognormal_cdf, 80e6, 80e6},
        {DISTRIBUTION_LOGNORMAL, US * US, 10 * US, lognormal_cdf, 1e12, 1e7},
        {DISTRIBUTION_LOGNORMAL, US * US, 100 * US * US, lognormal_cdf, 1e12, 0},
    };
    static uint64_t values[DRAWS];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct distribution distribution = make(cases[i].kind, cases[i].a, cases[i].b);
        struct random random;
        random_init(&random, i, "theory");
        long double sum = 0, squares = 0;
        for (int j = 0; j < DRAWS; j++) {
            values[j] = distribution_draw(&distribution, &random);
            long double from_mean = (long double)values[j] - cases[i].mean;
            sum += from_mean;
            squares += from_mean * from_mean;
        }
        double statistic = kolmogorov(values, cases[i].cdf, (double)cases[i].a, (double)cases[i].b);
        cr_assert_lt(statistic, 1.95, "row %zu: %g", i, statistic);
        if (cases[i].deviation == 0)
            continue;
        double sigmas = (double)(sum / DRAWS) / cases[i].deviation * sqrt(DRAWS);
        cr_assert_lt(fabs(sigmas), 4, "row %zu: the mean is %g sigma off", i, sigmas);
        double deviation = (double)sqrtl(squares / DRAWS);
        cr_assert_float_eq(deviation / cases[i].deviation, 1, 0.03, "row %zu: deviation %g", i, deviation);
    }
}

/* Half a million exponential draws as the gaps of Poisson arrivals. In windows of 20 mean gaps the count has mean and
 * variance 20. */
Test(distribution, exponential_gaps_make_poisson_arrivals)
{
    enum { WINDOWS = 25000, MEAN = 20 };
    struct distribution gap = make(DISTRIBUTION_EXPONENTIAL, US, 0);
    struct random random;
    random_init(&random, 1, "poisson");
    double sum = 0, squares = 0;
    uint64_t next = distribution_draw(&gap, &random);
    for (uint64_t window = 1; window <= WINDOWS; window++) {
        int count = 0;
        for (; next < window * MEAN * US; next += distribution_draw(&gap, &random))
            count++;
        sum += count;
        squares += (double)count * count;
    }
    double mean = sum / WINDOWS, variance = squares / WINDOWS - mean * mean;
    cr_assert_float_eq(mean, MEAN, 4 * sqrt((double)MEAN / WINDOWS));
    cr_assert_float_eq(variance, MEAN, 4 * MEAN * sqrt((2 + 1.0 / MEAN) / WINDOWS)); /* the variance's own deviation */
}

/* The tail beyond ten means, where a coarse uniform number would run out. */
Test(distribution, exponential_has_its_tail)
{
    enum { TAIL_DRAWS = 2000000 };
    struct distribution distribution = make(DISTRIBUTION_EXPONENTIAL, US, 0);
    struct random random;
    random_init(&random, 1, "tail");
    int beyond = 0;
    for (int i = 0; i < TAIL_DRAWS; i++)
        beyond += distribution_draw(&distribution, &random) > 10 * US;
    double expected = TAIL_DRAWS * exp(-10);
    cr_assert_float_eq(beyond, expected, 4 * sqrt(expected));
}

/* A stream whose next number is VALUE. The generator gives rotl(s1 * 5, 7) * 9; 5 and 9 have inverses modulo 2^64. */
static struct random about_to_give(uint64_t value)
{
    uint64_t rotated = value * UINT64_C(0x8e38e38e38e38e39);                     /* / 9 */
    uint64_t s1 = (rotated >> 7 | rotated << 57) * UINT64_C(0xcccccccccccccccd); /* / 5 */
    struct random random = {.state = {1, s1, 2, 3}};
    struct random probe = random;
    cr_assert_eq(random_next(&probe), value);
    return random;
}

Test(distribution, exponential_at_both_ends_of_the_uniform)
{
    struct distribution distribution = make(DISTRIBUTION_EXPONENTIAL, US, 0);
    struct random random = about_to_give(UINT64_MAX);
    cr_assert_eq(distribution_draw(&distribution, &random), 0);
    random = about_to_give(UINT64_MAX - 1);
    cr_assert_eq(distribution_draw(&distribution, &random), 0);
    random = about_to_give(0);
    cr_assert_eq(distribution_draw(&distribution, &random), 44361420, "64 ln 2");
    distribution = make(DISTRIBUTION_EXPONENTIAL, DISTRIBUTION_MAX, 0);
    random = about_to_give(0);
    cr_assert_eq(distribution_draw(&distribution, &random), DISTRIBUTION_MAX);
}

Test(distribution, mix_draws_by_weight)
{
    static const struct distribution_point points[] = {{60 * US, 900}, {0, 1}, {2000 * US, 90}, {60 * US, 9}};
    struct distribution distribution = make_mix(points, 4);
    struct random random;
    random_init(&random, 1, "mix");
    int counts[3] = {0};
    for (int i = 0; i < DRAWS; i++) {
        uint64_t value = distribution_draw(&distribution, &random);
        counts[value == 60 * US ? 0 : value == 0 ? 1 : 2]++;
        cr_assert(value == 60 * US || value == 0 || value == 2000 * US);
    }
    static const double shares[] = {0.909, 0.001, 0.090};
    for (int i = 0; i < 3; i++) {
        double sigma = sqrt(DRAWS * shares[i] * (1 - shares[i]));
        cr_assert_float_eq(counts[i], DRAWS * shares[i], 4 * sigma);
    }
    cr_assert_eq(distribution_mean(&distribution), 234540000);
    cr_assert(distribution_is_valid(&distribution));
    distribution_free(&distribution);
}

/* Against a walk over the weights. */
Test(distribution, mix_finds_the_right_point_of_many)
{
    enum { POINTS = 257 };
    struct distribution_point points[POINTS];
    uint64_t total = 0;
    for (uint64_t i = 0; i < POINTS; i++) {
        points[i] = (struct distribution_point){.value = i, .weight = 1 + i * i % 17};
        total += points[i].weight;
    }
    struct distribution distribution = make_mix(points, POINTS);
    struct random random, same;
    random_init(&random, 1, "walk");
    same = random;
    for (int i = 0; i < 20000; i++) {
        uint64_t target = random_below(&same, total), point = 0;
        while (target >= points[point].weight)
            target -= points[point++].weight;
        cr_assert_eq(distribution_draw(&distribution, &random), point);
    }
    distribution_free(&distribution);
}

Test(distribution, what_cannot_vary_is_constant)
{
    static const struct distribution_point same[] = {{5, 1}, {5, 3}};
    struct distribution distributions[] = {
        distribution_constant(5),
        make(DISTRIBUTION_UNIFORM, 5, 5),
        make(DISTRIBUTION_NORMAL, 5, 0),
        make(DISTRIBUTION_LOGNORMAL, 5, 0),
        make_mix(same, 1),
        make_mix(same, 2),
        distribution_constant(0),
        make(DISTRIBUTION_EXPONENTIAL, 0, 0),
        make(DISTRIBUTION_LOGNORMAL, 0, 0),
        distribution_constant(DISTRIBUTION_MAX),
        make(DISTRIBUTION_NORMAL, DISTRIBUTION_MAX, 0),
        make(DISTRIBUTION_LOGNORMAL, DISTRIBUTION_MAX, 0),
    };
    struct random random;
    random_init(&random, 1, "constant");
    for (size_t i = 0; i < sizeof distributions / sizeof distributions[0]; i++) {
        cr_assert(distribution_is_constant(&distributions[i]), "row %zu", i);
        cr_assert_eq(distribution_mean(&distributions[i]), i < 6 ? 5 : i < 9 ? 0 : DISTRIBUTION_MAX);
        for (int draw = 0; draw < 10; draw++)
            cr_assert_eq(distribution_draw(&distributions[i], &random), distribution_mean(&distributions[i]));
        distribution_free(&distributions[i]);
    }
}

Test(distribution, uniform_reaches_both_ends)
{
    struct distribution distribution = make(DISTRIBUTION_UNIFORM, 3, 6);
    cr_assert_not(distribution_is_constant(&distribution));
    cr_assert_eq(distribution_mean(&distribution), 5, "4.5 rounds up");
    struct random random;
    random_init(&random, 1, "ends");
    int counts[4] = {0};
    for (int i = 0; i < DRAWS; i++)
        counts[distribution_draw(&distribution, &random) - 3]++;
    for (int i = 0; i < 4; i++)
        cr_assert_float_eq(counts[i], DRAWS / 4.0, 4 * sqrt(DRAWS * 3 / 16.0));
}

/* The widest parameters: no overflow (the sanitizers watch), and nothing above the limit. */
Test(distribution, huge_values_stay_within_the_limit)
{
    struct distribution distributions[] = {
        make(DISTRIBUTION_EXPONENTIAL, DISTRIBUTION_MAX, 0),
        make(DISTRIBUTION_UNIFORM, 0, DISTRIBUTION_MAX),
        make(DISTRIBUTION_NORMAL, DISTRIBUTION_MAX, DISTRIBUTION_MAX),
        make(DISTRIBUTION_NORMAL, 0, DISTRIBUTION_MAX),
        make(DISTRIBUTION_LOGNORMAL, DISTRIBUTION_MAX, DISTRIBUTION_MAX),
        make(DISTRIBUTION_LOGNORMAL, 1, DISTRIBUTION_MAX),
        make(DISTRIBUTION_LOGNORMAL, DISTRIBUTION_MAX, 1),
    };
    struct random random;
    random_init(&random, 1, "huge");
    for (size_t i = 0; i < sizeof distributions / sizeof distributions[0]; i++) {
        cr_assert(distribution_is_valid(&distributions[i]));
        for (int draw = 0; draw < 2000; draw++)
            cr_assert_leq(distribution_draw(&distributions[i], &random), DISTRIBUTION_MAX);
    }
    static const struct distribution_point points[] = {{DISTRIBUTION_MAX, UINT64_MAX - 1}, {0, 1}};
    struct distribution mix = make_mix(points, 2);
    cr_assert_eq(distribution_mean(&mix), DISTRIBUTION_MAX, "less half a unit");
    cr_assert_eq(distribution_draw(&mix, &random), DISTRIBUTION_MAX);
    distribution_free(&mix);
}

Test(distribution, sees_what_is_not_valid)
{
    struct distribution_point points[] = {{1, 1}, {2, 0}};
    static const uint64_t above = DISTRIBUTION_MAX + 1;
    const struct distribution faulty[] = {
        {.kind = DISTRIBUTION_CONSTANT, .a = above},
        {.kind = DISTRIBUTION_EXPONENTIAL, .a = above},
        {.kind = DISTRIBUTION_UNIFORM, .a = 2, .b = 1},
        {.kind = DISTRIBUTION_UNIFORM, .a = 2, .b = above},
        {.kind = DISTRIBUTION_NORMAL, .a = 2, .b = above},
        {.kind = DISTRIBUTION_LOGNORMAL, .a = 0, .b = 1},
        {.kind = DISTRIBUTION_MIX},
        {.kind = DISTRIBUTION_MIX, .points = points, .point_count = 2},
        {.kind = DISTRIBUTION_MIX, .points = &(struct distribution_point){above, 1}, .point_count = 1},
        {.kind = DISTRIBUTION_MIX, .points = (struct distribution_point[]){{1, UINT64_MAX}, {2, 1}}, .point_count = 2},
    };
    for (size_t i = 0; i < sizeof faulty / sizeof faulty[0]; i++)
        cr_assert_not(distribution_is_valid(&faulty[i]), "row %zu", i);
    struct distribution derived_wrong = make_mix(points, 1);
    derived_wrong.cumulative[0]++;
    cr_assert_not(distribution_is_valid(&derived_wrong));
    distribution_free(&derived_wrong);
}

Test(distribution, refuses_to_prepare_what_is_not_valid, .signal = SIGABRT)
{
    make(DISTRIBUTION_UNIFORM, 2, 1);
}

Test(distribution, refuses_to_draw_unprepared, .signal = SIGABRT)
{
    struct distribution distribution = {.kind = DISTRIBUTION_LOGNORMAL, .a = 10, .b = 1};
    struct random random;
    random_init(&random, 1, "unprepared");
    distribution_draw(&distribution, &random);
}

Test(distribution, is_named_as_scenarios_have_it)
{
    static const char *const names[] = {"constant", "exponential", "uniform", "normal", "lognormal", "mix"};
    for (unsigned kind = DISTRIBUTION_CONSTANT; kind <= DISTRIBUTION_MIX; kind++)
        cr_assert_str_eq(distribution_name(&(struct distribution){.kind = kind}), names[kind]);
}
