/* Event queue: what is scheduled, earliest first.
 *
 * A hierarchy of timing wheels. Level 0 has a slot for each picosecond of the window that time is in; a slot of level 1
 * stands for a whole window of level 0, and one of level 2 for a whole window of level 1. An event goes to the lowest
 * level whose window also holds the present time, so whatever is in a level comes before all that is in those above it,
 * and the next event is in the first occupied slot of the first level that has any: two counts of trailing zeros. When
 * a level has run dry, the first slot of the one above it is opened: its events, a list in no order, go down, where
 * they fall into place. What is further away than level 2 reaches waits in one heap and comes down with its window.
 *
 *     level   a slot is   the level holds
 *     0       1 ps        2 ns              events of one time: a heap by their order
 *     1       2 ns        4.2 us            a list
 *     2       4.2 us      8.6 ms            a list
 *     far                 what is later     a heap by time and order
 *
 * So what a rack mostly schedules, tens to hundreds of ns ahead, is put into a list of level 1 without a comparison,
 * goes down once with the few others of its 2 ns, and leaves from a slot of its own; all this moves through 33 KiB of
 * slots and bits. The cost hardly depends on how many events are pending, as long as they fit the cache.
 *
 * Insertion is O(1), and an event goes down three times at most. Removal is O(1) from a list; the heaps
 * (fabric/engine/event_heap.h) cost O(log n) amortised for n events of one picosecond, or n far ones, in whatever order
 * they come.
 *
 * The queue refers to events by address, so they must be neither moved nor freed while they are in it. It owns nothing,
 * and nothing is ever allocated. */
#ifndef FABRIC_ENGINE_EVENT_QUEUE_H
#define FABRIC_ENGINE_EVENT_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/base/check.h"
#include "fabric/engine/event.h"
#include "fabric/engine/event_heap.h"

/* By measurement (tests/bench/engine_bench.c): with 10 as with 12, several of 30 to 10,000 pending cost more. */
#define EVENT_LEVEL_BITS 11

#define EVENT_LEVELS 3
#define EVENT_LEVEL_SLOTS (UINT32_C(1) << EVENT_LEVEL_BITS)
#define EVENT_LEVEL_WORDS (EVENT_LEVEL_SLOTS / 64)
#define EVENT_SLOTS (EVENT_LEVELS * EVENT_LEVEL_SLOTS)
/* The slot of all that is later than the highest level's window. */
#define EVENT_FAR EVENT_SLOTS

struct event_queue {
    uint64_t base_ps; /* a time in the present window of level 0: no event in the queue is before that window */
    uint64_t count;   /* events in the queue */
    /* Which words of `occupied` are not 0, for each level; which slots are occupied. */
    uint64_t words[EVENT_LEVELS];
    uint64_t occupied[EVENT_SLOTS / 64];
    struct event *slots[EVENT_SLOTS + 1]; /* root or first of the list; level 0, level 1, level 2, far */
};

/* An empty queue at time zero. */
void event_queue_init(struct event_queue *queue);

bool event_queue_is_valid(const struct event_queue *queue);

/* The earliest event, or null. It stays in the queue. Looks through all events of one slot. */
struct event *event_queue_peek(const struct event_queue *queue);

/* For event_queue_pop(): brings what comes next down into level 0, which must be empty, unless all of it is in slots
 * that start after UNTIL_PS. Returns whether level 0 has events now. */
bool event_queue_refill(struct event_queue *queue, uint64_t until_ps);

static inline void event_queue_mark(struct event_queue *queue, uint32_t slot)
{
    queue->occupied[slot / 64] |= UINT64_C(1) << slot % 64;
    queue->words[slot / EVENT_LEVEL_SLOTS] |= UINT64_C(1) << slot % EVENT_LEVEL_SLOTS / 64;
}

static inline void event_queue_unmark(struct event_queue *queue, uint32_t slot)
{
    queue->occupied[slot / 64] &= ~(UINT64_C(1) << slot % 64);
    if (queue->occupied[slot / 64] == 0)
        queue->words[slot / EVENT_LEVEL_SLOTS] &= ~(UINT64_C(1) << slot % EVENT_LEVEL_SLOTS / 64);
}

