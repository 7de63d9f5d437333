#include "fabric/base/distribution.h"

#include <stdlib.h>

#include "fabric/base/check.h"

struct distribution distribution_constant(uint64_t value)
{
    CHECK(value <= DISTRIBUTION_MAX);
    return (struct distribution){.kind = DISTRIBUTION_CONSTANT, .a = value};
}

/* What the kinds differ in. A NULL is_valid: any a and b; a NULL prepare: nothing to derive; a NULL mean: a. */
struct kind {
    const char *name; /* as scenarios have it */
    bool (*is_valid)(const struct distribution *distribution);
    void (*prepare)(struct distribution *distribution);
    uint64_t (*draw)(const struct distribution *distribution, struct random *random);
    uint64_t (*mean)(const struct distribution *distribution);
    bool (*is_constant)(const struct distribution *distribution);
};

/* VALUE with FIXED_FRACTION_BITS fractional bits, not negative, to the nearest integer. */
static uint64_t rounded(__int128 value)
{
    unsigned __int128 integer = ((unsigned __int128)value + FIXED_ONE / 2) >> FIXED_FRACTION_BITS;
    return integer > DISTRIBUTION_MAX ? DISTRIBUTION_MAX : (uint64_t)integer;
}

static bool has_no_deviation(const struct distribution *distribution)
{
    return distribution->b == 0;
}

static bool constant_is_constant(const struct distribution *distribution)
{
    (void)distribution;
    return true;
}

/* By inversion: -ln U with U = (r + 1) / 2^64, so the tail reaches 44 means. */
static uint64_t exponential_draw(const struct distribution *distribution, struct random *random)
{
    uint64_t r = random_next(random);
    fixed_t unit = r == UINT64_MAX ? 0 : fixed_minus_ln_fraction(r + 1);
    return rounded((__int128)unit * (__int128)distribution->a);
}

static bool exponential_is_constant(const struct distribution *distribution)
{
    return distribution->a == 0;
}

static bool uniform_is_valid(const struct distribution *distribution)
{
    return distribution->a <= distribution->b;
}

static uint64_t uniform_draw(const struct distribution *distribution, struct random *random)
{
    return distribution->a + random_below(random, distribution->b - distribution->a + 1);
}

static uint64_t uniform_mean(const struct distribution *distribution)
{
    return distribution->a + (distribution->b - distribution->a + 1) / 2;
}

static bool uniform_is_constant(const struct distribution *distribution)
{
    return distribution->a == distribution->b;
}

/* Mean 0, standard deviation 1, by Marsaglia's polar method (Marsaglia and Bray, SIAM Review 6, 1964): of a point (x,
 * y) uniform in the unit circle, at squared distance s from its centre, x sqrt(-2 ln s / s). As s is at least 2^-64, it
 * ends at 9.4. The second variate that the point would give is left, so that a draw depends on the stream alone. */
static fixed_t standard_normal_draw(struct random *random)
{
    for (;;) {
        int64_t x = (int64_t)random_next(random), y = (int64_t)random_next(random);
        unsigned __int128 x_squared_q126 = (unsigned __int128)((__int128)x * x);
        unsigned __int128 s_q126 = x_squared_q126 + (unsigned __int128)((__int128)y * y);
        uint64_t s_q64 = (uint64_t)(s_q126 >> 62);
        if (s_q126 >> 126 || s_q64 == 0)
            continue;
        uint64_t share_q63 = (uint64_t)((x_squared_q126 >> 62 << 63) / s_q64); /* x^2 / s, at most 1 */
        unsigned __int128 square_q118 = (unsigned __int128)fixed_minus_ln_fraction(s_q64) * share_q63;
        fixed_t size = (fixed_t)fixed_square_root_floor(square_q118 >> (118 - 2 * FIXED_FRACTION_BITS));
        return x < 0 ? -size : size;
    }
}

static uint64_t normal_draw(const struct distribution *distribution, struct random *random)
{
    __int128 mean = (__int128)distribution->a << FIXED_FRACTION_BITS;
    for (;;) {
        __int128 value = mean + (__int128)distribution->b * standard_normal_draw(random);
        if (value >= 0)
            return rounded(value);
    }
}

/* A value of 0 has no logarithm: the only distribution around it is the constant. */
static bool lognormal_is_valid(const struct distribution *distribution)
{
    return distribution->a > 0 || distribution->b == 0;
}

/* The standard deviation of a lognormal's logarithm: the root of ln(1 + (b/a)^2). */
static fixed_t logarithm_deviation(uint64_t a, uint64_t b)
{
    /* With a small ratio q the difference below would cancel; here q (1 - q^2 / 4) is right to the last bit. */
    if (b <= a >> 14) {
        fixed_t ratio = (fixed_t)(((unsigned __int128)b << FIXED_FRACTION_BITS) / a);
        fixed_t square = (fixed_t)((__int128)ratio * ratio >> FIXED_FRACTION_BITS);
        return ratio - (fixed_t)((__int128)ratio * square >> (FIXED_FRACTION_BITS + 2));
    }
    /* ln(a^2 + b^2) - 2 ln a, from the 64 highest bits of the sum. */
    unsigned __int128 sum = (unsigned __int128)a * a + (unsigned __int128)b * b;
    unsigned shift = 0;
    while (sum >> shift > UINT64_MAX)
        shift++;
    return fixed_sqrt(fixed_ln((uint64_t)(sum >> shift)) + fixed_ln(UINT64_C(1) << shift) - 2 * fixed_ln(a));
}

