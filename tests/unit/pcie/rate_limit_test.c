#include "fabric/pcie/rate_limit.h"

#include <criterion/criterion.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"

#define GBPS UINT64_C(1000000000)

/* 8 Gb/s: a byte a nanosecond. */
static struct rate_limit limit_of_a_byte_a_ns(void)
{
    struct rate_limit limit;
    rate_limit_set(&limit, 8 * GBPS);
    cr_assert(rate_limit_is_set(&limit));
    return limit;
}

Test(rate_limit, paces_what_is_always_ready)
{
    struct rate_limit limit = limit_of_a_byte_a_ns();
    uint64_t go_ps = 0;
    for (uint64_t n = 0; n < 1000; n++) {
        uint64_t expected_ns = n * 256 > RATE_LIMIT_TOLERANCE_BYTES ? n * 256 - RATE_LIMIT_TOLERANCE_BYTES : 0;
        go_ps = rate_limit_take(&limit, 256, go_ps);
        cr_assert_eq(go_ps, expected_ns * PS_PER_NS, "%lu: %lu", (unsigned long)n, (unsigned long)go_ps);
    }
}

/* Against the definition: what went by any time is no more than the rate gives in it, and a burst. */
Test(rate_limit, never_gives_more_and_makes_up_for_what_others_took)
{
    struct random random;
    random_init(&random, 1, "rate_limit_test");
    struct rate_limit limit = limit_of_a_byte_a_ns();
    uint64_t begin_ps = 0, now_ps = 0, bytes = 0;
    for (int n = 0; n < 100000; n++) {
        uint32_t size = (uint32_t)random_below(&random, 1024) + 1;
        uint64_t go_ps = rate_limit_take(&limit, size, now_ps);
        cr_assert_geq(go_ps, now_ps);
        if (go_ps > begin_ps + (bytes + RATE_LIMIT_TOLERANCE_BYTES) * PS_PER_NS) {
            begin_ps = go_ps; /* it had nothing to send: a new busy time */
            bytes = 0;
        }
        cr_assert_leq(bytes * PS_PER_NS, go_ps - begin_ps + (RATE_LIMIT_TOLERANCE_BYTES + 1) * PS_PER_NS);
        bytes += size;
        /* Others have the link for up to 2,000 bytes' time: less than the tolerance, so nothing is lost by it. */
        now_ps = go_ps + random_below(&random, 2000) * PS_PER_NS;
        if (now_ps > begin_ps + bytes * PS_PER_NS)
            now_ps = begin_ps + bytes * PS_PER_NS;
    }
    cr_assert_leq(now_ps - begin_ps, bytes * PS_PER_NS, "the rate was met");
}

Test(rate_limit, keeps_fractions_of_a_picosecond)
{
    struct rate_limit limit;
    rate_limit_set(&limit, 3 * GBPS); /* 8/3 ns a byte */
    uint64_t go_ps = 0;
    for (int n = 0; n < 30001; n++)
        go_ps = rate_limit_take(&limit, 1, go_ps);
    uint64_t expected_ps = (30000 - RATE_LIMIT_TOLERANCE_BYTES) * 8 * PS_PER_NS / 3;
    cr_assert_leq(expected_ps > go_ps ? expected_ps - go_ps : go_ps - expected_ps, 1);
}

Test(rate_limit, nothing_is_no_limit)
{
    struct rate_limit limit;
    rate_limit_set(&limit, 0);
    cr_assert_not(rate_limit_is_set(&limit));
    for (int n = 0; n < 100; n++)
        cr_assert_eq(rate_limit_take(&limit, 4096, 5), 5);
    cr_assert_eq(rate_byte_time(0), 0);
    cr_assert_gt(rate_byte_time(1), 0);
}
