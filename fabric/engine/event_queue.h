/* Event queue: what is scheduled, earliest first.
 *
 * A timing wheel: each slot holds the events of EVENT_SLOT_PS picoseconds, and slots are reused as time goes on. The
 * next event is in the first occupied slot at or after the present one, which a bitmap of three levels finds with a
 * count of trailing zeros each. What is further away than the wheel reaches waits in one heap beside it and is taken
 * from there when its time comes. Slots and that heap are pairing heaps (fabric/engine/event_heap.h): most slots hold
 * one event or none, and a burst of n events at one instant costs O(n log n) in whatever order it comes.
 *
 * The queue owns its wheel, never the events. Nothing is allocated after event_queue_init().
 *
 * Insertion is O(1); removal is O(1) but for events that share their slot or are far away: there O(log n), amortised.
 */
#ifndef FABRIC_ENGINE_EVENT_QUEUE_H
#define FABRIC_ENGINE_EVENT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/check.h"
#include "fabric/engine/event.h"
#include "fabric/engine/event_heap.h"

#ifndef EVENT_SLOT_BITS
#define EVENT_SLOT_BITS 7
#endif
#ifndef EVENT_SLOTS_BITS
#define EVENT_SLOTS_BITS 15
#endif

/* A slot is 2^EVENT_SLOT_BITS ps wide. */
#define EVENT_SLOT_PS (UINT64_C(1) << EVENT_SLOT_BITS)
#define EVENT_SLOTS (UINT32_C(1) << EVENT_SLOTS_BITS)
#define EVENT_SLOT_MASK (EVENT_SLOTS - 1)
/* The heap of what is too far away, beside those of the slots. */
#define EVENT_FAR EVENT_SLOTS

struct event_queue {
    uint64_t base;        /* number of the slot that time has reached: time_ps / EVENT_SLOT_PS, not wrapped */
    struct event **heaps; /* the root of each slot's heap, then of EVENT_FAR's; null: empty */
    uint64_t count;       /* events in the queue */
    /* Which slots are occupied; which words of `occupied` are not 0; which words of `words` are not 0. */
    uint64_t top;
    uint64_t words[EVENT_SLOTS / 64 / 64];
    uint64_t occupied[EVENT_SLOTS / 64];
};

/* An empty queue at time zero. Ends the program when there is no memory for the wheel. */
void event_queue_init(struct event_queue *queue);

/* Frees the wheel; events still in the queue are forgotten. */
void event_queue_free(struct event_queue *queue);

bool event_queue_is_valid(const struct event_queue *queue);

static inline void event_queue_mark(struct event_queue *queue, uint32_t slot)
{
    queue->occupied[slot / 64] |= UINT64_C(1) << slot % 64;
    queue->words[slot / 64 / 64] |= UINT64_C(1) << slot / 64 % 64;
    queue->top |= UINT64_C(1) << slot / 64 / 64;
}

static inline void event_queue_unmark(struct event_queue *queue, uint32_t slot)
{
    queue->occupied[slot / 64] &= ~(UINT64_C(1) << slot % 64);
    if (queue->occupied[slot / 64] != 0)
        return;
    queue->words[slot / 64 / 64] &= ~(UINT64_C(1) << slot / 64 % 64);
    if (queue->words[slot / 64 / 64] != 0)
        return;
    queue->top &= ~(UINT64_C(1) << slot / 64 / 64);
}

/* The first occupied slot from FROM on without wrapping around, or EVENT_FAR. */
static inline uint32_t event_queue_find_from(const struct event_queue *queue, uint32_t from)
{
    uint32_t word = from / 64;
    uint64_t bits = queue->occupied[word] & ~UINT64_C(0) << from % 64;
    if (bits != 0)
        return word * 64 + (uint32_t)__builtin_ctzll(bits);

    uint32_t group = word / 64;
    bits = queue->words[group] & ~UINT64_C(1) << word % 64; /* the words after this one */
    if (bits == 0) {
        bits = queue->top & ~UINT64_C(1) << group;
        if (bits == 0)
            return EVENT_FAR;
        group = (uint32_t)__builtin_ctzll(bits);
        bits = queue->words[group];
    }
    word = group * 64 + (uint32_t)__builtin_ctzll(bits);
    return word * 64 + (uint32_t)__builtin_ctzll(queue->occupied[word]);
}

/* The earliest event, or null. It stays in the queue. */
static inline struct event *event_queue_peek(const struct event_queue *queue)
{
    struct event *far = queue->heaps[EVENT_FAR];
    if (queue->top == 0)
        return far;
    uint32_t slot = event_queue_find_from(queue, (uint32_t)queue->base & EVENT_SLOT_MASK);
    if (slot == EVENT_FAR)
        slot = event_queue_find_from(queue, 0);
    struct event *near = queue->heaps[slot];
    return far != NULL && event_is_before(far, near) ? far : near;
}

/* Puts in EVENT, whose time and order are set. Its time must not be before that of the last event popped. */
static inline void event_queue_insert(struct event_queue *queue, struct event *event)
{
    uint64_t slot = event->time_ps / EVENT_SLOT_PS;
    CHECK(slot >= queue->base);
    CHECK(event->place == EVENT_IDLE);
    uint32_t heap = slot - queue->base < EVENT_SLOTS ? (uint32_t)slot & EVENT_SLOT_MASK : EVENT_FAR;
    event->place = heap + 1;
    queue->count++;
    struct event *root = queue->heaps[heap];
    if (root == NULL && heap != EVENT_FAR)
        event_queue_mark(queue, heap);
    queue->heaps[heap] = event_heap_insert(root, event);
}

/* Takes out EVENT, which must be in the queue. */
static inline void event_queue_remove(struct event_queue *queue, struct event *event)
{
    CHECK(event->place != EVENT_IDLE);
    uint32_t heap = event->place - 1;
    struct event *root = event_heap_remove(queue->heaps[heap], event);
    queue->heaps[heap] = root;
    if (root == NULL && heap != EVENT_FAR)
        event_queue_unmark(queue, heap);
    event->place = EVENT_IDLE;
    queue->count--;
}

/* Says that time has come to TIME_PS: nothing earlier is in the queue, nor will be put in. */
static inline void event_queue_advance(struct event_queue *queue, uint64_t time_ps)
{
    queue->base = time_ps / EVENT_SLOT_PS;
}

/* Takes out the earliest event if it is due at UNTIL_PS or earlier; null when there is none. */
static inline struct event *event_queue_pop(struct event_queue *queue, uint64_t until_ps)
{
    struct event *event = event_queue_peek(queue);
    if (event == NULL || event->time_ps > until_ps)
        return NULL;
    event_queue_remove(queue, event);
    event_queue_advance(queue, event->time_ps);
    return event;
}

#endif
