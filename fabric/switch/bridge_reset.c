#include "fabric/switch/bridge_reset.h"

#include "fabric/pcie/config_decode.h"
#include "fabric/switch/bridge_config.h"
#include "fabric/switch/containment.h"
#include "fabric/switch/slot.h"

void bridge_reset_below(const struct virtual_switch *virtual_switch, int index)
{
    const struct virtual_bridge *bridge = &virtual_switch->bridges[index];
    struct port *peer = bridge->port->port.peer;
    if (bridge->port->translator != NULL && virtual_switch->vh != VIRTUAL_SWITCH_MANAGEMENT_VH)
        translator_reset(bridge->port->translator, virtual_switch->vh);
    else if (peer != NULL && peer->ops->on_reset != NULL)
        peer->ops->on_reset(peer, virtual_switch->vh);
}

static bool is_there(const struct virtual_bridge *bridge)
{
    return !bridge->absent && bridge->config != NULL;
}

static void reset_registers(struct virtual_bridge *bridge)
{
    config_space_reset(bridge->config, CONFIG_RESET_CONVENTIONAL);
    if (bridge->slot != NULL)
        slot_reset(bridge->slot);
}

static bool holds_in_reset(const struct virtual_bridge *bridge)
{
    return is_there(bridge) && config_decode_bridge(bridge->config).secondary_reset;
}

void bridge_reset_apply(struct mr_switch *mr_switch, struct virtual_switch *virtual_switch)
{
    bool all = holds_in_reset(&virtual_switch->bridges[VIRTUAL_SWITCH_UPSTREAM]);
    for (uint32_t index = 1; index < virtual_switch->bridge_count; index++) {
        struct virtual_bridge *bridge = &virtual_switch->bridges[index];
        bool is_cut = (bridge->cuts & BRIDGE_CUT_RESET) != 0;
        bool holds = all || holds_in_reset(bridge);
        if (!is_there(bridge) || holds == is_cut)
            continue;
        if (!holds) {
            switch_join_bridge(mr_switch, virtual_switch->vh, index, BRIDGE_CUT_RESET);
            continue;
        }
        switch_cut_bridge(mr_switch, virtual_switch->vh, index, BRIDGE_CUT_RESET);
        bridge_reset_below(virtual_switch, (int)index);
        if (all)
            reset_registers(bridge);
    }
    if (all)
        bridge_config_apply(virtual_switch);
}

void switch_on_reset(struct port *port, uint16_t vh)
{
    const struct switch_port *switch_port = CONTAINER_OF(port, struct switch_port, port);
    struct virtual_switch *virtual_switch = switch_port->owner->virtual_switches[vh];
    if (virtual_switch == NULL)
        return;
    for (uint32_t index = 0; index < virtual_switch->bridge_count; index++) {
        if (!is_there(&virtual_switch->bridges[index]))
            continue;
        reset_registers(&virtual_switch->bridges[index]);
        if (index != VIRTUAL_SWITCH_UPSTREAM)
            bridge_reset_below(virtual_switch, (int)index);
    }
    bridge_config_apply(virtual_switch);
    bridge_reset_apply(switch_port->owner, virtual_switch); /* none holds anything in reset any more */
}
