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
    cr_assert(buses_find_room(tree, count, upstream, &range));
    cr_expect_eq(range.last, 255);
    cr_expect_eq(range.first, 255 - 32 + 1, "an eighth of 250");
    add(upstream, range.first, range.last);
    cr_expect_eq(buses_limit(tree, count, 3), range.first - 1, "the one before it may still grow");
    cr_assert(buses_find_room(tree, count, upstream, &range));
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
    cr_expect_not(buses_find_room(tree, count, first, &range));
    cr_expect(buses_find_room(tree, count, 2, &range));
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
            if (!buses_find_room(tree, count, parent, &range))
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
