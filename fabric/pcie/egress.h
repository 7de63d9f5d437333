/* Egress: the sending half of a port: what waits for the wire, whose turn it is, and the credits that let it go.
 *
 * TLPs wait in queues (fabric/pcie/egress_queue.h): one for each (input, hierarchy, virtual channel) in a switch, one
 * for each function in an adapter, one for each core and one for completions in a host. An arbiter
 * (fabric/pcie/arbiter.h) runs when the wire is free, and one that may go is sent. When there is none, the egress
 * sleeps until the first time at which that may change: a TLP becomes ready, a credit comes back, an input may send
 * again. A queue found without enough credits when its turn came has a claim on the next ones of that type and buffer:
 * otherwise small TLPs would take them as they come back, one by one, and a large TLP would never see enough at once.
 *
 * A virtual channel has credits of its own; traffic classes are spread evenly over a link's channels. On an MR link
 * each channel is a virtual link, in which each hierarchy may have credits of its own.
 *
 * An egress is part of its port; queues belong to who made them and must outlive it. */
#ifndef FABRIC_PCIE_EGRESS_H
#define FABRIC_PCIE_EGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/check.h"
#include "fabric/engine/event.h"
#include "fabric/engine/occupancy.h"
#include "fabric/pcie/arbiter.h"
#include "fabric/pcie/egress_queue.h"
#include "fabric/pcie/wire.h"

#define TRAFFIC_CLASSES 8

/* The hierarchy of MR-PCIM: on MR links it has credits of its own, which come back without a DLLP, so that links are as
 * if nobody managed them while nobody does. */
#define EGRESS_MANAGEMENT_VH 0

struct data_link;

struct egress_counters { /* in the window */
    uint64_t tlps, payload_bytes, wire_bytes, busy_ps;
    uint64_t waited_before_ps; /* what TLPs that have started in it had waited before it began */
};

/* What an egress is made for. */
struct egress_config {
    uint32_t vh_count;           /* one more than the highest VH number */
    uint32_t vc_count;           /* virtual channels of the link: 1 to 8 */
    struct credit_limits limits; /* what the receiver at the other end advertises, for each channel */
    bool per_vh;                 /* `limits` is each hierarchy's own there */
    const struct arbiter_ops *arbiter;
    const char *stream; /* what the arbiter is called among random streams; not kept */
};

/* What each look at it needs stands together, in front: a rack has more of them than the cache holds. */
struct egress {
    CACHE_LINE_ALIGNED struct fabric *fabric; /* not owned */
    struct data_link *data_link;              /* between it and the wire; NULL: none is needed. Not owned */
    uint64_t free_ps;                         /* when the next TLP may start */
    bool starved;                             /* asleep, and credits may end that */
    bool sending;                             /* in on_sent() */
    bool foreseen;                            /* a stall from `free_ps` on was foreseen, of `foreseen_channel` */
    uint64_t stall_since_ps;                  /* TIME_NEVER, or since when TLPs are ready and none has credits */
    struct egress_channel *foreseen_channel;
    uint64_t stall_ps;    /* such time in the window, as far as it has ended */
    uint64_t interval_ps; /* least time between two starts */
    CACHE_LINE_ALIGNED struct event wake;
    CACHE_LINE_ALIGNED struct component component;
    struct arbiter arbiter;
    struct egress_channel **channels; /* [VH * vc_count + channel]; NULL: it does not use this direction; owned */
    uint32_t vh_count, vc_count;
    struct wire wire;
    CACHE_LINE_ALIGNED struct credit_limits limits;
    struct credits *shared;   /* [channel][CREDIT_TYPES], owned; NULL: each hierarchy has its own */
    struct occupancy waiting; /* TLPs in the queues; its second half is on a line with ... */
    struct egress_counters counters;
    uint64_t wire_free_ps; /* when the wire is idle again; kept where that is not `free_ps` */
    uint32_t holds;        /* why nothing starts: bits of enum egress_hold (egress_hold.h) */
};

/* An egress whose wire is not set yet (wire_init). */
void egress_init(struct egress *egress, struct fabric *fabric, const struct egress_config *config);
void egress_free(struct egress *egress);

/* Prepares for TLPs of hierarchy VH, on all channels; again does nothing. */
void egress_open_vh(struct egress *egress, uint16_t vh);

/* Adds an empty queue for TLPs of hierarchy VH (opened if need be) on channel VC, with `on_sent` as given, no gate and
 * no buffer to give credits back to. */
void egress_add_queue(
    struct egress *egress, struct egress_queue *queue, uint16_t vh, uint32_t vc,
    void (*on_sent)(struct egress_queue *, struct tlp *, uint64_t));

/* What comes into QUEUE, which is empty, is of hierarchy VH (opened if need be) from now on, on channel VC. */
void egress_move_queue(struct egress_queue *queue, uint16_t vh, uint32_t vc);

/* Takes TLP over, to leave at READY_PS (now or later) at the earliest. */
void egress_enqueue(struct egress_queue *queue, struct tlp *tlp, uint64_t ready_ps);

/* The channel that TRAFFIC_CLASS takes on a link of VC_COUNT channels. */
static inline uint32_t egress_vc(uint32_t vc_count, uint8_t traffic_class)
{
    return traffic_class * vc_count / TRAFFIC_CLASSES;
}

/* Where TLPs of hierarchy VH, which must have been opened, and TRAFFIC_CLASS go. */
static inline struct egress_channel *egress_channel(const struct egress *egress, uint16_t vh, uint8_t traffic_class)
{
    CHECK(vh < egress->vh_count);
    struct egress_channel *channel =
        egress->channels[vh * egress->vc_count + egress_vc(egress->vc_count, traffic_class)];
    CHECK(channel != NULL);
    return channel;
}

/* The receiver frees a TLP's place, of CHANNEL of EGRESS, such that this sender knows it at AT_PS. */
void egress_return_credits(
    struct egress *egress, struct egress_channel *channel, enum credit_type type, uint32_t data, uint64_t at_ps);

/* Credits come back at AT_PS: the egress looks at what may go then, if it waits for any. */
void egress_wake_for_credits(struct egress *egress, uint64_t at_ps);

/* The egress looks at what may go at AT_PS, or when the wire is free if that is later. */
void egress_wake_at(struct egress *egress, uint64_t at_ps);

/* Something other than a new TLP takes the wire for BYTES from START_PS on, when it is free. Returns when the last byte
 * has left. */
uint64_t egress_occupy(struct egress *egress, uint32_t bytes, uint64_t start_ps);

/* A TLP that came this WAY leaves the buffer at AT_PS. */
static inline void credit_way_return(const struct credit_way *way, enum credit_type type, uint32_t data, uint64_t at_ps)
{
    egress_return_credits(way->sender, way->channel, type, data, at_ps + way->propagation_ps);
}

/* Nothing waits for credits any more. */
void egress_end_stalls(struct egress *egress);

/* Brings the counters that run over time up to now; what lies after the window does not count. */
void egress_settle(struct egress *egress);

/* TLPs that were ready and had not started, integrated over the window until now, in ps: so that its mean is the
 * throughput times the mean wait (Little's law). */
uint64_t egress_ready_integral_ps(const struct egress *egress);

/* How long the wire has been busy in the window until now. (The counter has a TLP's whole time from its start on.) */
uint64_t egress_busy_ps(const struct egress *egress);

bool egress_is_valid(const struct egress *egress);

#endif
