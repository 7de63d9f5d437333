#include "hostsim/host/buses.h"

#include "fabric/base/check.h"

#define LAST_BUS 255
#define SHARE_OF_GAP 8

/* The lowest number above AFTER that begins a neighbour on the bus behind PARENT; LIMIT + 1 when none does. */
static uint32_t
next_taken(const struct host_function *functions, size_t count, int parent, uint32_t after, uint32_t limit)
{
    uint32_t next = limit + 1;
    for (size_t index = 0; index < count; index++) {
        const struct host_function *function = &functions[index];
        bool numbered = host_function_is_bridge(function) && function->secondary != 0;
        if (function->parent == parent && numbered && function->secondary > after && function->secondary < next)
            next = function->secondary;
    }
    return next;
}

uint8_t buses_limit(const struct host_function *functions, size_t count, int bridge)
{
    uint32_t limit = LAST_BUS;
    int parent = functions[bridge].parent;
    if (parent != HOST_FUNCTION_NONE)
        limit =
            next_taken(functions, count, parent, functions[bridge].secondary, buses_limit(functions, count, parent)) -
            1;
    CHECK(limit >= functions[bridge].subordinate && limit <= LAST_BUS);
    return (uint8_t)limit;
}

/* The last number of those that begin at FIRST on the bus behind PARENT. */
static uint32_t last_of(const struct host_function *functions, size_t count, int parent, uint32_t first)
{
    for (size_t index = 0; index < count; index++)
        if (functions[index].parent == parent && functions[index].secondary == first)
            return functions[index].subordinate;
    return first;
}

uint32_t buses_share(const struct host_function *functions, size_t count, int bridge)
{
    uint32_t wanted = functions[bridge].buses_wanted;
    int top = bridge; /* the highest bridge that says what all below it wants */
    for (int parent = functions[top].parent; parent != HOST_FUNCTION_NONE && functions[parent].buses_wanted > 0;
         parent = functions[top].parent)
        top = parent;
    if (wanted == 0 || functions[top].secondary == 0)
        return wanted;
    uint32_t all = functions[top].buses_wanted,
             there = buses_limit(functions, count, top) - functions[top].secondary + 1u;
    uint32_t part = all <= there ? wanted : wanted * there / all;
    return part > 0 ? part : 1;
}

/* Of the gaps between what is behind BRIDGE: the narrowest of at least ENOUGH numbers, otherwise the widest. Returns
 * how many numbers it has, and the first of them. */
static uint32_t
find_gap(const struct host_function *functions, size_t count, int bridge, uint32_t enough, uint32_t *first)
{
    uint32_t limit = buses_limit(functions, count, bridge), best = 0;
    uint32_t before = functions[bridge].secondary; /* the last number that is taken */
    while (before < limit) {
        uint32_t next = next_taken(functions, count, bridge, before, limit), gap = next - before - 1;
        if (gap > 0 && (best < enough ? gap > best : gap >= enough && gap < best)) {
            best = gap;
            *first = before + 1;
        }
        if (next > limit)
            break;
        before = last_of(functions, count, bridge, next);
    }
    return best;
}

bool buses_find_room(
    const struct host_function *functions, size_t count, int bridge, int next, struct buses_range *range)
{
    uint32_t share = buses_share(functions, count, next), first = 0;
    uint32_t gap = find_gap(functions, count, bridge, share > 0 ? share : UINT32_MAX, &first);
    if (gap == 0)
        return false;
    if (share == 0) {
        share = (gap + SHARE_OF_GAP - 1) / SHARE_OF_GAP;
        first += gap - share;
    }
    share = share < gap ? share : gap;
    *range = (struct buses_range){.first = (uint8_t)first, .last = (uint8_t)(first + share - 1)};
    return true;
}
