#include "fabric/pcie/rate_guarantee.h"

void rate_guarantee_set(struct rate_guarantee *guarantee, uint64_t bps, uint64_t now_ps)
{
    guarantee->clock = rate_clock_make(bps, now_ps, RATE_GUARANTEE_TOLERANCE_BYTES);
}

void rate_guarantee_give(struct rate_guarantee *guarantee, uint32_t bytes, uint64_t now_ps)
{
    uint64_t tolerance_ps = guarantee->clock.tolerance_ps;
    if (guarantee->clock.byte_time != 0)
        rate_clock_advance(&guarantee->clock, bytes, now_ps > tolerance_ps ? now_ps - tolerance_ps : 0);
}

/* What went in everybody's turns while nobody was owed anything counts as far as this. */
#define RESERVE_LEAST_BYTES (-(int64_t)RATE_GUARANTEE_PARTS * RATE_GUARANTEE_TOLERANCE_BYTES)

void rate_reserve_owed(struct rate_reserve *reserve, uint32_t bytes)
{
    reserve->due_bytes += bytes;
}

void rate_reserve_common(struct rate_reserve *reserve, uint32_t bytes)
{
    reserve->due_bytes -= (int64_t)(RATE_GUARANTEE_PARTS - 1) * bytes;
    if (reserve->due_bytes < RESERVE_LEAST_BYTES)
        reserve->due_bytes = RESERVE_LEAST_BYTES;
}
