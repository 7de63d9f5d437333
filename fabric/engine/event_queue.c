#include "fabric/engine/event_queue.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(EVENT_SLOTS_BITS >= 12 && EVENT_SLOTS_BITS <= 18, "three levels of bitmap");

void event_queue_init(struct event_queue *queue)
{
    memset(queue, 0, sizeof(*queue));
    queue->heaps = calloc(EVENT_SLOTS + 1, sizeof(struct event *));
    CHECK(queue->heaps != NULL);
}

void event_queue_free(struct event_queue *queue)
{
    free(queue->heaps);
    memset(queue, 0, sizeof(*queue));
}

static bool bitmap_is_valid(const struct event_queue *queue)
{
    for (uint32_t slot = 0; slot < EVENT_SLOTS; slot++) {
        if ((queue->occupied[slot / 64] >> slot % 64 & 1) != (queue->heaps[slot] != NULL))
            return false;
    }
    for (uint32_t word = 0; word < EVENT_SLOTS / 64; word++) {
        if ((queue->words[word / 64] >> word % 64 & 1) != (queue->occupied[word] != 0))
            return false;
    }
    for (uint32_t group = 0; group < 64; group++) {
        if ((queue->top >> group & 1) != (group < EVENT_SLOTS / 64 / 64 && queue->words[group] != 0))
            return false;
    }
    return true;
}

static bool event_is_in_place(const struct event_queue *queue, const struct event *event, uint32_t heap)
{
    uint64_t slot = event->time_ps / EVENT_SLOT_PS;
    if (event->place != heap + 1 || slot < queue->base)
        return false;
    return heap == EVENT_FAR || (slot - queue->base < EVENT_SLOTS && (slot & EVENT_SLOT_MASK) == heap);
}

bool event_queue_is_valid(const struct event_queue *queue)
{
    if (queue->heaps == NULL || !bitmap_is_valid(queue))
        return false;
    uint64_t count = 0;
    for (uint32_t heap = 0; heap <= EVENT_FAR; heap++) {
        const struct event *root = queue->heaps[heap];
        if (!event_heap_is_valid(root))
            return false;
        for (const struct event *event = root; event != NULL; event = event_heap_next(root, event)) {
            if (!event_is_in_place(queue, event, heap))
                return false;
            count++;
        }
    }
    return count == queue->count;
}
