/* Quantities: exact, or refused with what would be right. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

#include "hostsim/rack/quantity.h"

static void expect_value(enum quantity_kind kind, const char *text, uint64_t value, bool of_operations)
{
    struct quantity quantity = {0};
    struct quantity_why why = {""};
    cr_assert_eq(quantity_parse(kind, text, &quantity, &why), STATUS_OK, "%s: %s", text, why.text);
    cr_assert_eq(quantity.value, value, "%s gave %" PRIu64, text, quantity.value);
    cr_assert_eq(quantity.of_operations, of_operations);
}

Test(quantity, is_exact)
{
    static const struct {
        enum quantity_kind kind;
        const char *text;
        uint64_t value;
        bool of_operations;
    } cases[] = {
        {QUANTITY_TIME, "0", 0, 0},
        {QUANTITY_TIME, "0.0", 0, 0},
        {QUANTITY_TIME, "0s", 0, 0},
        {QUANTITY_TIME, "0.1us", 100000, 0},
        {QUANTITY_TIME, "1ps", 1, 0},
        {QUANTITY_TIME, "0.001ns", 1, 0},
        {QUANTITY_TIME, "105ns", 105000, 0},
        {QUANTITY_TIME, "1.50ms", 1500000000, 0},
        {QUANTITY_TIME, "5 s", 5000000000000, 0},
        {QUANTITY_TIME, "0.000000000001s", 1, 0},
        {QUANTITY_TIME, "18446744.073709551615s", UINT64_MAX, 0},
        {QUANTITY_TIME, "0018446744.0737095516150s", UINT64_MAX, 0},
        {QUANTITY_SIZE, "64B", 64, 0},
        {QUANTITY_SIZE, "16KiB", 16384, 0},
        {QUANTITY_SIZE, "0.5KiB", 512, 0},
        {QUANTITY_SIZE, "0.0009765625KiB", 1, 0},
        {QUANTITY_SIZE, "1GiB", UINT64_C(1) << 30, 0},
        {QUANTITY_SIZE, "1.5kB", 1500, 0},
        {QUANTITY_SIZE, "2GB", 2000000000, 0},
        /* Sizes round up to whole bytes, weights to millionths. */
        {QUANTITY_SIZE, "1.5B", 2, 0},
        {QUANTITY_SIZE, "0.1KiB", 103, 0},
        {QUANTITY_SIZE, "0.00000001B", 1, 0},
        {QUANTITY_WEIGHT, "0.3333333", 333334, 0},
        {QUANTITY_BANDWIDTH, "100GB/s", 800000000000, 0},
        {QUANTITY_BANDWIDTH, "92.4Gbps", 92400000000, 0},
        {QUANTITY_BANDWIDTH, "0.125B/s", 1, 0},
        {QUANTITY_RATE, "10Gbps", 10000000000000, 0},
        {QUANTITY_RATE, "0.5ops/s", 500, 1},
        {QUANTITY_RATE, "5Mops/s", 5000000000, 1},
        {QUANTITY_OPERATIONS, "600kops/s", 600000000, 1},
        {QUANTITY_LENGTH, "2m", 2000000, 0},
        {QUANTITY_LENGTH, "0.5cm", 5000, 0},
        {QUANTITY_RATIO, "0.8", QUANTITY_RATIO_ONE / 10 * 8, 0},
        {QUANTITY_RATIO, "80%", QUANTITY_RATIO_ONE / 10 * 8, 0},
        {QUANTITY_RATIO, "1e-12", QUANTITY_RATIO_ONE / 1000000000000, 0},
        {QUANTITY_RATIO, "2.5E-3", QUANTITY_RATIO_ONE / 400, 0},
        {QUANTITY_RATIO, "1", QUANTITY_RATIO_ONE, 0},
        {QUANTITY_RATIO, "0e5", 0, 0},
        {QUANTITY_DECIMAL, "0.9", 900, 0},
        {QUANTITY_WEIGHT, "90", 90000000, 0},
        {QUANTITY_WEIGHT, "90%", 900000, 0},
        {QUANTITY_COUNT, "16", 16, 0},
        {QUANTITY_COUNT, "18446744073709551615", UINT64_MAX, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_value(cases[i].kind, cases[i].text, cases[i].value, cases[i].of_operations);
}

/* Every number of nanoseconds with up to three decimals, against its integer. */
Test(quantity, agrees_with_integers)
{
    for (unsigned ps = 0; ps < 20000; ps += 7) {
        char text[40];
        snprintf(text, sizeof text, "%u.%03uns", ps / 1000, ps % 1000);
        expect_value(QUANTITY_TIME, text, ps, false);
        snprintf(text, sizeof text, "%u.%03u000us", ps / 1000, ps % 1000);
        expect_value(QUANTITY_TIME, text, (uint64_t)ps * 1000, false);
    }
}

