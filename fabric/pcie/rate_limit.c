#include "fabric/pcie/rate_limit.h"

#include "fabric/base/time.h"

link_time_t rate_byte_time(uint64_t bps)
{
    if (bps == 0)
        return 0;
    unsigned __int128 byte = (unsigned __int128)8 * PS_PER_S << LINK_TIME_BITS;
    unsigned __int128 time = (byte + bps / 2) / bps;
    return time > UINT64_MAX ? UINT64_MAX : (link_time_t)time;
}

void rate_limit_set(struct rate_limit *limit, uint64_t bps)
{
    *limit = (struct rate_limit){.byte_time = rate_byte_time(bps)};
    limit->tolerance_ps =
        (uint64_t)((unsigned __int128)RATE_LIMIT_TOLERANCE_BYTES * limit->byte_time >> LINK_TIME_BITS);
}

uint64_t rate_limit_take(struct rate_limit *limit, uint32_t bytes, uint64_t ready_ps)
{
    uint64_t go_ps = ready_ps;
    if (limit->clock_ps > limit->tolerance_ps && limit->clock_ps - limit->tolerance_ps > go_ps)
        go_ps = limit->clock_ps - limit->tolerance_ps;
    if (limit->clock_ps < go_ps) {
        limit->clock_ps = go_ps;
        limit->remainder = 0;
    }
    unsigned __int128 time = (unsigned __int128)bytes * limit->byte_time + limit->remainder;
    limit->clock_ps += (uint64_t)(time >> LINK_TIME_BITS);
    limit->remainder = (link_time_t)time & ((UINT64_C(1) << LINK_TIME_BITS) - 1);
    return go_ps;
}
