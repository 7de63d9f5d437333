/* Event heap: a pairing heap of events, the first to run at its root.
 *
 * Fredman, Sedgewick, Sleator, Tarjan 1986, "The pairing heap: a new form of self-adjusting heap". Its links are in the
 * events, so nothing is allocated; inserting is one comparison, and so is removing while there are one or two events,
 * which is what a slot of the queue's wheel usually holds. Removal is O(log n) amortised.
 *
 * A heap is the pointer to its root, or null when it is empty; each function returns the new root. */
#ifndef FABRIC_ENGINE_EVENT_HEAP_H
#define FABRIC_ENGINE_EVENT_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#include "fabric/engine/event.h"

/* One root of two; each is the root of a heap. */
static inline struct event *event_heap_join(struct event *one, struct event *other)
{
    if (event_is_before(other, one)) {
        struct event *first = other;
        other = one;
        one = first;
    }
    other->previous = one;
    other->next = one->child;
    if (other->next != NULL)
        other->next->previous = other;
    one->child = other;
    return one;
}

/* One root of the siblings that start with FIRST (at least two). */
struct event *event_heap_join_siblings(struct event *first);

/* The event after EVENT in a walk over the heap at ROOT, in no particular order; null after the last. Starts at ROOT.
 */
const struct event *event_heap_next(const struct event *root, const struct event *event);

bool event_heap_is_valid(const struct event *root);

static inline struct event *event_heap_insert(struct event *root, struct event *event)
{
    event->child = NULL;
    event->next = NULL;
    event->previous = NULL;
    return root == NULL ? event : event_heap_join(root, event);
}

/* One root of EVENT's children, or null. */
static inline struct event *event_heap_children(struct event *event)
{
    struct event *first = event->child;
    if (first == NULL)
        return NULL;
    if (first->next != NULL)
        first = event_heap_join_siblings(first);
    first->previous = NULL;
    return first;
}

/* Takes EVENT out of the heap at ROOT, in which it must be. */
static inline struct event *event_heap_remove(struct event *root, struct event *event)
{
    struct event *rest = event_heap_children(event);
    if (event == root)
        return rest;
    if (event->previous->child == event)
        event->previous->child = event->next;
    else
        event->previous->next = event->next;
    if (event->next != NULL)
        event->next->previous = event->previous;
    return rest == NULL ? root : event_heap_join(root, rest);
}

#endif
