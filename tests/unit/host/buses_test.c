#include "hostsim/host/buses.h"

#include <criterion/criterion.h>

#include "fabric/base/random.h"

#define MOST 64

static struct host_function tree[MOST];
static size_t count;

static int add(int parent, uint32_t secondary, uint32_t subordinate)
{
    tree[count] = (struct host_function){
        .id = (uint16_t)count,
        .parent = parent,
        .header = HEADER_TYPE_BRIDGE,
        .secondary = (uint8_t)secondary,
        .subordinate = (uint8_t)subordinate,
    };
    return (int)count++;
}

/* Who says nothing of what may come: the others may grow. */
Test(buses, are_taken_far_above_the_neighbours)
{
    count = 0;
    int root = add(HOST_FUNCTION_NONE, 1, 5), upstream = add(root, 2, 5);
    add(upstream, 3, 3);
    add(upstream, 4, 5);
    cr_expect_eq(buses_limit(tree, count, upstream), 255);
    cr_expect_eq(buses_limit(tree, count, 2), 3, "its neighbour begins at 4");
    cr_expect_eq(buses_limit(tree, count, 3), 255);
    struct buses_range range;
    cr_assert(buses_find_room(tree, count, upstream, root, &range));
    cr_expect_eq(range.last, 255);
    cr_expect_eq(range.first, 255 - 32 + 1, "an eighth of 250");
    add(upstream, range.first, range.last);
    cr_expect_eq(buses_limit(tree, count, 3), range.first - 1, "the one before it may still grow");
    cr_assert(buses_find_room(tree, count, upstream, root, &range));
    cr_expect_eq(range.last, 255 - 32);
}

Test(buses, between_neighbours_there_may_be_none)
{
    count = 0;
    int root = add(HOST_FUNCTION_NONE, 1, 9), first = add(root, 2, 4);
    add(root, 5, 9);
    add(first, 3, 3);
    add(first, 4, 4);
    struct buses_range range;
    cr_expect_not(buses_find_room(tree, count, first, root, &range));
    cr_expect(buses_find_room(tree, count, 2, root, &range));
}

/* A new bridge behind PARENT that wants that many. */
static int want(int parent, uint32_t buses)
{
    int bridge = add(parent, 0, 0);
    tree[bridge].buses_wanted = (uint16_t)buses;
    return bridge;
}

Test(buses, a_bridge_has_what_it_wants_where_it_fits_best)
{
    count = 0;
    int root = add(HOST_FUNCTION_NONE, 1, 40), upstream = add(root, 2, 40);
    add(upstream, 3, 3);
    add(upstream, 8, 10); /* 4 numbers before it */
    add(upstream, 21, 40);
    tree[upstream].buses_wanted = 100;
    struct buses_range range;
    static const struct {
        uint32_t wanted, first, last;
    } examples[] = {{1, 4, 4}, {4, 4, 7}, {5, 11, 15}, {10, 11, 20}, {11, 41, 51}, {60, 41, 100}};
    for (size_t n = 0; n < sizeof examples / sizeof examples[0]; n++) {
        int next = want(upstream, examples[n].wanted);
        cr_expect_eq(buses_share(tree, count, next), examples[n].wanted);
        cr_assert(buses_find_room(tree, count, upstream, next, &range));
        cr_expect_eq(range.first, examples[n].first, "%u: %d", examples[n].wanted, range.first);
        cr_expect_eq(range.last, examples[n].last, "%u: %d", examples[n].wanted, range.last);
        count--;
    }
}

/* A tree that could come to need more numbers than there are shares what there is. */
Test(buses, what_does_not_fit_has_its_part)
{
    count = 0;
    int root = add(HOST_FUNCTION_NONE, 1, 255), upstream = add(root, 2, 255);
    tree[upstream].buses_wanted = 508; /* of 254 */
    cr_expect_eq(buses_share(tree, count, want(upstream, 100)), 50);
    cr_expect_eq(buses_share(tree, count, want(upstream, 1)), 1, "one is the least");
    cr_expect_eq(buses_share(tree, count, upstream), 254);
    cr_expect_eq(buses_share(tree, count, root), 0, "it does not say");
    tree[upstream].buses_wanted = 254;
    cr_expect_eq(buses_share(tree, count, want(upstream, 100)), 100);
}

/* Against a table of all numbers: what is found is free all the way up, until there is nothing. */
Test(buses, never_give_a_number_twice)
{
    struct random random;
    random_init(&random, 1, "buses");
    for (int time = 0; time < 50; time++) {
        count = 0;
        add(HOST_FUNCTION_NONE, 1, 1);
        for (int attempt = 0; attempt < 200 && count < MOST; attempt++) {
            int parent = (int)random_below(&random, count);
            struct buses_range range = {0};
            bool is_there = buses_find_room(
                tree, count, parent,
                want(parent, (uint32_t)random_below(&random, 2) * (uint32_t)random_below(&random, 30)), &range);
            count--;
            if (!is_there)
                continue;
            for (size_t n = 0; n < count; n++) { /* nobody but those above it has any of these */
                bool above = false;
                for (int up = parent; up != HOST_FUNCTION_NONE; up = tree[up].parent)
                    above = above || up == (int)n;
                cr_assert(above || tree[n].subordinate < range.first || tree[n].secondary > range.last);
                cr_assert(tree[n].secondary < range.first || tree[n].secondary > range.last);
            }
            for (int up = parent; up != HOST_FUNCTION_NONE; up = tree[up].parent)
                if (tree[up].subordinate < range.last)
                    tree[up].subordinate = range.last;
            add(parent, range.first, range.first + (uint32_t)random_below(&random, range.last - range.first + 1u));
        }
        cr_assert_gt(count, 5);
    }
}
