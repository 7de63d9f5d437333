#include "fabric/engine/event_queue.h"

#include <string.h>

_Static_assert(EVENT_LEVEL_BITS >= 6 && EVENT_LEVEL_BITS <= 12, "a level's occupied words fit one word of bits");

/* Where the window of LEVEL that holds TIME_PS starts. Level EVENT_LEVELS - 1 is the highest. */
static uint64_t window_start_ps(uint64_t time_ps, uint32_t level)
{
    uint32_t bits = (level + 1) * EVENT_LEVEL_BITS;
    return time_ps >> bits << bits;
}

static uint64_t slot_start_ps(const struct event_queue *queue, uint32_t level, uint32_t slot)
{
    uint64_t number = slot - level * EVENT_LEVEL_SLOTS;
    return window_start_ps(queue->base_ps, level) + (number << level * EVENT_LEVEL_BITS);
}

void event_queue_init(struct event_queue *queue)
{
    memset(queue, 0, sizeof(*queue));
}

/* The lowest level that has events; EVENT_LEVELS when all that there may be is far. */
static uint32_t lowest_level(const struct event_queue *queue)
{
    uint32_t level = 0;
    while (level < EVENT_LEVELS && queue->words[level] == 0)
        level++;
    return level;
}

struct event *event_queue_peek(const struct event_queue *queue)
{
    uint32_t level = lowest_level(queue);
    uint32_t slot = level == EVENT_LEVELS ? EVENT_FAR : event_queue_first(queue, level);
    struct event *earliest = queue->slots[slot];
    if (event_slot_is_heap(slot))
        return earliest;
    for (struct event *event = earliest->next; event != NULL; event = event->next) {
        if (event_is_before(event, earliest))
            earliest = event;
    }
    return earliest;
}

/* Opens the first slot of LEVEL. */
static bool refill_from_level(struct event_queue *queue, uint32_t level, uint64_t until_ps)
{
    uint32_t slot = event_queue_first(queue, level);
    uint64_t start_ps = slot_start_ps(queue, level, slot);
    if (start_ps > until_ps)
        return false;
    queue->base_ps = start_ps;
    struct event *event = queue->slots[slot];
    queue->slots[slot] = NULL;
    event_queue_unmark(queue, slot);
    while (event != NULL) {
        struct event *next = event->next;
        if (level == 1)
            event_queue_place_now(queue, event);
        else
            event_queue_place(queue, event);
        event = next;
    }
    return true;
}

/* Opens the highest level's window that the first of the far events is in. */
static bool refill_from_far(struct event_queue *queue, uint64_t until_ps)
{
    struct event *event = queue->slots[EVENT_FAR];
    if (event == NULL)
        return false;
    uint64_t start_ps = window_start_ps(event->time_ps, EVENT_LEVELS - 1);
    if (start_ps > until_ps)
        return false;
    queue->base_ps = start_ps;
    while (event != NULL && window_start_ps(event->time_ps, EVENT_LEVELS - 1) == start_ps) {
        queue->slots[EVENT_FAR] = event_heap_remove(event, event);
        event_queue_place(queue, event);
        event = queue->slots[EVENT_FAR];
    }
    return true;
}

bool event_queue_refill(struct event_queue *queue, uint64_t until_ps)
{
    uint32_t level;
    while ((level = lowest_level(queue)) != 0) {
        bool refilled =
            level < EVENT_LEVELS ? refill_from_level(queue, level, until_ps) : refill_from_far(queue, until_ps);
        if (!refilled)
            return false;
    }
    return true;
}

void event_queue_remove(struct event_queue *queue, struct event *event)
{
    CHECK(event_is_scheduled(event));
    uint32_t slot = event->place - 1;
    struct event *first = queue->slots[slot];
    if (event_slot_is_heap(slot)) {
        first = event_heap_remove(first, event);
    } else {
        if (event->next != NULL)
            event->next->previous = event->previous;
        if (event->previous != NULL)
            event->previous->next = event->next;
        else
            first = event->next;
    }
    queue->slots[slot] = first;
    if (first == NULL && slot != EVENT_FAR)
        event_queue_unmark(queue, slot);
    event->place = EVENT_IDLE;
    queue->count--;
}
static bool bitmap_is_valid(const struct event_queue *queue)
{
    for (uint32_t slot = 0; slot < EVENT_SLOTS; slot++) {
        if ((queue->occupied[slot / 64] >> slot % 64 & 1) != (queue->slots[slot] != NULL))
            return false;
    }
    for (uint32_t level = 0; level < EVENT_LEVELS; level++) {
        const uint64_t *words = &queue->occupied[level * EVENT_LEVEL_WORDS];
        for (uint32_t word = 0; word < 64; word++) {
            if ((queue->words[level] >> word & 1) != (word < EVENT_LEVEL_WORDS && words[word] != 0))
                return false;
        }
    }
    return true;
}

/* The slot in which an event that is due at TIME_PS belongs: said once more, for checks, in another way. */
static uint32_t expected_slot(const struct event_queue *queue, uint64_t time_ps)
{
    for (uint32_t level = 0; level < EVENT_LEVELS; level++) {
        uint64_t start_ps = window_start_ps(queue->base_ps, level);
        if (window_start_ps(time_ps, level) == start_ps)
            return level * EVENT_LEVEL_SLOTS + (uint32_t)((time_ps - start_ps) >> level * EVENT_LEVEL_BITS);
    }
    return EVENT_FAR;
}

static bool list_is_valid(const struct event *first)
{
    const struct event *previous = NULL;
    for (const struct event *event = first; event != NULL; event = event->next) {
        if (event->previous != previous)
            return false;
        previous = event;
    }
    return true;
}

/* Adds the events of SLOT to COUNT. */
static bool slot_is_valid(const struct event_queue *queue, uint32_t slot, uint64_t *count)
{
    const struct event *first = queue->slots[slot];
    bool is_heap = event_slot_is_heap(slot);
    if (!(is_heap ? event_heap_is_valid(first) : list_is_valid(first)))
        return false;
    for (const struct event *event = first; event != NULL;
         event = is_heap ? event_heap_next(first, event) : event->next) {
        if (event->place != slot + 1 || event->time_ps < queue->base_ps || expected_slot(queue, event->time_ps) != slot)
            return false;
        ++*count;
    }
    return true;
}

bool event_queue_is_valid(const struct event_queue *queue)
{
    if (!bitmap_is_valid(queue))
        return false;
    uint64_t count = 0;
    for (uint32_t slot = 0; slot <= EVENT_FAR; slot++) {
        if (!slot_is_valid(queue, slot, &count))
            return false;
    }
    return count == queue->count;
}
