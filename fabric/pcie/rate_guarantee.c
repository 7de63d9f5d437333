#include "fabric/pcie/rate_guarantee.h"

#include "fabric/pcie/rate_limit.h"

void rate_guarantee_set(struct rate_guarantee *guarantee, uint64_t bps, uint64_t now_ps)
{
    *guarantee = (struct rate_guarantee){.byte_time = rate_byte_time(bps), .clock_ps = now_ps};
    guarantee->tolerance_ps =
        (uint64_t)((unsigned __int128)RATE_GUARANTEE_TOLERANCE_BYTES * guarantee->byte_time >> LINK_TIME_BITS);
}

void rate_guarantee_give(struct rate_guarantee *guarantee, uint32_t bytes, uint64_t now_ps)
{
    if (guarantee->byte_time == 0)
        return;
    uint64_t least_ps = now_ps > guarantee->tolerance_ps ? now_ps - guarantee->tolerance_ps : 0;
    if (guarantee->clock_ps < least_ps) {
        guarantee->clock_ps = least_ps;
        guarantee->remainder = 0;
    }
    unsigned __int128 time = (unsigned __int128)bytes * guarantee->byte_time + guarantee->remainder;
    guarantee->clock_ps += (uint64_t)(time >> LINK_TIME_BITS);
    guarantee->remainder = (link_time_t)time & ((UINT64_C(1) << LINK_TIME_BITS) - 1);
}
