/* Tag turns: who of those that wait for a tag of an adapter gets one that is free, where they have weights or
 * guarantees. (Where nobody has, it is who has waited longest: fabric/pcie/wait_line.h.)
 *
 * Who is owed what it would read goes first, in the order of the line, but for everybody's part
 * (fabric/pcie/rate_guarantee.h). Otherwise tags are shared by weight, a read being a read, as turns at the port are by
 * TLPs: each function has a time of its own, which a tag moves on by a round over its weight, and the one that is
 * furthest behind is the next (start-time fair queueing: Goyal, Vin and Cheng, SIGCOMM 1996). A function that did not
 * want any for a while has a round to make up for, no more. */
#ifndef FABRIC_ADAPTER_TAG_TURNS_H
#define FABRIC_ADAPTER_TAG_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/rate_guarantee.h"
#include "fabric/pcie/wait_line.h"

/* All zero at first. */
struct tag_turns {
    bool guarantees;             /* some function has, or has had, a guarantee */
    bool weighs;                 /* or a weight of more than 1 */
    uint64_t time;               /* of the furthest who has had a tag, as it had it */
    struct rate_reserve reserve; /* in bytes of the largest reads */
};

/* Takes the one out of LINE, of DMA engines (their `waiter`), whose turn it is at NOW_PS; NULL: nobody waits. */
struct waiter *tag_turns_leave(struct tag_turns *turns, struct wait_line *line, uint64_t now_ps);

#endif
