#include "fabric/engine/event_heap.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "fabric/base/random.h"

#define EVENTS 500

static struct event events[EVENTS];
static struct event *sorted[EVENTS];

static int compare_events(const void *a, const void *b)
{
    const struct event *one = *(struct event *const *)a;
    const struct event *other = *(struct event *const *)b;
    if (one->time_ps != other->time_ps)
        return one->time_ps < other->time_ps ? -1 : 1;
    return one->order < other->order ? -1 : 1;
}

/* COUNT events at TIMES different times, in a heap. */
static struct event *make_heap(struct random *random, uint32_t count, uint64_t times)
{
    struct event *root = NULL;
    for (uint32_t i = 0; i < count; i++) {
        events[i].time_ps = random_below(random, times);
        events[i].order = random_next(random);
        root = event_heap_insert(root, &events[i]);
        sorted[i] = &events[i];
    }
    return root;
}

Test(event_heap, sorts)
{
    struct random random;
    random_init(&random, 1, "event_heap_test");
    for (uint32_t count = 0; count < EVENTS; count += 1 + count / 8) {
        struct event *root = make_heap(&random, count, 1 + count / 3);
        cr_assert(event_heap_is_valid(root));
        qsort(sorted, count, sizeof(sorted[0]), compare_events);
        for (uint32_t i = 0; i < count; i++) {
            cr_assert_eq(root, sorted[i]);
            root = event_heap_remove(root, root);
            cr_assert(event_heap_is_valid(root));
        }
        cr_assert_null(root);
    }
}

Test(event_heap, loses_only_what_is_removed)
{
    struct random random;
    random_init(&random, 2, "event_heap_test");
    struct event *root = make_heap(&random, EVENTS, 100);
    /* A removal from the root first: until then the heap is flat. */
    for (uint32_t left = EVENTS; left > 0; left--) {
        struct event **victim = &sorted[random_below(&random, left)];
        if (left % 5 == 0) {
            while (*victim != root)
                victim = victim == &sorted[left - 1] ? sorted : victim + 1;
        }
        root = event_heap_remove(root, *victim);
        *victim = sorted[left - 1];
        cr_assert(event_heap_is_valid(root));
        uint32_t count = 0;
        for (const struct event *event = root; event != NULL; event = event_heap_next(root, event))
            count++;
        cr_assert_eq(count, left - 1);
        for (uint32_t i = 0; i + 1 < left; i++)
            cr_assert(sorted[i] == root || event_is_before(root, sorted[i]));
    }
}

Test(event_heap, validity_sees_damage)
{
    struct random random;
    random_init(&random, 3, "event_heap_test");
    struct event *root = make_heap(&random, EVENTS, 100);
    root = event_heap_remove(root, root);
    cr_assert(event_heap_is_valid(root));
    uint64_t time_ps = root->time_ps;
    root->time_ps = 1000;
    cr_assert(!event_heap_is_valid(root));
    root->time_ps = time_ps;
    root->child->previous = root->child;
    cr_assert(!event_heap_is_valid(root));
    root->child->previous = root;
    root->previous = root;
    cr_assert(!event_heap_is_valid(root));
}

Test(event_heap, order_is_by_time_and_then_by_order)
{
    const uint64_t values[] = {0, 1, 2, UINT64_MAX / 2, UINT64_MAX / 2 + 1, UINT64_MAX - 1, UINT64_MAX};
    for (uint32_t i = 0; i < 7 * 7; i++) {
        for (uint32_t j = 0; j < 7 * 7; j++) {
            struct event one = {.time_ps = values[i / 7], .order = values[i % 7]};
            struct event other = {.time_ps = values[j / 7], .order = values[j % 7]};
            cr_assert_eq(event_is_before(&one, &other), i < j);
        }
    }
}
