#include "tests/bench/hold_delay.h"

#include <math.h>

#include "fabric/base/time.h"

#define SEED UINT64_C(0x9e3779b97f4a7c15)

void hold_delay_init_exponential(struct hold_delay *delay, uint64_t mean_ps)
{
    delay->state = SEED;
    for (uint32_t i = 0; i < HOLD_DELAYS; i++)
        delay->table[i] = (uint64_t)(-log((i + 0.5) / HOLD_DELAYS) * (double)mean_ps);
}

/* Fills COUNT entries from the place NEXT on, evenly from FROM_PS to TO_PS; returns the place after them. */
static uint32_t fill(struct hold_delay *delay, uint32_t next, uint32_t count, uint64_t from_ps, uint64_t to_ps)
{
    for (uint32_t i = 0; i < count; i++)
        delay->table[next + i] = from_ps + (to_ps - from_ps) * i / count;
    return next + count;
}

void hold_delay_init_rack(struct hold_delay *delay)
{
    delay->state = SEED;
    uint32_t next = fill(delay, 0, 640, 3 * PS_PER_NS, 70 * PS_PER_NS);
    next = fill(delay, next, 256, 5 * PS_PER_NS, 200 * PS_PER_NS);
    next = fill(delay, next, 96, 100 * PS_PER_NS, 300 * PS_PER_NS);
    next = fill(delay, next, 24, PS_PER_US, 2 * PS_PER_US);
    fill(delay, next, 8, 10 * PS_PER_US, 100 * PS_PER_US);
}