Test(quantity, says_what_would_be_right)
{
    static const struct {
        enum quantity_kind kind;
        const char *text, *why;
    } cases[] = {
        {QUANTITY_TIME, "80", "80 needs a unit: ps ns us ms s"},
        {QUANTITY_TIME, "0.5ps", "0.5ps is finer than 1 ps"},
        {QUANTITY_TIME, "0.0000000000001s", "0.0000000000001s is finer than 1 ps"},
        {QUANTITY_TIME, "-5ns", "-5ns is negative"},
        {QUANTITY_TIME, "5Us", "unknown unit `Us`; did you mean `us`?"},
        {QUANTITY_TIME, "5KiB", "`5KiB` is not a time; its units are ps ns us ms s"},
        {QUANTITY_TIME, "1e3ns", "`1e3ns` is not a time; write plain decimals"},
        {QUANTITY_TIME, "fast", "`fast` is not a time; its units are ps ns us ms s"},
        {QUANTITY_TIME, "", "a value is missing here: a time in ps ns us ms s"},
        {QUANTITY_TIME, "5.", "`5.` is not a time; its units are ps ns us ms s"},
        {QUANTITY_TIME, ".5ns", "`.5ns` is not a time; its units are ps ns us ms s"},
        {QUANTITY_TIME, "18446744.073709551616s", "18446744.073709551616s is too large"},
        {QUANTITY_TIME, "99999999999999999999999ps", "99999999999999999999999ps is too large"},
        {QUANTITY_TIME, "99999999999s", "99999999999s is too large"},
        {QUANTITY_SIZE, "4kib", "unknown unit `kib`; did you mean `KiB`?"},
        {QUANTITY_SIZE, "4Kb", "unknown unit `Kb`; did you mean `kB`?"},
        {QUANTITY_SIZE, "99999999999GiB", "99999999999GiB is too large"},
        {QUANTITY_BANDWIDTH, "5GBPS", "unknown unit `GBPS`; did you mean `Gbps`?"},
        {QUANTITY_BANDWIDTH, "5kops/s",
         "`5kops/s` is not a rate of data; its units are bps kbps Mbps Gbps B/s kB/s MB/s GB/s"},
        {QUANTITY_OPERATIONS, "5Gbps", "`5Gbps` is not a rate of operations; its units are ops/s kops/s Mops/s"},
        {QUANTITY_RATIO, "80ns", "`80ns` is not a ratio (0.8 or 80%)"},
        {QUANTITY_RATIO, "1e-19", "1e-19 is finer than 1e-18"},
        {QUANTITY_RATIO, "1e99999999999", "1e99999999999 is too large"},
        {QUANTITY_RATIO, "19", "19 is too large"},
        {QUANTITY_COUNT, "1.5", "1.5 is not a whole number"},
        {QUANTITY_COUNT, "-1", "-1 is negative"},
        {QUANTITY_COUNT, "many", "`many` is not a whole number"},
        {QUANTITY_COUNT, "18446744073709551616", "18446744073709551616 is too large"},
        {QUANTITY_DECIMAL, "0.0001", "0.0001 is finer than a thousandth"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct quantity quantity = {.value = 77};
        struct quantity_why why;
        cr_assert_eq(quantity_parse(cases[i].kind, cases[i].text, &quantity, &why), STATUS_INVALID_ARGUMENT);
        cr_expect_str_eq(why.text, cases[i].why, "%s: %s", cases[i].text, why.text);
        cr_expect_eq(quantity.value, 77);
    }
}

Test(quantity, reads_booleans)
{
    bool value = false;
    struct quantity_why why;
    cr_assert(quantity_parse_boolean("on", &value, &why) == STATUS_OK && value);
    cr_assert(quantity_parse_boolean("false", &value, &why) == STATUS_OK && !value);
    cr_assert(quantity_parse_boolean("true", &value, &why) == STATUS_OK && value);
    cr_assert(quantity_parse_boolean("off", &value, &why) == STATUS_OK && !value);
    cr_assert_eq(quantity_parse_boolean("yes", &value, &why), STATUS_INVALID_ARGUMENT);
    cr_assert_str_eq(why.text, "`yes` is neither on nor off");
}

Test(quantity, as_text_in_the_largest_unit_that_fits)
{
    static const struct {
        enum quantity_kind kind;
        uint64_t value;
        const char *text;
    } cases[] = {
        {QUANTITY_TIME, 0, "0ps"},        {QUANTITY_TIME, 1, "1ps"},
        {QUANTITY_TIME, 105000, "105ns"}, {QUANTITY_TIME, 1500, "1500ps"},
        {QUANTITY_SIZE, 4096, "4KiB"},    {QUANTITY_SIZE, 1, "1B"},
        {QUANTITY_SIZE, 5000, "5000B"},   {QUANTITY_SIZE, UINT64_C(1) << 40, "1024GiB"},
    };
    for (size_t n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        char buffer[QUANTITY_TEXT_BYTES];
        cr_expect_str_eq(quantity_text(cases[n].kind, cases[n].value, buffer), cases[n].text);
    }
}
