#include "hostsim/host/windows.h"

#include <criterion/criterion.h>
#include <string.h>

#include "fabric/base/random.h"

#define MOST 60
#define MEBIBYTE (UINT64_C(1) << 20)

static struct host_function functions[MOST];

static uint64_t least(uint64_t one, uint64_t other)
{
    return one < other ? one : other;
}

static struct host_bar random_bar(struct random *random)
{
    uint64_t align = UINT64_C(16) << random_below(random, 20);
    uint64_t times = 1 + random_below(random, 4);
    return (struct host_bar){
        .bytes = align * times, .align = align, .window = (enum host_window_kind)random_below(random, HOST_WINDOWS)};
}

/* A root port and what is behind it, each after the bridge that it is behind. */
static size_t random_tree(struct random *random)
{
    size_t count = 1 + random_below(random, MOST - 1);
    memset(functions, 0, sizeof functions);
    functions[0] = (struct host_function){.parent = HOST_FUNCTION_NONE, .header = HEADER_TYPE_BRIDGE};
    for (size_t index = 1; index < count; index++) {
        int parent = (int)random_below(random, index);
        while (!host_function_is_bridge(&functions[parent]))
            parent = functions[parent].parent;
        bool bridge = random_below(random, 3) == 0;
        functions[index] = (struct host_function){
            .id = (uint16_t)index,
            .parent = parent,
            .header = bridge ? HEADER_TYPE_BRIDGE : HEADER_TYPE_ENDPOINT,
        };
        if (!bridge)
            functions[index].bars[random_below(random, CONFIG_BARS)] = random_bar(random);
        if (!bridge && random_below(random, 2) == 0)
            functions[index].vf_bars[random_below(random, CONFIG_BARS)] = random_bar(random);
    }
    return count;
}

struct extent {
    uint64_t base, bytes;
    int parent;
};

static size_t extents_of(size_t count, enum host_window_kind kind, struct extent *extents)
{
    size_t found = 0;
    for (size_t index = 0; index < count; index++) {
        const struct host_function *function = &functions[index];
        const struct host_window *window = &function->windows[kind];
        if (window->bytes > 0) {
            cr_assert_eq(window->base % MEBIBYTE, 0);
            cr_assert_eq(window->bytes % MEBIBYTE, 0);
            extents[found++] = (struct extent){window->base, window->bytes, function->parent};
        }
        for (size_t n = 0; n < 2 * CONFIG_BARS; n++) {
            const struct host_bar *bar = n < CONFIG_BARS ? &function->bars[n] : &function->vf_bars[n - CONFIG_BARS];
            if (bar->bytes == 0 || bar->window != kind)
                continue;
            cr_assert_eq(bar->address % bar->align, 0);
            extents[found++] = (struct extent){bar->address, bar->bytes, function->parent};
        }
    }
    return found;
}

/* All is in the windows above it, and nothing in two. Returns the lowest address, if there is any. */
static uint64_t check_apart(size_t count, enum host_window_kind kind)
{
    struct extent extents[MOST * 3];
    size_t found = extents_of(count, kind, extents);
    uint64_t lowest = UINT64_MAX;
    for (size_t one = 0; one < found; one++) {
        lowest = least(lowest, extents[one].base);
        if (extents[one].parent != HOST_FUNCTION_NONE) {
            const struct host_window *window = &functions[extents[one].parent].windows[kind];
            cr_assert_geq(extents[one].base, window->base);
            cr_assert_leq(extents[one].base + extents[one].bytes, window->base + window->bytes);
        }
        for (size_t other = 0; other < one; other++)
            cr_assert(
                extents[one].parent != extents[other].parent ||
                extents[one].base + extents[one].bytes <= extents[other].base ||
                extents[other].base + extents[other].bytes <= extents[one].base);
    }
    return lowest;
}

static void check(size_t count, enum host_window_kind kind)
{
    uint64_t lowest = check_apart(count, kind);
    cr_assert(lowest == UINT64_MAX || lowest == (kind == HOST_WINDOW_LOW ? WINDOWS_LOW_BASE : WINDOWS_PREFETCH_BASE));
}

Test(windows, are_around_what_is_behind_and_apart_from_their_neighbours)
{
    struct random random;
    random_init(&random, 1, "windows");
    for (int tree = 0; tree < 500; tree++) {
        size_t count = random_tree(&random);
        cr_assert(windows_assign(functions, count, false));
        for (enum host_window_kind kind = 0; kind < HOST_WINDOWS; kind++)
            check(count, kind);
    }
}

Test(windows, say_when_there_is_no_room_below_4_gib)
{
    memset(functions, 0, sizeof functions);
    functions[0] = (struct host_function){.parent = HOST_FUNCTION_NONE, .header = HEADER_TYPE_BRIDGE};
    functions[1] = (struct host_function){.id = 1};
    functions[1].bars[0] = (struct host_bar){.bytes = UINT64_C(1) << 29, .align = UINT64_C(1) << 29};
    functions[1].bars[2] = (struct host_bar){.bytes = 4096, .align = 4096, .window = HOST_WINDOW_PREFETCH};
    cr_expect_not(windows_assign(functions, 2, false));
    cr_expect_eq(functions[0].windows[HOST_WINDOW_LOW].bytes, 0);
    cr_expect_eq(functions[1].bars[0].address, 0);
    cr_expect_eq(functions[1].bars[2].address, WINDOWS_PREFETCH_BASE, "the other kind has its place");
}

/* Functions that come one by one find room, whatever the order, and nothing that was there moves. */
Test(windows, grow_for_what_comes_and_leave_the_rest_alone)
{
    static struct host_function before[MOST];
    struct random random;
    random_init(&random, 2, "windows");
    for (int tree = 0; tree < 300; tree++) {
        size_t all = random_tree(&random), count = 1 + random_below(&random, all);
        bool room = tree % 2 == 0;
        for (size_t index = 1; index < all; index++)
            if (host_function_is_bridge(&functions[index]))
                functions[index].type = index % 2 == 0 ? EXPRESS_DOWNSTREAM_PORT : EXPRESS_UPSTREAM_PORT;
        cr_assert(windows_assign(functions, count, room));
        size_t placed = count;
        for (; count < all; placed = ++count) {
            memcpy(before, functions, sizeof before);
            for (size_t index = 0; index <= count; index++)
                functions[index].fresh = index == count;
            if (!windows_extend(functions, count + 1, room))
                break; /* its neighbours leave no room */
            for (size_t index = 0; index < count; index++) {
                cr_assert_eq(memcmp(functions[index].bars, before[index].bars, sizeof before[index].bars), 0);
                for (int kind = 0; kind < HOST_WINDOWS; kind++)
                    cr_assert(
                        before[index].windows[kind].bytes == 0 ||
                        before[index].windows[kind].base == functions[index].windows[kind].base);
            }
            for (enum host_window_kind kind = 0; kind < HOST_WINDOWS; kind++)
                check_apart(count + 1, kind);
        }
        cr_assert(!room || placed > 0);
    }
}
