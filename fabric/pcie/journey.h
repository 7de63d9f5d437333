/* Journey: where the time of an operation went.
 *
 * A chain of times from the operation's arrival to its end: each stage says up to when the time was whose. An operation
 * of several TLPs goes the way of those that end it: at its issuer every request counts, one after the other; from
 * there on the last request, and of a read the last completion of that. What no stage claims was waiting: for a turn,
 * for the wire, for the operation's other TLPs. So the parts always add up to the latency.
 *
 * One cache line of the operation (fabric/pcie/operation.h). TLPs that carry a journey have the attribute TLP_JOURNEY.
 * Sources need not have all operations followed: a workload's flow takes a sample when there are many.
 */
#ifndef FABRIC_PCIE_JOURNEY_H
#define FABRIC_PCIE_JOURNEY_H

#include <stdint.h>

enum journey_part {
    JOURNEY_SOURCE,        /* before its issuer took it, and between core and root port */
    JOURNEY_CREDITS,       /* at the head of a queue, without credits */
    JOURNEY_SERIALISATION, /* its bytes on wires, as far as no switch sends them on at the same time */
    JOURNEY_SWITCHES,      /* the latency of chassis */
    JOURNEY_WIRES,         /* propagation */
    JOURNEY_MEMORY,        /* a host's memory and IOMMU */
    JOURNEY_ADAPTER,       /* register access */
    JOURNEY_PARTS
};

struct journey {
    uint64_t at_ps; /* up to here it is known */
    uint64_t parts_ps[JOURNEY_PARTS];
};

/* The time up to UNTIL_PS was PART's. Nothing happens when that has been accounted for. */
static inline void journey_pass(struct journey *journey, enum journey_part part, uint64_t until_ps)
{
    if (until_ps <= journey->at_ps)
        return;
    journey->parts_ps[part] += until_ps - journey->at_ps;
    journey->at_ps = until_ps;
}

/* The time up to UNTIL_PS was spent waiting. */
static inline void journey_wait(struct journey *journey, uint64_t until_ps)
{
    if (until_ps > journey->at_ps)
        journey->at_ps = until_ps;
}

/* It is all there at NOW_PS, and PART takes until UNTIL_PS. */
static inline void journey_arrive(struct journey *journey, uint64_t now_ps, enum journey_part part, uint64_t until_ps)
{
    journey_pass(journey, JOURNEY_SERIALISATION, now_ps); /* what of it came in behind its first byte */
    journey_pass(journey, part, until_ps);
}

#endif
