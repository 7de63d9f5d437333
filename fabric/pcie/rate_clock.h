/* Rate clock: when all that has gone so far would have gone at a rate: a virtual clock, moved on by each piece, to the
 * exact fraction of a picosecond. What limits (fabric/pcie/rate_limit.h) and what guarantees
 * (fabric/pcie/rate_guarantee.h) both go by one. */
#ifndef FABRIC_PCIE_RATE_CLOCK_H
#define FABRIC_PCIE_RATE_CLOCK_H

#include <stdint.h>

#include "fabric/pcie/link.h"

/* All zero: no rate. */
struct rate_clock {
    link_time_t byte_time; /* 0: no rate */
    link_time_t remainder; /* of a picosecond, carried on */
    uint64_t at_ps;
    uint64_t tolerance_ps; /* what its user allows */
};

/* How long a byte takes at BPS bits a second; 0 for 0. */
link_time_t rate_byte_time(uint64_t bps);

/* A clock of BPS bits a second (0: no rate), at AT_PS, whose tolerance is what TOLERANCE_BYTES take. */
struct rate_clock rate_clock_make(uint64_t bps, uint64_t at_ps, uint32_t tolerance_bytes);

/* BYTES have gone; a clock that was before LEAST_PS begins there. */
void rate_clock_advance(struct rate_clock *clock, uint32_t bytes, uint64_t least_ps);

#endif
