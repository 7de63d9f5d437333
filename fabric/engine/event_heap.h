/* Event heap: a pairing heap of events, the first to run at its root.
 *
 * Fredman, Sedgewick, Sleator, Tarjan 1986, "The pairing heap: a new form of self-adjusting heap". Its links are in the
 * events, so nothing is allocated. Removal is O(log n) amortised.
 *
 * Events mostly come in the order in which they will run: components of equal racks do the same things at the same
 * times, one after the other. So an event is first tried behind the one that was put in last, the heap's *end*, and
 * then a few steps down from the root, before it becomes the root's child like in any pairing heap. What comes in order
 * is a chain of only children then, from which removing the root needs no comparison.
 *
 * A heap is the pointer to its root, or null when it is empty; each function returns the new root. */
#ifndef FABRIC_ENGINE_EVENT_HEAP_H
#define FABRIC_ENGINE_EVENT_HEAP_H

#include <stdbool.h>
#include <stddef.h>

#include "fabric/engine/event.h"

/* The event after EVENT in a walk over the heap at ROOT, in no particular order; null after the last. Starts at ROOT.
 */
const struct event *event_heap_next(const struct event *root, const struct event *event);

bool event_heap_is_valid(const struct event *root);

/* Inserts EVENT, without links, into the heap at ROOT, which is not empty. */
struct event *event_heap_insert_among(struct event *root, struct event *event);

static inline struct event *event_heap_insert(struct event *root, struct event *event)
{
    event->child = NULL;
    event->next = NULL;
    event->previous = NULL;
    return root == NULL ? event : event_heap_insert_among(root, event);
}

/* One root of the siblings that start with FIRST (at least two); its `previous` is the caller's to set. */
struct event *event_heap_join_siblings(struct event *first);

/* The heap without its ROOT, which has children. */
static inline struct event *event_heap_remove_root(struct event *root)
{
    struct event *first = root->child, *end = root->previous;
    if (__builtin_expect(first->next != NULL, 0))
        first = event_heap_join_siblings(first);
    first->previous = end == first ? NULL : end;
    return first;
}

/* Takes EVENT out of the heap at ROOT, in which it must be. */
struct event *event_heap_remove(struct event *root, struct event *event);

#endif