/* The first occupied slot of LEVEL, which has one. */
static inline uint32_t event_queue_first(const struct event_queue *queue, uint32_t level)
{
    uint32_t word = level * EVENT_LEVEL_WORDS + (uint32_t)__builtin_ctzll(queue->words[level]);
    return word * 64 + (uint32_t)__builtin_ctzll(queue->occupied[word]);
}

/* Whether events of SLOT are in a heap; otherwise they are in a list. */
static inline bool event_slot_is_heap(uint32_t slot)
{
    return slot < EVENT_LEVEL_SLOTS || slot == EVENT_FAR;
}

/* Puts EVENT, which is due in level 0's window, into its slot there. */
static inline void event_queue_place_now(struct event_queue *queue, struct event *event)
{
    uint32_t slot = (uint32_t)event->time_ps & (EVENT_LEVEL_SLOTS - 1);
    event->place = slot + 1;
    queue->slots[slot] = event_heap_insert(queue->slots[slot], event);
    event_queue_mark(queue, slot);
}

/* Puts EVENT into its slot of LEVEL, which is not 0. */
static inline void event_queue_place_later(struct event_queue *queue, struct event *event, uint32_t level)
{
    uint32_t slot = (uint32_t)(event->time_ps >> level * EVENT_LEVEL_BITS) & (EVENT_LEVEL_SLOTS - 1);
    slot += level * EVENT_LEVEL_SLOTS;
    event->place = slot + 1;
    struct event *first = queue->slots[slot];
    /* Without a branch on whether the list is empty, which nobody could predict. */
    struct event *second = first == NULL ? event : first;
    event->next = first;
    second->previous = event;
    event->previous = NULL;
    queue->slots[slot] = event;
    event_queue_mark(queue, slot);
}

/* Puts EVENT, which is in no slot, into that of its time, without counting it. */
static inline void event_queue_place(struct event_queue *queue, struct event *event)
{
    uint64_t difference = event->time_ps ^ queue->base_ps;
    if (difference >> 2 * EVENT_LEVEL_BITS == 0) {
        if (difference >> EVENT_LEVEL_BITS == 0)
            event_queue_place_now(queue, event);
        else
            event_queue_place_later(queue, event, 1);
    } else if (difference >> 3 * EVENT_LEVEL_BITS == 0) {
        event_queue_place_later(queue, event, 2);
    } else {
        event->place = EVENT_FAR + 1;
        queue->slots[EVENT_FAR] = event_heap_insert(queue->slots[EVENT_FAR], event);
    }
}

/* Puts in EVENT, whose time and order are set. It must not be due before the last event that was popped, nor, when the
 * last pop found none due, before that pop's bound. */
static inline void event_queue_insert(struct event_queue *queue, struct event *event)
{
    CHECK(!event_is_scheduled(event));
    CHECK(event->time_ps >= queue->base_ps);
    event_queue_place(queue, event);
    queue->count++;
}

/* Takes out EVENT, which must be in the queue. */
void event_queue_remove(struct event_queue *queue, struct event *event);

/* Takes out the root or first event of SLOT, which leaves REST there. */
static inline struct event *event_queue_take(struct event_queue *queue, uint32_t slot, struct event *rest)
{
    struct event *event = queue->slots[slot];
    queue->slots[slot] = rest;
    if (rest == NULL)
        event_queue_unmark(queue, slot);
    event->place = EVENT_IDLE;
    queue->count--;
    return event;
}

/* Takes out the earliest event if it is due at UNTIL_PS or earlier; null when there is none. */
static inline struct event *event_queue_pop(struct event_queue *queue, uint64_t until_ps)
{
    if (queue->words[0] == 0) {
        /* The usual case of a rack with few events pending: one that is alone in its slot need not go down. */
        uint32_t slot = queue->words[1] != 0 ? event_queue_first(queue, 1) : EVENT_FAR;
        struct event *first = queue->slots[slot];
        if (slot != EVENT_FAR && first->next == NULL) {
            if (first->time_ps > until_ps)
                return NULL;
            queue->base_ps = first->time_ps;
            return event_queue_take(queue, slot, NULL);
        }
        if (!event_queue_refill(queue, until_ps))
            return NULL;
    }
    uint32_t slot = event_queue_first(queue, 0);
    struct event *event = queue->slots[slot];
    if (event->time_ps > until_ps)
        return NULL;
    return event_queue_take(queue, slot, event_heap_children(event));
}

#endif
