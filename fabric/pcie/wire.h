/* Wire: one direction of a link, from a transmitter to the port at its other end.
 *
 * It takes one TLP at a time for as long as its bytes take, to the exact fraction of a picosecond, and gives it to the
 * receiver a propagation later. TLPs under way are a list in order; only the first has an event. */
#ifndef FABRIC_PCIE_WIRE_H
#define FABRIC_PCIE_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/cache_line.h"
#include "fabric/engine/event.h"
#include "fabric/engine/trace.h"
#include "fabric/pcie/fabric.h"
#include "fabric/pcie/link.h"
#include "fabric/pcie/tlp.h"

struct port;

/* When the receiver wants a TLP. */
struct wire_delivery {
    bool at_head;      /* counted from the first byte's arrival (cut-through); false: from the last one's */
    uint64_t delay_ps; /* the receiver's own latency after that */
};

struct wire {
    CACHE_LINE_ALIGNED link_time_t byte_time;
    link_time_t remainder; /* of a picosecond, carried from one TLP to the next */
    link_time_t flit_time; /* 0: not in flit mode */
    uint64_t propagation_ps;
    struct trace_tap *tap; /* who looks at what starts here; NULL: nobody. Not owned */
    struct wire_delivery delivery;
    struct tlp *first, *last; /* under way, in order */
    uint8_t overhead_bytes[TLP_TYPES];
    struct port *receiver; /* not owned */
    struct fabric *fabric; /* not owned */
    struct component component;
    CACHE_LINE_ALIGNED struct event arrival; /* of `first` at the receiver */
};

/* A wire to RECEIVER as DIRECTION of CONFIG has it; MR: its TLPs carry the MR prefix. */
void wire_init(
    struct wire *wire, struct fabric *fabric, struct port *receiver, const struct link_config *config,
    enum link_direction direction, bool mr, struct wire_delivery delivery);

/* What TLP takes of the wire, in bytes. */
static inline uint32_t wire_bytes(const struct wire *wire, const struct tlp *tlp)
{
    return wire->overhead_bytes[tlp->type] + tlp_payload_bytes(tlp);
}

/* How long BYTES take, rounded up: no TLP takes longer, whatever fraction the one before it left. */
static inline uint64_t wire_duration_ps(const struct wire *wire, uint32_t bytes)
{
    unsigned __int128 almost_one = ((unsigned __int128)1 << LINK_TIME_BITS) - 1;
    return (uint64_t)(((unsigned __int128)bytes * wire->byte_time + almost_one) >> LINK_TIME_BITS);
}

/* Sends TLP, of BYTES on this wire, from START_PS (now; the wire must be idle) on and takes it over. Returns when its
 * last byte has left. */
uint64_t wire_send(struct wire *wire, struct tlp *tlp, uint32_t bytes, uint64_t start_ps);

/* Takes the wire for BYTES from START_PS on; nothing arrives. Returns when the last byte has left. */
uint64_t wire_occupy(struct wire *wire, uint32_t bytes, uint64_t start_ps);

/* BYTES have passed while nobody looked; nothing arrives. Returns how long the wire was busy with them. */
uint64_t wire_pass(struct wire *wire, uint64_t bytes);

/* When what ends at END_PS here is at the receiver, in whole flits where there are any. */
uint64_t wire_arrival_ps(const struct wire *wire, uint64_t end_ps);

/* When the receiver gets TLP, which is on the wire from START_PS to END_PS. */
uint64_t wire_ready_ps(const struct wire *wire, const struct tlp *tlp, uint64_t start_ps, uint64_t end_ps);

/* TLP, which is on the wire from START_PS to END_PS, will arrive: takes it over. Later than all before it. */
void wire_deliver(struct wire *wire, struct tlp *tlp, uint64_t start_ps, uint64_t end_ps);

/* All that is under way never arrives: END has it, in order. */
void wire_drain(struct wire *wire, void (*end)(void *owner, struct tlp *tlp), void *owner);

/* TLP, on its way to the receiver, carries a journey: what of that is the wire's, from the start of transmission on. */
void wire_carry_journey(const struct wire *wire, const struct tlp *tlp);

/* In flit mode: how many flits are entered by what has the wire for BYTES from START_PS on. *NEXT is the first flit
 * that nothing was in before, and moves on. */
uint32_t wire_enter_flits(const struct wire *wire, uint64_t start_ps, uint32_t bytes, uint64_t *next);

/* How long a flit takes, rounded up; 0 where there are none. */
static inline uint64_t wire_flit_ps(const struct wire *wire)
{
    return (wire->flit_time >> LINK_TIME_BITS) + (wire->flit_time != 0);
}

bool wire_is_valid(const struct wire *wire);

#endif
