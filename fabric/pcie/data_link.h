/* Data link: one end of a link that acknowledges, sends again and tells credits by DLLPs.
 *
 * A port has one where DLLPs take wire time, where bits fail, or where the scenario says how often DLLPs go; all other
 * links do without, and cost nothing. It stands between the egress and its wire:
 *
 *   - What the egress sends gets a sequence number and a place in the replay buffer until its Ack has arrived. When the
 *     buffer is full the transmitter waits.
 *   - What the partner sends it acknowledges: every N TLPs, or when the latency limit has passed since the first.
 *   - Credits that its receiver frees it tells the partner with UpdateFCs (fabric/pcie/update_fc.h).
 *   - Where bits fail (fabric/pcie/bit_errors.h), a TLP with a wrong bit is not taken; its Nak makes the sender send it
 *     and all after it again, in order, before new ones. A DLLP with a wrong bit is lost. What then no Ack or Nak
 * covers, the replay timer does; the fourth replay without progress retrains the link (base specification, 3.6).
 *
 * An idle link, too, has an UpdateFC of each kind every 30 us (2.6.1.2). They say nothing new, so they have no events:
 * the wire has had them when somebody next looks.
 *
 * DLLPs go before TLPs that have not started, so that when one starts and arrives is known at once: there are events
 * for the times at which something is due, none for DLLPs under way. And whether a TLP is taken is known when it is
 * sent. A receiver that forwards at the head has forwarded part of a TLP before it sees the end: what goes on is a
 * nullified TLP, which the next egress sends and nobody takes.
 *
 * Part of its port, which it must not outlive. */
#ifndef FABRIC_PCIE_DATA_LINK_H
#define FABRIC_PCIE_DATA_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/engine/event.h"
#include "fabric/pcie/bit_errors.h"
#include "fabric/pcie/egress.h"
#include "fabric/pcie/link_state.h"
#include "fabric/pcie/replay_buffer.h"
#include "fabric/pcie/update_fc.h"
#include "fabric/pcie/update_fc_repeats.h"

/* The receiver's view of the sequence (base specification, 3.6.3.2): its state, what comes, what it does. */
enum receiver_state {
    RECEIVER_IN_ORDER,
    RECEIVER_NAKED, /* a Nak is due or sent, and no good expected TLP has come since */
    RECEIVER_STATES,
};

enum received {
    RECEIVED_EXPECTED,  /* good, with the next sequence number */
    RECEIVED_BAD,       /* with a wrong bit */
    RECEIVED_DUPLICATE, /* good, and taken before: its Ack was lost */
    RECEIVED_AHEAD,     /* good, and one before it is missing */
    RECEIVED_KINDS,
};

enum receiver_action {
    RECEIVER_TAKES,    /* hands it on, and acknowledges by its policy */
    RECEIVER_NAKS,     /* discards it and sends a Nak */
    RECEIVER_ACKS,     /* discards it and acknowledges it now */
    RECEIVER_DISCARDS, /* says nothing: one Nak is enough */
};

struct receiver_step {
    uint8_t next;   /* enum receiver_state */
    uint8_t action; /* enum receiver_action */
};

struct receiver_step receiver_step(enum receiver_state state, enum received received);

/* Replays in a row without progress that make the link retrain. */
#define DATA_LINK_REPLAYS_MOST 4

struct data_link {
    struct egress *egress;     /* whose end it is; not owned */
    struct data_link *partner; /* not owned */
    struct component component;
    uint32_t dllp_bytes; /* what one takes of the wire; 0 where they are not charged or stand in flits */

