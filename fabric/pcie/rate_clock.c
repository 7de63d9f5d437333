#include "fabric/pcie/rate_clock.h"

#include "fabric/base/time.h"

link_time_t rate_byte_time(uint64_t bps)
{
    if (bps == 0)
        return 0;
    unsigned __int128 byte = (unsigned __int128)8 * PS_PER_S << LINK_TIME_BITS;
    unsigned __int128 time = (byte + bps / 2) / bps;
    return time > UINT64_MAX ? UINT64_MAX : (link_time_t)time;
}

struct rate_clock rate_clock_make(uint64_t bps, uint64_t at_ps, uint32_t tolerance_bytes)
{
    link_time_t byte_time = rate_byte_time(bps);
    return (struct rate_clock){
        .byte_time = byte_time,
        .at_ps = at_ps,
        .tolerance_ps = (uint64_t)((unsigned __int128)tolerance_bytes * byte_time >> LINK_TIME_BITS),
    };
}

void rate_clock_advance(struct rate_clock *clock, uint32_t bytes, uint64_t least_ps)
{
    if (clock->at_ps < least_ps) {
        clock->at_ps = least_ps;
        clock->remainder = 0;
    }
    unsigned __int128 time = (unsigned __int128)bytes * clock->byte_time + clock->remainder;
    clock->at_ps += (uint64_t)(time >> LINK_TIME_BITS);
    clock->remainder = (link_time_t)time & ((UINT64_C(1) << LINK_TIME_BITS) - 1);
}
