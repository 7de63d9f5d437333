#include "fabric/pcie/rate_guarantee.h"

#include <criterion/criterion.h>

#include "fabric/base/time.h"

/* 8 Gb/s: a byte a nanosecond. */
#define BPS UINT64_C(8000000000)

Test(rate_guarantee, is_owed_until_the_rate_is_met)
{
    struct rate_guarantee guarantee;
    rate_guarantee_set(&guarantee, BPS, 1000 * PS_PER_NS);
    cr_assert_not(rate_guarantee_is_owed(&guarantee, 999 * PS_PER_NS));
    cr_assert(rate_guarantee_is_owed(&guarantee, 1000 * PS_PER_NS));
    rate_guarantee_give(&guarantee, 256, 1000 * PS_PER_NS);
    cr_assert_not(rate_guarantee_is_owed(&guarantee, 1256 * PS_PER_NS - 1));
    cr_assert(rate_guarantee_is_owed(&guarantee, 1256 * PS_PER_NS));
}

Test(rate_guarantee, what_others_took_is_still_owed)
{
    struct rate_guarantee guarantee;
    rate_guarantee_set(&guarantee, BPS, 0);
    uint64_t given = 0;
    for (; rate_guarantee_is_owed(&guarantee, 4096 * PS_PER_NS); given += 256)
        rate_guarantee_give(&guarantee, 256, 4096 * PS_PER_NS);
    cr_assert_eq(given, 4096 + 256, "all of the 4,096 ns, and the piece that goes beyond");
}

Test(rate_guarantee, idle_time_is_owed_up_to_the_tolerance)
{
    struct rate_guarantee guarantee;
    rate_guarantee_set(&guarantee, BPS, 0);
    uint64_t given = 0;
    for (; rate_guarantee_is_owed(&guarantee, PS_PER_S); given += 256)
        rate_guarantee_give(&guarantee, 256, PS_PER_S);
    cr_assert_eq(given, RATE_GUARANTEE_TOLERANCE_BYTES + 256);
}

Test(rate_guarantee, nothing_is_never_owed)
{
    struct rate_guarantee guarantee;
    rate_guarantee_set(&guarantee, 0, 0);
    rate_guarantee_give(&guarantee, 256, 0);
    cr_assert_not(rate_guarantee_is_owed(&guarantee, PS_PER_S));
}