    /* As a transmitter of TLPs. */
    struct replay_buffer buffer;
    struct bit_errors errors;         /* of its direction */
    uint64_t flits;                   /* in flit mode: the first of its direction that nothing was in yet */
    bool stalled;                     /* the egress waits for a place in the buffer */
    bool repeats_fc;                  /* where DLLPs take wire time and the scenario does not say when UpdateFCs go */
    struct update_fc_repeats repeats; /* of UpdateFCs of finite credits */
    enum link_state state;            /* active, or in recovery */
    uint8_t replays;                  /* in a row, without progress */
    uint64_t resend;                  /* count of the next TLP to send again; buffer.next: none */
    uint64_t replayed_from;           /* what the last replay began with */
    uint64_t trained_ps;              /* nothing is sent before */
    uint64_t timer_ps;                /* the replay timer */
    uint64_t training_ps;
    struct event nak;     /* a Nak arrives */
    struct event timer;   /* the replay timer may have run out; only where bits may fail */
    struct event trained; /* recovery ends */

    /* As a receiver of what the partner sends. */
    enum receiver_state receiver;
    uint32_t ack_every;    /* TLPs an Ack; 0: by the limit */
    uint64_t ack_limit_ps; /* the latency limit */
    uint64_t ack_sent;     /* the first TLP that no Ack of this end covers */
    uint64_t nak_ps;       /* when a Nak is due; TIME_NEVER: none is */
    uint64_t ack_ps;       /* when an Ack is due for a duplicate; TIME_NEVER: none is */
    struct event due;      /* an Ack or a Nak is */

    /* Credits that its receiver frees. */
    struct update_fc_policy updates_policy;
    struct update_fc **updates; /* owned, and the array; the transmitter's credits refer to them */
    uint32_t update_count;

    /* In the window. */
    uint64_t dllps;   /* sent */
    uint64_t resends; /* TLPs sent again */
    uint64_t retrains;
};

/* Whether a link of CONFIG needs data links. */
bool data_link_is_needed(const struct link_config *config);

/* The ends UPPER and LOWER of a link, whose egresses have their wires and what they must know of this
 * (egress.data_link). No bits fail yet. */
void data_link_init(
    struct data_link *link, struct data_link *partner, struct egress *egress, const struct link_config *config);
void data_link_free(struct data_link *link);

/* Bits that this end sends fail with RATE, in BIT_ERRORS_ONE-ths, drawn from the stream of NAME. A link that
 * is up may get a rate that had none. */
void data_link_set_errors(struct data_link *link, uint64_t rate, const char *name);

/* This end's receiver tells the partner what it frees of CREDITS, which are those of the partner's egress. */
void data_link_watch(struct data_link *link, struct credits *credits);

/* Its link goes down: what it holds END has, in order; of all else it forgets what was agreed. It is as new once
 * data_link_up() says that the link is up again. */
void data_link_down(struct data_link *link, void (*end)(void *owner, struct tlp *tlp), void *owner);
void data_link_up(struct data_link *link);

/* Nothing new starts at either end for `training`; what is on the wire arrives. */
void data_link_retrain(struct data_link *link);

/* What is in the way of a new TLP, for data_link_is_clear(). */
bool data_link_clear_way(struct data_link *link, uint64_t now_ps);

/* True when the egress, whose wire is free, may send a new TLP now. Otherwise it is woken when that may have changed;
 * and what has to be sent again before is sent on. */
static inline bool data_link_is_clear(struct data_link *link, uint64_t now_ps)
{
    bool clear = link->resend == link->buffer.next && link->state == LINK_ACTIVE && now_ps < link->repeats.at_ps;
    if (__builtin_expect(clear && replay_buffer_has_room(&link->buffer, now_ps), 1))
        return true;
    return data_link_clear_way(link, now_ps);
}

/* Sends TLP, of BYTES on the wire, from NOW_PS on, as wire_send() does; the way must be clear. */
uint64_t data_link_send(struct data_link *link, struct tlp *tlp, uint32_t bytes, uint64_t now_ps);

/* Counts what has gone over the wire by NOW_PS without an event. */
void data_link_settle(struct data_link *link, uint64_t now_ps);

/* TLPs that it holds, to be sent again. */
uint64_t data_link_held(const struct data_link *link);

bool data_link_is_valid(const struct data_link *link);

#endif
