#include "fabric/switch/virtual_switch.h"

#include <stdlib.h>

#include "fabric/base/check.h"
#include "fabric/pcie/config_space.h"
#include "fabric/switch/bridge_rates.h"
#include "fabric/switch/slot.h"
#include "fabric/switch/switch.h"

/* One below 4 GiB, and the prefetchable one. */
#define WINDOWS_A_BRIDGE 2

/* Those that are not absent come first, but for the upstream one. */
static uint32_t last_shown(const struct virtual_bridge *bridges, uint32_t bridge_count)
{
    uint32_t last = bridge_count - 1;
    while (last > 0 && bridges[last].absent)
        last--;
    return last;
}

struct virtual_switch *
virtual_switch_new(uint16_t vh, const struct virtual_bridge *bridges, uint32_t bridge_count, uint32_t port_count)
{
    struct virtual_switch *virtual_switch = calloc(1, sizeof *virtual_switch);
    CHECK(virtual_switch != NULL && bridge_count > 0);
    uint32_t downstream = last_shown(bridges, bridge_count), stride = downstream + 1;
    *virtual_switch = (struct virtual_switch){
        .vh = vh,
        .bridge_count = bridge_count,
        .place_count = downstream,
        .path_stride = stride,
        .bridges = calloc(bridge_count, sizeof *bridges),
        .paths = calloc((size_t)stride * stride, sizeof(struct virtual_path)),
        .buses.ranges = calloc(bridge_count, sizeof(struct virtual_range)),
        .windows.ranges = calloc((size_t)bridge_count * WINDOWS_A_BRIDGE, sizeof(struct virtual_range)),
        .bridge_of_port = calloc(port_count, sizeof(int16_t)),
    };
    CHECK(virtual_switch->bridges != NULL && virtual_switch->paths != NULL && virtual_switch->bridge_of_port != NULL);
    CHECK(virtual_switch->buses.ranges != NULL && virtual_switch->windows.ranges != NULL);
    for (uint32_t port = 0; port < port_count; port++)
        virtual_switch->bridge_of_port[port] = VIRTUAL_SWITCH_NOWHERE;
    for (uint32_t bridge = 0; bridge < bridge_count; bridge++) {
        virtual_switch->bridges[bridge] = bridges[bridge];
        if (!bridges[bridge].absent)
            virtual_switch->bridge_of_port[bridges[bridge].port->index] = (int16_t)bridge;
    }
    virtual_switch_sort(virtual_switch);
    CHECK(virtual_switch_is_valid(virtual_switch));
    return virtual_switch;
}

void virtual_switch_free(struct virtual_switch *virtual_switch)
{
    if (virtual_switch == NULL)
        return;
    for (uint32_t path = 0; path < virtual_switch->path_stride * virtual_switch->path_stride; path++)
        free(virtual_switch->paths[path].queues);
    bridge_rates_free(virtual_switch);
    for (uint32_t bridge = 0; bridge < virtual_switch->bridge_count; bridge++) {
        slot_free(virtual_switch->bridges[bridge].slot);
        if (virtual_switch->bridges[bridge].config == NULL)
            continue;
        config_space_free(virtual_switch->bridges[bridge].config);
        free(virtual_switch->bridges[bridge].config);
    }
    free(virtual_switch->buses.ranges);
    free(virtual_switch->windows.ranges);
    free(virtual_switch->bridges);
    free(virtual_switch->paths);
    free(virtual_switch->bridge_of_port);
    free(virtual_switch);
}

struct translator *virtual_switch_translator(const struct virtual_switch *virtual_switch, int bridge)
{
    bool native = virtual_switch->vh == VIRTUAL_SWITCH_MANAGEMENT_VH;
    return native ? NULL : virtual_switch->bridges[bridge].port->translator;
}

void virtual_switch_widen(struct virtual_switch *virtual_switch)
{
    uint32_t narrow = virtual_switch->path_stride, wide = virtual_switch->bridge_count;
    if (narrow == wide)
        return;
    struct virtual_path *paths = calloc((size_t)wide * wide, sizeof *paths);
    CHECK(paths != NULL);
    for (uint32_t from = 0; from < narrow; from++)
        for (uint32_t to = 0; to < narrow; to++)
            paths[from * wide + to] = virtual_switch->paths[from * narrow + to];
    free(virtual_switch->paths);
    virtual_switch->paths = paths;
    virtual_switch->path_stride = wide;
}

