#include "fabric/switch/show_bridge.h"

#include "fabric/switch/bridge_config.h"
#include "fabric/switch/slot.h"
#include "fabric/switch/switch_paths.h"

struct virtual_bridge *switch_find_bridge(const struct mr_switch *mr_switch, uint32_t vh, uint32_t port)
{
    if (vh >= mr_switch->vh_count || mr_switch->virtual_switches[vh] == NULL)
        return NULL;
    const struct virtual_switch *virtual_switch = mr_switch->virtual_switches[vh];
    int index = virtual_switch_at_port(virtual_switch, port);
    return index == VIRTUAL_SWITCH_NOWHERE ? NULL : &virtual_switch->bridges[index];
}

/* What the bridge claims is what registers at their reset values say: nothing. */
static void forget(struct virtual_switch *virtual_switch, struct virtual_bridge *bridge)
{
    bridge->primary = 0;
    if (bridge->config == NULL)
        bridge->secondary = bridge->subordinate = 0;
    bridge_config_apply(virtual_switch);
}

/* The host of VIRTUAL_SWITCH is told that bridge INDEX of its internal bus WHAT. */
static void tell(struct virtual_switch *virtual_switch, int index, enum slot_place what)
{
    struct slot *upstream = virtual_switch->bridges[VIRTUAL_SWITCH_UPSTREAM].slot;
    if (upstream != NULL && index != VIRTUAL_SWITCH_UPSTREAM)
        slot_change_place(upstream, (uint8_t)bridge_config_id(virtual_switch, (uint32_t)index), what);
}

enum status switch_show_bridge(struct mr_switch *mr_switch, uint16_t vh, uint32_t port, bool occupied)
{
    struct virtual_bridge *bridge = switch_find_bridge(mr_switch, vh, port);
    if (bridge == NULL)
        return STATUS_NOT_FOUND;
    if (!bridge->absent)
        return STATUS_OK;
    struct virtual_switch *virtual_switch = mr_switch->virtual_switches[vh];
    if (bridge->config == NULL)
        bridge->config = bridge_config_new(&mr_switch->fabric->shelf, &bridge->what);
    bridge_config_reset(bridge->config, &bridge->what, occupied);
    bridge->absent = false;
    int index = (int)(bridge - virtual_switch->bridges);
    if (bridge->slot == NULL)
        bridge->slot = slot_new(mr_switch, virtual_switch, (uint32_t)index);
    else
        slot_apply(bridge->slot);
    virtual_switch->bridge_of_port[port] = (int16_t)index;
    virtual_switch_widen(virtual_switch);
    switch_paths_add(virtual_switch, index);
    switch_paths_set_gates(mr_switch);
    forget(virtual_switch, bridge);
    tell(virtual_switch, index, SLOT_PLACE_COMES);
    return STATUS_OK;
}

enum status switch_hide_bridge(struct mr_switch *mr_switch, uint16_t vh, uint32_t port)
{
    struct virtual_bridge *bridge = switch_find_bridge(mr_switch, vh, port);
    if (bridge == NULL)
        return STATUS_NOT_FOUND;
    if (bridge->absent)
        return STATUS_OK;
    struct virtual_switch *virtual_switch = mr_switch->virtual_switches[vh];
    tell(virtual_switch, (int)(bridge - virtual_switch->bridges), SLOT_PLACE_GONE);
    bridge->absent = true;
    virtual_switch->bridge_of_port[port] = VIRTUAL_SWITCH_NOWHERE;
    if (bridge->config != NULL)
        bridge_config_reset(bridge->config, &bridge->what, false);
    if (bridge->slot != NULL)
        slot_apply(bridge->slot);
    forget(virtual_switch, bridge);
    return STATUS_OK;
}
