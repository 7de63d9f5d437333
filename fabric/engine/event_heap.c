#include "fabric/engine/event_heap.h"

struct event *event_heap_join_siblings(struct event *first)
{
    /* In pairs from the left... */
    struct event *pairs = NULL; /* the last pair first, linked by `next` */
    while (first != NULL) {
        struct event *pair = first;
        struct event *partner = first->next;
        first = NULL;
        if (partner != NULL) {
            first = partner->next;
            pair = event_heap_join(pair, partner);
        }
        pair->next = pairs;
        pairs = pair;
    }
    /* ... then all from the right: the order in which the amortised bound holds. */
    struct event *root = pairs;
    pairs = pairs->next;
    root->next = NULL;
    while (pairs != NULL) {
        struct event *pair = pairs;
        pairs = pairs->next;
        pair->next = NULL;
        root = event_heap_join(root, pair);
    }
    return root;
}

const struct event *event_heap_next(const struct event *root, const struct event *event)
{
    if (event->child != NULL)
        return event->child;
    while (event != root && event->next == NULL) {
        while (event->previous->child != event)
            event = event->previous;
        event = event->previous;
    }
    return event == root ? NULL : event->next;
}

static bool children_are_valid(const struct event *parent)
{
    const struct event *previous = parent;
    for (const struct event *child = parent->child; child != NULL; child = child->next) {
        if (child->previous != previous || event_is_before(child, parent))
            return false;
        previous = child;
    }
    return true;
}

bool event_heap_is_valid(const struct event *root)
{
    if (root != NULL && (root->next != NULL || root->previous != NULL))
        return false;
    for (const struct event *event = root; event != NULL; event = event_heap_next(root, event)) {
        if (!children_are_valid(event))
            return false;
    }
    return true;
}
