#include "fabric/base/fixed.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>

#include "fabric/base/random.h"

/* The reference is libm in long double (64 bits of mantissa on x86: its own error is below a tenth of any bound). */
_Static_assert(sizeof(long double) > sizeof(double), "the reference must be finer than what it checks");

#define STEP 0x1p-56L

static long double real(fixed_t value)
{
    return (long double)value * STEP;
}

static void check_ln(uint64_t value)
{
    long double error = real(fixed_ln(value)) - logl((long double)value);
    cr_assert_leq(fabsl(error), 0.55L * STEP, "ln %lu is off by %Lg steps", value, error / STEP);
    long double truth = -logl((long double)value * 0x1p-64L);
    error = real(fixed_minus_ln_fraction(value)) - truth;
    cr_assert_leq(fabsl(error), 0.6L * STEP, "-ln(%lu / 2^64) is off by %Lg steps", value, error / STEP);
    cr_assert_geq(fixed_minus_ln_fraction(value), 0);
}

Test(fixed, ln_is_within_its_bound)
{
    for (uint64_t value = 1; value < 20000; value++)
        check_ln(value);
    for (unsigned bits = 1; bits < 64; bits++) {
        for (uint64_t cell = 0; cell < 64 && bits > 6; cell++) { /* the edges of the table's cells */
            uint64_t edge = (64 + cell) << (bits - 6);
            check_ln(edge - 1);
            check_ln(edge);
        }
        check_ln((UINT64_C(1) << bits) - 1);
    }
    check_ln(UINT64_MAX);
    struct random random;
    random_init(&random, 1, "ln");
    for (int i = 0; i < 100000; i++)
        check_ln(random_next(&random) >> random_below(&random, 64) | 1);
}

Test(fixed, ln_of_one_is_nothing)
{
    cr_assert_eq(fixed_ln(1), 0);
}

Test(fixed, ln_of_nothing_is_refused, .signal = SIGABRT)
{
    fixed_ln(0);
}

static void check_exp(fixed_t exponent, unsigned fraction_bits)
{
    long double truth = ldexpl(expl(real(exponent)), (int)fraction_bits);
    uint64_t result = fixed_exp(exponent, fraction_bits);
    if (truth >= 0x1p64L - 0.5L) {
        cr_assert_geq(result, UINT64_MAX - (UINT64_C(1) << 5));
        return;
    }
    long double error = (long double)result - truth;
    cr_assert_leq(
        fabsl(error), 0.5L + truth * 0x1p-59L, "e^%Lg * 2^%u is off by %Lg", real(exponent), fraction_bits, error);
}

Test(fixed, exp_is_within_its_bound)
{
    struct random random;
    random_init(&random, 1, "exp");
    for (int i = 0; i < 100000; i++) {
        fixed_t exponent = (fixed_t)random_next(&random) >> random_below(&random, 64);
        check_exp(exponent, (unsigned)random_below(&random, 64));
        check_exp(exponent % (45 * FIXED_ONE), 0);
    }
    for (fixed_t whole = -128; whole < 128; whole++)
        check_exp(whole * FIXED_ONE, 20);
}

Test(fixed, exp_at_its_edges)
{
    cr_assert_eq(fixed_exp(0, 0), 1);
    cr_assert_eq(fixed_exp(0, 63), UINT64_C(1) << 63);
    cr_assert_eq(fixed_exp(FIXED_ONE, 0), 3);
    cr_assert_eq(fixed_exp(-FIXED_ONE / 2, 0), 1, "0.61 rounds up");
    cr_assert_eq(fixed_exp(-FIXED_ONE, 0), 0, "0.37 rounds down");
    cr_assert_eq(fixed_exp(INT64_MIN, 63), 0);
    cr_assert_eq(fixed_exp(INT64_MAX, 0), UINT64_MAX);
    cr_assert_eq(fixed_exp(45 * FIXED_ONE, 0), UINT64_MAX);
}

/* The inverse of each other, to the last digit of a 15-digit time. */
Test(fixed, exp_undoes_ln)
{
    struct random random;
    random_init(&random, 1, "inverse");
    for (int i = 0; i < 10000; i++) {
        uint64_t value = 1 + random_below(&random, UINT64_C(1000000000000000));
        cr_assert_eq(fixed_exp(fixed_ln(value), 0), value);
    }
}

static void check_square_root(unsigned __int128 value)
{
    unsigned __int128 root = fixed_square_root_floor(value);
    cr_assert(root * root <= value);
    cr_assert(root == UINT64_MAX || (root + 1) * (root + 1) > value);
}

Test(fixed, square_root_floor_is_exact)
{
    for (uint64_t value = 0; value < 5000; value++)
        check_square_root(value);
    struct random random;
    random_init(&random, 1, "square root");
    for (int i = 0; i < 50000; i++) {
        unsigned __int128 value = (unsigned __int128)random_next(&random) << 64 | random_next(&random);
        check_square_root(value >> random_below(&random, 128));
        unsigned __int128 root = random_next(&random) >> random_below(&random, 64);
        check_square_root(root * root);
        check_square_root(root * root + 2 * root); /* the last before the next square */
        if (root > 0)
            check_square_root(root * root - 1);
    }
    check_square_root(~(unsigned __int128)0);
}

Test(fixed, sqrt_of_fixed_numbers)
{
    cr_assert_eq(fixed_sqrt(0), 0);
    cr_assert_eq(fixed_sqrt(4 * FIXED_ONE), 2 * FIXED_ONE);
    cr_assert_eq(fixed_sqrt(FIXED_ONE / 4), FIXED_ONE / 2);
    struct random random;
    random_init(&random, 1, "sqrt");
    for (int i = 0; i < 20000; i++) {
        fixed_t value = (fixed_t)(random_next(&random) >> (1 + random_below(&random, 63)));
        long double error = sqrtl(real(value)) - real(fixed_sqrt(value));
        cr_assert(error > -STEP / 10 && error < STEP * 1.1L);
    }
}