/* mu is such that the mean e^(mu + sigma^2 / 2) is a. */
static void lognormal_prepare(struct distribution *distribution)
{
    if (distribution->a == 0)
        return;
    fixed_t sigma = logarithm_deviation(distribution->a, distribution->b);
    distribution->sigma = sigma;
    distribution->mu = fixed_ln(distribution->a) - (fixed_t)((__int128)sigma * sigma >> (FIXED_FRACTION_BITS + 1));
}

static uint64_t lognormal_draw(const struct distribution *distribution, struct random *random)
{
    CHECK(distribution->prepared);
    if (distribution->b == 0)
        return distribution->a;
    __int128 deviation = (__int128)distribution->sigma * standard_normal_draw(random) >> FIXED_FRACTION_BITS;
    __int128 logarithm = distribution->mu + deviation;
    /* Beyond 64 the value is 0 or DISTRIBUTION_MAX, whatever the exponent. */
    logarithm = logarithm < -64 * FIXED_ONE ? -64 * FIXED_ONE : logarithm;
    logarithm = logarithm > 64 * FIXED_ONE ? 64 * FIXED_ONE : logarithm;
    uint64_t value = fixed_exp((fixed_t)logarithm, 0);
    return value > DISTRIBUTION_MAX ? DISTRIBUTION_MAX : value;
}

static bool mix_is_valid(const struct distribution *distribution)
{
    uint64_t total = 0;
    for (size_t i = 0; i < distribution->point_count; i++) {
        const struct distribution_point *point = &distribution->points[i];
        if (point->value > DISTRIBUTION_MAX || point->weight == 0)
            return false;
        if (__builtin_add_overflow(total, point->weight, &total))
            return false;
        if (distribution->prepared && distribution->cumulative[i] != total)
            return false;
    }
    return distribution->point_count > 0;
}

static void mix_prepare(struct distribution *distribution)
{
    distribution->cumulative = calloc(distribution->point_count, sizeof *distribution->cumulative);
    CHECK(distribution->cumulative != NULL);
    uint64_t total = 0;
    for (size_t i = 0; i < distribution->point_count; i++)
        distribution->cumulative[i] = total += distribution->points[i].weight;
}

/* The first point whose running sum is above a uniform number below the whole. */
static uint64_t mix_draw(const struct distribution *distribution, struct random *random)
{
    CHECK(distribution->prepared);
    size_t first = 0, last = distribution->point_count - 1;
    uint64_t target = random_below(random, distribution->cumulative[last]);
    while (first < last) {
        size_t middle = first + (last - first) / 2;
        if (distribution->cumulative[middle] > target)
            last = middle;
        else
            first = middle + 1;
    }
    return distribution->points[first].value;
}

/* The products' sum fits 128 bits: values are below 2^63, weights sum to less than 2^64. */
static uint64_t mix_mean(const struct distribution *distribution)
{
    unsigned __int128 sum = 0;
    uint64_t total = 0;
    for (size_t i = 0; i < distribution->point_count; i++) {
        sum += (unsigned __int128)distribution->points[i].value * distribution->points[i].weight;
        total += distribution->points[i].weight;
    }
    CHECK(total > 0);
    return (uint64_t)((sum + total / 2) / total);
}

static bool mix_is_constant(const struct distribution *distribution)
{
    for (size_t i = 1; i < distribution->point_count; i++) {
        if (distribution->points[i].value != distribution->points[0].value)
            return false;
    }
    return true;
}

static const struct kind kinds[] = {
    [DISTRIBUTION_CONSTANT] = {.name = "constant", .is_constant = constant_is_constant},
    [DISTRIBUTION_EXPONENTIAL] =
        {.name = "exponential", .draw = exponential_draw, .is_constant = exponential_is_constant},
    [DISTRIBUTION_UNIFORM] = {"uniform", uniform_is_valid, NULL, uniform_draw, uniform_mean, uniform_is_constant},
    [DISTRIBUTION_NORMAL] = {.name = "normal", .draw = normal_draw, .is_constant = has_no_deviation},
    [DISTRIBUTION_LOGNORMAL] =
        {"lognormal", lognormal_is_valid, lognormal_prepare, lognormal_draw, NULL, has_no_deviation},
    [DISTRIBUTION_MIX] = {"mix", mix_is_valid, mix_prepare, mix_draw, mix_mean, mix_is_constant},
};

static const struct kind *kind_of(const struct distribution *distribution)
{
    CHECK((size_t)distribution->kind < sizeof kinds / sizeof kinds[0]);
    return &kinds[distribution->kind];
}

const char *distribution_name(const struct distribution *distribution)
{
    return kind_of(distribution)->name;
}

bool distribution_is_valid(const struct distribution *distribution)
{
    if (distribution->a > DISTRIBUTION_MAX || distribution->b > DISTRIBUTION_MAX)
        return false;
    const struct kind *kind = kind_of(distribution);
    return !kind->is_valid || kind->is_valid(distribution);
}

void distribution_prepare(struct distribution *distribution)
{
    CHECK(!distribution->prepared && distribution_is_valid(distribution));
    const struct kind *kind = kind_of(distribution);
    if (kind->prepare)
        kind->prepare(distribution);
    distribution->prepared = true;
    CHECK(distribution_is_valid(distribution));
}

void distribution_free(struct distribution *distribution)
{
    free(distribution->points);
    free(distribution->cumulative);
    *distribution = (struct distribution){0};
}

uint64_t distribution_draw_random(const struct distribution *distribution, struct random *random)
{
    const struct kind *kind = kind_of(distribution);
    CHECK(kind->draw != NULL);
    return kind->draw(distribution, random);
}

uint64_t distribution_mean(const struct distribution *distribution)
{
    const struct kind *kind = kind_of(distribution);
    return kind->mean ? kind->mean(distribution) : distribution->a;
}

bool distribution_is_constant(const struct distribution *distribution)
{
    return kind_of(distribution)->is_constant(distribution);
}
