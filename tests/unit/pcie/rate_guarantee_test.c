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

/* Where all is owed, a part in 32 is everybody's, and what went otherwise counts for no more than the tolerance. */
Test(rate_guarantee, a_part_is_everybodys)
{
    struct rate_reserve reserve = {0};
    uint64_t owed = 0, common = 0;
    for (uint32_t n = 0; n < 32000; n++) {
        bool due = rate_reserve_is_due(&reserve);
        uint32_t bytes = n % 3 == 0 ? 64 : 284;
        if (due)
            rate_reserve_common(&reserve, bytes);
        else
            rate_reserve_owed(&reserve, bytes);
        *(due ? &common : &owed) += bytes;
    }
    cr_assert_float_eq((double)common / (double)(owed + common), 1.0 / RATE_GUARANTEE_PARTS, 1e-3);
    for (uint32_t n = 0; n < 1000; n++)
        rate_reserve_common(&reserve, 4096);
    for (owed = 0; !rate_reserve_is_due(&reserve); owed += 256)
        rate_reserve_owed(&reserve, 256);
    cr_assert_leq(owed, RATE_GUARANTEE_PARTS * RATE_GUARANTEE_TOLERANCE_BYTES + 256);
}

Test(rate_guarantee, what_may_be_guaranteed_is_all_but_that_part)
{
    cr_assert_eq(rate_guarantee_most_bps(0), 0);
    cr_assert_eq(rate_guarantee_most_bps(31), 30, "30.03, rounded down");
    cr_assert_eq(rate_guarantee_most_bps(32), 31);
    cr_assert_eq(rate_guarantee_most_bps(320000000000), 310000000000);
    cr_assert_eq(rate_guarantee_most_bps(UINT64_MAX), UINT64_MAX / 32 * 31 + 30);
}
