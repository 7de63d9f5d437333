#include "fabric/engine/event_queue.h"

#include <string.h>

_Static_assert(EVENT_WHEEL_SLOTS == 64 * 64, "a wheel's slots are 64 words of bits");

static uint64_t block_of(const struct event *event)
{
    return event->time_ps >> EVENT_BLOCK_BITS;
}

static uint32_t later_slot(uint64_t block)
{
    return EVENT_NEAR_SLOTS + (uint32_t)(block % EVENT_WHEEL_SLOTS);
}

void event_queue_init(struct event_queue *queue)
{
    memset(queue, 0, sizeof(*queue));
}

void event_queue_join(struct event_queue *queue, uint32_t slot, struct event *event)
{
    queue->slots[slot] = event_heap_insert_among(queue->slots[slot], event);
}

static void push_list(struct event_queue *queue, uint32_t slot, struct event *event)
{
    struct event *first = queue->slots[slot];
    event->place = slot + 1;
    event->next = first;
    event->previous = NULL;
    if (first != NULL)
        first->previous = event;
    else
        event_queue_mark(queue, slot);
    queue->slots[slot] = event;
}

void event_queue_place_later(struct event_queue *queue, struct event *event)
{
    uint64_t block = block_of(event);
    CHECK(block > queue->block);
    if (block - queue->block < EVENT_WHEEL_SLOTS) {
        push_list(queue, later_slot(block), event);
        return;
    }
    event->place = EVENT_FAR + 1;
    queue->slots[EVENT_FAR] = event_heap_insert(queue->slots[EVENT_FAR], event);
}

/* The first block after the next one that the later wheel has, which has some. */
static uint64_t first_later_block(const struct event_queue *queue)
{
    uint32_t present = (uint32_t)(queue->block % EVENT_WHEEL_SLOTS);
    const uint64_t *occupied = &queue->occupied[EVENT_NEAR_SLOTS / 64];
    /* Round the wheel by words, from the present block's own, whose lower bits come last. */
    uint64_t bits = occupied[present / 64] & ~UINT64_C(0) << present % 64;
    uint32_t word = present / 64;
    while (bits == 0) {
        word = (word + 1) % 64;
        bits = occupied[word];
    }
    uint32_t slot = word * 64 + (uint32_t)__builtin_ctzll(bits);
    return queue->block + (slot - present) % EVENT_WHEEL_SLOTS;
}

/* The next block that has events, after the present one; false when there is none. */
static bool next_block(const struct event_queue *queue, uint64_t *block)
{
    if (queue->words[(queue->block + 1) % 2] != 0)
        *block = queue->block + 1;
    else if (queue->words[EVENT_LATER] != 0)
        *block = first_later_block(queue);
    else if (queue->slots[EVENT_FAR] != NULL)
        *block = block_of(queue->slots[EVENT_FAR]);
    else
        return false;
    return true;
}

/* Moves the events of BLOCK, now a near one, from their list to its wheel. */
static void open_block(struct event_queue *queue, uint64_t block)
{
    uint32_t slot = later_slot(block);
    struct event *event = queue->slots[slot];
    if (event == NULL)
        return;
    queue->slots[slot] = NULL;
    event_queue_unmark(queue, slot);
    while (event != NULL) {
        struct event *next = event->next;
        event_queue_place_near(queue, event);
        event = next;
    }
}

/* Brings those far ones that the wheels now reach. */
static void fetch_far(struct event_queue *queue)
{
    struct event *event;
    while ((event = queue->slots[EVENT_FAR]) != NULL && block_of(event) - queue->block < EVENT_WHEEL_SLOTS) {
        queue->slots[EVENT_FAR] = event_heap_remove(event, event);
        if (block_of(event) - queue->block <= 1)
            event_queue_place_near(queue, event);
        else
            event_queue_place_later(queue, event);
    }
}

bool event_queue_advance(struct event_queue *queue, uint64_t until_ps)
{
    uint64_t block;
    if (!next_block(queue, &block) || block << EVENT_BLOCK_BITS > until_ps)
        return false;
    bool is_open = block == queue->block + 1;
    queue->block = block;
    if (!is_open)
        open_block(queue, block);
    open_block(queue, block + 1);
    fetch_far(queue);
    return true;
}

/* The wheel that holds the earliest event; EVENT_WHEELS when all that there may be is far. */
static uint32_t first_wheel(const struct event_queue *queue)
{
    uint32_t present = (uint32_t)(queue->block % 2);
    const uint32_t in_order[] = {present, 1 - present, EVENT_LATER};
    for (uint32_t i = 0; i < EVENT_WHEELS; i++)
        if (queue->words[in_order[i]] != 0)
            return in_order[i];
    return EVENT_WHEELS;
}

struct event *event_queue_peek(const struct event_queue *queue)
{
    uint32_t wheel = first_wheel(queue);
    if (wheel == EVENT_WHEELS)
        return queue->slots[EVENT_FAR];
    if (wheel != EVENT_LATER)
        return queue->slots[event_queue_first(queue, wheel)];
    struct event *earliest = queue->slots[later_slot(first_later_block(queue))];
    for (struct event *event = earliest->next; event != NULL; event = event->next)
        if (event_is_before(event, earliest))
            earliest = event;
    return earliest;
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
    for (uint32_t slot = 0; slot < EVENT_SLOTS; slot++)
        if ((queue->occupied[slot / 64] >> slot % 64 & 1) != (queue->slots[slot] != NULL))
            return false;
    for (uint32_t word = 0; word < EVENT_SLOTS / 64; word++)
        if ((queue->words[word / 64] >> word % 64 & 1) != (queue->occupied[word] != 0))
            return false;
    return true;
}

/* The slot in which an event of TIME_PS belongs: said once more, for checks, in another way. */
static uint32_t expected_slot(const struct event_queue *queue, uint64_t time_ps)
{
    uint64_t block_ps = UINT64_C(1) << EVENT_BLOCK_BITS;
    uint64_t ahead = time_ps / block_ps - queue->block;
    if (ahead < 2)
        return (uint32_t)(time_ps % (2 * block_ps) / (UINT64_C(1) << EVENT_SLOT_BITS));
    return ahead < EVENT_WHEEL_SLOTS ? later_slot(queue->block + ahead) : EVENT_FAR;
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
        if (event->place != slot + 1 || block_of(event) < queue->block || expected_slot(queue, event->time_ps) != slot)
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
    for (uint32_t slot = 0; slot <= EVENT_FAR; slot++)
        if (!slot_is_valid(queue, slot, &count))
            return false;
    return count == queue->count;
}
