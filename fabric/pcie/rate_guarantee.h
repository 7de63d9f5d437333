/* Rate guarantee: so many bytes of payload a second for whoever asks for them.
 *
 * A virtual clock again (fabric/pcie/rate_limit.h): while what has been had so far is less than the rate would have
 * given, its owner is owed something, and goes before all who are not. Who asks for nothing for a while is not owed
 * more than the tolerance for it.
 *
 * Nobody is shut out by that: a part in RATE_GUARANTEE_PARTS of what is given out is everybody's, whatever is owed
 * (struct rate_reserve). So no more than the rest of what a link carries may be guaranteed (rate_guarantee_most_bps()).
 */
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

/* --- everybody's part --- */

#define RATE_GUARANTEE_PARTS 32

/* What may be guaranteed in all of what carries PAYLOAD_BPS, in bit/s, rounded down. */
static inline uint64_t rate_guarantee_most_bps(uint64_t payload_bps)
{
    return payload_bps - payload_bps / RATE_GUARANTEE_PARTS - (payload_bps % RATE_GUARANTEE_PARTS != 0);
}

/* Where turns are given to who is owed something, and to the others. All zero at first. */
struct rate_reserve {
    int64_t due_bytes; /* what everybody is behind with, in parts: above 0 it is their turn */
};

/* It is everybody's turn, whatever is owed. */
static inline bool rate_reserve_is_due(const struct rate_reserve *reserve)
{
    return reserve->due_bytes > 0;
}

/* BYTES went to who was owed them, or in everybody's turn. */
void rate_reserve_owed(struct rate_reserve *reserve, uint32_t bytes);
void rate_reserve_common(struct rate_reserve *reserve, uint32_t bytes);

#endif
