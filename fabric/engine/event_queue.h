/* Event queue: what is scheduled, earliest first.
 *
 * Time is cut into blocks of half a microsecond. Two timing wheels hold the present block and the next one, in slots of
 * an eighth of a nanosecond; a third holds the blocks of the next milliseconds, one a slot. An event goes to the slot
 * of its time, so the next event is in the first occupied slot of the present block's wheel: two counts of trailing
 * zeros. When the present block has run dry, the next one takes its place, and the one after that is opened: its events
 * go from their list into the wheel that has become free. What is further away waits in one heap and comes closer as
 * blocks go by.
 *
 *     wheel     a slot is   the wheel reaches   events of a slot
 *     near 0    128 ps      the block           a heap by time and order
 *     near 1    128 ps      the block           a heap by time and order
 *     later     0.52 us     2.1 ms              a list
 *     far                   what is later       a heap by time and order
 *
 * So what a rack mostly schedules, tens to hundreds of ns ahead, goes straight into the slot that it leaves from, which
 * it shares with one or two others. The cost hardly depends on how many events are pending, as long as they fit the
 * cache.
 *
 * Insertion is O(1), and an event is moved twice at most. Removal is O(1) from a list; the heaps
 * (fabric/engine/event_heap.h) cost O(log n) amortised for n events of one slot, or n far ones, in whatever order they
 * come.
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

/* By measurement (tests/bench/engine_bench.c). */
#define EVENT_SLOT_BITS 7

/* A wheel's slots, so that a wheel's occupied words fit one word of bits. */
#define EVENT_WHEEL_BITS 12
#define EVENT_WHEEL_SLOTS (UINT32_C(1) << EVENT_WHEEL_BITS)
#define EVENT_BLOCK_BITS (EVENT_SLOT_BITS + EVENT_WHEEL_BITS)

/* Of event_queue.words: the blocks with even numbers, those with odd ones, and the later ones. */
enum event_wheel { EVENT_NEAR_EVEN, EVENT_NEAR_ODD, EVENT_LATER, EVENT_WHEELS };

#define EVENT_NEAR_SLOTS (EVENT_LATER * EVENT_WHEEL_SLOTS)
#define EVENT_SLOTS (EVENT_WHEELS * EVENT_WHEEL_SLOTS)
/* The slot of all that is later than the wheels reach. */
#define EVENT_FAR EVENT_SLOTS

struct event_queue {
    uint64_t block;               /* the present one: no event in the queue is before it */
    uint64_t count;               /* events in the queue */
    uint64_t words[EVENT_WHEELS]; /* which words of `occupied` are not 0 */
    uint64_t occupied[EVENT_SLOTS / 64];
    struct event *slots[EVENT_SLOTS + 1]; /* root or first of the list, by wheel; far */
};

/* An empty queue at time zero. */
void event_queue_init(struct event_queue *queue);

bool event_queue_is_valid(const struct event_queue *queue);

/* The earliest event, or null. It stays in the queue. May look through all events of one slot. */
struct event *event_queue_peek(const struct event_queue *queue);

/* For event_queue_pop(): makes the next block that has events the present one, which has none left, unless it starts
 * after UNTIL_PS. Returns whether it did. */
bool event_queue_advance(struct event_queue *queue, uint64_t until_ps);

static inline void event_queue_mark(struct event_queue *queue, uint32_t slot)
{
    queue->occupied[slot / 64] |= UINT64_C(1) << slot % 64;
    queue->words[slot / EVENT_WHEEL_SLOTS] |= UINT64_C(1) << slot / 64 % 64;
}

static inline void event_queue_unmark(struct event_queue *queue, uint32_t slot)
{
    queue->occupied[slot / 64] &= ~(UINT64_C(1) << slot % 64);
    if (queue->occupied[slot / 64] == 0)
        queue->words[slot / EVENT_WHEEL_SLOTS] &= ~(UINT64_C(1) << slot / 64 % 64);
}

/* The first occupied slot of WHEEL, which has one. */
static inline uint32_t event_queue_first(const struct event_queue *queue, uint32_t wheel)
{
    uint32_t word = wheel * (EVENT_WHEEL_SLOTS / 64) + (uint32_t)__builtin_ctzll(queue->words[wheel]);
    return word * 64 + (uint32_t)__builtin_ctzll(queue->occupied[word]);
}

/* Whether events of SLOT are in a heap; otherwise they are in a list. */
static inline bool event_slot_is_heap(uint32_t slot)
{
    return slot < EVENT_NEAR_SLOTS || slot == EVENT_FAR;
}

/* Puts EVENT into SLOT, a heap that is not empty. Apart, so that what calls it needs no stack for the usual case. */
__attribute__((noinline)) void event_queue_join(struct event_queue *queue, uint32_t slot, struct event *event);

/* Puts EVENT, of the present block or the next, into its slot. */
static inline void event_queue_place_near(struct event_queue *queue, struct event *event)
{
    uint32_t slot = (uint32_t)(event->time_ps >> EVENT_SLOT_BITS) % EVENT_NEAR_SLOTS;
    event->place = slot + 1;
    event->child = NULL;
    event->next = NULL;
    event->previous = NULL;
    struct event *root = queue->slots[slot];
    if (root != NULL) {
        event_queue_join(queue, slot, event);
        return;
    }
    event_queue_mark(queue, slot);
    queue->slots[slot] = event;
}

/* Puts EVENT, of a block beyond the next, into the slot of that block, or among the far ones. */
void event_queue_place_later(struct event_queue *queue, struct event *event);

/* Puts in EVENT, whose time and order are set. It must not be due before the last event that was popped, nor, when the
 * last pop found none due, before that pop's bound. */
static inline void event_queue_insert(struct event_queue *queue, struct event *event)
{
    CHECK(!event_is_scheduled(event));
    if (__builtin_expect((event->time_ps >> EVENT_BLOCK_BITS) - queue->block <= 1, 1))
        event_queue_place_near(queue, event);
    else
        event_queue_place_later(queue, event);
    queue->count++;
}

/* Takes out EVENT, which must be in the queue. */
void event_queue_remove(struct event_queue *queue, struct event *event);

/* Takes out the earliest event if it is due at UNTIL_PS or earlier; null when there is none. */
static inline struct event *event_queue_pop(struct event_queue *queue, uint64_t until_ps)
{
    if (__builtin_expect(queue->words[queue->block % 2] == 0, 0) && !event_queue_advance(queue, until_ps))
        return NULL;
    uint32_t slot = event_queue_first(queue, queue->block % 2);
    struct event *event = queue->slots[slot];
    if (event->time_ps > until_ps)
        return NULL;
    event->place = EVENT_IDLE;
    queue->count--;
    if (event->child != NULL) {
        queue->slots[slot] = event_heap_remove_root(event);
        return event;
    }
    queue->slots[slot] = NULL;
    event_queue_unmark(queue, slot);
    return event;
}

#endif
