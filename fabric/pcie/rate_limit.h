/* Rate limit: no more than so many bytes of payload a second.
 *
 * The generic cell rate algorithm (ITU-T I.371, annex A), in its form of a virtual clock: each piece moves the clock on
 * by what it takes at the rate, and may go while the clock is no more than the tolerance ahead. What finds the way
 * taken by others makes up for it afterwards, as far as the tolerance reaches, so that the rate is met also where the
 * link is shared. Whoever is limited is told when it may go; nothing is scheduled. */
#ifndef FABRIC_PCIE_RATE_LIMIT_H
#define FABRIC_PCIE_RATE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/rate_clock.h"

/* The tolerance, as bytes at the rate: the largest TLP. */
#define RATE_LIMIT_TOLERANCE_BYTES 4096

/* All zero: no limit. */
struct rate_limit {
    struct rate_clock clock;
};

/* BPS bits a second from now on, what was before is forgotten; 0: no limit. */
void rate_limit_set(struct rate_limit *limit, uint64_t bps);

static inline bool rate_limit_is_set(const struct rate_limit *limit)
{
    return limit->clock.byte_time != 0;
}

/* BYTES that are ready at READY_PS, later than those before, may go when? They count. */
uint64_t rate_limit_take(struct rate_limit *limit, uint32_t bytes, uint64_t ready_ps);

#endif
