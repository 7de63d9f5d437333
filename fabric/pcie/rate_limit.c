#include "fabric/pcie/rate_limit.h"

void rate_limit_set(struct rate_limit *limit, uint64_t bps)
{
    limit->clock = rate_clock_make(bps, 0, RATE_LIMIT_TOLERANCE_BYTES);
}

uint64_t rate_limit_take(struct rate_limit *limit, uint32_t bytes, uint64_t ready_ps)
{
    const struct rate_clock *clock = &limit->clock;
    uint64_t go_ps = ready_ps;
    if (clock->at_ps > clock->tolerance_ps && clock->at_ps - clock->tolerance_ps > go_ps)
        go_ps = clock->at_ps - clock->tolerance_ps;
    rate_clock_advance(&limit->clock, bytes, go_ps);
    return go_ps;
}