int virtual_switch_at_port(const struct virtual_switch *virtual_switch, uint32_t port)
{
    for (uint32_t bridge = 0; bridge < virtual_switch->bridge_count; bridge++)
        if (virtual_switch->bridges[bridge].port->index == port)
            return (int)bridge;
    return VIRTUAL_SWITCH_NOWHERE;
}

uint32_t virtual_switch_shown(const struct virtual_switch *virtual_switch)
{
    uint32_t shown = 0;
    for (uint32_t bridge = 0; bridge < virtual_switch->bridge_count; bridge++)
        shown += !virtual_switch->bridges[bridge].absent;
    return shown;
}

/* Puts [FIRST, LAST] of BRIDGE in its place among RANGES. */
static void enter(struct virtual_ranges *ranges, uint64_t first, uint64_t last, uint32_t bridge)
{
    uint32_t at = ranges->count++;
    for (; at > 0 && ranges->ranges[at - 1].first > first; at--)
        ranges->ranges[at] = ranges->ranges[at - 1];
    ranges->ranges[at] = (struct virtual_range){first, last, (int)bridge};
}

/* What the upstream bridge's windows have is looked at too: nobody else has it (claimed_by_address()). */
static void widen_to_upstream(struct virtual_switch *virtual_switch)
{
    const struct virtual_bridge *upstream = &virtual_switch->bridges[VIRTUAL_SWITCH_UPSTREAM];
    const uint64_t windows[][2] = {{upstream->base, upstream->limit}, {upstream->low_base, upstream->low_limit}};
    for (int n = 0; n < WINDOWS_A_BRIDGE && upstream->config != NULL; n++) {
        if (windows[n][0] >= windows[n][1])
            continue;
        virtual_switch->low = windows[n][0] < virtual_switch->low ? windows[n][0] : virtual_switch->low;
        virtual_switch->high = windows[n][1] > virtual_switch->high ? windows[n][1] : virtual_switch->high;
    }
}

void virtual_switch_sort(struct virtual_switch *virtual_switch)
{
    struct virtual_ranges *buses = &virtual_switch->buses, *windows = &virtual_switch->windows;
    buses->count = windows->count = 0;
    virtual_switch->low = UINT64_MAX;
    virtual_switch->high = 0;
    for (uint32_t index = 1; index < virtual_switch->bridge_count; index++) {
        const struct virtual_bridge *bridge = &virtual_switch->bridges[index];
        /* One that is cut claims on, and says itself what becomes of it (fabric/switch/containment.h). */
        if (bridge->absent || (bridge->slot != NULL && !bridge->slot->link_up && bridge->cuts == 0))
            continue; /* nobody is there */
        bool has_buses = bridge->config == NULL || bridge->secondary != 0;
        if (has_buses && bridge->secondary <= bridge->subordinate)
            enter(buses, bridge->secondary, bridge->subordinate, index);
        if (bridge->low_base < bridge->low_limit)
            enter(windows, bridge->low_base, bridge->low_limit - 1, index);
        if (bridge->base < bridge->limit)
            enter(windows, bridge->base, bridge->limit - 1, index);
    }
    for (uint32_t index = 0; index < windows->count; index++) {
        const struct virtual_range *range = &windows->ranges[index];
        virtual_switch->low = range->first < virtual_switch->low ? range->first : virtual_switch->low;
        virtual_switch->high = range->last + 1 > virtual_switch->high ? range->last + 1 : virtual_switch->high;
    }
    widen_to_upstream(virtual_switch);
}

