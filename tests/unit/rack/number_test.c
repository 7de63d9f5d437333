#include "hostsim/rack/number.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "tests/support/locale.h"

Test(number, nanoseconds_are_exact_and_short)
{
    static const struct {
        uint64_t ps;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "0.001"},
        {10, "0.01"},
        {999, "0.999"},
        {1000, "1"},
        {10000, "10"},
        {1001, "1.001"},
        {1020000500, "1020000.5"},
        {UINT64_MAX, "18446744073709551.615"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char buffer[NUMBER_BYTES];
        cr_expect_str_eq(number_ns(cases[i].ps, buffer), cases[i].text);
    }
}

Test(number, reals_in_a_table)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "0"},
        {1, "1"},
        {57.6, "57.6"},
        {0.1, "0.1"},
        {1.0 / 3, "0.333333333"},
        {2.0 / 3, "0.666666667"},
        {-2.5, "-2.5"},
        {100, "100"},
        {123456789, "123456789"},
        {1234567894, "1.23456789e+09"},
        {1e9, "1e+09"},
        {999999999.5, "1e+09"},
        {99999999.95, "100000000"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {-1.25e-7, "-1.25e-07"},
        {5e-324, "4.94065646e-324"},
        {-1.7976931348623157e308, "-1.79769313e+308"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char buffer[NUMBER_BYTES];
        cr_expect_str_eq(number_real(cases[i].value, buffer), cases[i].text);
    }
}

Test(number, reals_are_those_of_printf)
{
    struct random random;
    random_init(&random, 1, "number");
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = random_next(&random);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (i % 2) /* half of them of an everyday size */
            value = (double)(int64_t)bits / (double)(UINT64_C(1) << (i % 61));
        if (!isfinite(value))
            continue;
        char expected[64], buffer[NUMBER_BYTES];
        snprintf(expected, sizeof expected, "%.9g", value);
        cr_assert_str_eq(number_real(value, buffer), expected);
    }
}

Test(number, real_nanoseconds_have_three_decimals)
{
    static const struct {
        double ns;
        const char *text;
    } cases[] = {
        {0, "0"},
        {0.0004, "0"},
        {-0.0004, "0"},
        {0.0006, "0.001"},
        {-1.5, "-1.5"},
        {1600.0004, "1600"},
        {123456789012.345, "123456789012.345"},
        {1e15, "1e+15"},
        {19999.9996, "20000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char buffer[NUMBER_BYTES];
        cr_expect_str_eq(number_real_ns(cases[i].ns, buffer), cases[i].text);
    }
}

Test(number, real_nanoseconds_of_whole_picoseconds_are_exact)
{
    struct random random;
    random_init(&random, 2, "number");
    for (int i = 0; i < 100000; i++) {
        uint64_t ps = random_next(&random) >> 14; /* 2^50: far below where a double loses picoseconds */
        char real[NUMBER_BYTES], exact[NUMBER_BYTES];
        cr_assert_str_eq(number_real_ns((double)ps / (double)PS_PER_NS, real), number_ns(ps, exact));
    }
}

Test(number, a_comma_locale_changes_nothing)
{
    if (!locale_with_comma())
        cr_skip_test("no locale with a decimal comma is installed");
    char comma[8], buffer[NUMBER_BYTES];
    snprintf(comma, sizeof comma, "%.1f", 0.5);
    cr_assert_str_eq(comma, "0,5");
    cr_expect_str_eq(number_real(57.6, buffer), "57.6");
    cr_expect_str_eq(number_real(1.25e-7, buffer), "1.25e-07");
    cr_expect_str_eq(number_ns(1500, buffer), "1.5");
    cr_expect_str_eq(number_real_ns(1.5, buffer), "1.5");
}
