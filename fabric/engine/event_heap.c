#include "fabric/engine/event_heap.h"

/* How far down from the root the place of a new event is looked for: far enough for the few that share a slot of the
 * queue's wheel, whatever comes. */
#define CHAIN_STEPS 8

/* EVENT comes after PARENT: one more child. */
static inline void hang(struct event *parent, struct event *event)
{
    event->previous = parent;
    event->next = parent->child;
    if (event->next != NULL)
        event->next->previous = event;
    parent->child = event;
}

/* One root of two; each is the root of a heap. */
static inline struct event *join(struct event *one, struct event *other)
{
    if (event_is_before(other, one)) {
        struct event *first = other;
        other = one;
        one = first;
    }
    hang(one, other);
    return one;
}

static bool is_only_child(const struct event *event)
{
    return event != NULL && event->next == NULL;
}

/* EVENT comes after ROOT and before the heap's end: in between, where a chain leads there. */
static void insert_between(struct event *root, struct event *event)
{
    struct event *parent = root;
    for (int step = 0; step < CHAIN_STEPS && is_only_child(parent->child); step++) {
        struct event *child = parent->child;
        if (event_is_before(event, child)) {
            event->child = child;
            child->previous = event;
            parent->child = NULL;
            break;
        }
        parent = child;
    }
    hang(parent, event);
}

struct event *event_heap_insert_among(struct event *root, struct event *event)
{
    struct event *end = root->previous != NULL ? root->previous : root;
    if (!event_is_before(event, end)) {
        hang(end, event);
        root->previous = event;
        return root;
    }
    if (!event_is_before(event, root)) {
        insert_between(root, event);
        return root;
    }
    event->child = root;
    event->previous = end;
    root->previous = event;
    return event;
}

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
            pair = join(pair, partner);
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
        root = join(root, pair);
    }
    return root;
}

/* One root of EVENT's children, or null. */
static struct event *join_children(struct event *event)
{
    struct event *first = event->child;
    return first == NULL || first->next == NULL ? first : event_heap_join_siblings(first);
}

struct event *event_heap_remove(struct event *root, struct event *event)
{
    if (event == root)
        return root->child == NULL ? NULL : event_heap_remove_root(root);
    if (event == root->previous)
        root->previous = NULL;
    if (event->previous->child == event)
        event->previous->child = event->next;
    else
        event->previous->next = event->next;
    if (event->next != NULL)
        event->next->previous = event->previous;
    struct event *rest = join_children(event);
    if (rest != NULL)
        hang(root, rest);
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
    if (root == NULL)
        return true;
    bool has_end = root->previous == NULL;
    if (root->next != NULL || root->previous == root)
        return false;
    for (const struct event *event = root; event != NULL; event = event_heap_next(root, event)) {
        if (!children_are_valid(event))
            return false;
        has_end = has_end || event == root->previous;
    }
    return has_end;
}
