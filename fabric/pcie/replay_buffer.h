/* Replay buffer: the TLPs that one end of a link has sent and that are not acknowledged yet, in order.
 *
 * Each has a sequence number of 12 bits and a place here until an Ack that covers it has arrived; a full buffer stalls
 * the transmitter (base specification, 3.6.2). The buffer is a ring that counts; a TLP that the receiver has taken
 * belongs to the receiver, and only its length stays. One that it has not taken, because bits of it or of one before it
 * were wrong, is held here to be sent again.
 *
 * Acks come back lazily, as credits do: who sends one says when it will arrive, and the sender looks at what has
 * arrived when it has no place left. */
#ifndef FABRIC_PCIE_REPLAY_BUFFER_H
#define FABRIC_PCIE_REPLAY_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fabric/pcie/tlp.h"

#define REPLAY_SEQUENCES 4096

/* Unacknowledged TLPs at most: more than half the numbers would be ambiguous (3.6.2.1). */
#define REPLAY_BUFFER_MOST (REPLAY_SEQUENCES / 2 - 1)

/* What it takes to send a TLP again. */
struct replay_entry {
    struct tlp *held; /* not taken yet: owned; NULL: the receiver has taken it */
    uint64_t sent_ps; /* when its last byte left, the last time */
    uint32_t bytes;   /* on the wire */
};

/* An Ack under way: all TLPs up to, not including, the one counted END. */
struct replay_ack {
    uint64_t at_ps;
    uint64_t end;
};

/* TLPs are counted from 0 and never wrap; the sequence number is the count's low 12 bits. */
struct replay_buffer {
    uint64_t *tails_ps;           /* when the receiver had all of each that it took; a ring by count, owned */
    struct replay_entry *entries; /* likewise; NULL where bits never fail, so that nothing is ever sent again */
    struct replay_ack *acks;      /* a ring, by time; owned */
    uint64_t acked;               /* the first that is not acknowledged */
    uint64_t taken;               /* the first that the receiver has not taken */
    uint64_t next;                /* the count of the next new one */
    uint64_t progress_ps;         /* when the last Ack that acknowledged something arrived */
    uint32_t mask;                /* the rings' size - 1 */
    uint32_t capacity;            /* TLPs */
    uint32_t first_ack, ack_count;
};

/* An empty buffer for CAPACITY TLPs, 1 to REPLAY_BUFFER_MOST. REPLAYS: bits may fail. */
void replay_buffer_init(struct replay_buffer *buffer, uint32_t capacity, bool replays);
void replay_buffer_free(struct replay_buffer *buffer);
bool replay_buffer_is_valid(const struct replay_buffer *buffer);

/* The number that the TLP counted COUNT has on the wire. */
static inline uint16_t replay_sequence(uint64_t count)
{
    return (uint16_t)(count % REPLAY_SEQUENCES);
}

/* Of one that is in the buffer; only where bits may fail. */
static inline struct replay_entry *replay_buffer_entry(const struct replay_buffer *buffer, uint64_t count)
{
    return &buffer->entries[count & buffer->mask];
}

/* When the receiver had all of the TLP counted COUNT, which it has taken. */
static inline uint64_t replay_buffer_tail_ps(const struct replay_buffer *buffer, uint64_t count)
{
    return buffer->tails_ps[count & buffer->mask];
}

/* Takes what has arrived by NOW_PS into account. Returns true when that freed places. */
bool replay_buffer_mature(struct replay_buffer *buffer, uint64_t now_ps);

/* True when a TLP may be sent now. */
static inline bool replay_buffer_has_room(struct replay_buffer *buffer, uint64_t now_ps)
{
    if (__builtin_expect(buffer->next - buffer->acked < buffer->capacity, 1))
        return true;
    return replay_buffer_mature(buffer, now_ps);
}

/* When the next place becomes free, going by the Acks under way; TIME_NEVER when none is. */
uint64_t replay_buffer_room_at(const struct replay_buffer *buffer);

/* A new TLP of BYTES is sent, until SENT_PS, and taken by the receiver at TAIL_PS. There must be room, and none held.
 */
static inline void
replay_buffer_push_taken(struct replay_buffer *buffer, uint64_t tail_ps, uint64_t sent_ps, uint32_t bytes)
{
    uint64_t place = buffer->next++ & buffer->mask;
    buffer->taken = buffer->next;
    buffer->tails_ps[place] = tail_ps;
    if (buffer->entries != NULL)
        buffer->entries[place] = (struct replay_entry){.sent_ps = sent_ps, .bytes = bytes};
}

/* A new TLP is to be sent: the buffer has it until it is taken. There must be room. */
void replay_buffer_push_held(struct replay_buffer *buffer, struct tlp *tlp, uint32_t bytes);

/* All that is held has been taken: nothing waits for an Ack any more, by NOW_PS. */
void replay_buffer_forget(struct replay_buffer *buffer, uint64_t now_ps);

/* Bits may fail from now on, NOW_PS. Those that wait for an Ack have been taken, and count as sent now, with BYTES. */
void replay_buffer_keep(struct replay_buffer *buffer, uint64_t now_ps, uint32_t bytes);

/* The first that is held is taken at TAIL_PS. Returns it: it is the receiver's. */
struct tlp *replay_buffer_take(struct replay_buffer *buffer, uint64_t tail_ps);

/* An Ack (or a Nak, which acknowledges too) of all before END arrives at AT_PS, no earlier than those before it. */
void replay_buffer_ack(struct replay_buffer *buffer, uint64_t end, uint64_t at_ps);

#endif
