#include "fabric/base/latency.h"

#include <criterion/criterion.h>

Test(latency, a_constant_is_always_the_same)
{
    struct distribution same = {.kind = DISTRIBUTION_UNIFORM, .a = 105000, .b = 105000};
    struct distribution constant = distribution_constant(0);
    struct latency latency;
    latency_init(&latency, latency_of(&same), 1, "chassis", "tor0");
    cr_assert(latency_is_constant(&latency));
    cr_assert_eq(latency_draw_ps(&latency), 105000);
    cr_assert_eq(latency_draw_ps(&latency), 105000);
    latency_init(&latency, latency_of(&constant), 1, "chassis", NULL);
    cr_assert(latency_is_constant(&latency));
    cr_assert_eq(latency_draw_ps(&latency), 0);
}

Test(latency, what_is_drawn_is_the_distributions_and_of_its_own_stream)
{
    struct distribution uniform = {.kind = DISTRIBUTION_UNIFORM, .a = 1000, .b = 3000};
    distribution_prepare(&uniform);
    struct latency one, again, other;
    latency_init(&one, latency_of(&uniform), 7, "chassis", "tor0");
    latency_init(&again, latency_of(&uniform), 7, "chassis", "tor0");
    latency_init(&other, latency_of(&uniform), 7, "chassis", "tor1");
    cr_assert_not(latency_is_constant(&one));
    uint64_t sum = 0, differ = 0;
    for (int n = 0; n < 10000; n++) {
        uint64_t drawn = latency_draw_ps(&one);
        cr_assert(drawn >= 1000 && drawn <= 3000);
        cr_assert_eq(drawn, latency_draw_ps(&again));
        differ += drawn != latency_draw_ps(&other);
        sum += drawn;
    }
    cr_assert_gt(differ, 9900);
    cr_assert(sum > 10000 * UINT64_C(1980) && sum < 10000 * UINT64_C(2020));
}
