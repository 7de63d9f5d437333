/* Rate guarantee: so many bytes of payload a second for whoever asks for them.
 *
 * A virtual clock again (fabric/pcie/rate_limit.h): while what has been had so far is less than the rate would have
 * given, its owner is owed something, and goes before all who are not. Who asks for nothing for a while is not owed
 * more than the tolerance for it. */
#ifndef FABRIC_PCIE_RATE_GUARANTEE_H
#define FABRIC_PCIE_RATE_GUARANTEE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/rate_clock.h"

/* What may be owed at most, as bytes at the rate: two of the largest TLPs. */
#define RATE_GUARANTEE_TOLERANCE_BYTES 8192

/* All zero: nothing is guaranteed. */
struct rate_guarantee {
    struct rate_clock clock; /* until when what has been had is enough */
};

/* BPS bits a second from NOW_PS on; 0: nothing. */
void rate_guarantee_set(struct rate_guarantee *guarantee, uint64_t bps, uint64_t now_ps);

static inline bool rate_guarantee_is_owed(const struct rate_guarantee *guarantee, uint64_t now_ps)
{
    return guarantee->clock.byte_time != 0 && guarantee->clock.at_ps <= now_ps;
}

/* It has had BYTES at NOW_PS. */
void rate_guarantee_give(struct rate_guarantee *guarantee, uint32_t bytes, uint64_t now_ps);

#endif
