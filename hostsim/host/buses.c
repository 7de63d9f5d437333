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

bool buses_find_room(const struct host_function *functions, size_t count, int bridge, struct buses_range *range)
{
    uint32_t limit = buses_limit(functions, count, bridge), widest = 0, last = 0;
    uint32_t before = functions[bridge].secondary; /* the last number that is taken */
    while (before < limit) {
        uint32_t next = next_taken(functions, count, bridge, before, limit);
        if (next - before - 1 > widest) {
            widest = next - before - 1;
            last = next - 1;
        }
        if (next > limit)
            break;
        before = last_of(functions, count, bridge, next);
    }
    if (widest == 0)
        return false;
    uint32_t share = (widest + SHARE_OF_GAP - 1) / SHARE_OF_GAP;
    *range = (struct buses_range){.first = (uint8_t)(last - share + 1), .last = (uint8_t)last};
    return true;
}