/* Ranges ascend, so the last that begins at or before VALUE is the only one that may claim it. */
static int claimant(const struct virtual_ranges *ranges, uint64_t value)
{
    uint32_t low = 0, high = ranges->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (ranges->ranges[middle].first <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && value <= ranges->ranges[low - 1].last ? ranges->ranges[low - 1].bridge : VIRTUAL_SWITCH_NOWHERE;
}

/* In a window of the upstream bridge, and of no downstream one: it may not go up either. */
#define CLAIMED_BY_NOBODY (-2)

static bool is_in_upstream_window(const struct virtual_switch *virtual_switch, uint64_t address)
{
    const struct virtual_bridge *upstream = &virtual_switch->bridges[VIRTUAL_SWITCH_UPSTREAM];
    return upstream->config != NULL && ((address >= upstream->base && address < upstream->limit) ||
                                        (address >= upstream->low_base && address < upstream->low_limit));
}

static int claimed_by_address(const struct virtual_switch *virtual_switch, uint64_t address)
{
    if (address < virtual_switch->low || address >= virtual_switch->high)
        return VIRTUAL_SWITCH_NOWHERE;
    int bridge = claimant(&virtual_switch->windows, address);
    return bridge == VIRTUAL_SWITCH_NOWHERE && is_in_upstream_window(virtual_switch, address) ? CLAIMED_BY_NOBODY
                                                                                              : bridge;
}

int virtual_switch_by_bus(const struct virtual_switch *virtual_switch, uint8_t bus)
{
    return claimant(&virtual_switch->buses, bus);
}

static int claimed_by_id(const struct virtual_switch *virtual_switch, uint16_t id)
{
    return virtual_switch_by_bus(virtual_switch, (uint8_t)(id >> 8));
}

/* Which downstream bridge claims TLP. */
static int claimed(const struct virtual_switch *virtual_switch, const struct tlp *tlp)
{
    switch ((enum tlp_type)tlp->type) {
    case TLP_CPL:
    case TLP_CPLD:
    case TLP_CPLLK:
    case TLP_CPLDLK:
        return claimed_by_id(virtual_switch, tlp->requester_id);
    case TLP_CFGRD0:
    case TLP_CFGWR0:
    case TLP_CFGRD1:
    case TLP_CFGWR1:
        return claimed_by_id(virtual_switch, tlp->completer_id);
    case TLP_MSG:
    case TLP_MSGD:
        if (tlp->status == TLP_BY_ID)
            return claimed_by_id(virtual_switch, tlp->completer_id);
        return VIRTUAL_SWITCH_NOWHERE;
    case TLP_IORD:
    case TLP_IOWR:
        return VIRTUAL_SWITCH_NOWHERE; /* no bridge has an I/O window */
    default:
        return claimed_by_address(virtual_switch, tlp->address);
    }
}

int virtual_switch_route(const struct virtual_switch *virtual_switch, int from, const struct tlp *tlp)
{
    int to = claimed(virtual_switch, tlp);
    if (to == from)
        return VIRTUAL_SWITCH_NOWHERE;
    if (to == VIRTUAL_SWITCH_NOWHERE && from != VIRTUAL_SWITCH_UPSTREAM)
        return VIRTUAL_SWITCH_UPSTREAM;
    return to != CLAIMED_BY_NOBODY ? to : VIRTUAL_SWITCH_NOWHERE;
}

static bool ranges_ascend(const struct virtual_switch *virtual_switch, const struct virtual_ranges *ranges)
{
    for (uint32_t index = 0; index < ranges->count; index++) {
        const struct virtual_range *range = &ranges->ranges[index];
        if (range->first > range->last || range->bridge < 1 || range->bridge >= (int)virtual_switch->bridge_count)
            return false;
        if (index > 0 && range->first < (range - 1)->first)
            return false;
    }
    return true;
}

/* Numbers that were given, and not programmed by software, ascend and do not overlap. */
static bool given_numbers_are_valid(const struct virtual_switch *virtual_switch)
{
    for (uint32_t index = 1; index < virtual_switch->bridge_count; index++) {
        const struct virtual_bridge *bridge = &virtual_switch->bridges[index];
        if (bridge->config != NULL || bridge->absent)
            continue;
        if (bridge->secondary > bridge->subordinate || bridge->base > bridge->limit)
            return false;
        const struct virtual_bridge *before = bridge - 1;
        if (index > 1 && (before->subordinate >= bridge->secondary || before->limit > bridge->base))
            return false;
    }
    return true;
}

bool virtual_switch_is_valid(const struct virtual_switch *virtual_switch)
{
    for (uint32_t index = 0; index < virtual_switch->bridge_count; index++) {
        const struct virtual_bridge *bridge = &virtual_switch->bridges[index];
        if (bridge->config != NULL && !config_space_is_valid(bridge->config))
            return false;
        bool leads_here = virtual_switch->bridge_of_port[bridge->port->index] == (int)index;
        if (leads_here == bridge->absent || (!bridge->absent && index >= virtual_switch->path_stride))
            return false;
        const struct slot *slot = virtual_switch->bridges[index].slot;
        if (slot != NULL && !slot_is_valid(slot))
            return false;
    }
    return virtual_switch->bridge_count >= 1 && given_numbers_are_valid(virtual_switch) &&
           ranges_ascend(virtual_switch, &virtual_switch->buses) &&
           ranges_ascend(virtual_switch, &virtual_switch->windows);
}
